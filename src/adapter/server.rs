//! A Redis server of a test's own.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use redis::{Cmd, Connection, Value, cmd};
use tokio::time::Instant;

use super::script::Scripts;

/// Tries before a port is given up for another.
const WAIT: Duration = Duration::from_secs(10);

/// Stopped when dropped.
#[derive(Debug)]
pub(super) struct Server {
    process: Child,
    folder: PathBuf,
    pub(super) port: u16,
}

impl Server {
    /// Starts one without persistence.
    pub(super) fn start(arguments: &[&str]) -> Self {
        // Another process may take the port in between; then the server ends at once and the next port is tried.
        (0..5)
            .find_map(|_| Self::try_start(arguments))
            .expect("install redis-server (Debian: apt install redis-server)")
    }

    fn try_start(arguments: &[&str]) -> Option<Self> {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let folder = std::env::temp_dir().join(format!("saluran-redis-{}-{port}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let mut command = Command::new("redis-server");
        command.args(["--bind", "127.0.0.1", "--port", &port.to_string(), "--save", "", "--appendonly", "no", "--dir"]);
        command.arg(&folder).args(arguments).env("LC_ALL", "C").stdout(Stdio::null());
        let mut server = Self { process: command.spawn().ok()?, folder, port };
        let deadline = Instant::now() + WAIT;
        while Instant::now() < deadline {
            if server.process.try_wait().unwrap().is_some() {
                return None;
            }
            if server.answers() {
                return Some(server);
            }
            thread::yield_now();
        }
        None
    }

    fn answers(&self) -> bool {
        self.client("").get_connection().is_ok_and(|mut to| cmd("PING").query::<String>(&mut to).is_ok())
    }

    fn client(&self, query: &str) -> redis::Client {
        redis::Client::open(format!("redis://127.0.0.1:{}/{query}", self.port)).unwrap()
    }

    /// A connection to it; `query` may ask for `?protocol=resp3`.
    pub(super) fn connect(&self, query: &str) -> Connection {
        let connection = self.client(query).get_connection().unwrap();
        connection.set_read_timeout(Some(WAIT)).unwrap();
        connection
    }

    /// As `connect`, with all scripts loaded.
    pub(super) fn loaded(&self, scripts: &Scripts, query: &str) -> Connection {
        let mut connection = self.connect(query);
        scripts.load().for_each(|load| load.exec(&mut connection).unwrap());
        connection
    }
}

pub(super) fn ask(connection: &mut Connection, command: &Cmd) -> Value {
    command.query(connection).unwrap()
}

impl Drop for Server {
    fn drop(&mut self) {
        // Whatever of it fails, the rest is to be tried.
        self.process.kill().ok();
        self.process.wait().ok();
        std::fs::remove_dir_all(&self.folder).ok();
    }
}
