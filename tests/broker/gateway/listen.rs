//! Those who listen: what they are told first, and what they may ask.

use saluran::gateway::{Gateway, holder};
use serde_json::{Value, json};

use crate::support::{ContestBroker, Frame, Opcode, camera_data, frame};

/// A6.2: whoever says nothing gets `initial_data`, with texts as the old driver had them.
#[tokio::test]
async fn a_silent_socket_gets_initial_data() {
    let contest = ContestBroker::start().await;
    let mut page = contest.raw().await;
    page.expect_text(r#"{"type":"initial_data","data":[]}"#).await;
    let run = contest.run().await;
    let mut camera = contest.raw().await;
    for distb in [1.0, -3.456] {
        assert_eq!(camera.acknowledged(camera_data(1, distb)).await["ok"], true);
    }
    contest.broker.contest().stop(None, saluran::measurement::EndedBy::Judge).await.unwrap();
    assert_eq!(camera.acknowledged(camera_data(2, 7.0)).await["mode"], "free");
    // The first answer may be a second old.
    let rows = crate::support::within("both rows", async {
        loop {
            let told = contest.raw().await.hear_type("initial_data").await;
            if told["data"].as_array().unwrap().len() == 2 {
                return told["data"].clone();
            }
        }
    })
    .await;
    let timestamp = rows[0]["timestamp"].as_str().unwrap();
    assert_eq!(timestamp.len(), "2025-11-10 14:30:45.123".len());
    let expected = json!({
        "laptop_id": "1", "nama_tim": "Universitas Udayana_Abhipraya", "dista": "5.2340", "distb": "-3.4560",
        "frequency": "1.5", "timestamp": timestamp, "session_id": run.id.0.to_string(), "session_status": "stopped",
    });
    assert_eq!(rows[0], expected);
    assert_eq!((&rows[1]["laptop_id"], &rows[1]["session_id"]), (&json!("2"), &json!(null)));
}

/// A6.1: `ping` answers in unix seconds, and is the first frame of one who begins with it.
#[tokio::test]
async fn a_ping_is_answered() {
    let contest = ContestBroker::start().await;
    let mut page = contest.raw().await;
    page.say(&json!({"action": "ping"})).await;
    let pong = page.hear().await;
    assert_eq!(pong["type"], "pong");
    assert!(pong["timestamp"].as_i64().unwrap().abs_diff(contest.broker.contest().now().unix_ms / 1000) <= 10);
}

/// A ping of the WebSocket protocol is answered with what it held.
#[tokio::test]
async fn a_control_ping_is_answered() {
    let contest = ContestBroker::start().await;
    let mut page = contest.raw().await;
    page.send_raw(&frame(Opcode::Ping, b"are you there")).await;
    let answer = page.next_frame().await;
    assert_eq!(answer, Frame { opcode: Opcode::Pong, payload: b"are you there".to_vec() });
}

fn distb(rows: &Value) -> Vec<f64> {
    rows.as_array().unwrap().iter().map(|row| row["distb"].as_f64().unwrap()).collect()
}

/// A6.2, A11-12: each team has its own category's points only, oldest first.
#[tokio::test]
async fn get_all_answers_every_team_with_its_own_points() {
    let contest = ContestBroker::start().await;
    contest.run().await;
    let mut camera = contest.raw().await;
    for distb in [-10.0, 20.0, -30.0] {
        assert_eq!(camera.acknowledged(camera_data(1, distb)).await["ok"], true);
    }
    let mut page = contest.raw().await;
    page.say(&json!({"action": "get_all"})).await;
    let told = page.hear().await;
    assert_eq!(told["type"], "all_teams");
    let teams = told["teams"].as_array().unwrap();
    assert_eq!(teams.len(), 16);
    let team = &teams[0];
    let head = (&team["laptop_id"], &team["category"], &team["nama_tim"]);
    assert_eq!(head, (&json!(1), &json!("baja"), &json!("Universitas Udayana_Abhipraya")));
    assert_eq!(distb(&team["data"]["1.5"]), [-10.0, 20.0, -30.0]);
    assert_eq!(team["data"]["1.5"][0], json!({"dista": 5.234, "distb": -10.0, "relative_time": 0}));
    assert_eq!(team["data"]["5.5"], json!([]));
    let statistics = &team["statistics"]["1.5"];
    assert_eq!((&statistics["max_distb"], &statistics["avg_distb"]), (&json!(30.0), &json!(20.0)));
    let other = teams.iter().find(|team| team["laptop_id"] == 1 && team["category"] == "beton").unwrap();
    assert_eq!((&other["data"]["1.5"], &other["statistics"]), (&json!([]), &json!({})));
}

/// A6.2: a lane's rows, all columns, free mode too.
#[tokio::test]
async fn get_team_answers_rows() {
    let contest = ContestBroker::start().await;
    let mut page = contest.raw().await;
    assert_eq!(page.acknowledged(camera_data(5, 1.0)).await["ok"], true);
    let run = contest.run().await;
    assert_eq!(page.acknowledged(camera_data(5, 2.0)).await["ok"], true);
    page.say(&json!({"action": "get_team", "laptop_id": 5})).await;
    let told = page.hear_type("team_data").await;
    assert_eq!((&told["laptop_id"], distb(&told["data"])), (&json!(5), vec![1.0, 2.0]));
    let (free, recorded) = (&told["data"][0], &told["data"][1]);
    assert_eq!((&free["session_id"], &free["session_status"]), (&json!(null), &json!(null)));
    assert_eq!((&recorded["session_id"], &recorded["session_status"]), (&json!(run.id), &json!("running")));
    assert_eq!(recorded["session_frequency"], 1.5);
}

/// A large answer is held once: the next comes when the last one was read.
#[tokio::test]
async fn one_who_does_not_read_gets_no_second_large_answer() {
    let contest = ContestBroker::start().await;
    let mut page = contest.raw().await;
    page.answers_pings = false;
    page.say(&json!({"action": "get_all"})).await;
    page.hear_type("all_teams").await;
    page.say(&json!({"action": "get_all"})).await;
    let error = page.hear_type("error").await;
    assert_eq!(error["reason"], "busy");
    page.send_raw(&frame(Opcode::Pong, b"large")).await;
    page.say(&json!({"action": "get_all"})).await;
    page.hear_type("all_teams").await;
}

/// C1-1: any path, and IPv6.
#[tokio::test]
async fn cameras_connect_on_any_path_and_by_ipv6() {
    let contest = ContestBroker::with(|config| config.gateway.listen = "[::1]:0".parse().ok()).await;
    assert!(contest.gateway().is_ipv6());
    let mut camera = contest.raw_at("/ws/anything?x=1").await;
    assert_eq!(camera.acknowledged(camera_data(1, 1.0)).await["ok"], true);
}

/// C1-22: a port that is taken is named, with the process that has it.
#[tokio::test]
async fn a_taken_port_is_named_with_its_holder() {
    let contest = ContestBroker::start().await;
    let address = contest.gateway();
    let held = holder(address.port()).unwrap();
    assert!(held.ends_with(&format!("(pid {})", std::process::id())), "{held}");
    let (recorder, _) = saluran::telemetry::recorder();
    let handle = contest.broker.contest().clone();
    let second = Gateway::start(address, &saluran::config::Gateway::default(), handle, &recorder);
    let error = second.expect_err("the port is taken").to_string();
    assert!(error.contains(&address.to_string()) && error.contains(&held), "{error}");
}
