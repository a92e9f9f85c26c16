//! A Redis server of a test's own, on a free port, gone with the test.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio::time::Instant;

use rustix::process::{Pid, Signal, kill_process};
use saluran::config::RedisServer;

/// Time for the server to start or to end.
const DEADLINE: Duration = Duration::from_secs(10);

/// A server without persistence.
#[derive(Debug)]
pub(crate) struct Redis {
    port: u16,
    options: Vec<String>,
    /// `None` while it is stopped.
    guard: Option<Child>,
    server: Option<Pid>,
}

impl Redis {
    /// A new server, ready for connections.
    pub(crate) fn start() -> Self {
        Self::with(&[])
    }

    /// A new server with further options, as on its command line.
    pub(crate) fn with(options: &[&str]) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        drop(listener);
        let options = options.iter().map(|option| (*option).to_owned()).collect();
        let mut redis = Self { port, options, guard: None, server: None };
        redis.resume();
        redis
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn server(&self) -> RedisServer {
        RedisServer { host: "127.0.0.1".to_owned(), port: self.port }
    }

    /// Starts it, empty, on the same port.
    ///
    /// A shell stands between it and the tests: whatever way those end, its standard input closes then, and it takes
    /// the server with it.
    pub(crate) fn resume(&mut self) {
        let script = "redis-server \"$@\" >/dev/null 2>&1 & echo $!; cat >/dev/null; kill -9 $! 2>/dev/null";
        let mut guard = Command::new("sh")
            .args(["-c", script, "redis", "--port", &self.port.to_string(), "--bind", "127.0.0.1", "--save", ""])
            .args(["--appendonly", "no", "--daemonize", "no", "--dir"])
            .arg(std::env::temp_dir())
            .args(&self.options)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a shell can be run");
        let mut line = String::new();
        let output = guard.stdout.take().expect("its output is piped");
        BufReader::new(output).read_line(&mut line).expect("the server's id");
        self.server = line.trim().parse().ok().and_then(Pid::from_raw);
        self.guard = Some(guard);
        let start = Instant::now();
        while !self.answers() {
            assert!(start.elapsed() < DEADLINE, "redis-server did not start on port {}", self.port);
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Whether it takes commands: it listens before it has read its files.
    fn answers(&self) -> bool {
        let answer = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).and_then(|mut stream| {
            stream.set_read_timeout(Some(DEADLINE))?;
            stream.write_all(b"PING\r\n")?;
            stream.read_exact(&mut [0])
        });
        answer.is_ok()
    }

    /// Kills it with all that it holds.
    pub(crate) fn kill(&mut self) {
        if let Some(mut guard) = self.guard.take() {
            drop(guard.stdin.take());
            drop(guard.wait());
        }
        self.server = None;
    }

    /// Stops it in the middle of whatever it does, or lets it go on.
    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(self.server.expect("a running server"), signal).expect("the server is ours");
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A prefix that nobody else has.
pub(crate) fn prefix() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!("test-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}
