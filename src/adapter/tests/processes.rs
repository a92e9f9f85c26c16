//! Servers that can be killed and started again where they were.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use tokio::time::Instant;

use crate::config::{self, RedisServer};

pub(super) const WAIT: Duration = Duration::from_secs(30);

/// A port that was free a moment ago, and leaves room for a cluster's bus above it.
pub(super) fn free_port() -> u16 {
    let ports = || TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    std::iter::repeat_with(ports).find(|port| *port < 55_000).unwrap()
}

/// Waits until `is_so`.
pub(super) fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + WAIT;
    while !is_so() {
        assert!(Instant::now() < deadline, "not within {WAIT:?}: {what}");
        thread::park_timeout(Duration::from_millis(20));
    }
}

/// A folder that goes with the test.
#[derive(Debug)]
pub(super) struct Folder(pub(super) PathBuf);

impl Folder {
    pub(super) fn new() -> Self {
        let path = std::env::temp_dir().join(format!("saluran-adapter-{:016x}", rand::random::<u64>()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).ok();
    }
}

/// A server, killed when dropped.
#[derive(Debug)]
pub(super) struct Redis {
    process: Option<Child>,
    arguments: Vec<String>,
    pub(super) port: u16,
    pub(super) folder: Folder,
}

impl Redis {
    pub(super) fn start(arguments: &[&str]) -> Self {
        let port = free_port();
        let mut redis = Self::with(&["--port", &port.to_string(), "--save", "", "--bind", "127.0.0.1"], port);
        redis.arguments.extend(arguments.iter().map(|argument| (*argument).to_owned()));
        redis.launch();
        redis
    }

    /// One that is started with these arguments only.
    pub(super) fn with(arguments: &[&str], port: u16) -> Self {
        let arguments = arguments.iter().map(|argument| (*argument).to_owned()).collect();
        Self { process: None, arguments, port, folder: Folder::new() }
    }

    pub(super) fn launch(&mut self) {
        let mut command = Command::new("redis-server");
        command.args(&self.arguments).arg("--dir").arg(&self.folder.0).env("LC_ALL", "C").stdout(Stdio::null());
        command.current_dir(&self.folder.0);
        let process = command.spawn().expect("install redis-server (Debian: apt install redis-server)");
        self.process = Some(process);
        let listens = || std::net::TcpStream::connect(("127.0.0.1", self.port)).is_ok();
        eventually("the server listens", listens);
    }

    pub(super) fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().ok();
            process.wait().ok();
        }
    }

    pub(super) fn config(&self) -> config::Adapter {
        config_of(&[self.port])
    }

    pub(super) fn ask<T: redis::FromRedisValue>(&self, command: &[&str]) -> T {
        ask(self.port, command)
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.kill();
    }
}

pub(super) fn ask<T: redis::FromRedisValue>(port: u16, command: &[&str]) -> T {
    let client = redis::Client::open(format!("redis://127.0.0.1:{port}/")).unwrap();
    let mut connection = client.get_connection_with_timeout(WAIT).unwrap();
    let (name, arguments) = command.split_first().unwrap();
    redis::cmd(name).arg(arguments).query(&mut connection).unwrap()
}

pub(super) fn config_of(ports: &[u16]) -> config::Adapter {
    let server = |port: &u16| RedisServer { host: "127.0.0.1".to_owned(), port: *port };
    config::Adapter {
        kind: config::AdapterKind::Redis,
        servers: ports.iter().map(server).collect(),
        lease: Duration::from_secs(3),
        ..config::Adapter::default()
    }
}

pub(super) fn run(program: &str, arguments: &[&str], folder: &Path) {
    let done = Command::new(program).args(arguments).current_dir(folder).output().unwrap();
    assert!(done.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
}
