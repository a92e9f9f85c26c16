//! Set-ups that are refused at the start, and what is said of them.

use crate::adapter::{Error, State, Unfit};
use crate::config::{self, RedisMode, RedisServer, Secret};

use super::node::{start, try_start};
use super::processes::{Folder, Redis, config_of, free_port, run};

fn unfit(config: &config::Adapter) -> Unfit {
    match try_start(config, "secret") {
        Err(Error::Unfit(unfit)) => unfit,
        Err(other) => panic!("{other}"),
        Ok(node) => panic!("{:?}", node.state()),
    }
}

/// Why a node that starts all the same is alone.
fn away(config: &config::Adapter) -> String {
    match start(config).state() {
        State::Away { why, .. } => why.to_string(),
        State::Present { nodes } => panic!("present, {nodes} nodes"),
    }
}

fn with_user(config: config::Adapter, name: &str, password: &str) -> config::Adapter {
    config::Adapter { username: Some(name.to_owned()), password: Some(Secret::new(password)), ..config }
}

#[test]
fn a_wrong_password_is_refused_and_not_shown() {
    let redis = Redis::start(&["--requirepass", "right"]);
    let config = redis.config();
    assert!(matches!(unfit(&config), Unfit::NoPassword { .. }));
    let wrong = config::Adapter { password: Some(Secret::new("wrong-one")), ..config.clone() };
    let error = unfit(&wrong);
    assert!(matches!(error, Unfit::WrongPassword { .. }));
    assert!(!format!("{error} {error:?}").contains("wrong-one"));
    assert!(matches!(unfit(&with_user(config.clone(), "nobody", "right")), Unfit::WrongPassword { .. }));
    start(&config::Adapter { password: Some(Secret::new("right")), ..config }).back();
}

#[test]
fn missing_rights_are_named() {
    let redis = Redis::start(&[]);
    let full =
        ["ACL", "SETUSER", "ada", "reset", "on", ">pw", "~{saluran*", "&{saluran*", "+@all", "-@dangerous", "+info"];
    let rights = |more: &[&str]| redis.ask::<()>(&[&full[..], more].concat());
    let config = with_user(redis.config(), "ada", "pw");
    let no = |command: &str| Unfit::NoRight {
        server: format!("127.0.0.1:{}", redis.port),
        commands: vec![command.to_owned()].into(),
    };
    rights(&["-hset"]);
    assert_eq!(unfit(&config), no("hset"));
    rights(&["-evalsha"]);
    assert_eq!(unfit(&config), no("evalsha"));
    rights(&["-publish"]);
    assert_eq!(unfit(&config), no("publish"));
    rights(&["-info"]);
    assert_eq!(unfit(&config), no("info"));
    rights(&["resetchannels"]);
    assert!(matches!(unfit(&config), Unfit::NoReach { what: "topics", .. }));
    rights(&["resetkeys"]);
    assert!(matches!(unfit(&config), Unfit::NoReach { what: "keys", .. }));
    rights(&[]);
    let node = start(&config);
    node.back();
    node.share(&super::node::channel("presence-a"), 1, "ada");
    node.stay(&super::node::channel("presence-a"), 1);
    assert_eq!(node.stayed().0, 1);
}

#[test]
fn a_server_that_forgets_keys_is_refused() {
    let redis = Redis::start(&["--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru"]);
    assert!(matches!(unfit(&redis.config()), Unfit::Evicts { .. }));
}

#[test]
fn what_is_there_must_be_what_is_configured() {
    let redis = Redis::start(&[]);
    assert!(matches!(unfit(&config::Adapter { database: 99, ..redis.config() }), Unfit::NoDatabase { .. }));
    let cluster = config::Adapter { mode: RedisMode::Cluster, ..redis.config() };
    assert!(matches!(unfit(&cluster), Unfit::NoCluster { .. }));
    let port = redis.port.to_string();
    let replica = Redis::start(&["--replicaof", "127.0.0.1", &port]);
    assert!(matches!(unfit(&replica.config()), Unfit::Replica { .. }));
    let clustered = Redis::start(&["--cluster-enabled", "yes", "--cluster-require-full-coverage", "no"]);
    clustered.ask::<()>(&["CLUSTER", "ADDSLOTSRANGE", "0", "16383"]);
    super::processes::eventually("it is up", || {
        clustered.ask::<String>(&["CLUSTER", "INFO"]).contains("cluster_state:ok")
    });
    assert!(matches!(unfit(&clustered.config()), Unfit::IsCluster { .. }));
}

#[test]
fn another_cluster_under_the_same_prefix_is_noticed() {
    let redis = Redis::start(&[]);
    let node = start(&redis.config());
    node.back();
    start(&redis.config()).back();
    let other = try_start(&redis.config(), "another secret").map(|node| node.state());
    assert!(matches!(other, Err(Error::Unfit(Unfit::PrefixTaken { .. }))), "{other:?}");
    let elsewhere = config::Adapter { prefix: "other".to_owned(), ..redis.config() };
    try_start(&elsewhere, "another secret").unwrap().back();
}

#[test]
fn tls_is_checked_against_the_given_authority() {
    let folder = Folder::new();
    let openssl = |arguments: &str| {
        run("openssl", &arguments.split(' ').collect::<Vec<_>>(), &folder.0);
    };
    std::fs::write(folder.0.join("names"), "subjectAltName=DNS:localhost").unwrap();
    for name in ["ca", "other"] {
        openssl(&format!(
            "req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN={name} -keyout {name}.key -out {name}.crt"
        ));
    }
    openssl("req -newkey rsa:2048 -nodes -subj /CN=localhost -keyout redis.key -out redis.csr");
    openssl("x509 -req -in redis.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 1 -extfile names -out redis.crt");
    let path = |name: &str| folder.0.join(name);
    let port = free_port();
    let (tls, key, certificate, authority) = (port.to_string(), path("redis.key"), path("redis.crt"), path("ca.crt"));
    let text = |path: &std::path::PathBuf| path.to_str().unwrap().to_owned();
    let mut arguments =
        ["--port", "0", "--save", "", "--tls-auth-clients", "no", "--tls-port", &tls].map(str::to_owned).to_vec();
    for (name, file) in
        [("--tls-key-file", &key), ("--tls-cert-file", &certificate), ("--tls-ca-cert-file", &authority)]
    {
        arguments.extend([name.to_owned(), text(file)]);
    }
    let mut redis = Redis::with(&arguments.iter().map(String::as_str).collect::<Vec<_>>(), port);
    redis.launch();
    let server = RedisServer { host: "localhost".to_owned(), port };
    let config = config::Adapter { tls: true, tls_ca: Some(authority), servers: vec![server], ..config_of(&[port]) };
    let node = start(&config);
    node.back();
    node.stay(&super::node::channel("a"), 1);
    assert_eq!(node.stayed().0, 1);
    let foreign = config::Adapter { tls_ca: Some(path("other.crt")), ..config.clone() };
    assert!(matches!(unfit(&foreign), Unfit::Certificate { .. }));
    let missing = config::Adapter { tls_ca: Some(path("missing.crt")), ..config.clone() };
    assert!(matches!(try_start(&missing, "secret").map(|node| node.state()), Err(Error::Ca { .. })));
    // Whoever has it the wrong way round is told so.
    let plain = config::Adapter { tls: false, tls_ca: None, ..config.clone() };
    assert!(away(&plain).ends_with("; where TLS is spoken, url begins with rediss://"), "{}", away(&plain));
    let silent = Redis::start(&[]);
    let server = RedisServer { host: "localhost".to_owned(), port: silent.port };
    let eager = config::Adapter { servers: vec![server], ..config };
    assert!(away(&eager).ends_with("; where no TLS is spoken, url begins with redis://"), "{}", away(&eager));
}
