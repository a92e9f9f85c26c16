//! The old HTTP paths that pages read: A5.4 to A5.6.

use saluran::measurement::EndedBy;
use serde_json::{Value, json};

use crate::support::{ContestBroker, camera_data};

/// A5.4: one team, with errors of status 200.
#[tokio::test]
async fn a_team_is_told_by_lane_and_category() {
    let contest = ContestBroker::start().await;
    let path = "/detector-getaran/api/get_team_info.php";
    let rows = [
        (
            "?laptop_id=1&category=beton",
            r#"{"laptop_id":1,"category":"beton","nama_tim":"Politeknik Negeri Bandung_Wirajaya Palawiri"}"#,
        ),
        ("?laptop_id=1", r#"{"laptop_id":1,"category":"baja","nama_tim":"Universitas Udayana_Abhipraya"}"#),
        ("?laptop_id=9", r#"{"error":"Invalid laptop_id. Must be 1-8."}"#),
        ("", r#"{"error":"Invalid laptop_id. Must be 1-8."}"#),
        ("?laptop_id=1&category=kayu", r#"{"error":"Invalid category. Must be baja or beton"}"#),
    ];
    for (query, expected) in rows {
        let response = contest.old("GET", &format!("{path}{query}"), "").await;
        assert_eq!((response.status, response.body.as_str()), (200, expected));
        assert_eq!(response.header("access-control-allow-origin"), Some("*"));
    }
}

async fn send(contest: &ContestBroker, lane: u8, values: &[f64]) {
    let mut camera = contest.raw().await;
    for distb in values {
        assert_eq!(camera.acknowledged(camera_data(lane, *distb)).await["ok"], true);
    }
}

/// A5.5, A11-12: a lane's points of the selected category, by frequency, oldest first.
#[tokio::test]
async fn a_teams_page_is_told_all_of_its_points() {
    let contest = ContestBroker::start().await;
    let empty = contest.old("GET", "/api/tim_3.php", "").await.json();
    assert_eq!((&empty["current_session"], &empty["statistics"]), (&json!(null), &json!({})));
    contest.run().await;
    send(&contest, 3, &[-10.0, 20.0, -30.0]).await;
    let response = contest.old("GET", "/detector-getaran/api/tim_3.php", "").await;
    let told = response.json();
    let keys: Vec<&String> = told.as_object().unwrap().keys().collect();
    assert_eq!(keys.len(), 6);
    assert!(response.body.starts_with(r#"{"status":"success","timestamp":""#), "{}", response.body);
    assert_eq!(
        told["team"],
        json!({"laptop_id": 3, "nama_tim": "Universitas Jember_Alvandaru Team", "category": "baja"})
    );
    let session = &told["current_session"];
    assert_eq!((&session["id"], &session["status"], &session["elapsed"]), (&json!(1), &json!("running"), &json!(0)));
    let rows = told["data"]["1.5"].as_array().unwrap();
    let distb: Vec<&Value> = rows.iter().map(|row| &row["distb"]).collect();
    assert_eq!(distb, [&json!(-10.0), &json!(20.0), &json!(-30.0)]);
    assert_eq!(
        (&rows[0]["session_id"], &rows[0]["relative_time"], &rows[0]["dista"]),
        (&json!(1), &json!(0), &json!(5.234))
    );
    assert_eq!(told["data"]["5.5"], json!([]));
    let statistics = &told["statistics"]["1.5"];
    assert_eq!((&statistics["max_distb"], &statistics["avg_distb"]), (&json!(30.0), &json!(20.0)));
    assert_eq!((&statistics["status"], &statistics["stopped_at"]), (&json!("running"), &json!(null)));
    let other = contest.old("GET", "/api/tim_3.php?category=beton", "").await.json();
    assert_eq!((&other["data"]["1.5"], &other["team"]["category"]), (&json!([]), &json!("beton")));
    let wrong = contest.old("GET", "/api/tim_3.php?category=kayu", "").await;
    assert_eq!((wrong.status, &wrong.json()["status"]), (400, &json!("error")));
}

/// A11-12: a later run without points of this lane does not hide an earlier one's statistics.
#[tokio::test]
async fn an_empty_run_hides_no_statistics() {
    let contest = ContestBroker::start().await;
    contest.run().await;
    send(&contest, 3, &[-10.0]).await;
    contest.run().await;
    contest.broker.contest().stop(None, EndedBy::Judge).await.unwrap();
    let told = contest.old("GET", "/api/tim_3.php", "").await.json();
    assert_eq!(told["statistics"]["1.5"]["max_distb"], 10.0);
    let empty = contest.old("GET", "/api/tim_4.php", "").await.json();
    assert_eq!(
        (&empty["statistics"]["1.5"]["max_distb"], &empty["statistics"]["1.5"]["status"]),
        (&json!(0.0), &json!("stopped"))
    );
}

/// A5.6, A11-20: sixteen teams, each with its own category's last point, statistics and run.
#[tokio::test]
async fn all_teams_are_told_at_a_glance() {
    let contest = ContestBroker::start().await;
    contest.run().await;
    send(&contest, 2, &[-10.0, 20.0]).await;
    let response = contest.old("GET", "/detector-getaran/api/all.php", "").await;
    let told = response.json();
    assert_eq!((&told["status"], &told["count"]), (&json!("success"), &json!(16)));
    let (first, second, beton) = (&told["data"][0], &told["data"][1], &told["data"][9]);
    let nothing = json!({"dista": 0.0, "distb": 0.0, "frequency": 0.0, "timestamp": null});
    assert_eq!((&first["laptop_id"], &first["realtime"]), (&json!(1), &nothing));
    assert_eq!((&second["realtime"]["distb"], &second["statistics"]["avg_distb"]), (&json!(20.0), &json!(15.0)));
    let session = &second["session"];
    assert_eq!(
        (&session["id"], &session["frequency"], &session["status"]),
        (&json!(1), &json!(1.5), &json!("running"))
    );
    let none = json!({"id": null, "frequency": 0.0, "status": null, "started_at": null, "elapsed_seconds": 0});
    assert_eq!((&beton["laptop_id"], &beton["realtime"], &beton["session"]), (&json!(2), &nothing, &none));
}
