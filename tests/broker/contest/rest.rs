//! The contest over HTTP for pages: who may do what, and what wrong requests are told.

use serde_json::{Value, json};

use crate::support::{ContestBroker, Response, camera, judge, viewer, within};

const BASE: &str = "/api/v2/contest";

async fn ask(contest: &ContestBroker, token: Option<&str>, method: &str, path: &str, body: &str) -> Response {
    let authorization = token.map(|token| format!("Bearer {token}"));
    let mut headers = vec![("Content-Type", "application/json")];
    headers.extend(authorization.as_deref().map(|text| ("Authorization", text)));
    contest.broker.http(method, &format!("{BASE}{path}"), &headers, body).await
}

/// All methods and paths that the document names, with a number where one belongs.
async fn documented(contest: &ContestBroker) -> Vec<(String, String)> {
    let document = contest.broker.http("GET", "/api/v2/openapi.json", &[], "").await.json();
    let paths = document["paths"].as_object().expect("paths").clone();
    let of = |(path, methods): (String, Value)| {
        let path = path.strip_prefix(BASE).expect("the contest's path").replace("{id}", "1");
        let methods: Vec<String> = methods.as_object().expect("methods").keys().cloned().collect();
        methods.into_iter().map(move |method| (method.to_uppercase(), path.clone())).collect::<Vec<_>>()
    };
    paths.into_iter().flat_map(of).collect()
}

/// D1: roles; a spectator can stop or wipe nothing.
#[tokio::test]
async fn viewers_read_and_judges_do_all() {
    let contest = ContestBroker::with(|config| config.contest.undo = std::time::Duration::from_secs(600)).await;
    let all = documented(&contest).await;
    assert!(all.len() >= 20, "{all:?}");
    let (judge, viewer, camera) = (judge(), viewer(), camera(1));
    let stranger = crate::support::role("tenant", "somebody");
    for (method, path) in &all {
        let status = async |token: Option<&str>| ask(&contest, token, method, path, "{}").await.status;
        assert_eq!(status(None).await, 401, "{method} {path} for nobody");
        assert_eq!(status(Some("no.token.atall")).await, 401, "{method} {path} for a wrong token");
        assert_eq!(status(Some(&stranger)).await, 403, "{method} {path} for a stranger");
        for reader in [&viewer, &camera] {
            let status = status(Some(reader)).await;
            let is_refused = status == 403;
            assert_eq!(is_refused, method != "GET", "{method} {path} for a viewer: {status}");
        }
        let status = status(Some(&judge)).await;
        assert!(![401, 403, 404, 405, 500].contains(&status) || path.contains("/1"), "{method} {path}: {status}");
    }
}

/// The document names what there is: other methods are refused, other paths are not there.
#[tokio::test]
async fn nothing_is_there_that_is_not_documented() {
    let contest = ContestBroker::start().await;
    let all = documented(&contest).await;
    let judge = judge();
    for (_, path) in &all {
        for method in ["GET", "POST", "PUT", "DELETE"] {
            let is_documented = all.contains(&(method.to_owned(), path.clone()));
            if !is_documented {
                assert_eq!(ask(&contest, Some(&judge), method, path, "").await.status, 405, "{method} {path}");
            }
        }
    }
    assert_eq!(ask(&contest, Some(&judge), "GET", "/secrets", "").await.status, 404);
}

#[tokio::test]
async fn a_second_start_is_a_conflict_with_the_run_in_the_way() {
    let contest = ContestBroker::start().await;
    let judge = judge();
    let start = |body: &'static str| ask(&contest, Some(&judge), "POST", "/runs", body);
    let first = start(r#"{"frequency":1.5,"category":"baja"}"#).await;
    assert_eq!(first.status, 201);
    assert_eq!((&first.json()["status"], &first.json()["session_id"]), (&json!("running"), &json!(1)));
    let second = start(r#"{"frequency":2.5,"category":"baja"}"#).await;
    assert_eq!((second.status, &second.json()["reason"]), (409, &json!("running")));
    assert_eq!(second.json()["session"]["session_id"], 1);
    let replaced = start(r#"{"frequency":2.5,"category":"baja","replace":true}"#).await;
    assert_eq!((replaced.status, &replaced.json()["session_id"]), (201, &json!(2)));
    let locked = ask(&contest, Some(&judge), "PUT", "/category", r#"{"category":"beton"}"#).await;
    assert_eq!((locked.status, &locked.json()["reason"]), (409, &json!("running")));
    let stopped = ask(&contest, Some(&judge), "POST", "/runs/2/stop", r#"{"collapsed":true}"#).await;
    assert_eq!((stopped.status, &stopped.json()["ended_by"]), (200, &json!("collapse")));
    let again = ask(&contest, Some(&judge), "POST", "/runs/current/stop", "").await;
    assert_eq!((again.status, &again.json()["reason"]), (409, &json!("not_running")));
}

/// Bad input gets a clear error, and changes nothing.
#[tokio::test]
async fn wrong_bodies_and_queries_are_explained() {
    let contest = ContestBroker::start().await;
    let judge = judge();
    let before = contest.broker.contest().state().await.unwrap();
    let cases = [
        ("POST", "/runs", r#"{"frequency":2}"#),
        ("POST", "/runs", r#"{"frequency":"1.5"}"#),
        ("POST", "/runs", r#"{"frequency":1.5,"category":"kayu"}"#),
        ("POST", "/runs", r#"{"frequency":1.5,"catgory":"baja"}"#),
        ("POST", "/runs", "{"),
        ("POST", "/runs", ""),
        ("POST", "/runs", "[]"),
        ("PUT", "/realtime", r#"{"enabled":"yes"}"#),
        ("PUT", "/frozen", "{}"),
        ("PUT", "/category", r#"{"category":"baja","frequency":9}"#),
        ("POST", "/clears", r#"{"scope":"lane"}"#),
        ("POST", "/clears", r#"{"scope":"lane","laptop_id":9}"#),
        ("POST", "/clears", r#"{"scope":"some"}"#),
        ("PUT", "/teams", r#"{"teams":[{"laptop_id":9,"category":"baja","nama_tim":"x"}]}"#),
        ("PUT", "/teams", r#"{"teams":[{"laptop_id":1,"category":"baja","nama_tim":""}]}"#),
        ("GET", "/points?laptop_id=9", ""),
        ("GET", "/points?after=x", ""),
        ("GET", "/points?limit=0", ""),
        ("GET", "/points?limit=10001", ""),
        ("GET", "/points?frequency=2", ""),
        ("GET", "/statistics?category=kayu", ""),
        ("GET", "/exports/team.csv", ""),
    ];
    for (method, path, body) in cases {
        let answer = ask(&contest, Some(&judge), method, path, body).await;
        assert!(matches!(answer.status, 400 | 422), "{method} {path} {body}: {} {}", answer.status, answer.body);
        let error = answer.json()["error"].as_str().expect("a sentence").to_owned();
        assert!(error.len() > 10 && answer.json()["reason"].is_string(), "{method} {path} {body}: {error}");
    }
    assert_eq!(contest.broker.contest().state().await.unwrap(), before);
    assert_eq!(ask(&contest, Some(&judge), "POST", "/runs/77/stop", "").await.status, 404);
    assert_eq!(ask(&contest, Some(&judge), "POST", "/clears/77/undo", "").await.status, 409);
    let unknown = ask(&contest, Some(&judge), "POST", "/clears", r#"{"scope":"run","session_id":5}"#).await;
    assert_eq!(unknown.status, 404);
}

#[tokio::test]
async fn teams_come_from_a_table_too() {
    let contest = ContestBroker::start().await;
    let authorization = format!("Bearer {}", judge());
    let headers = [("Authorization", authorization.as_str()), ("Content-Type", "text/csv")];
    let csv = "laptop_id,category,nama_tim\n1,baja,\"Kampus, A_Tim \"\"Satu\"\"\"\n8,beton,Kampus B_Tim Dua\n";
    let answer = contest.broker.http("PUT", &format!("{BASE}/teams"), &headers, csv).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let teams = ask(&contest, Some(&viewer()), "GET", "/teams", "").await.json();
    assert_eq!(
        teams["teams"][0],
        json!({"laptop_id": 1, "category": "baja", "nama_tim": "Kampus, A_Tim \"Satu\"", "alias": "A-1"})
    );
    assert_eq!(teams["teams"][15]["nama_tim"], "Kampus B_Tim Dua");
    let wrong = contest.broker.http("PUT", &format!("{BASE}/teams"), &headers, "laptop_id,category\n1,baja\n").await;
    assert!(matches!(wrong.status, 400 | 422), "{}", wrong.body);
}

#[tokio::test]
async fn points_come_in_pages_by_their_number() {
    let contest = ContestBroker::start().await;
    for number in 1..=25 {
        let point = json!({ "laptop_id": number % 2 + 1, "dista": 0, "distb": number });
        assert_eq!(contest.trigger("baja", number % 2 + 1, &point).await.status, 200);
    }
    let viewer = viewer();
    let mut found = Vec::new();
    let mut after = json!(0);
    while !after.is_null() {
        let path = format!("/points?laptop_id=2&after={after}&limit=5");
        let page = ask(&contest, Some(&viewer), "GET", &path, "").await.json();
        found.extend(page["points"].as_array().unwrap().iter().map(|point| point[5].as_f64().unwrap()));
        after = page["next"].clone();
    }
    assert_eq!(found, (1..=25).filter(|number| number % 2 == 1).map(f64::from).collect::<Vec<_>>());
}

#[tokio::test]
async fn the_self_test_goes_through_everything() {
    let contest = ContestBroker::start().await;
    let judge = judge();
    // The database is asked when it is ready, and says so when it is not yet.
    let answer = within("a good self-test", async {
        loop {
            let answer = ask(&contest, Some(&judge), "POST", "/self-test", "").await.json();
            if answer["ok"] == true {
                return answer;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    })
    .await;
    let names: Vec<_> = answer["steps"].as_array().unwrap().iter().map(|step| step["name"].clone()).collect();
    assert_eq!(names, ["journal", "database", "channels", "gateway"]);
}
