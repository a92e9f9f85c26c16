//! A server under test, started anew for each measurement and ended with it.

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::cores::Cores;
use super::launch;
use crate::error::Error;
use crate::wire::account;

/// What both kinds of server say on stderr before their address.
pub(crate) const LISTENING: &str = "listening address=";

const PATIENCE: Duration = Duration::from_secs(10);

/// Which server.
#[derive(Debug, Clone)]
pub(crate) enum Subject {
    /// The bench's own broadcaster, with arguments for it.
    Floor(Vec<&'static str>),
    /// The broker: its binary.
    Saluran(PathBuf),
    /// The broker with declared channels, to which the generator publishes with a token.
    Declared(PathBuf),
}

/// A running server.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
    /// Whether it wants a token in place of a signature.
    pub(crate) wants_token: bool,
    /// Empties the server's stderr until that ends.
    listener: Option<JoinHandle<()>>,
}

impl Subject {
    /// The name that tables show.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Floor(_) => "floor",
            Self::Saluran(_) | Self::Declared(_) => "saluran",
        }
    }

    fn command(&self, bench: &Path, cores: Cores) -> Command {
        match self {
            Self::Floor(arguments) => {
                let mut command = launch::through(bench, cores.server, bench);
                command.arg("floor").args(arguments);
                command
            }
            Self::Saluran(binary) => {
                let mut command = launch::through(bench, cores.server, binary);
                // An empty file, so that no configuration of the place where we run is picked up.
                command.args(["serve", "--config", "/dev/null"]).env_clear().envs(environment()).envs(APP);
                command
            }
            Self::Declared(binary) => {
                let mut command = launch::through(bench, cores.server, binary);
                command.args(["serve", "--config", DECLARED]).env_clear().envs(environment());
                command
            }
        }
    }
}

/// The app, where no file declares it.
const APP: [(&str, &str); 3] =
    [("SALURAN_APP_ID", account::ID), ("SALURAN_APP_KEY", account::KEY), ("SALURAN_APP_SECRET", account::SECRET)];

/// Declares the same app, and its channels.
const DECLARED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/declared.toml");

/// One worker, since there is one core for it, and no limit on what scenarios do; the bounds on what
/// waits are the defaults.
fn environment() -> [(&'static str, &'static str); 7] {
    [
        ("SALURAN_SERVER_HOST", "127.0.0.1"),
        ("SALURAN_SERVER_PORT", "0"),
        ("SALURAN_SERVER_ADMIN", "off"),
        ("SALURAN_SERVER_WORKERS", "1"),
        ("SALURAN_APP_CLIENT_EVENTS", "true"),
        ("SALURAN_APP_CLIENT_EVENT_RATE", "1000000"),
        ("SALURAN_APP_LIMITS_PRESENCE_MEMBERS", "1000"),
    ]
}

impl Server {
    /// Starts `subject` on its core and waits until it listens.
    ///
    /// # Errors
    /// `Start` if it does not start, `Silent` if it does not say an address in time.
    pub(crate) fn start(subject: &Subject, bench: &Path, cores: Cores) -> Result<Self, Error> {
        let what = subject.name().to_owned();
        let mut command = subject.command(bench, cores);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(|source| Error::Start { what: what.clone(), source })?;
        let (said, heard) = mpsc::sync_channel(1);
        let listener = child.stderr.take().map(|stderr| thread::spawn(move || listen(stderr, &said)));
        let wants_token = matches!(subject, Subject::Declared(_));
        let mut server = Self { child, address: SocketAddr::from(([127, 0, 0, 1], 0)), wants_token, listener };
        match heard.recv_timeout(PATIENCE) {
            Ok(Ok(address)) => {
                server.address = address;
                Ok(server)
            }
            Ok(Err(words)) => Err(Error::Silent { what, words }),
            Err(_) => Err(Error::Silent { what, words: String::from("(none within ten seconds)") }),
        }
    }

    /// Its process.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Server {
    /// Ends the process and waits for it; one that has ended already is no error.
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
        if let Some(listener) = self.listener.take() {
            listener.join().ok();
        }
    }
}

/// Says the address once it comes or, at the end without one, all that came; then reads on.
fn listen(stderr: impl Read, said: &mpsc::SyncSender<Result<SocketAddr, String>>) {
    let mut words = String::new();
    let mut found = false;
    for line in BufReader::new(stderr).lines().map_while(Result::ok) {
        if let Some(address) = address(&line).filter(|_| !found) {
            found = true;
            said.send(Ok(address)).ok();
        }
        if !found {
            words.push_str(&line);
            words.push('\n');
        }
    }
    if !found {
        said.send(Err(words)).ok();
    }
}

fn address(line: &str) -> Option<SocketAddr> {
    line.split_once(LISTENING)?.1.split_whitespace().next()?.parse().ok()
}
