//! Brokers with the vibration contest, on folders of their own that outlive them.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use saluran::config::{AdapterKind, Config, Database, Secret};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::{Client, DEADLINE, FLEET, Postgres, Response, TestBroker, configuration, nodes, role, token};

/// The declarations that are shipped.
const SHIPPED: &str = include_str!("../../../channels.toml");

/// A broker with the contest; its folder is gone with the test.
#[derive(Debug)]
pub(crate) struct ContestBroker {
    pub(crate) broker: TestBroker,
    folder: PathBuf,
    config: Config,
    /// Where several nodes stand for the broker: what they share.
    _postgres: Option<Postgres>,
}

/// A judge's token.
pub(crate) fn judge() -> String {
    role("judge", "judge-1")
}

/// A viewer's token.
pub(crate) fn viewer() -> String {
    role("viewer", "screen-1")
}

/// The token of a lane's camera.
pub(crate) fn camera(lane: u8) -> String {
    token(&json!({ "sub": format!("camera-{lane}"), "roles": ["camera"], "laptop_id": lane }))
}

/// Where a lane's points are published.
pub(crate) fn lane_channel(category: &str, lane: u8) -> String {
    format!("private-measurements.{category}.{lane}")
}

impl ContestBroker {
    /// Points are taken; a run is as long as in the contest.
    pub(crate) async fn start() -> Self {
        Self::with(|_| {}).await
    }

    /// The same with changes.
    pub(crate) async fn with(change: impl FnOnce(&mut Config)) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("saluran-contest-{}-{number}", std::process::id()));
        let mut config = Config::default();
        config.contest.enabled = true;
        config.contest.realtime = true;
        config.store.folder.clone_from(&folder);
        config.gateway.listen = Some("127.0.0.1:0".parse().expect("an address"));
        change(&mut config);
        let is_alone = nodes() == 1 || config.adapter.kind == AdapterKind::Redis;
        let postgres = if is_alone { None } else { Some(Postgres::start().await) };
        if let Some(postgres) = &postgres {
            config.store.database = Database::Postgres(Secret::new(postgres.database().await));
        }
        let broker = run(&config).await;
        if postgres.is_some() {
            owned(&broker).await;
        }
        Self { broker, folder, config, _postgres: postgres }
    }

    /// A broker whose runs end after a time.
    pub(crate) async fn with_runs_of(length: Duration) -> Self {
        Self::with(|config| config.contest.run = length).await
    }

    /// Ends the broker as it should, and starts it again on the same folder.
    pub(crate) async fn restart(&mut self) {
        self.broker.shutdown().await;
        self.broker = run(&self.config).await;
    }

    /// Publishes a point as a lane's camera, through the HTTP API.
    pub(crate) async fn trigger(&self, category: &str, lane: u8, data: &Value) -> Response {
        let channel = lane_channel(category, lane);
        let body = json!({ "name": "new-data", "channel": channel, "data": data.to_string() });
        self.broker.publish_as(&camera(lane), &body).await
    }

    /// Where everything is kept.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// A connection that hears the session's channel and these; what is retained is read away.
    pub(crate) async fn page(&self, channels: &[&str]) -> Client {
        let mut page = self.broker.connect().await;
        for channel in channels {
            page.subscribe_granted(&self.broker, &viewer(), channel).await;
        }
        page
    }
}

impl Drop for ContestBroker {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.folder));
    }
}

/// Waits until some node owns the contest, as far as this one knows.
pub(crate) async fn owned(broker: &TestBroker) {
    let until = Instant::now() + 3 * DEADLINE;
    for contest in broker.contests() {
        while contest.lanes().await.is_err() {
            assert!(Instant::now() < until, "nobody owns the contest: {:?}", contest.owner());
            sleep(Duration::from_millis(20)).await;
        }
    }
}

/// The usual broker, with shipped channels and the tokens of the fleet's tests.
async fn run(contest: &Config) -> TestBroker {
    let (shipped, fleet) = (configuration(SHIPPED), configuration(FLEET));
    TestBroker::with(|config| {
        config.apps = fleet.apps;
        config.roles = shipped.roles;
        config.channels = shipped.channels;
        config.adapter = contest.adapter.clone();
        config.contest = contest.contest.clone();
        config.store = contest.store.clone();
        config.gateway = contest.gateway.clone();
        config.server.workers = contest.server.workers.max(2);
    })
    .await
}
