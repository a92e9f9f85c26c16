//! The OpenAPI document against what really comes: every status, every body.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::{ContestBroker, Response, TestBroker, judge, role, viewer};

const BASE: &str = "/api/v2/contest";

/// What many endpoints share and other tests provoke: slow and big bodies, too many tries, a contest that
/// cannot answer.
const SHARED: [u16; 4] = [408, 413, 429, 503];

/// An operation and a status of it.
type Told = (String, String, u16);

/// A broker whose every answer is held against its own document.
struct Held {
    contest: ContestBroker,
    document: Value,
    seen: BTreeSet<Told>,
}

impl Held {
    async fn new() -> Self {
        let contest = ContestBroker::start().await;
        let document = contest.broker.http("GET", "/api/v2/openapi.json", &[], "").await.json();
        Self { contest, document, seen: BTreeSet::new() }
    }

    /// Asks; the status must be documented, and the body of the documented shape.
    async fn ask(&mut self, token: Option<&str>, method: &str, target: &str, body: &str) -> Response {
        let kind = if body.starts_with("laptop_id") { "text/csv" } else { "application/json" };
        let authorization = token.map(|token| format!("Bearer {token}"));
        let mut headers = vec![("Content-Type", kind)];
        headers.extend(authorization.as_deref().map(|text| ("Authorization", text)));
        let answer = self.contest.broker.http(method, &format!("{BASE}{target}"), &headers, body).await;
        self.hold(method, target, &answer);
        answer
    }

    fn hold(&mut self, method: &str, target: &str, answer: &Response) {
        let path = template(target);
        let operation = &self.document["paths"][format!("{BASE}{path}")][method.to_lowercase()];
        let content = &operation["responses"][answer.status.to_string()]["content"];
        assert!(content.is_object(), "{method} {target}: {} is not documented: {}", answer.status, answer.body);
        let (kind, content) = content.as_object().unwrap().iter().next().expect("a content");
        assert_eq!(answer.header("content-type"), Some(kind.as_str()), "{method} {target}");
        if content["schema"].is_object() {
            let schema = json!({ "$ref": content["schema"]["$ref"], "components": self.document["components"] });
            let shape = jsonschema::validator_for(&schema).expect("a schema of the document");
            let body = answer.json();
            let wrong: Vec<_> = shape.iter_errors(&body).map(|error| error.to_string()).collect();
            assert!(wrong.is_empty(), "{method} {target} {}: {wrong:?} in {body}", answer.status);
        }
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{method} {target}");
        self.seen.insert((method.to_owned(), path, answer.status));
    }

    /// Every operation with every status of its own.
    fn documented(&self) -> BTreeSet<Told> {
        let paths = self.document["paths"].as_object().expect("paths");
        let mut all = BTreeSet::new();
        for (path, operations) in paths {
            for (method, operation) in operations.as_object().expect("operations") {
                for status in operation["responses"].as_object().expect("responses").keys() {
                    let path = path.strip_prefix(BASE).expect("a path of the contest").to_owned();
                    all.insert((method.to_uppercase(), path, status.parse().expect("a status")));
                }
            }
        }
        all.retain(|(_, _, status)| !SHARED.contains(status));
        all
    }
}

/// `/runs/7/stop?x=y` is `/runs/{id}/stop`.
fn template(target: &str) -> String {
    let path = target.split('?').next().unwrap_or_default();
    let is_id = |part: &&str| *part == "current" || part.parse::<i64>().is_ok() || *part == "none";
    path.split('/').map(|part| if is_id(&part) { "{id}" } else { part }).collect::<Vec<_>>().join("/")
}

/// Everything that can be asked, so that it works.
const GOOD: &[(&str, &str, &str, u16)] = &[
    ("GET", "/state", "", 200),
    ("PUT", "/realtime", r#"{"enabled":true}"#, 200),
    ("PUT", "/category", r#"{"category":"baja","frequency":2.5}"#, 200),
    ("POST", "/runs", r#"{"category":"baja","frequency":2.5}"#, 201),
    ("GET", "/state", "", 200),
    ("POST", "/runs", r#"{"category":"baja","frequency":2.5}"#, 409),
    ("PUT", "/category", r#"{"category":"beton"}"#, 409),
    ("GET", "/points?category=baja&laptop_id=1,2&session_id=1&frequency=2.5&after=0&from_ms=0&limit=10", "", 200),
    ("GET", "/statistics?session_id=1&category=baja&laptop_id=1,2", "", 200),
    ("GET", "/statistics", "", 200),
    ("POST", "/runs/1/stop", r#"{"collapsed":true}"#, 200),
    ("POST", "/runs/1/stop", "", 409),
    ("POST", "/runs/current/stop", "", 409),
    ("POST", "/runs/9/stop", "", 404),
    ("GET", "/runs?category=baja&frequency=2.5", "", 200),
    ("PUT", "/frozen", r#"{"frozen":true}"#, 200),
    ("POST", "/clears", r#"{"scope":"run","session_id":9}"#, 404),
    ("POST", "/clears", r#"{"scope":"lane","laptop_id":1,"category":"baja"}"#, 201),
    ("GET", "/state", "", 200),
    ("POST", "/clears/1/undo", "", 200),
    ("POST", "/clears/1/undo", "", 409),
    ("POST", "/clears/none/undo", "", 404),
    ("GET", "/teams", "", 200),
    ("PUT", "/teams", r#"{"teams":[{"laptop_id":1,"category":"baja","nama_tim":"Satu"}]}"#, 200),
    ("PUT", "/teams", "laptop_id,category,nama_tim\n2,baja,Dua\n", 200),
    ("GET", "/lanes", "", 200),
    ("POST", "/self-test", "", 200),
    ("GET", "/exports/realtime.csv?laptop_id=1", "", 200),
    ("GET", "/exports/session.csv?laptop_id=1&frequency=2.5", "", 200),
    ("GET", "/exports/points.csv?session_id=1&laptop_id=1&category=baja", "", 200),
    ("GET", "/exports/team.csv?laptop_id=1&category=baja", "", 200),
];

#[tokio::test]
async fn every_documented_status_comes_and_no_other() {
    let mut held = Held::new().await;
    let (judge, stranger) = (judge(), role("tenant", "somebody"));
    let operations: BTreeSet<_> = held.documented().into_iter().map(|(method, path, _)| (method, path)).collect();
    for (method, path) in &operations {
        let target = path.replace("{id}", "1");
        assert_eq!(held.ask(None, method, &target, "").await.status, 401, "{method} {path}");
        assert_eq!(held.ask(Some(&stranger), method, &target, "").await.status, 403, "{method} {path}");
        let wrong = held.ask(Some(&judge), method, &format!("{target}?categori=baja"), "").await;
        assert_eq!((wrong.status, &wrong.json()["reason"]), (422, &json!("invalid")), "{method} {path}");
    }
    for distb in [3.5, -7.0] {
        let point = json!({ "laptop_id": 1, "dista": 0, "distb": distb });
        assert_eq!(held.contest.trigger("baja", 1, &point).await.status, 200);
    }
    for &(method, target, body, status) in GOOD {
        let answer = held.ask(Some(&judge), method, target, body).await;
        assert_eq!(answer.status, status, "{method} {target} {body}: {}", answer.body);
        if status == 201 && target == "/runs" {
            let point = json!({ "laptop_id": 1, "dista": 0.5, "distb": 7 });
            assert_eq!(held.contest.trigger("baja", 1, &point).await.status, 200);
        }
    }
    // A workbook is no text.
    held.seen.insert(("GET".to_owned(), "/exports/ranking.xlsx".to_owned(), 200));
    let documented = held.documented();
    assert_eq!(
        documented.difference(&held.seen).collect::<Vec<_>>(),
        Vec::<&Told>::new(),
        "documented, and never told"
    );
}

#[tokio::test]
async fn what_judges_send_fits_the_document() {
    let held = Held::new().await;
    for &(method, target, body, status) in GOOD.iter().filter(|(_, _, body, _)| body.starts_with('{')) {
        let operation = &held.document["paths"][format!("{BASE}{}", template(target))][method.to_lowercase()];
        let content = &operation["requestBody"]["content"]["application/json"];
        let schema = json!({ "$ref": content["schema"]["$ref"], "components": held.document["components"] });
        let shape = jsonschema::validator_for(&schema).expect("a schema of the document");
        let body: Value = serde_json::from_str(body).unwrap();
        assert!(shape.is_valid(&body), "{method} {target} {body} {status}");
        let mut more = body.clone();
        more["another"] = json!(1);
        assert!(!shape.is_valid(&more), "{method} {target} takes anything");
    }
}

/// For people: without scripts, and without anything from another host.
#[tokio::test]
async fn the_page_of_the_document_stands_alone() {
    let contest = ContestBroker::start().await;
    let page = contest.broker.http("GET", "/api/v2/docs", &[], "").await;
    assert_eq!((page.status, page.header("content-type")), (200, Some("text/html; charset=utf-8")));
    assert!(page.header("content-security-policy").is_some_and(|policy| policy.starts_with("default-src 'self'")));
    let document = contest.broker.http("GET", "/api/v2/openapi.json", &[], "").await.json();
    assert_eq!(document["openapi"], "3.1.0");
    for path in document["paths"].as_object().unwrap().keys() {
        assert!(page.body.contains(path.as_str()), "{path}");
    }
    for shape in document["components"]["schemas"].as_object().unwrap().keys() {
        assert!(page.body.contains(&format!("id=\"{shape}\"")), "{shape}");
    }
    for foreign in ["<script", "style=", "://", "src="] {
        assert!(!page.body.contains(foreign), "the page has {foreign}");
    }
    let style = contest.broker.http("GET", "/api/v2/docs.css", &[], "").await;
    assert_eq!((style.status, style.header("content-type")), (200, Some("text/css; charset=utf-8")));
    assert_eq!(contest.broker.http("POST", "/api/v2/docs", &[], "").await.status, 404);
}

/// A body that says it is bigger than allowed is refused before it comes.
#[tokio::test]
async fn a_big_body_is_refused_as_documented() {
    let mut held = Held::new().await;
    let authorization = format!("Bearer {}", judge());
    let headers = [("Authorization", authorization.as_str()), ("Content-Length", "2000000")];
    let answer = held.contest.broker.http("PUT", &format!("{BASE}/teams"), &headers, "").await;
    assert_eq!((answer.status, &answer.json()["reason"]), (413, &json!("too_big")));
    held.hold("PUT", "/teams", &answer);
}

/// Where no contest runs nothing of it is there, and says so.
#[tokio::test]
async fn without_a_contest_every_path_is_a_404() {
    let broker = TestBroker::start().await;
    let answer = broker.get_as(&viewer(), "/api/v2/contest/state").await;
    assert_eq!((answer.status, &answer.json()["reason"]), (404, &json!("not_found")));
    assert!(answer.body.contains("no contest runs here"), "{}", answer.body);
    assert_eq!(broker.http("GET", "/api/v2/openapi.json", &[], "").await.status, 200);
}
