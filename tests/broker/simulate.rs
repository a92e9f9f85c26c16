//! `saluran simulate cameras`: a whole contest against a broker in a process of its own.

use std::fs;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Command, Output};

use serde_json::Value;

use crate::support::{APP, HttpConnection, Served};

/// The shipped declarations, with runs of two seconds.
const SETTINGS: [(&str, &str); 4] = [
    ("SALURAN_CONFIG", concat!(env!("CARGO_MANIFEST_DIR"), "/channels.toml")),
    ("SALURAN_CONTEST_RUN", "2s"),
    ("SALURAN_GATEWAY_LISTEN", "127.0.0.1:0"),
    ("SALURAN_SERVER_DRAIN", "0s"),
];

/// A broker with the contest; its folder is gone with the test.
struct Contest {
    broker: Served,
    folder: PathBuf,
    settings: Vec<(&'static str, String)>,
}

impl Contest {
    fn start(name: &str, more: &[(&'static str, &str)]) -> Self {
        let folder = std::env::temp_dir().join(format!("saluran-simulate-{name}-{}", std::process::id()));
        let mut settings: Vec<(&str, String)> =
            SETTINGS.iter().chain(more).map(|(variable, value)| (*variable, (*value).to_owned())).collect();
        settings.push(("SALURAN_STORE_FOLDER", folder.display().to_string()));
        let given: Vec<(&str, &str)> = settings.iter().map(|(variable, value)| (*variable, &**value)).collect();
        Self { broker: Served::start(&given), folder, settings }
    }

    /// Runs a command of the broker's own program, with the broker's configuration.
    fn command(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_saluran"));
        let settings = self.settings.iter().map(|(variable, value)| (variable, value));
        // The app is the one that every broker of the tests is started with.
        command.env_clear().envs([("SALURAN_APP_ID", APP.id), ("SALURAN_APP_KEY", APP.key)]);
        command.env("SALURAN_APP_SECRET", APP.secret).envs(settings);
        command.args(arguments).output().expect("the binary runs")
    }

    /// Simulates with these arguments; the exit code, the account and what was said besides.
    fn simulate(&self, arguments: &[&str]) -> (Option<i32>, Value, String) {
        let gateway = format!("ws://{}", self.broker.gateway.expect("the gateway listens"));
        let broker = format!("http://{}", self.broker.address);
        let fixed = ["simulate", "cameras", "--json", "--gateway", &gateway, "--broker", &broker];
        let output = self.command(&[&fixed[..], arguments].concat());
        let said = String::from_utf8(output.stderr).unwrap();
        let account = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("no account: {said}"));
        (output.status.code(), account, said)
    }

    /// What the API gives to a viewer.
    async fn get(&self, path: &str) -> Value {
        let token = self.command(&["token", "--role", "viewer", "--sub", "test"]).stdout;
        let bearer = format!("Bearer {}", String::from_utf8(token).unwrap().trim());
        let mut connection = HttpConnection::open(self.broker.address).await;
        let path = format!("/api/v2/contest{path}");
        let response = connection.request("GET", &path, &[("Authorization", &bearer)], b"").await;
        assert_eq!(response.status, 200, "{response:?}");
        response.json()
    }
}

impl Drop for Contest {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.folder));
    }
}

/// Two runs on eight lanes with keys: each point is acknowledged, kept, and seen once by every watcher.
#[tokio::test]
async fn every_point_of_a_simulated_contest_is_accounted_for() {
    let contest = Contest::start("contest", &[("SALURAN_GATEWAY_KEYS", "k1,k2,k3,k4,k5,k6,k7,k8")]);
    let (code, account, said) = contest.simulate(&["--frequencies", "1.5,5.5", "--watchers", "3"]);
    assert_eq!(code, Some(0), "{said}");
    let sent = account["sent"].as_u64().unwrap();
    // Eight lanes at 30 Hz for twice two seconds are 960; half of it leaves room for a busy machine.
    assert!(sent > 480, "{account}");
    assert_eq!(account["acknowledged"], sent);
    assert_eq!((&account["missing"], &account["duplicates"]), (&0.into(), &0.into()), "{account}");
    assert_eq!((&account["refused"], &account["losses"]), (&serde_json::json!({}), &0.into()), "{account}");
    assert!(account["delivery"]["p99"].as_f64().unwrap() > 0.0, "{account}");
    assert!(said.contains("run 2 of 2 is over"), "{said}");
    let points = contest.get("/points?limit=10000").await;
    assert_eq!(points["points"].as_array().unwrap().len() as u64, sent);
    let runs = contest.get("/runs").await;
    let ended: Vec<_> =
        runs["sessions"].as_array().unwrap().iter().map(|run| (&run["frequency"], &run["ended_by"])).collect();
    let time = Value::from("time");
    assert_eq!(ended, [(&1.5.into(), &time), (&5.5.into(), &time)], "the broker ends them");
}

/// Without a judge nobody switches data saving on.
#[test]
fn refused_points_are_counted_by_their_reason() {
    let contest = Contest::start("refused", &[("SALURAN_CONTEST_REALTIME", "false")]);
    let (code, account, said) = contest.simulate(&["--no-judge", "--seconds", "1", "--lanes", "2", "--hz", "20"]);
    assert_eq!(code, Some(0), "nothing acknowledged is missing: {said}");
    let sent = account["sent"].as_u64().unwrap();
    assert!(sent > 4, "{account}");
    assert_eq!((&account["acknowledged"], &account["refused"]["realtime_off"]), (&0.into(), &sent.into()), "{account}");
}

/// A camera with a wrong key is told so, point by point.
#[test]
fn a_wrong_key_is_a_reason_too() {
    let mut contest = Contest::start("key", &[("SALURAN_GATEWAY_KEYS", "k1,k2,k3,k4,k5,k6,k7,k8")]);
    contest.settings.push(("SALURAN_GATEWAY_KEYS", "x1,x2,x3,x4,x5,x6,x7,x8".to_owned()));
    let (_, account, said) = contest.simulate(&["--no-judge", "--seconds", "1", "--lanes", "1", "--hz", "20"]);
    assert_eq!(
        (&account["acknowledged"], &account["refused"]["key"]),
        (&0.into(), &account["sent"]),
        "{account} {said}"
    );
}

/// Watchers of another app are refused; that is not the same as nobody being there.
#[test]
fn why_watchers_hear_nothing_is_said() {
    let contest = Contest::start("stranger", &[]);
    let stranger = ["--app-id", APP.id, "--key", "nobody", "--secret", "s"];
    let (code, _, said) = contest.simulate(&[&["--frequencies", "1.5", "--watchers", "1"], &stranger[..]].concat());
    assert_eq!(code, Some(69), "{said}");
    assert!(said.contains("4001"), "{said}");
}

#[test]
fn nobody_at_the_address_is_explained() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let mut command = Command::new(env!("CARGO_BIN_EXE_saluran"));
    command.args(["simulate", "cameras", "--broker", &free]).env_clear().envs(SETTINGS);
    let gateway = format!("ws://{free}");
    let output = command.args(["--gateway", &gateway]).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(69), "{said}");
    assert!(said.contains(&free) && said.contains("saluran serve"), "{said}");
}
