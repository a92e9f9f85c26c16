//! The owner of the contest is killed, or stopped for longer than its lease: another node goes on, and nothing that was
//! acknowledged is lost or counts twice.

use std::path::Path;
use std::time::Duration;

use rustix::process::Signal;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep, timeout_at};

use crate::support::{
    Camera, Client, DEADLINE, Dial, HttpConnection, Postgres, Redis, Served, TAKE_OVER, TOKEN_SECRET, judge, points,
    prefix, viewer,
};

const BASE: &str = "/api/v2/contest";

/// Nodes in processes of their own.
struct Processes {
    nodes: Vec<Served>,
    _redis: Redis,
    _postgres: Postgres,
}

impl Processes {
    async fn start(count: usize, run: &str) -> Self {
        let (redis, postgres) = (Redis::start(), Postgres::start().await);
        let (database, prefix) = (postgres.database().await, prefix());
        let url = format!("redis://127.0.0.1:{}", redis.port());
        let settings = [
            ("SALURAN_ADAPTER_KIND", "redis"),
            ("SALURAN_ADAPTER_URL", &url),
            ("SALURAN_ADAPTER_PREFIX", &prefix),
            ("SALURAN_ADAPTER_LEASE", "3s"),
            ("SALURAN_ADAPTER_COMMAND_TIMEOUT", "1s"),
            ("SALURAN_APP_TOKENS_SECRET", TOKEN_SECRET),
            ("SALURAN_CONTEST_ENABLED", "true"),
            ("SALURAN_CONTEST_REALTIME", "true"),
            ("SALURAN_CONTEST_RUN", run),
            ("SALURAN_GATEWAY_LISTEN", "127.0.0.1:0"),
            ("SALURAN_STORE_DATABASE", &database),
        ];
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("channels.toml");
        let nodes = (0..count).map(|_| Served::start_with(&file, &settings)).collect();
        let all = Self { nodes, _redis: redis, _postgres: postgres };
        all.owner(None).await;
        all
    }

    /// The node that owns the contest, and is not this one; waits until there is one.
    async fn owner(&self, but: Option<usize>) -> usize {
        let until = Instant::now() + TAKE_OVER;
        loop {
            for (node, served) in self.nodes.iter().enumerate().filter(|(node, _)| Some(*node) != but) {
                if owns(served).await {
                    return node;
                }
            }
            assert!(Instant::now() < until, "nobody owns the contest");
            sleep(Duration::from_millis(50)).await;
        }
    }
}

/// Asks a node's API as the judge; `None` while it is busy.
async fn ask(node: &Served, method: &str, path: &str, body: &str) -> Option<Value> {
    let authorization = format!("Bearer {}", judge());
    let headers = [("Authorization", authorization.as_str()), ("Content-Type", "application/json")];
    let mut connection = HttpConnection::open(node.address).await;
    let answer = connection.request(method, &format!("{BASE}{path}"), &headers, body.as_bytes()).await;
    assert!([200, 201, 503].contains(&answer.status), "{answer:?}");
    (answer.status != 503).then(|| answer.json())
}

/// Whether a node says that it owns the contest.
async fn owns(node: &Served) -> bool {
    let lanes = ask(node, "GET", "/lanes", "").await.unwrap_or_default();
    lanes["owner"].as_str().is_some_and(|name| name.ends_with(&format!(":{}", node.address.port())))
}

async fn export(node: &Served) -> Vec<(u8, u64)> {
    let authorization = format!("Bearer {}", viewer());
    let mut connection = HttpConnection::open(node.address).await;
    let path = format!("{BASE}/exports/points.csv");
    let answer = connection.request("GET", &path, &[("Authorization", &authorization)], b"").await;
    assert_eq!(answer.status, 200, "{answer:?}");
    points(&answer.body)
}

async fn raw(node: &Served) -> Client {
    Dial::path("/").send(node.gateway.expect("cameras may connect"), &[]).await
}

/// Sends points until this moment; those that were acknowledged.
async fn shake(node: &Served, mut camera: Camera, until: Instant) -> Camera {
    let mut client = raw(node).await;
    while Instant::now() < until {
        camera.send(&mut client).await;
        sleep(Duration::from_millis(20)).await;
    }
    camera
}

fn all_of(cameras: &[Camera]) -> Vec<(u8, u64)> {
    cameras.iter().flat_map(|camera| (0..camera.seq).map(|seq| (camera.lane, seq))).collect()
}

#[tokio::test]
async fn a_run_outlives_its_owner_with_all_its_points() {
    let all = Processes::start(3, "12s").await;
    let owner = all.owner(None).await;
    let others: Vec<usize> = (0..3).filter(|node| *node != owner).collect();
    let began = Instant::now();
    let run = ask(&all.nodes[others[0]], "POST", "/runs", r#"{"category":"baja","frequency":1.5}"#).await;
    assert_eq!(run.expect("a run begins")["session_id"], 1);
    let ends = began + Duration::from_secs(13);
    let killing = async {
        sleep(Duration::from_secs(2)).await;
        all.nodes[owner].signal(Signal::KILL);
    };
    let shaking = [(others[0], 1), (others[1], 2), (others[0], 3)];
    let shaking = shaking.map(|(node, lane)| shake(&all.nodes[node], Camera::new(lane), ends));
    let (cameras, ()) = tokio::join!(futures_util::future::join_all(shaking), killing);
    let heir = all.owner(Some(owner)).await;
    assert!(others.contains(&heir));
    let node = &all.nodes[others[0]];
    let mut kept = export(node).await;
    kept.sort_unstable();
    assert_eq!(kept, all_of(&cameras), "every acknowledged point, once");
    assert!(cameras.iter().all(|camera| camera.seq > 20), "points were taken before and after: {cameras:?}");
    let until = Instant::now() + DEADLINE;
    let session = loop {
        let sessions = ask(node, "GET", "/runs", "").await.expect("reads need no owner");
        if sessions["sessions"][0]["status"] == "stopped" {
            break sessions["sessions"][0].clone();
        }
        assert!(Instant::now() < until, "{sessions}");
        sleep(Duration::from_millis(50)).await;
    };
    assert_eq!((&session["ended_by"], &session["duration_seconds"]), (&json!("time"), &json!(12)));
}

/// What pages hear of the owner for a while: who it is, in the order of saying.
async fn owners_heard(page: &mut Client, time: Duration) -> Vec<String> {
    let until = Instant::now() + time;
    let mut heard = Vec::new();
    while let Ok(text) = timeout_at(until, page.next()).await {
        let message: Value = serde_json::from_str(&text).unwrap();
        if message["event"] == "lanes" {
            let lanes: Value = serde_json::from_str(message["data"].as_str().unwrap()).unwrap();
            heard.push(lanes["owner"].as_str().unwrap().to_owned());
        }
    }
    heard
}

/// Points come all the while, so that it is stopped in the middle of what it does.
#[tokio::test]
async fn an_owner_that_was_stopped_for_long_neither_writes_nor_speaks() {
    let all = Processes::start(2, "60s").await;
    let owner = all.owner(None).await;
    let (old, new) = (&all.nodes[owner], &all.nodes[1 - owner]);
    let mut page = new.client().await;
    page.subscribe_signed("private-lanes", None).await;
    let ends = Instant::now() + Duration::from_secs(13);
    let stopping = async {
        sleep(Duration::from_secs(2)).await;
        old.signal(Signal::STOP);
        assert_eq!(all.owner(Some(owner)).await, 1 - owner);
        // What was said before is heard before.
        owners_heard(&mut page, Duration::from_millis(500)).await;
        let run = ask(new, "POST", "/runs", r#"{"category":"baja","frequency":1.5}"#).await;
        assert!(run.is_some());
        old.signal(Signal::CONT);
        let heard = owners_heard(&mut page, Duration::from_secs(3)).await;
        let name = format!(":{}", new.address.port());
        assert!(!heard.is_empty() && heard.iter().all(|owner| owner.ends_with(&name)), "{heard:?}, not {name}");
    };
    let shaking = [(old, 1), (new, 2), (old, 3), (new, 4)].map(|(node, lane)| shake(node, Camera::new(lane), ends));
    let (mut cameras, ()) = tokio::join!(futures_util::future::join_all(shaking), stopping);
    let answer = cameras[0].send(&mut raw(old).await).await;
    assert_eq!(answer["mode"], "recording", "it knows of the run that began meanwhile");
    assert!(!owns(old).await && owns(new).await);
    for node in [old, new] {
        let mut kept = export(node).await;
        kept.sort_unstable();
        assert_eq!(kept, all_of(&cameras), "every acknowledged point, once");
    }
}
