//! What stands in `deploy/` holds.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::json;

use crate::support::{APP, Redis, Served};

fn deployed(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy").join(name)).unwrap()
}

/// The users of Redis in `compose.yaml`, as an ACL file.
fn users() -> Vec<String> {
    let compose = deployed("compose.yaml").replace("${REDIS_PASSWORD}", "hunter2");
    compose.lines().map(str::trim).filter(|line| line.starts_with("user ")).map(str::to_owned).collect()
}

/// Nodes with the user of `compose.yaml` do all that nodes do, and Redis refuses nothing.
#[tokio::test]
async fn the_redis_user_of_compose_may_do_what_nodes_do_and_is_the_one_documented() {
    let users = users();
    let saluran = users.iter().find(|user| user.starts_with("user saluran ")).unwrap();
    let (_, rights) = saluran.split_once(" +").unwrap();
    assert!(deployed("cluster.md").contains(rights), "deploy/cluster.md names other rights");
    let file = std::env::temp_dir().join(format!("saluran-users-{}.acl", std::process::id()));
    fs::write(&file, format!("{}\nuser test on >test allcommands allkeys allchannels\n", users.join("\n"))).unwrap();
    let redis = Redis::with(&["--aclfile", file.to_str().unwrap()]);
    fs::remove_file(&file).unwrap();
    let url = format!("redis://saluran:hunter2@127.0.0.1:{}", redis.port());
    let settings = [("SALURAN_ADAPTER_KIND", "redis"), ("SALURAN_ADAPTER_URL", url.as_str())];
    let nodes = [Served::start(&settings), Served::start(&settings)];
    let (mut one, mut other) = (nodes[0].client().await, nodes[1].client().await);
    let room = "presence-cache-room";
    one.subscribe_signed(room, Some(&json!({ "user_id": "1" }).to_string())).await;
    other.subscribe_signed(room, Some(&json!({ "user_id": "2" }).to_string())).await;
    one.expect(r#"{"event":"pusher:cache_miss","channel":"presence-cache-room","data":"{}"}"#).await;
    one.expect(
        r#"{"event":"pusher_internal:member_added","channel":"presence-cache-room","data":"{\"user_id\":\"2\"}"}"#,
    )
    .await;
    let published = Command::new(env!("CARGO_BIN_EXE_saluran"))
        .env_clear()
        .args(["publish", room, "greet", "{}", "--broker", &format!("http://{}", nodes[1].address)])
        .args(["--app-id", APP.id, "--key", APP.key, "--secret", APP.secret])
        .output()
        .unwrap();
    assert!(published.status.success(), "{published:?}");
    one.expect(r#"{"event":"greet","channel":"presence-cache-room","data":"{}"}"#).await;
    let log = Command::new("redis-cli")
        .args(["-p", &redis.port().to_string(), "--user", "test", "--pass", "test", "--no-auth-warning", "ACL", "LOG"])
        .output()
        .unwrap();
    assert!(log.status.success(), "{log:?}");
    assert_eq!(String::from_utf8(log.stdout).unwrap().trim(), "");
}
