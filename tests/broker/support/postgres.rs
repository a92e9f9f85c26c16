//! A PostgreSQL of a test's own, on a free port, gone with the test.

use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::{MetadataExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime};

use rustix::process::{Pid, Signal, kill_process};
use sqlx::{Connection as _, Executor as _, PgConnection};

/// Time for the server to start or to end.
const DEADLINE: Duration = Duration::from_secs(30);

/// A server with one user, `saluran`, who may do everything.
#[derive(Debug)]
pub(crate) struct Postgres {
    folder: PathBuf,
    port: u16,
    /// `None` while it is stopped.
    server: Option<Child>,
}

impl Postgres {
    /// A new server, ready for connections.
    pub(crate) async fn start() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("saluran-postgres-{}-{number}", std::process::id()));
        fs::create_dir_all(&folder).expect("a folder for the server");
        if let Some((user, group)) = unprivileged() {
            chown(&folder, Some(user), Some(group)).expect("root gives folders away");
        }
        let made = command("initdb")
            .args(["--no-sync", "--auth=trust", "--encoding=UTF8", "--locale=C", "--username=saluran", "-D"])
            .arg(folder.join("data"))
            .output()
            .expect("initdb can be run");
        assert!(made.status.success(), "initdb: {}", String::from_utf8_lossy(&made.stderr));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        drop(listener);
        let mut postgres = Self { folder, port, server: None };
        postgres.resume().await;
        postgres
    }

    /// Starts it again, after `stop`.
    pub(crate) async fn resume(&mut self) {
        let log = fs::File::create(self.folder.join("log")).expect("a log");
        let server = command("postgres")
            .arg("-D")
            .arg(self.folder.join("data"))
            .args(["-p", &self.port.to_string(), "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off", "-k"])
            .arg(&self.folder)
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("postgres can be run");
        self.server = Some(server);
        let deadline = SystemTime::now() + DEADLINE;
        while let Err(error) = self.try_connect("postgres").await {
            let log = || fs::read_to_string(self.folder.join("log")).unwrap_or_default();
            assert!(SystemTime::now() < deadline, "the server does not start: {error}\n{}", log());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Ends it at once, as a loss of power would for those who are connected.
    pub(crate) fn stop(&mut self) {
        let Some(mut server) = self.server.take() else { return };
        let pid = Pid::from_child(&server);
        // SIGQUIT is its "immediate shutdown": no goodbye to anybody.
        kill_process(pid, Signal::QUIT).expect("the server can be told to end");
        let deadline = SystemTime::now() + DEADLINE;
        while server.try_wait().expect("a child can be waited for").is_none() {
            if SystemTime::now() > deadline {
                server.kill().expect("a child can be killed");
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// A new database; its URL.
    pub(crate) async fn database(&self) -> String {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("contest_{}", NEXT.fetch_add(1, Ordering::Relaxed));
        let mut connection = self.try_connect("postgres").await.expect("a running server");
        let sql = format!("CREATE DATABASE {name}");
        connection.execute(sqlx::AssertSqlSafe(sql)).await.expect("a new database");
        self.url(&name)
    }

    fn url(&self, database: &str) -> String {
        format!("postgres://saluran:unasked@127.0.0.1:{}/{database}?sslmode=disable", self.port)
    }

    async fn try_connect(&self, database: &str) -> Result<PgConnection, sqlx::Error> {
        PgConnection::connect(&self.url(database)).await
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.stop();
        drop(fs::remove_dir_all(&self.folder));
    }
}

/// A program of PostgreSQL, run by a user whom it does not refuse.
fn command(name: &str) -> Command {
    let mut command = Command::new(program(name));
    if let Some((user, group)) = unprivileged() {
        command.uid(user).gid(group);
    }
    command.current_dir("/").stdin(Stdio::null());
    command
}

/// Where a program is; Debian keeps those of the server out of PATH.
#[expect(clippy::disallowed_methods, reason = "a test looks for programs as a shell does")]
fn program(name: &str) -> PathBuf {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut found: Vec<PathBuf> = versions.map(|version| version.path().join("bin").join(name)).collect();
    found.sort();
    let path = std::env::var_os("PATH").unwrap_or_default();
    found.splice(0..0, std::env::split_paths(&path).map(|folder| folder.join(name)));
    let found = found.into_iter().rev().find(|path| path.is_file());
    found.unwrap_or_else(|| panic!("{name} is missing: apt-get install postgresql"))
}

/// PostgreSQL refuses root; then it is run by the user that its package has made, or by nobody.
fn unprivileged() -> Option<(u32, u32)> {
    let is_root = fs::metadata(Path::new("/proc/self")).is_ok_and(|process| process.uid() == 0);
    is_root.then(|| {
        let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
        let of = |name: &str| {
            let line = users.lines().find(|line| line.split(':').next() == Some(name))?;
            let mut fields = line.split(':').skip(2);
            Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
        };
        of("postgres").or_else(|| of("nobody")).unwrap_or((65534, 65534))
    })
}
