//! The configuration: every mistake is found, located and explained; the shipped file is true.
//!
//! `tests/check` holds the cases: `<name>.toml` (without one: no file) and `<name>.env` (one
//! `NAME=value` a line, if any) go in; `<name>.txt` is, to the byte, what a person is told.
//! The keys in `tests/check/keys` were made for the cases and guard nothing.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use saluran::config::{self, Loaded, Source, Warning};

/// What every case uses where a real configuration has its secret.
const SECRET: &str = "hunter2";

pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Paths of the cases, without extension.
fn cases() -> BTreeSet<PathBuf> {
    let paths = fs::read_dir(root().join("tests/check")).unwrap().map(|entry| entry.unwrap().path());
    paths.filter(|path| path.is_file()).map(|path| path.with_extension("")).collect()
}

pub(crate) fn run_case(case: &Path) -> Result<Loaded, config::Error> {
    let source = match fs::read(case.with_extension("toml")) {
        Ok(text) => Source::Text { name: "channels.toml".to_owned(), text },
        Err(_) => Source::Environment,
    };
    let variables = fs::read_to_string(case.with_extension("env")).unwrap_or_default();
    config::load(source, variables.lines().map(|line| line.split_once('=').unwrap()))
}

fn shipped() -> String {
    fs::read_to_string(root().join("channels.toml")).unwrap()
}

pub(crate) fn load(text: &str, variables: &[(&str, &str)]) -> Result<Loaded, config::Error> {
    let source = Source::Text { name: "channels.toml".to_owned(), text: text.as_bytes().to_vec() };
    config::load(source, variables.iter().copied())
}

#[test]
fn every_mistake_is_explained_as_recorded() {
    let cases = cases();
    assert!(cases.len() >= 60, "only {} cases", cases.len());
    for case in cases {
        let expected = fs::read_to_string(case.with_extension("txt")).unwrap();
        let error = run_case(&case).err().unwrap_or_else(|| panic!("{} has no mistake", case.display()));
        assert_eq!(format!("{error}\n"), expected, "{}", case.display());
    }
}

#[test]
fn no_message_shows_a_secret() {
    let mut with_secret = 0;
    for case in cases() {
        let given =
            [case.with_extension("toml"), case.with_extension("env")].map(|path| fs::read(path).unwrap_or_default());
        with_secret += usize::from(given.iter().any(|text| String::from_utf8_lossy(text).contains(SECRET)));
        let error = run_case(&case).unwrap_err();
        for said in [error.to_string(), format!("{error:?}")] {
            assert!(!said.contains(SECRET), "{said}");
        }
    }
    assert!(with_secret >= 20, "only {with_secret} cases carry a secret");
}

#[test]
fn the_defaults_of_the_reference_are_those_that_hold() {
    let mut text = String::new();
    let mut section = "";
    for entry in config::explain() {
        if entry.section != section {
            section = entry.section;
            text += &format!("{}\n", entry.heading.replace("<name>", "x"));
        }
        let value = match (entry.key, entry.default) {
            (_, Some(default)) => default,
            ("id" | "key" | "secret" | "name", None) => "\"1\"".to_owned(),
            (_, None) => continue,
        };
        text += &format!("{} = {value}\n", entry.key);
    }
    let loaded = load(&text, &[]).unwrap_or_else(|error| panic!("{error}"));
    let short = "[[app]]\nid = \"1\"\nkey = \"1\"\nsecret = \"1\"\n[app.tokens]\nsecret = \"1\"\n\
                 [[role]]\nname = \"1\"\n[[channel]]\nname = \"1\"\n[channel.events.x]\n";
    assert_eq!(loaded.config, load(short, &[]).unwrap().config);
}

/// A value that nobody has as a default.
fn another_value(entry: &config::Entry) -> &'static str {
    match entry.key {
        "host" => "127.0.0.1",
        "path_prefix" => "/a",
        "kind" => "redis",
        "url" => "redis://127.0.0.1:17",
        "announce" => "Contest",
        "trusted_proxies" => "10.0.0.0/8,::1",
        "admin" => "off",
        "level" => "debug",
        "format" => "json",
        "allowed_origins" => "*.example.com, https://example.org",
        "id" | "key" | "secret" => "7",
        "undeclared" => "refuse",
        "handshake_rate" | "auth_rate" | "failed_auth_rate" => "17/m",
        "encryption_master_key" => "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        "introspection_url" => "http://127.0.0.1:8000/me",
        "revoke" => "app, token",
        "journal_bytes" => "2000000",
        key if key.ends_with("_bytes") => "100000",
        "folder" => "elsewhere",
        "database" => "postgres://localhost/contest",
        "listen" => "127.0.0.1:17",
        "keys" => "1,2,3,4,5,6,7,8",
        "control" => "off",
        _ if entry.allowed == "true or false" => {
            if entry.default.as_deref() == Some("true") {
                "false"
            } else {
                "true"
            }
        }
        // In the range of every time and of every count, and nobody's default.
        _ => "17",
    }
}

#[test]
fn every_variable_overrides_its_key() {
    let text = "[[app]]\nid = \"1\"\nkey = \"1\"\nsecret = \"1\"\n[app.tokens]\nsecret = \"1\"\n\
                introspection_url = \"http://127.0.0.1/\"\n[adapter]\nurl = \"redis://127.0.0.1\"\n\
                mode = \"sentinel\"\nmaster = \"m\"\nsentinel_password = \"p\"\nlease = \"1m\"\n";
    let base = load(text, &[]).unwrap();
    // Keys that mean nothing beside those of the text, or that want a file.
    let others = ["credentials", "algorithm", "public_key", "private_key", "jwks", "jwks_refresh", "mode", "tls_ca"];
    for entry in config::explain().into_iter().filter(|entry| !others.contains(&entry.key)) {
        let Some(variable) = &entry.variable else { continue };
        let loaded = load(text, &[(variable, another_value(&entry))]);
        let config = loaded.unwrap_or_else(|error| panic!("{error}")).config;
        assert_ne!(config, base.config, "{variable}");
    }
}

#[test]
fn variables_declare_tokens_of_their_own() {
    let app = [("SALURAN_APP_ID", "7"), ("SALURAN_APP_KEY", "k"), ("SALURAN_APP_SECRET", "s")];
    let tokens = |more: &[(&str, &str)]| {
        let loaded = config::load(Source::Environment, app.iter().chain(more).copied());
        let loaded = loaded.unwrap_or_else(|error| panic!("{error}"));
        (loaded.config.apps[0].tokens.clone().unwrap(), loaded.files)
    };
    let (pem, files) = tokens(&[
        ("SALURAN_APP_TOKENS_ALGORITHM", "EdDSA"),
        ("SALURAN_APP_TOKENS_PUBLIC_KEY", "tests/check/keys/ed25519.pub.pem"),
        ("SALURAN_APP_TOKENS_PRIVATE_KEY", "tests/check/keys/ed25519.pem"),
    ]);
    assert!(matches!(pem.keys, Some(config::TokenKeys::Pem { algorithm: config::Algorithm::EdDsa, .. })));
    assert!(pem.private_key.is_some());
    assert_eq!(files.len(), 2);
    let (url, files) = tokens(&[
        ("SALURAN_APP_TOKENS_ALGORITHM", "RS256"),
        ("SALURAN_APP_TOKENS_JWKS", "https://example.com/jwks.json"),
        ("SALURAN_APP_TOKENS_JWKS_REFRESH", "17s"),
    ]);
    let refresh = Duration::from_secs(17);
    let expected = config::TokenKeys::JwksUrl {
        algorithm: config::Algorithm::Rs256,
        url: "https://example.com/jwks.json".to_owned(),
        refresh,
    };
    assert_eq!((url.keys, files.len()), (Some(expected), 0));
    let (opaque, _) = tokens(&[("SALURAN_APP_TOKENS_INTROSPECTION_URL", "http://127.0.0.1:8000/api/v2/auth/me")]);
    assert!(opaque.keys.is_none() && opaque.introspection.is_some());
}

#[test]
fn keys_are_read_for_every_algorithm() {
    let load = |algorithm: &str, source: &str| {
        let app = "[[app]]\nid = \"1\"\nkey = \"1\"\nsecret = \"1\"\n[app.tokens]\n";
        load(&format!("{app}algorithm = \"{algorithm}\"\n{source}\n"), &[]).unwrap_or_else(|error| panic!("{error}"))
    };
    for (algorithm, file) in [("RS256", "rsa"), ("ES256", "p256"), ("EdDSA", "ed25519")] {
        let folder = "tests/check/keys";
        let pem = format!("public_key = \"{folder}/{file}.pub.pem\"\nprivate_key = \"{folder}/{file}.pem\"");
        assert!(load(algorithm, &pem).config.apps[0].tokens.as_ref().unwrap().private_key.is_some(), "{algorithm}");
        let loaded = load(algorithm, &format!("jwks = \"{folder}/jwks.json\""));
        let keys = loaded.config.apps[0].tokens.as_ref().unwrap().keys.as_ref();
        assert!(matches!(keys, Some(config::TokenKeys::JwksFile { .. })), "{algorithm}");
        assert_eq!(loaded.files, [Path::new("tests/check/keys/jwks.json")]);
    }
}

#[test]
fn a_file_lists_what_it_was_made_of() {
    let folder = root().join("tests/check/good");
    let loaded = config::load(Source::File(folder.join("channels.toml")), [("A", "b")]);
    let loaded = loaded.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(loaded.files, [folder.join("channels.toml"), folder.join("point.json")]);
    let event = &loaded.config.channels[0].events[0];
    let validator = &event.schema.as_ref().unwrap().validator;
    assert!(validator.is_valid(&serde_json::json!({"x": 1})));
    assert!(!validator.is_valid(&serde_json::json!({"x": "1"})));
}

#[test]
fn a_container_needs_no_file() {
    let variables = [
        ("SALURAN_APP_ID", "7"),
        ("SALURAN_APP_KEY", "k"),
        ("SALURAN_APP_SECRET", "s"),
        ("SALURAN_APP_LIMITS_CLOCK_SKEW", "90"),
        ("SALURAN_SERVER_DRAIN", "500ms"),
        ("SALURAN_CONFIG", "elsewhere.toml"),
        ("SALURAN_TOKEN", "a token of the command line"),
        ("SALURAN_CAMERA_URL", "ws://127.0.0.1:8080/"),
        ("SALURAN_CAMERA_KEY", "a key of the senders"),
        ("SALURAN_SERVICE_HOST", "10.0.0.1"),
        ("HOME", "/"),
    ];
    let loaded = config::load(Source::Environment, variables).unwrap();
    let app = &loaded.config.apps[0];
    assert_eq!((app.id.as_str(), app.credentials[0].secret.expose()), ("7", "s"));
    assert_eq!(app.limits.clock_skew, Duration::from_secs(90));
    assert_eq!(loaded.config.server.drain, Duration::from_millis(500));
    assert!(loaded.warnings.is_empty());
}

#[test]
fn variables_replace_the_other_form_of_credentials() {
    let keys = |text: &str, variables: &[(&str, &str)]| -> Vec<String> {
        let config = load(text, variables).unwrap_or_else(|error| panic!("{error}")).config;
        config.apps[0].credentials.iter().map(|held| held.key.clone()).collect()
    };
    let pair = "[[app]]\nid = \"1\"\nkey = \"k\"\nsecret = \"s\"\n";
    let list = "[[app]]\nid = \"1\"\ncredentials = [{ key = \"a\", secret = \"s\" }]\n";
    assert_eq!(keys(pair, &[("SALURAN_APP_SECRET", "t")]), ["k"]);
    assert_eq!(keys(pair, &[("SALURAN_APP_CREDENTIALS", "b:s,c:t")]), ["b", "c"]);
    assert_eq!(keys(list, &[("SALURAN_APP_CREDENTIALS", "b:s")]), ["b"]);
    assert_eq!(keys(list, &[("SALURAN_APP_KEY", "d"), ("SALURAN_APP_SECRET", "t")]), ["d"]);
}

#[test]
fn what_works_but_looks_wrong_is_a_warning() {
    let text = "[server]\nadmin = \"0.0.0.0:9601\"\n[[app]]\nid = \"shop\"\nkey = \"k\"\nsecret = \"s\"\n\
                [app.limits]\nbatch_events = 100\npresence_members = 10000\n";
    let said: Vec<_> = load(text, &[]).unwrap().warnings.iter().map(Warning::to_string).collect();
    assert_eq!(
        said,
        [
            "app id shop is not made of digits only; the Python server library refuses it",
            "a batch of the largest events of app shop takes 2233600 bytes, and limits.http_body_bytes \
             is 1MiB",
            "the members of a full presence channel of app shop can take 30720000 bytes, and \
             limits.outbox_bytes is 1MiB",
            "the admin listener 0.0.0.0:9601 can be reached from other machines and asks for no password",
        ]
    );
    let local = [("SALURAN_SERVER_HOST", "127.0.0.1")];
    assert!(load(&shipped(), &local).unwrap().warnings.is_empty());
}

#[test]
fn tokens_and_channels_that_look_wrong_are_warnings() {
    let text = r#"
        [[app]]
        id = "1"
        key = "k"
        secret = "s"
        [app.tokens]
        secret = "too-short"
        introspection_url = "http://auth.example.com/me"
        [[app]]
        id = "2"
        key = "l"
        secret = "s"
        limits = { channel_name = 12, event_name = 6 }
        [[channel]]
        name = "a"
        app = "2"
        data_bytes = "1MiB"
        publish = ["app", 'claim.x == "y"']
        twin = "private-a"
        events = ["opened", "unlocked"]
        [[channel]]
        name = "private-{room}.door"
        app = "2"
        [[channel]]
        name = "b"
        publish = ["token"]
    "#;
    let said: Vec<_> = load(text, &[]).unwrap().warnings.iter().map(Warning::to_string).collect();
    assert_eq!(
        said,
        [
            "the secret for tokens of app 1 has 9 bytes; with less than 32 it can be guessed",
            "introspection_url of app 1 goes to auth.example.com over plain http; whoever is in between can \
             read and change it",
            "channel a has the rule `claim.x == \"y\"`, and no app that has the channel has [app.tokens], so it \
             never holds",
            "event unlocked of channel a is longer than the 6 characters that app 2 allows; nobody can use it",
            "channel a allows data of 1MiB, and app 2 only 10KiB",
            "channel private-{room}.door is longer than the 12 characters that app 2 allows; nobody can use it",
        ]
    );
}

#[test]
fn a_file_that_is_named_must_exist() {
    let path = root().join("tests/check/there-is-no-such-file.toml");
    let error = config::load(Source::from(Some(path.as_path())), [("SALURAN_APP_ID", "7")]).unwrap_err();
    let said = error.to_string();
    assert!(said.starts_with(&format!("{}: cannot be read: ", path.display())), "{said}");
    assert!(said.ends_with("\n1 mistake"), "{said}");
    let directory = config::load(Source::File(root().join("tests")), [("A", "b")]).unwrap_err();
    assert!(directory.to_string().contains("Check that it is a file"), "{directory}");
}

#[cfg(unix)]
#[test]
fn a_variable_that_is_not_text_is_a_mistake() {
    use std::ffi::OsString;
    use std::os::unix::ffi::OsStringExt as _;

    let secret = OsString::from_vec(b"caf\xe9".to_vec());
    let error = config::load(Source::Environment, [("SALURAN_APP_SECRET", secret)]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "SALURAN_APP_SECRET: found bytes that are not UTF-8, allowed text in UTF-8.\n1 mistake"
    );
}

pub(crate) fn check(arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_saluran"));
    command.arg("check").args(arguments).env_clear().envs(variables.iter().copied());
    command.current_dir(root()).output().unwrap()
}

#[test]
fn check_says_what_a_good_file_comes_to() {
    let output = check(&["--config", "channels.toml"], &[("SALURAN_SERVER_PORT", "7001")]);
    assert_eq!(output.status.code(), Some(0));
    assert!(output.stderr.is_empty());
    assert_eq!(
        String::from_utf8(output.stdout).unwrap(),
        "channels.toml: no mistakes\n  \
           main listener   [::]:7001\n  \
           admin listener  127.0.0.1:9601\n  \
           app 1001 (key saluran-key)\n  \
           declared        10 channels with 43 events, 10 roles\n\
         warning: app 1001 uses the secret of the shipped channels.toml, and other machines can reach it; \
         set SALURAN_APP_SECRET or change the file\n\
         warning: app 1001 checks tokens with the secret of the shipped channels.toml, and other machines can \
         reach it; set SALURAN_APP_TOKENS_SECRET or change the file\n"
    );
}

#[test]
fn check_says_every_mistake_on_stderr_and_ends_with_64() {
    let output = check(&["--config", "tests/check/path_prefix.toml"], &[("SALURAN_SERVER_PORT", "x")]);
    assert_eq!(output.status.code(), Some(64));
    assert!(output.stdout.is_empty());
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.starts_with("tests/check/path_prefix.toml:2:15: server.path_prefix: found "), "{said}");
    assert!(said.contains("\nSALURAN_SERVER_PORT: server.port: found \"x\", allowed 0 to 65535.\n"), "{said}");
    assert!(said.ends_with("\n2 mistakes\n"), "{said}");
}

#[test]
fn check_prints_the_reference_of_all_keys() {
    let output = check(&["--keys"], &[]);
    assert_eq!(output.status.code(), Some(0));
    let said = String::from_utf8(output.stdout).unwrap();
    for entry in config::explain() {
        assert!(said.contains(&format!("\n  {}\n      {}\n", entry.key, entry.doc)), "{}", entry.key);
        assert!(said.contains(&format!("\n{}\n\n", entry.heading)) || said.starts_with(entry.heading));
        if let Some(variable) = entry.variable {
            assert!(said.contains(&format!(" Variable: {variable}\n")), "{variable}");
        }
    }
}
