//! A Redis that goes on with what it had a moment before: after a loss of power, or with a replica that takes over before
//! it had everything.

use std::path::Path;
use std::process::Command;

use crate::node::Node;
use crate::process::Folder;
use crate::rules::presence::member;
use crate::setup::{Kind, Setup};
use crate::support::{APP, eventually};

/// What a node has told and Redis has forgotten is told again: a member who left stays gone, one who came stays.
#[tokio::test]
async fn members_are_right_with_a_redis_that_is_behind() {
    let channel = "presence-older";
    let folder = Folder::new();
    let mut setup = Setup::start(Kind::Standalone, &folder, &["appendonly yes", "appendfsync always"]).await;
    let config = folder.path.join("channels.toml");
    let app = format!("[[app]]\nid = \"{}\"\nkey = \"{}\"\nsecret = \"{}\"\n", APP.id, APP.key, APP.secret);
    std::fs::write(&config, app).unwrap();
    let settings = setup.settings(&setup.ports(), "older");
    let nodes =
        [Node::start("one", &folder, &config, &settings).await, Node::start("two", &folder, &config, &settings).await];
    for node in &nodes {
        eventually("a node that reaches the other", async || node.is_present().await).await;
    }
    let _watcher = member(&nodes[0], channel, "w").await;
    let mut leaves = member(&nodes[1], channel, "leaves").await;
    let (data, copy) = (folder.path.join("redis/appendonlydir"), folder.path.join("copy"));
    copy_all(&data, &copy);
    leaves.unsubscribe(channel).await;
    let _comes = member(&nodes[1], channel, "comes").await;
    let is_so = async |node: &Node| node.members(APP, channel).await == ["comes", "w"];
    for node in &nodes {
        eventually("one who left and one who came", async || is_so(node).await).await;
    }
    let breaks = [nodes[0].breaks().await, nodes[1].breaks().await];
    setup.servers[0].kill();
    setup.servers[0].empty();
    copy_all(&copy, &data);
    setup.servers[0].resume().await;
    for (node, breaks) in nodes.iter().zip(breaks) {
        node.is_back_after(breaks).await;
    }
    for node in &nodes {
        eventually("the same as before", async || is_so(node).await).await;
    }
    for node in &nodes {
        assert_eq!(node.members(APP, channel).await, ["comes", "w"]);
        assert_eq!(node.subscriptions(APP, channel).await, Some(2));
    }
}

fn copy_all(from: &Path, to: &Path) {
    let copied = Command::new("cp").arg("-r").args([from, to]).status().expect("cp can be run");
    assert!(copied.success());
}
