//! Who calls: back ends that sign, pages of other hosts, and judges who are in a hurry.

use serde_json::{Value, json};

use crate::support::{APP, AppKeys, ContestBroker, Response, judge, viewer};

const BASE: &str = "/api/v2/contest";

async fn signed(contest: &ContestBroker, app: AppKeys, method: &str, path: &str, body: &str) -> Response {
    contest.broker.http_connection().await.signed(app, method, &format!("{BASE}{path}"), body).await
}

/// The app's secret is worth what its rules say of `app`: here, a judge.
#[tokio::test]
async fn a_back_end_may_sign_instead() {
    let contest = ContestBroker::start().await;
    let run = r#"{"category":"baja","frequency":1.5}"#;
    assert_eq!(signed(&contest, APP, "POST", "/runs", run).await.status, 201);
    assert_eq!(signed(&contest, APP, "GET", "/runs", "").await.json()["sessions"][0]["session_id"], 1);
    let filtered = signed(&contest, APP, "GET", "/points?category=baja", "").await;
    assert_eq!(filtered.status, 200, "{}", filtered.body);
    let forged = AppKeys { secret: "another", ..APP };
    for (method, path) in [("POST", "/runs/1/stop"), ("GET", "/state")] {
        let answer = signed(&contest, forged, method, path, "").await;
        assert_eq!((answer.status, &answer.json()["reason"]), (401, &json!("unauthenticated")), "{method} {path}");
    }
    assert!(contest.broker.contest().state().await.unwrap().running().is_some());
}

/// As all paths under /api/v2, with what a page needs to save files and to come back in time.
#[tokio::test]
async fn pages_of_other_hosts_may_ask() {
    let contest = ContestBroker::start().await;
    let asking = [("Origin", "http://pages.example"), ("Access-Control-Request-Method", "PUT")];
    let preflight = contest.broker.http("OPTIONS", &format!("{BASE}/frozen"), &asking, "").await;
    assert_eq!((preflight.status, preflight.header("access-control-allow-methods")), (204, Some("GET, POST, PUT")));
    let authorization = format!("Bearer {}", viewer());
    let asking = [("Origin", "http://pages.example"), ("Authorization", authorization.as_str())];
    for (method, path, status) in [("GET", "/lanes", 200), ("PUT", "/frozen", 403), ("GET", "/frozen", 405)] {
        let answer = contest.broker.http(method, &format!("{BASE}{path}"), &asking, "").await;
        assert_eq!(answer.status, status, "{method} {path}");
        assert_eq!(answer.header("access-control-allow-origin"), Some("http://pages.example"), "{method} {path}");
    }
    let lanes = contest.broker.http("GET", &format!("{BASE}/lanes"), &asking, "").await;
    assert_eq!(lanes.header("access-control-expose-headers"), Some("Content-Disposition, Retry-After"));
}

/// A3.1: at most one run, however many press the button at once.
#[tokio::test]
async fn of_judges_who_start_at_once_exactly_one_does() {
    let contest = ContestBroker::start().await;
    let judge = judge();
    for round in 1..=5 {
        let start = || async {
            contest.broker.post_as(&judge, &format!("{BASE}/runs"), r#"{"category":"baja","frequency":1.5}"#).await
        };
        let answers: [Response; 4] = tokio::join!(start(), start(), start(), start()).into();
        let (made, refused): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 201);
        assert_eq!((made.len(), refused.len()), (1, 3), "round {round}");
        for answer in refused {
            let body: Value = answer.json();
            assert_eq!((answer.status, &body["reason"]), (409, &json!("running")));
            assert_eq!(body["session"]["session_id"], made[0].json()["session_id"]);
        }
        let stop = || async { contest.broker.post_as(&judge, &format!("{BASE}/runs/{round}/stop"), "").await.status };
        let mut stopped: [u16; 2] = tokio::join!(stop(), stop()).into();
        stopped.sort_unstable();
        assert_eq!(stopped, [200, 409], "round {round}");
    }
}

/// What is cleared twice at once is brought back once.
#[tokio::test]
async fn of_two_who_undo_at_once_one_does() {
    let contest = ContestBroker::start().await;
    for distb in 1..=10 {
        let point = json!({ "laptop_id": 1, "dista": 0, "distb": distb });
        assert_eq!(contest.trigger("baja", 1, &point).await.status, 200);
    }
    let judge = judge();
    let cleared = contest.broker.post_as(&judge, &format!("{BASE}/clears"), r#"{"scope":"all"}"#).await;
    assert_eq!((cleared.status, &cleared.json()["points"]), (201, &json!(10)));
    let points = || async { contest.broker.get_as(&judge, &format!("{BASE}/points")).await.json()["points"].clone() };
    assert_eq!(points().await, json!([]));
    let undo = || async { contest.broker.post_as(&judge, &format!("{BASE}/clears/1/undo"), "").await };
    let (one, other) = tokio::join!(undo(), undo());
    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409]);
    assert_eq!(points().await.as_array().map(Vec::len), Some(10));
}

/// A scope with too much or too little is a slip, and clears nothing.
#[tokio::test]
async fn a_clear_that_says_too_much_clears_nothing() {
    let contest = ContestBroker::start().await;
    let point = json!({ "laptop_id": 1, "dista": 0, "distb": 1 });
    assert_eq!(contest.trigger("baja", 1, &point).await.status, 200);
    for body in [
        r#"{"scope":"all","laptop_id":1}"#,
        r#"{"scope":"all","session_id":1}"#,
        r#"{"scope":"all","category":"baja"}"#,
        r#"{"scope":"run"}"#,
        r#"{"scope":"run","session_id":1,"laptop_id":1}"#,
        r#"{"scope":"lane","session_id":1,"laptop_id":1}"#,
        r#"{"scope":"lane","lane":1}"#,
        r#"{"scope":"all","scope":"all"}"#,
    ] {
        let answer = contest.broker.post_as(&judge(), &format!("{BASE}/clears"), body).await;
        assert_eq!(answer.status, 422, "{body}: {}", answer.body);
    }
    let statistics = contest.broker.get_as(&viewer(), &format!("{BASE}/statistics")).await.json();
    assert_eq!(statistics["statistics"][0]["count"], 1);
}
