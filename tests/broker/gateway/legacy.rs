//! The old HTTP paths that change something: A5.1 to A5.4, row by row, exact text.

use saluran::measurement::RunId;
use serde_json::{Value, json};

use crate::support::{ContestBroker, Response, camera_data};

const RECEIVE: &str = "/detector-getaran/api/receive_camera_data.php";
const POINT: &str = r#"{"laptop_id":1,"dista":110.96,"distb":91.64,"is_a_detected":true,"is_b_detected":true}"#;

fn is(response: &Response, status: u16, body: &str) {
    assert_eq!((response.status, response.body.as_str()), (status, body));
    assert_eq!(response.header("content-type"), Some("application/json"));
}

fn is_open(response: &Response) {
    assert_eq!(response.header("access-control-allow-origin"), Some("*"));
}

/// A5.1, accepted: with and without a run.
#[tokio::test]
async fn a_point_by_http_is_stored_and_told() {
    let contest = ContestBroker::start().await;
    let mut raw = contest.raw().await;
    raw.hear_type("initial_data").await;
    let free = contest.old("POST", RECEIVE, POINT).await;
    let timestamp = free.json()["data"]["timestamp"].as_str().unwrap().to_owned();
    assert_eq!(timestamp.len(), "2025-11-10 14:30:45.123456".len());
    let data = |rest: &str| {
        format!(
            r#""data":{{"laptop_id":1,"dista":110.96,"distb":91.64,"is_a_detected":true,"is_b_detected":true,"category":"baja","nama_tim":"Universitas Udayana_Abhipraya",{rest}}}}}"#
        )
    };
    let head = |mode: &str| {
        format!(
            r#"{{"success":true,"message":"Data received and stored","mode":"{mode}","realtime_enabled":true,"saved_to_database":true,"#
        )
    };
    let nothing = format!(r#""frequency":null,"session_id":null,"relative_time":null,"timestamp":"{timestamp}""#);
    is(&free, 200, &(head("free") + &data(&nothing)));
    assert_eq!(free.header("access-control-allow-origin"), None);
    let run = contest.run().await;
    let recorded = contest.old("POST", "/api/receive_camera_data.php", POINT).await;
    let timestamp = recorded.json()["data"]["timestamp"].as_str().unwrap().to_owned();
    let id = run.id.0;
    let of_run = format!(r#""frequency":1.5,"session_id":{id},"relative_time":0,"timestamp":"{timestamp}""#);
    is(&recorded, 200, &(head("recording") + &data(&of_run)));
    let told = raw.hear_type("new_data").await;
    assert_eq!((&told["data"][0]["distb"], &told["data"][0]["session_id"]), (&json!(91.64), &json!(null)));
    let lanes = contest.broker.contest().lanes().await.unwrap();
    assert_eq!(serde_json::to_value(lanes.lanes[0].path).unwrap(), "http");
}

/// A5.1: the closed valve has status 200, so that cameras do not try again.
#[tokio::test]
async fn a_closed_valve_refuses_with_200() {
    let contest = ContestBroker::with(|config| config.contest.realtime = false).await;
    is(
        &contest.old("POST", RECEIVE, POINT).await,
        200,
        r#"{"success":false,"message":"Data rejected - Realtime saving is disabled by admin","realtime_enabled":false,"laptop_id":1}"#,
    );
}

/// A5.1: 400 and 405; the order of checks.
#[tokio::test]
async fn a_wrong_point_by_http_is_refused() {
    let contest = ContestBroker::with(|config| config.contest.realtime = false).await;
    let missing = |received: &str| {
        format!(
            r#"{{"error":"Missing required fields","required":["laptop_id","dista","distb"],"received":[{received}]}}"#
        )
    };
    let rows = [
        (r#"{"dista":1,"laptop_id":1}"#, missing(r#""dista","laptop_id""#)),
        (r#"{"laptop_id":1,"dista":null,"distb":2}"#, missing(r#""laptop_id","dista","distb""#)),
        ("", missing("")),
        ("{", missing("")),
        ("[1]", missing("")),
        (r#"{"laptop_id":9,"dista":1,"distb":2}"#, r#"{"error":"Invalid laptop_id. Must be 1-8."}"#.to_owned()),
        (r#"{"laptop_id":"x","dista":1,"distb":2}"#, r#"{"error":"Invalid laptop_id. Must be 1-8."}"#.to_owned()),
        (
            r#"{"laptop_id":1,"dista":1,"distb":"a"}"#,
            r#"{"error":"distb must be a number of millimetres below 1000000, not \"a\"; send float(x)","reason":"invalid"}"#
                .to_owned(),
        ),
    ];
    for (body, expected) in rows {
        is(&contest.old("POST", RECEIVE, body).await, 400, &expected);
    }
    is(&contest.old("GET", RECEIVE, "").await, 405, r#"{"error":"Method not allowed. Use POST."}"#);
}

/// A point that comes again is answered as stored, with a mark.
#[tokio::test]
async fn a_repeated_point_by_http_is_said_to_be_one() {
    let contest = ContestBroker::start().await;
    let body = r#"{"laptop_id":1,"dista":1.5,"distb":2.5,"sender":"c","seq":1}"#;
    assert_eq!(contest.old("POST", RECEIVE, body).await.json()["duplicate"], Value::Null);
    let again = contest.old("POST", RECEIVE, body).await.json();
    assert_eq!((&again["success"], &again["duplicate"]), (&json!(true), &json!(true)));
    assert_eq!((&again["data"]["laptop_id"], &again["data"]["distb"]), (&json!(1), &json!(2.5)));
    assert_eq!(contest.broker.contest().lanes().await.unwrap().lanes[0].stored, 1);
}

/// A5.2, C1-17.
#[tokio::test]
async fn the_timer_starts_as_it_did() {
    let contest = ContestBroker::start().await;
    let path = "/detector-getaran/api/start_timer.php";
    for (body, message) in [
        ("{}", "Invalid frequency. Must be 1.5, 2.5, 3.5, 4.5, or 5.5"),
        (r#"{"frequency":2}"#, "Invalid frequency. Must be 1.5, 2.5, 3.5, 4.5, or 5.5"),
        (r#"{"frequency":1.5,"category":"kayu"}"#, "Invalid category. Must be baja or beton"),
    ] {
        let refused = contest.old("POST", path, body).await;
        is(&refused, 400, &format!(r#"{{"status":"error","message":"{message}"}}"#));
        is_open(&refused);
    }
    is(&contest.old("GET", path, "").await, 405, r#"{"status":"error","message":"Method not allowed"}"#);
    let started = contest.old("POST", path, r#"{"frequency":2.5,"category":"beton"}"#).await;
    let at = started.json()["started_at"].as_str().unwrap().to_owned();
    assert_eq!(at.len(), "2025-11-10 14:30:45".len());
    is(
        &started,
        200,
        &format!(
            r#"{{"status":"success","message":"Timer started","session_id":1,"frequency":2.5,"category":"beton","started_at":"{at}"}}"#
        ),
    );
    is_open(&started);
    let refused = contest.old("POST", path, r#"{"frequency":1.5}"#).await;
    let message = "Masih ada sesi yang berjalan (ID: 1). Hentikan sesi tersebut terlebih dahulu.";
    is(&refused, 500, &format!(r#"{{"status":"error","message":"{message}"}}"#));
}

/// A5.3, A11-8.
#[tokio::test]
async fn the_timer_stops_as_it_did() {
    let contest = ContestBroker::start().await;
    let path = "/api/stop_timer.php";
    let error = |message: &str| format!(r#"{{"status":"error","message":"{message}"}}"#);
    is(&contest.old("POST", path, "").await, 500, &error("No running session found"));
    is(&contest.old("POST", path, r#"{"session_id":42}"#).await, 500, &error("Session not found"));
    is(&contest.old("GET", path, "").await, 405, &error("Method not allowed"));
    contest.run().await;
    let stopped = contest.old("POST", path, r#"{"auto_stopped":{"isTrusted":true}}"#).await;
    let at = stopped.json()["stopped_at"].as_str().unwrap().to_owned();
    let expected = format!(
        r#"{{"status":"success","message":"Timer stopped","session_id":1,"frequency":1.5,"duration_seconds":0,"auto_stopped":false,"stopped_at":"{at}"}}"#
    );
    is(&stopped, 200, &expected);
    is_open(&stopped);
    is(&contest.old("POST", path, r#"{"session_id":"1"}"#).await, 200, &expected);
    let run = contest.run().await;
    let stopped = contest.old("POST", path, &json!({"session_id": run.id, "auto_stopped": true}).to_string()).await;
    assert_eq!((&stopped.json()["session_id"], &stopped.json()["auto_stopped"]), (&json!(2), &json!(true)));
}

/// A5.4: the valve, and its errors with status 200.
#[tokio::test]
async fn the_valve_answers_as_it_did() {
    let contest = ContestBroker::with(|config| config.contest.realtime = false).await;
    let path = "/detector-getaran/api/toggle_realtime_save.php";
    let rows = [
        ("{}", r#"{"status":"error","message":"Missing required field: action"}"#),
        (r#"{"action":"x"}"#, r#"{"status":"error","message":"Invalid action. Must be \"start\" or \"stop\""}"#),
        (
            r#"{"action":"start"}"#,
            r#"{"status":"success","message":"Realtime saving started (no session)","enabled":true}"#,
        ),
        (
            r#"{"action":"start","session_id":42}"#,
            r#"{"status":"success","message":"Realtime saving started (with session)","enabled":true,"session_id":42}"#,
        ),
    ];
    for (body, expected) in rows {
        is(&contest.old("POST", path, body).await, 200, expected);
    }
    let status = contest.old("GET", "/api/get_realtime_status.php", "").await;
    let at = status.json()["started_at"].as_str().unwrap().to_owned();
    is(
        &status,
        200,
        &format!(
            r#"{{"status":"success","enabled":true,"session_id":42,"started_at":"{at}","message":"Realtime saving is enabled"}}"#
        ),
    );
    is_open(&status);
    is(
        &contest.old("POST", path, r#"{"action":"stop"}"#).await,
        200,
        r#"{"status":"success","message":"Realtime saving stopped","enabled":false}"#,
    );
    is(
        &contest.old("GET", "/api/get_realtime_status.php", "").await,
        200,
        r#"{"status":"success","enabled":false,"session_id":null,"started_at":null,"message":"Realtime saving is disabled"}"#,
    );
}

/// A5.4, A3.7: clearing counts in texts.
#[tokio::test]
async fn clearing_answers_as_it_did() {
    let contest = ContestBroker::start().await;
    let path = "/detector-getaran/api/clear_data.php";
    contest.run().await;
    let mut camera = contest.raw().await;
    for lane in [1, 1, 2] {
        assert_eq!(camera.acknowledged(camera_data(lane, 1.0)).await["ok"], true);
    }
    let preflight = contest.old("OPTIONS", path, "").await;
    assert_eq!((preflight.status, preflight.body.as_str()), (200, ""));
    is_open(&preflight);
    is(&contest.old("GET", path, "").await, 405, r#"{"error":"Method not allowed"}"#);
    let cleared = contest.old("POST", path, "").await;
    let at = cleared.json()["timestamp"].as_str().unwrap().to_owned();
    is(
        &cleared,
        200,
        &format!(
            r#"{{"success":true,"message":"All data cleared successfully","deleted":{{"realtime_data":"3","statistics":"2","stopped_sessions":"1","broadcast_queue":"not found"}},"preserved":{{"teams":"kept","categories":"kept","sessions_history":"kept (status updated to stopped)"}},"timestamp":"{at}"}}"#
        ),
    );
    is_open(&cleared);
}

/// A5.4, C1-15, E1: the two scripts, by GET, with the old prefix and without.
#[tokio::test]
async fn the_scripts_answer_in_text() {
    let contest = ContestBroker::start().await;
    for (path, number) in [("/start_new_session.php", 1), ("/detector-getaran/start_new_session.php", 2)] {
        let started = contest.old("GET", path, "").await;
        assert_eq!((started.status, started.header("content-type")), (200, Some("text/html; charset=UTF-8")));
        let head = format!(
            "Old sessions stopped\nNew session started: ID={number}, Category=baja, Frequency=1.5 Hz\nStarted at: "
        );
        assert!(started.body.starts_with(&head), "{}", started.body);
    }
    let state = contest.broker.contest().state().await.unwrap();
    assert_eq!((state.current, state.runs.len()), (Some(RunId(2)), 2));
    let stopped = contest.old("GET", "/stop_all_sessions.php", "").await;
    let lines: Vec<&str> = stopped.body.lines().collect();
    assert_eq!((lines.len(), lines[0]), (3, "Stopped 1 running session(s)"));
    assert!(lines[1].starts_with("ID=2, Category=baja, Frequency=1.5 Hz, Status=stopped, Started at: "));
    assert!(contest.old("GET", "/stop_all_sessions.php", "").await.body.starts_with("Stopped 0 "));
}

/// A5.4: scripts on this machine reach raw clients; the contest's words do not come from there.
#[tokio::test]
async fn an_internal_broadcast_reaches_raw_clients() {
    let contest = ContestBroker::start().await;
    let mut raw = contest.raw().await;
    raw.hear_type("initial_data").await;
    let path = "/detector-getaran/api/internal_broadcast.php";
    is(&contest.old("POST", path, r#"{"type": "note"}"#).await, 200, r#"{"success":true,"queued":true}"#);
    raw.expect_text(r#"{"type": "note"}"#).await;
    let said = |response: Response| (response.status, response.body, response.headers);
    for (method, body, status, words) in [
        ("GET", "", 405, "Method Not Allowed"),
        ("POST", "{", 400, "Bad Request"),
        ("POST", r#"{"type":"new_data","data":[]}"#, 403, "Forbidden"),
    ] {
        let (found, text, headers) = said(contest.old(method, path, body).await);
        assert_eq!((found, text.as_str()), (status, words));
        assert!(headers.contains(&("content-type".to_owned(), "text/html; charset=UTF-8".to_owned())));
    }
}

/// Bodies are bounded, and what is not there is not found.
#[tokio::test]
async fn large_bodies_and_unknown_paths_are_refused() {
    let contest = ContestBroker::start().await;
    let large = contest.old("POST", RECEIVE, &" ".repeat(64 * 1024 + 1)).await;
    is(&large, 413, r#"{"error":"The request body is larger than 65536 bytes"}"#);
    is(&contest.old("GET", "/detector-getaran/api/tim_9.php", "").await, 404, r#"{"error":"Not found"}"#);
    assert_eq!(contest.old("GET", "/", "").await.status, 200);
}
