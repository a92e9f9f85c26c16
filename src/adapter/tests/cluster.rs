//! Fail-over by Sentinel, and Redis Cluster.

use crate::adapter::{State, Unfit};
use crate::config::{self, RedisMode};
use crate::hub::AppIndex;
use crate::hub::far::{Question, Request};

use super::node::{channel, event, start, try_start};
use super::processes::{Folder, Redis, ask, config_of, eventually, free_port, run};

fn sentinel(master: u16) -> Redis {
    let port = free_port();
    let file = format!(
        "port {port}\nbind 127.0.0.1\nsentinel monitor main 127.0.0.1 {master} 1\n\
         sentinel down-after-milliseconds main 500\nsentinel failover-timeout main 5000\n"
    );
    let mut sentinel = Redis::with(&["sentinel.conf", "--sentinel"], port);
    let path = sentinel.folder.0.join("sentinel.conf");
    std::fs::write(&path, file).unwrap();
    sentinel.launch();
    sentinel
}

#[test]
fn a_fail_over_is_followed() {
    let mut master = Redis::start(&[]);
    let replica =
        Redis::start(&["--replicaof", "127.0.0.1", &master.port.to_string(), "--repl-diskless-sync-delay", "0"]);
    eventually("the replica follows", || replica.ask::<String>(&["INFO"]).contains("master_link_status:up"));
    let sentinels = [sentinel(master.port), sentinel(master.port)];
    let knows = |sentinel: &Redis| sentinel.ask::<String>(&["INFO"]).contains("slaves=1");
    eventually("the sentinels know the replica", || sentinels.iter().all(knows));
    // One that nobody listens at: the next is asked.
    let ports = [free_port(), sentinels[0].port, sentinels[1].port];
    let mode = |name: &str| RedisMode::Sentinel { master: name.to_owned() };
    let config = config::Adapter { mode: mode("main"), ..config_of(&ports) };
    let unknown = config::Adapter { mode: mode("other"), ..config.clone() };
    let refused = try_start(&unknown, "secret").map(|node| node.state());
    assert!(matches!(refused, Err(crate::adapter::Error::Unfit(Unfit::UnknownMaster { .. }))), "{refused:?}");
    let node = start(&config);
    node.back();
    let room = channel("room");
    node.stay(&room, 1);
    assert_eq!(node.stayed().0, 1);
    let has_it = || !replica.ask::<Vec<String>>(&["KEYS", "*:h:*"]).is_empty();
    eventually("the replica has it", has_it);
    master.kill();
    node.away();
    (2..=50).for_each(|number| node.stay(&room, number));
    node.back();
    assert_eq!(node.past(&room), (1..=50).collect::<Vec<_>>());
}

fn cluster() -> Vec<Redis> {
    let options = ["--cluster-enabled", "yes", "--cluster-node-timeout", "2000", "--repl-diskless-sync-delay", "0"];
    let servers: Vec<_> = (0..6).map(|_| Redis::start(&options)).collect();
    let folder = Folder::new();
    let addresses: Vec<_> = servers.iter().map(|server| format!("127.0.0.1:{}", server.port)).collect();
    let mut arguments = vec!["--cluster", "create"];
    arguments.extend(addresses.iter().map(String::as_str));
    arguments.extend(["--cluster-replicas", "1", "--cluster-yes"]);
    run("redis-cli", &arguments, &folder.0);
    let is_up = |server: &Redis| server.ask::<String>(&["CLUSTER", "INFO"]).contains("cluster_state:ok");
    eventually("the cluster is up", || servers.iter().all(is_up));
    let knows_all = |server: &Redis| server.ask::<String>(&["CLUSTER", "NODES"]).matches("slave").count() == 3;
    eventually("all know the replicas", || servers.iter().all(knows_all));
    let follows = |server: &&Redis| server.ask::<String>(&["INFO"]).contains("master_link_status:up");
    eventually("the replicas follow", || servers.iter().filter(follows).count() == 3);
    servers
}

#[test]
fn a_cluster_serves_and_a_slot_that_moves_is_followed() {
    let servers = cluster();
    let ports: Vec<_> = servers.iter().map(|server| server.port).collect();
    let config = config::Adapter { mode: RedisMode::Cluster, ..config_of(&ports[..2]) };
    let (one, two) = (start(&config), start(&config));
    one.back();
    two.back();
    let rooms: Vec<_> = (0..40).map(|number| channel(&format!("presence-{number}"))).collect();
    for room in &rooms {
        one.share(room, 1, "ada");
        two.listen(room);
    }
    (1_u64..).zip(&rooms).for_each(|(number, room)| one.ask(Request::Relay(room.clone(), event(number), None)));
    let mut heard: Vec<_> = rooms.iter().map(|_| two.relayed()).collect();
    heard.sort_unstable();
    assert_eq!(heard, (1..=40).collect::<Vec<_>>());
    let (to, answer) = tokio::sync::oneshot::channel();
    two.ask(Request::Ask(Question::Channels(AppIndex(0), String::new(), to)));
    assert_eq!(answer.blocking_recv().unwrap().unwrap().len(), 40);

    // A slot of one of the buckets goes to another master, with its keys.
    let room = channel("presence-0");
    one.stay(&room, 100);
    assert_eq!(one.stayed().0, 100);
    let bucket_key = keys(&ports).into_iter().find(|(key, _)| key.ends_with("v:7\0cpresence-0")).unwrap();
    move_slot(&ports, &bucket_key.0, bucket_key.1);
    (101..=110).for_each(|number| one.stay(&room, number));
    (101..=110).for_each(|number| assert_eq!(one.stayed().0, number));
    eventually("both are back", || [&one, &two].iter().all(|node| matches!(node.state(), State::Present { .. })));
    assert_eq!(one.past(&room), (100..=110).collect::<Vec<_>>());
}

/// All keys, with the port of the master that has each.
fn keys(ports: &[u16]) -> Vec<(String, u16)> {
    let masters = ports.iter().filter(|port| is_master(**port));
    let of = |port: &u16| {
        let port = *port;
        ask::<Vec<String>>(port, &["KEYS", "*"]).into_iter().map(move |key| (key, port))
    };
    masters.flat_map(of).collect()
}

fn is_master(port: u16) -> bool {
    ask::<String>(port, &["INFO", "replication"]).contains("role:master")
}

fn move_slot(ports: &[u16], key: &str, from: u16) {
    let slot = ask::<u64>(from, &["CLUSTER", "KEYSLOT", key]).to_string();
    let to = *ports.iter().find(|port| **port != from && is_master(**port)).unwrap();
    let id = |port| ask::<String>(port, &["CLUSTER", "MYID"]);
    ask::<()>(to, &["CLUSTER", "SETSLOT", &slot, "IMPORTING", &id(from)]);
    ask::<()>(from, &["CLUSTER", "SETSLOT", &slot, "MIGRATING", &id(to)]);
    for key in ask::<Vec<String>>(from, &["CLUSTER", "GETKEYSINSLOT", &slot, "10000"]) {
        ask::<redis::Value>(from, &["MIGRATE", "127.0.0.1", &to.to_string(), &key, "0", "5000"]);
    }
    for port in [to, from] {
        ask::<()>(port, &["CLUSTER", "SETSLOT", &slot, "NODE", &id(to)]);
    }
}

/// All places wait while one master of three has nobody in its place; then all go on.
#[test]
fn a_cluster_that_loses_a_master_goes_on_and_keeps_the_order() {
    let mut servers = cluster();
    let ports: Vec<_> = servers.iter().map(|server| server.port).collect();
    let config = config::Adapter { mode: RedisMode::Cluster, ..config_of(&ports) };
    let node = start(&config);
    node.back();
    let rooms: Vec<_> = (0..12).map(|number| channel(&format!("room-{number}"))).collect();
    let publish = |number: u64| rooms.iter().for_each(|room| node.stay(room, number));
    publish(1);
    rooms.iter().for_each(|_| assert_eq!(node.stayed().0, 1));
    let is_master = |server: &&mut Redis| is_master(server.port);
    let master = servers.iter_mut().find(is_master).unwrap();
    master.kill();
    node.away();
    (2..=20).for_each(publish);
    node.back();
    for room in &rooms {
        let past = node.past(room);
        // What Redis said it had may have died with the master, before its replica had it.
        assert!(past.ends_with(&(2..=20).collect::<Vec<_>>()), "{past:?}");
    }
}
