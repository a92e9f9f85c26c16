//! `saluran publish` and `saluran tail`, as a person types them.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Output, Stdio};

use crate::support::{APP, Served};

/// The command with the app's variables and nothing else of this environment.
fn saluran(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_saluran"));
    command
        .current_dir(std::env::temp_dir())
        .env_clear()
        .envs([("SALURAN_APP_ID", APP.id), ("SALURAN_APP_KEY", APP.key), ("SALURAN_APP_SECRET", APP.secret)])
        .args(arguments);
    command
}

/// Runs a command to its end; exit code, standard output, standard error.
fn run(arguments: &[&str]) -> (i32, String, String) {
    let Output { status, stdout, stderr } = saluran(arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code().unwrap(), text(stdout), text(stderr))
}

/// `saluran tail`, once it is subscribed.
fn tail(arguments: &[&str]) -> (Child, impl Iterator<Item = String> + use<>) {
    let mut child = saluran(arguments).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let greeting = lines.next().unwrap();
    assert!(greeting.contains("pusher_internal:subscription_succeeded"), "{greeting}");
    (child, lines)
}

#[test]
fn what_is_published_shows_up_in_tail() {
    let broker = Served::start(&[]);
    let address = broker.address.to_string();
    let (mut child, mut lines) = tail(&["tail", "chat", "--broker", &address, "--json", "--count", "1"]);
    let (code, said, complaint) = run(&["publish", "chat,other", "greet", r#"{"a":"é"}"#, "--broker", &address]);
    assert_eq!((code, said.as_str(), complaint.as_str()), (0, "published on chat, other\n", ""));
    assert_eq!(lines.next().unwrap(), r#"{"event":"greet","channel":"chat","data":"{\"a\":\"é\"}"}"#);
    assert!(child.wait().unwrap().success(), "it ends after one event");
}

#[test]
fn tail_signs_private_and_presence_channels() {
    let broker = Served::start(&[]);
    let address = broker.address.to_string();
    for channel in ["private-a", "presence-a"] {
        let (mut child, mut lines) = tail(&["tail", channel, "--broker", &address, "--count", "1"]);
        assert_eq!(run(&["publish", channel, "greet", "hello", "--broker", &address]).0, 0);
        let line = lines.next().unwrap();
        assert!(line.ends_with(&format!("{channel} greet hello")), "{line}");
        assert!(!line.contains('\x1b'), "no colours into a pipe: {line:?}");
        child.wait().unwrap();
    }
}

#[test]
fn nobody_at_the_address_is_explained() {
    // Nobody listens on a port that was free a moment ago.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    for command in [&["publish", "chat", "greet"][..], &["tail", "chat"]] {
        let (code, said, complaint) = run(&[command, &["--broker", &free]].concat());
        assert_eq!((code, said.as_str()), (69, ""));
        assert!(complaint.contains(&free) && complaint.contains("saluran serve"), "{complaint}");
    }
}

#[test]
fn a_refusal_is_passed_on_with_what_to_do() {
    let broker = Served::start(&[]);
    let address = broker.address.to_string();
    let at = ["--broker", &*address];
    let (code, _, complaint) = run(&[&["publish", "chat", "pusher:x"][..], &at].concat());
    assert_eq!(code, 69);
    assert!(complaint.contains("400") && complaint.contains("namespace is reserved"), "{complaint}");

    let stranger = ["--app-id", APP.id, "--key", APP.key, "--secret", "wrong-secret"];
    let (code, _, complaint) = run(&[&["publish", "chat", "greet"][..], &stranger, &at].concat());
    assert_eq!(code, 69);
    assert!(complaint.contains("401") && complaint.contains("saluran check"), "{complaint}");
    assert!(!complaint.contains("wrong-secret") && !complaint.contains(APP.secret), "{complaint}");

    let unknown = ["--app-id", "1", "--key", "nobody", "--secret", "s"];
    let (code, _, complaint) = run(&[&["tail", "chat"][..], &unknown, &at].concat());
    assert_eq!(code, 69);
    assert!(complaint.contains("4001") && complaint.contains("saluran check"), "{complaint}");
}

#[test]
fn without_an_app_both_say_how_to_name_one() {
    for command in [&["publish", "chat", "greet"][..], &["tail", "chat"]] {
        let Output { status, stderr, .. } = saluran(command).env_clear().output().unwrap();
        let complaint = String::from_utf8(stderr).unwrap();
        assert_eq!(status.code(), Some(64));
        assert!(complaint.contains("--app-id") && complaint.contains("SALURAN_APP_ID"), "{complaint}");
    }
}

#[test]
fn a_port_that_is_taken_is_named_with_the_setting() {
    let broker = Served::start(&[]);
    let port = broker.address.port().to_string();
    let taken =
        [("SALURAN_SERVER_HOST", "127.0.0.1"), ("SALURAN_SERVER_PORT", &*port), ("SALURAN_SERVER_ADMIN", "off")];
    let Output { status, stderr, .. } = saluran(&["serve"]).envs(taken).output().unwrap();
    let complaint = String::from_utf8(stderr).unwrap();
    assert_eq!(status.code(), Some(69));
    assert!(complaint.contains(&port) && complaint.contains("SALURAN_SERVER_PORT"), "{complaint}");
}
