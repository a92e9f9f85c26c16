//! The configuration of several nodes.

use std::fs;
use std::path::Path;
use std::time::Duration;

use saluran::config::{self, Warning};

use crate::check::{check, load, root, run_case};

#[test]
fn redis_is_found_by_its_url() {
    let adapter = |text: &str, variables: &[(&str, &str)]| {
        let app = "[[app]]\nid = \"1\"\nkey = \"k\"\nsecret = \"s\"\n";
        load(&format!("[adapter]\n{text}\n{app}"), variables).unwrap_or_else(|error| panic!("{error}")).config.adapter
    };
    let servers =
        |adapter: &config::Adapter| -> Vec<String> { adapter.servers.iter().map(ToString::to_string).collect() };
    assert_eq!(adapter("", &[]), config::Adapter::default());

    let one = adapter("kind = \"redis\"", &[("SALURAN_ADAPTER_URL", "rediss://alice:hunter2@cache:6380/3")]);
    assert_eq!((servers(&one), &one.mode), (vec!["cache:6380".to_owned()], &config::RedisMode::Standalone));
    assert_eq!((one.kind, one.tls, one.database), (config::AdapterKind::Redis, true, 3));
    assert_eq!(one.username.as_deref(), Some("alice"));
    assert_eq!(one.password.as_ref().map(config::Secret::expose), Some("hunter2"));
    assert!(!format!("{one:?}").contains("hunter2"));

    let master = "kind = \"redis\"\nmode = \"sentinel\"\nmaster = \"mymaster\"\nsentinel_password = \"s\"\n\
                  url = \"redis://:p@a,[::1]:5000/1\"";
    let sentinel = adapter(master, &[]);
    assert_eq!(servers(&sentinel), ["a:26379", "[::1]:5000"]);
    assert_eq!(sentinel.mode, config::RedisMode::Sentinel { master: "mymaster".to_owned() });
    assert_eq!((sentinel.database, sentinel.password.is_some(), sentinel.sentinel_password.is_some()), (1, true, true));

    let cluster = adapter(
        "kind = \"redis\"\nmode = \"cluster\"\nurl = \"rediss://a:7000,b\"\ntls_ca = \"tests/check/keys/ca.pem\"",
        &[("SALURAN_ADAPTER_LEASE", "30s"), ("SALURAN_ADAPTER_COMMAND_TIMEOUT", "10s")],
    );
    assert_eq!(
        (servers(&cluster), &cluster.mode),
        (vec!["a:7000".to_owned(), "b:6379".to_owned()], &config::RedisMode::Cluster)
    );
    assert_eq!(cluster.tls_ca.as_deref(), Some(Path::new("tests/check/keys/ca.pem")));
    assert_eq!((cluster.lease, cluster.command_timeout), (Duration::from_secs(30), Duration::from_secs(10)));
}

#[test]
fn an_adapter_that_looks_wrong_is_a_warning() {
    let said = |text: &str, variables: &[(&str, &str)]| -> Vec<String> {
        let app = "[[app]]\nid = \"1\"\nkey = \"k\"\nsecret = \"s\"\n";
        let loaded = load(&format!("{text}\n{app}"), variables).unwrap_or_else(|error| panic!("{error}"));
        loaded.warnings.iter().map(Warning::to_string).collect()
    };
    let url = "[adapter]\nurl = \"redis://:hunter2@cache\"";
    assert_eq!(
        said(url, &[]),
        ["[adapter] has a url, and its kind is \"local\", so Redis is not used; set kind = \"redis\" \
          (SALURAN_ADAPTER_KIND) or leave url out"]
    );
    let redis = [("SALURAN_ADAPTER_KIND", "redis"), ("SALURAN_CONTEST_ENABLED", "true")];
    assert!(said(url, &redis[..1]).is_empty());
    let postgres = [redis[0], redis[1], ("SALURAN_STORE_DATABASE", "postgres://db/contest")];
    assert!(said(url, &postgres).is_empty());
}

#[test]
fn check_says_where_other_nodes_are_met() {
    let variables = [
        ("SALURAN_ADAPTER_KIND", "redis"),
        ("SALURAN_ADAPTER_URL", "rediss://alice:hunter2@a,b"),
        ("SALURAN_ADAPTER_MODE", "sentinel"),
        ("SALURAN_ADAPTER_MASTER", "mymaster"),
        ("SALURAN_STORE_DATABASE", "postgres://judge:hunter2@db/contest"),
    ];
    let output = check(&["--config", "channels.toml"], &variables);
    assert_eq!(output.status.code(), Some(0));
    let said = String::from_utf8(output.stdout).unwrap();
    let line = "\n  adapter         redis sentinel for mymaster at a:26379, b:26379 with TLS, prefix saluran\n";
    assert!(said.contains(line), "{said}");
    assert!(!said.contains("hunter2") && !said.contains("alice"), "{said}");
}

#[test]
fn nodes_that_share_a_contest_share_a_database() {
    let case = root().join("tests/check/contest_of_several_nodes");
    let expected = fs::read_to_string(case.with_extension("txt")).unwrap();
    assert_eq!(format!("{}\n", run_case(&case).unwrap_err()), expected);
    let text = fs::read_to_string(case.with_extension("toml")).unwrap();
    for variable in [("SALURAN_STORE_DATABASE", "postgres://a@b/c"), ("SALURAN_CONTEST_ENABLED", "false")] {
        load(&text, &[variable]).unwrap();
    }
}
