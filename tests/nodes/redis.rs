//! A Redis server that can be killed and started again where it was.

use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::{fs, io};

use crate::process::Process;
use crate::resp::{Reply, Resp};
use crate::support::eventually;

/// Ports above leave no room for the bus of a Cluster, which is 10,000 higher.
const HIGHEST: u16 = 55_000;

/// A server on a free port, with a folder of its own.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) port: u16,
    folder: PathBuf,
    arguments: Vec<String>,
    /// `None` while it is killed.
    process: Option<Process>,
}

impl Server {
    /// Starts one with these lines in its configuration, which whoever changes its role changes too.
    pub(crate) async fn start(folder: PathBuf, options: &[&str]) -> Self {
        let usual = "bind 127.0.0.1\nsave \"\"\nrepl-diskless-sync-delay 0\n";
        let file = |port: u16| format!("port {port}\n{usual}{}\n", options.join("\n"));
        Self::launch(folder, &["redis.conf"], file).await
    }

    /// Starts a sentinel for the server at a port.
    pub(crate) async fn sentinel(folder: PathBuf, master: u16, down_after_ms: u32) -> Self {
        let file = |port: u16| {
            format!(
                "port {port}\nbind 127.0.0.1\nsentinel monitor main 127.0.0.1 {master} 2\n\
                 sentinel down-after-milliseconds main {down_after_ms}\nsentinel failover-timeout main 5000\n"
            )
        };
        Self::launch(folder, &["sentinel.conf", "--sentinel"], file).await
    }

    /// Another process may take a port before the server does: then it ends at once, and the next port is tried.
    async fn launch(folder: PathBuf, arguments: &[&str], file: impl Fn(u16) -> String) -> Self {
        fs::create_dir_all(&folder).expect("a folder");
        let path = folder.join(arguments[0]);
        let arguments: Vec<_> = std::iter::once(path.to_string_lossy().into_owned())
            .chain(arguments[1..].iter().map(|argument| (*argument).to_owned()))
            .collect();
        for _ in 0..5 {
            let port = free_port();
            fs::write(&path, file(port)).expect("a file in a folder of ours");
            let mut server = Self { port, folder: folder.clone(), arguments: arguments.clone(), process: None };
            server.spawn();
            if server.is_up().await {
                return server;
            }
        }
        panic!("redis-server does not start (Debian: apt install redis-server): {:?}", fs::read_to_string(log(&folder)))
    }

    fn spawn(&mut self) {
        let folder = ["--dir".to_owned(), self.folder.to_string_lossy().into_owned()];
        let arguments: Vec<_> = self.arguments.iter().cloned().chain(folder).collect();
        let variables = [("LC_ALL".to_owned(), "C".to_owned())];
        self.process = Some(Process::start(log(&self.folder), "redis-server", &arguments, &variables));
    }

    /// Whether it answers in the end; not when it has ended.
    async fn is_up(&self) -> bool {
        let has_ended = || self.process.as_ref().is_none_or(Process::has_ended);
        eventually("a server that answers", async || {
            has_ended() || matches!(self.try_ask(&["PING"]).await, Ok(Reply::Text(_)))
        })
        .await;
        !has_ended()
    }

    /// Kills it; its files stay.
    pub(crate) fn kill(&mut self) {
        self.process = None;
    }

    /// Starts it again, with what its files say.
    pub(crate) async fn resume(&mut self) {
        self.spawn();
        assert!(self.is_up().await, "{:?}", fs::read_to_string(log(&self.folder)));
    }

    /// Removes what it has written of its data.
    pub(crate) fn empty(&self) {
        for name in ["appendonlydir", "dump.rdb"] {
            let path = self.folder.join(name);
            drop(fs::remove_dir_all(&path).or_else(|_| fs::remove_file(&path)));
        }
    }

    pub(crate) async fn try_ask(&self, words: &[&str]) -> io::Result<Reply> {
        try_ask(self.port, words).await
    }

    /// Asks one thing; a refusal is none of the answers that a test wants.
    pub(crate) async fn ask(&self, words: &[&str]) -> Reply {
        match self.try_ask(words).await {
            Ok(Reply::Refused(why)) => panic!("{words:?} at {}: {why}", self.port),
            Ok(reply) => reply,
            Err(error) => panic!("{words:?} at {}: {error}", self.port),
        }
    }

    pub(crate) async fn is_master(&self) -> bool {
        is_master(self.port).await
    }
}

/// Whether the server at a port says that it is a master; `false` while nobody is there.
pub(crate) async fn is_master(port: u16) -> bool {
    try_ask(port, &["ROLE"]).await.is_ok_and(|role| role.text().starts_with("master"))
}

async fn try_ask(port: u16, words: &[&str]) -> io::Result<Reply> {
    Resp::open(port).await?.ask(words).await
}

fn log(folder: &Path) -> PathBuf {
    let name = folder.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    folder.with_file_name(format!("{name}.log"))
}

fn free_port() -> u16 {
    let port = || TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|taken| taken.local_addr());
    let ports = std::iter::repeat_with(|| port().expect("a free port").port());
    ports.into_iter().find(|port| *port < HIGHEST).expect("there are always more")
}
