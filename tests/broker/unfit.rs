//! `saluran serve` with a Redis that it cannot use: it ends, and its last line says what to do.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Output, Stdio};
use std::thread;

use tokio::time::Instant;

use crate::support::{APP, DEADLINE, Redis};

/// Something that the broker needs cannot be had.
const UNAVAILABLE: i32 = 69;

/// What `saluran serve` says last before it ends by itself.
fn refused(settings: &[(&str, &str)]) -> String {
    let mut process = Command::new(env!("CARGO_BIN_EXE_saluran"))
        .arg("serve")
        .current_dir(std::env::temp_dir())
        .env_clear()
        .envs([("SALURAN_SERVER_HOST", "127.0.0.1"), ("SALURAN_SERVER_PORT", "0"), ("SALURAN_SERVER_ADMIN", "off")])
        .envs([("SALURAN_APP_ID", APP.id), ("SALURAN_APP_KEY", APP.key), ("SALURAN_APP_SECRET", APP.secret)])
        .envs([("SALURAN_SERVER_WORKERS", "1"), ("SALURAN_ADAPTER_KIND", "redis"), ("SALURAN_LOG_LEVEL", "error")])
        .envs(settings.iter().copied())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    let until = Instant::now() + DEADLINE;
    while process.try_wait().unwrap().is_none() {
        if Instant::now() > until {
            process.kill().unwrap();
        }
        thread::park_timeout(std::time::Duration::from_millis(10));
    }
    let Output { status, stderr, .. } = process.wait_with_output().unwrap();
    let said = String::from_utf8(stderr).unwrap();
    assert_eq!(status.code(), Some(UNAVAILABLE), "{said}");
    let said = said.trim_end().strip_prefix("saluran: cannot join the other nodes: ");
    said.expect("one line, without a log").to_owned()
}

fn at(port: u16, who: &str) -> String {
    format!("redis://{who}127.0.0.1:{port}")
}

fn refused_at(url: &str) -> String {
    refused(&[("SALURAN_ADAPTER_URL", url)])
}

#[test]
fn passwords() {
    let redis = Redis::with(&["--requirepass", "right"]);
    let (server, port) = (format!("127.0.0.1:{}", redis.port()), redis.port());
    let advice = "compare url under [adapter] with `ACL LIST` or `requirepass` there (for a sentinel: \
                  sentinel_username and sentinel_password)";
    for who in [":wrong@", "nobody:right@"] {
        let said = refused_at(&at(port, who));
        assert_eq!(said, format!("{server} does not take this user and password: {advice}"));
    }
    assert_eq!(
        refused_at(&at(port, "")),
        format!(
            "{server} wants a password: write it into url under [adapter], as redis://:password@host or \
             redis://user:password@host (for a sentinel: set sentinel_password)"
        )
    );
}

#[test]
fn rights_of_the_user() {
    let redis = Redis::with(&[
        "--user one on >pw ~{saluran* &{saluran* +@all -hset -evalsha",
        "--user two on >pw ~other* &{saluran* +@all",
        "--user three on >pw ~* resetchannels +@all",
        "--user four on >pw ~* &* +@all -select",
    ]);
    let (server, port) = (format!("127.0.0.1:{}", redis.port()), redis.port());
    let allow = "`ACL SETUSER <user> ~{saluran* &{saluran*`";
    for (url, said) in [
        (
            at(port, "one:pw@"),
            format!(
                "the user may not run hset, evalsha on {server}: allow it with `ACL SETUSER <user> +hset +evalsha`"
            ),
        ),
        (
            at(port, "two:pw@"),
            format!("the user may not use keys of prefix saluran on {server}: allow them with {allow}"),
        ),
        (
            at(port, "three:pw@"),
            format!("the user may not use topics of prefix saluran on {server}: allow them with {allow}"),
        ),
        (
            at(port, "four:pw@") + "/1",
            format!("the user may not run select on {server}: allow it with `ACL SETUSER <user> +select`"),
        ),
        (
            at(port, "") + "/99",
            format!(
                "{server} has no database of this number: 0 is always there, `databases` in its configuration says more"
            ),
        ),
    ] {
        assert_eq!(refused_at(&url), said);
    }
}

#[test]
fn a_server_of_another_kind() {
    let redis = Redis::start();
    let port = redis.port().to_string();
    let replica = Redis::with(&["--replicaof", "127.0.0.1", &port]);
    let evicting = Redis::with(&["--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru"]);
    // It has no slot, and does not answer for any key.
    let file = ClusterFile::new();
    let clustered = Redis::with(&["--cluster-enabled", "yes", "--cluster-config-file", &file.0]);
    let server = |redis: &Redis| format!("127.0.0.1:{}", redis.port());
    let url = |redis: &Redis| at(redis.port(), "");
    assert_eq!(
        refused_at(&url(&replica)),
        format!(
            "{} is a replica: give the master's address, or the sentinels' with mode \"sentinel\"",
            server(&replica)
        )
    );
    assert_eq!(
        refused_at(&url(&evicting)),
        format!(
            "{} forgets keys when its memory is full (maxmemory-policy allkeys-lru), and members with them: set \
             `maxmemory-policy noeviction`",
            server(&evicting)
        )
    );
    assert_eq!(
        refused_at(&url(&clustered)),
        format!("{} is part of a Redis Cluster: set mode \"cluster\"", server(&clustered))
    );
    let cluster = [("SALURAN_ADAPTER_URL", &*url(&redis)), ("SALURAN_ADAPTER_MODE", "cluster")];
    assert_eq!(
        refused(&cluster),
        format!("{} is not part of a Redis Cluster: set mode \"standalone\" or \"sentinel\"", server(&redis))
    );
    let sentinel = [
        ("SALURAN_ADAPTER_URL", &*url(&redis)),
        ("SALURAN_ADAPTER_MODE", "sentinel"),
        ("SALURAN_ADAPTER_MASTER", "main"),
    ];
    assert_eq!(
        refused(&sentinel),
        format!(
            "{} is no sentinel: give the sentinels' addresses (usually port 26379), or set another mode",
            server(&redis)
        )
    );
}

/// Where a server of a cluster keeps what it knows.
struct ClusterFile(String);

impl ClusterFile {
    fn new() -> Self {
        Self(format!("saluran-unfit-{:016x}.conf", rand::random::<u64>()))
    }
}

impl Drop for ClusterFile {
    fn drop(&mut self) {
        // It is there when the server came so far.
        drop(std::fs::remove_file(std::env::temp_dir().join(&self.0)));
    }
}

/// Asks a server something as a person does.
fn ask(redis: &Redis, words: &[&str]) -> String {
    let output = Command::new("redis-cli").args(["-p", &redis.port().to_string()]).args(words).output();
    String::from_utf8(output.unwrap().stdout).unwrap()
}

#[test]
fn commands_that_are_not_there() {
    let file = ClusterFile::new();
    let names = ["--rename-command", "SSUBSCRIBE", "", "--cluster-enabled", "yes", "--cluster-config-file", &file.0];
    let clustered = Redis::with(&names);
    ask(&clustered, &["CLUSTER", "ADDSLOTSRANGE", "0", "16383"]);
    let until = Instant::now() + DEADLINE;
    while !ask(&clustered, &["CLUSTER", "INFO"]).contains("cluster_state:ok") {
        assert!(Instant::now() < until, "it has all slots");
    }
    let url = at(clustered.port(), "");
    assert_eq!(
        refused(&[("SALURAN_ADAPTER_URL", &url), ("SALURAN_ADAPTER_MODE", "cluster")]),
        format!(
            "127.0.0.1:{} has no command ssubscribe: undo `rename-command` there, and use Redis 7.0 or newer itself, \
             not something before it that knows a part of it",
            clustered.port()
        )
    );
}

#[test]
fn clocks_that_are_apart() {
    let redis = Redis::start();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = ("127.0.0.1", redis.port());
    // Ends with the test's process, as each connection does with its peers.
    thread::spawn(move || listener.incoming().map_while(Result::ok).for_each(|peer| ahead(peer, server)));
    let said = refused_at(&at(port, ""));
    let start = format!("the clocks of 127.0.0.1:{port} and this machine are ");
    let rest = said.strip_prefix(&start).unwrap_or_else(|| panic!("{said}"));
    let (apart, advice) = rest.split_once(' ').unwrap();
    assert!(apart.starts_with("299.") || apart.starts_with("300"), "{said}");
    assert_eq!(advice, "apart: let both follow the same time server");
}

/// Passes a connection on to a server whose clock it makes five minutes fast.
fn ahead(mut peer: TcpStream, server: (&str, u16)) {
    const TIME: &[u8] = b"*2\r\n$10\r\n";
    let mut server = TcpStream::connect(server).unwrap();
    let (mut asking, mut asked) = (peer.try_clone().unwrap(), server.try_clone().unwrap());
    thread::spawn(move || std::io::copy(&mut asking, &mut asked));
    thread::spawn(move || {
        let mut buffer = [0; 65536];
        while let Ok(count @ 1..) = server.read(&mut buffer) {
            let answer = &mut buffer[..count];
            if let Some(at) = answer.windows(TIME.len()).position(|start| start == TIME) {
                let seconds = &mut answer[at + TIME.len()..][..10];
                let ahead = str::from_utf8(seconds).unwrap().parse::<u64>().unwrap() + 300;
                seconds.copy_from_slice(ahead.to_string().as_bytes());
            }
            if peer.write_all(answer).is_err() {
                break;
            }
        }
    });
}

#[test]
fn another_cluster_with_the_prefix() {
    let redis = Redis::start();
    let url = at(redis.port(), "");
    let _running = crate::support::Served::start(&[("SALURAN_ADAPTER_KIND", "redis"), ("SALURAN_ADAPTER_URL", &url)]);
    assert_eq!(
        refused(&[("SALURAN_ADAPTER_URL", &url), ("SALURAN_APP_SECRET", "another-secret-of-the-app")]),
        format!(
            "nodes that run under prefix saluran have app {} with none of the secrets it has here: if they belong to \
             another cluster, give this one another prefix; if not, let both secrets stand until all nodes have the \
             new one",
            APP.id
        )
    );
}

#[test]
fn versions_that_are_too_old() {
    for (version, hello) in [("6.2.14", "%1\r\n+server\r\n+redis\r\n"), ("5 or older", UNKNOWN)] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        // Ends with the test's process; what is left of it waits for nobody.
        thread::spawn(move || listener.incoming().map_while(Result::ok).for_each(|peer| pretend(peer, hello)));
        assert_eq!(refused_at(&at(port, "")), format!("127.0.0.1:{port} is Redis {version}: use 7.0 or newer"));
    }
}

const UNKNOWN: &str = "-ERR unknown command `HELLO`, with args beginning with: `3`, \r\n";

/// Answers as a server of before would, as far as it is asked.
fn pretend(mut peer: TcpStream, hello: &str) {
    let info = "redis_version:6.2.14\r\nrole:master\r\ncluster_enabled:0\r\n";
    let info = format!("${}\r\n{info}\r\n", info.len());
    let mut buffer = [0; 4096];
    while let Ok(count @ 1..) = peer.read(&mut buffer) {
        let asked = String::from_utf8_lossy(&buffer[..count]).to_uppercase();
        let answer = if asked.contains("HELLO") { hello } else { &info };
        if peer.write_all(answer.as_bytes()).is_err() {
            break;
        }
    }
}
