//! A Redis that somebody empties while nodes run.

use std::time::Duration;

use rustix::process::Signal;
use tokio::time::{Instant, sleep};

use crate::node::Node;
use crate::process::Folder;
use crate::rules::presence::member;
use crate::setup::{Kind, Setup};
use crate::support::{APP, eventually};

/// Time for a lease, for telling all shares anew, and for the one who cleared nothing away to be cleared away.
const LONGEST: Duration = Duration::from_secs(60);

/// What a node told an emptied Redis is taken back also when that node ends before it notices, so that Redis does not
/// know that it ever was.
#[tokio::test]
async fn members_of_a_node_that_ends_before_it_notices_are_removed() {
    let channel = "presence-emptied";
    let folder = Folder::new();
    let setup = Setup::start(Kind::Standalone, &folder, &[]).await;
    let config = folder.path.join("channels.toml");
    let app = format!("[[app]]\nid = \"{}\"\nkey = \"{}\"\nsecret = \"{}\"\n", APP.id, APP.key, APP.secret);
    std::fs::write(&config, app).unwrap();
    let mut settings = setup.settings(&setup.ports(), "emptied");
    settings.extend(
        [("LEASE", "3s"), ("COMMAND_TIMEOUT", "500ms")]
            .map(|(name, value)| (format!("SALURAN_ADAPTER_{name}"), value.to_owned())),
    );
    let nodes =
        [Node::start("one", &folder, &config, &settings).await, Node::start("two", &folder, &config, &settings).await];
    for node in &nodes {
        eventually("a node that reaches the other", async || node.is_present().await).await;
    }
    let _watcher = member(&nodes[0], channel, "w").await;
    setup.servers[0].ask(&["FLUSHALL"]).await;
    let _comes = member(&nodes[1], channel, "comes").await;
    let is_there = async || nodes[0].members(APP, channel).await.contains(&"comes".to_owned());
    eventually("one who comes", is_there).await;
    nodes[1].signal(Signal::KILL);
    let start = Instant::now();
    while nodes[0].members(APP, channel).await != ["w"] {
        assert!(start.elapsed() < LONGEST, "{:?}", nodes[0].members(APP, channel).await);
        sleep(Duration::from_millis(100)).await;
    }
}
