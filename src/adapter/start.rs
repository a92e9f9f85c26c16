//! The adapter's face: started and stopped by the broker, asked by homes.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc as blocking;
use std::thread::{self, JoinHandle};
use std::time::Duration;
use std::{fmt, io};

use bytes::Bytes;
use dashmap::DashMap;
use metrics_exporter_prometheus::PrometheusRecorder;
use tokio::runtime;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::Instant;

use crate::config::{self, RedisMode};
use crate::hub::Handed;
use crate::hub::far::{self, Report, Request};
use crate::protocol::{AppId, SocketId};

use super::apps::Apps;
use super::backlog::{Full, Gauge, weight};
use super::connect::Connector;
use super::control::{Control, Note};
use super::engine::{self, Engine, Inlet, Opener};
use super::fault::Fault;
use super::fit::{Digest, Unfit};
use super::keys::Keys;
use super::lease::Registry;
use super::script::Scripts;
use super::wording::Wording;

/// How long a broker's start waits for Redis; then it goes on alone.
const FIRST: Duration = Duration::from_secs(15);

/// Time for the thread to end after what waited had its time.
const JOINING: Duration = Duration::from_secs(5);

/// Why there is no adapter.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Redis can be reached and cannot be used.
    #[error(transparent)]
    Unfit(#[from] Unfit),
    /// Certificates cannot be read.
    #[error("the certificates in {} cannot be read: {source}", path.display())]
    Ca {
        /// Where they should be.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// This machine has no thread left.
    #[error("no thread could be started: {0}")]
    Thread(#[source] io::Error),
}

/// Whether the other nodes can be reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// They cannot.
    Away {
        /// Since then.
        since: Instant,
        /// What the last try met.
        why: Fault,
    },
    /// They can.
    Present {
        /// Nodes whose lease runs, this one among them.
        nodes: u64,
    },
}

/// Who hears what comes from the other nodes, on the adapter's thread; neither may wait.
pub struct Ears {
    /// A place's report goes to the worker of its home, `Away` and `Back` to all workers.
    pub homes: Box<dyn Fn(Report) + Send>,
    /// What another node says to all.
    pub all: Box<dyn Fn(Control) + Send>,
    /// Letters for this node's connections: which node asks, its number for the answer, for whom it is, and the letter.
    pub letters: Box<dyn Fn(u32, u64, SocketId, Bytes) + Send>,
    /// How many connections each app has at this node.
    pub counts: Box<dyn Fn() -> Vec<(AppId, usize)> + Send>,
}

impl fmt::Debug for Ears {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ears")
    }
}

/// What this node has.
#[derive(Debug)]
pub struct Served {
    /// The apps in the order of their indexes.
    pub apps: Apps,
    /// Digests of their secrets.
    pub digests: Vec<Digest>,
    /// This node's number in socket ids.
    pub node: u32,
    /// Where the thread counts.
    pub recorder: Arc<PrometheusRecorder>,
    /// What others may want to know of this node: its name, its version.
    pub about: Vec<(&'static str, String)>,
}

/// The way to the other nodes; ends when it is stopped or dropped.
#[derive(Debug)]
pub struct Adapter {
    requests: Requests,
    state: watch::Receiver<State>,
    /// Closed when the thread has done all it does.
    done: blocking::Receiver<()>,
    thread: Option<JoinHandle<()>>,
}

/// Where requests go in; cheap to clone, for all threads.
#[derive(Debug, Clone)]
pub struct Requests {
    inlet: mpsc::UnboundedSender<Inlet>,
    gauge: Arc<Gauge>,
    letters: Arc<Letters>,
    node: u32,
}

/// Letters that are on their way; each goes with whoever waits for its answer.
#[derive(Debug, Default)]
struct Letters {
    last: AtomicU64,
    answers: DashMap<u64, oneshot::Sender<Handed>, foldhash::fast::RandomState>,
}

impl Letters {
    fn ask(&self) -> (u64, oneshot::Receiver<Handed>) {
        let (answer, answered) = oneshot::channel();
        // Whoever has given up waits no more: so there are as many as there are calls under way.
        self.answers.retain(|_, answer| !answer.is_closed());
        let number = self.last.fetch_add(1, Ordering::Relaxed);
        self.answers.insert(number, answer);
        (number, answered)
    }

    fn answered(&self, number: u64, handed: Handed) {
        if let Some((_, answer)) = self.answers.remove(&number) {
            // Whoever asked may have given up meanwhile.
            let _nobody_waits = answer.send(handed);
        }
    }
}

impl Adapter {
    /// Starts the adapter's thread and waits for its first try, at most some seconds. When Redis cannot be reached the
    /// node is alone for now.
    ///
    /// # Errors
    /// When it can be reached and cannot be used, or something is missing here.
    pub fn start(config: &config::Adapter, served: Served, ears: Ears) -> Result<Self, Error> {
        let Served { apps, digests, node, recorder, about } = served;
        let is_sharded = config.mode == RedisMode::Cluster;
        let keys = Keys::new(&config.prefix);
        let scripts = Arc::new(Scripts::new(is_sharded));
        let registry = Registry { scripts, keys: keys.clone(), term: config.lease, about: about.into(), number: node };
        let opener = Opener { config: config.clone(), connector: Connector::new(config)?, registry, digests };
        let gauge = Arc::new(Gauge::new(config));
        #[expect(clippy::disallowed_methods, reason = "the gauge bounds events; homes have one other request a place")]
        let (requests, inlet) = mpsc::unbounded_channel();
        let letters = Arc::new(Letters::default());
        let requests = Requests { inlet: requests, gauge: Arc::clone(&gauge), letters: Arc::clone(&letters), node };
        let (state, seen) = watch::channel(State::Away { since: Instant::now(), why: Fault::Untried });
        let (first, tried) = blocking::sync_channel(1);
        let (finished, done) = blocking::channel();
        let wording = Wording::new(keys, apps, is_sharded);
        let run = move || {
            let _recording = metrics::set_default_local_recorder(&*recorder);
            let runtime = match runtime::Builder::new_current_thread().enable_all().build() {
                Ok(runtime) => runtime,
                Err(error) => return tracing::error!(%error, "the adapter's thread could not start"),
            };
            let Ears { homes, all, letters: hand, counts } = ears;
            let one = Box::new(move |note| match note {
                Note::Hand { number, from, to, letter } => hand(from, number, to, letter),
                Note::Handed { number, handed } => letters.answered(number, handed),
            });
            let ears = engine::Ears { homes, all, one, counts };
            let parts = engine::Parts { opener, wording, gauge, inlet, ears, node, state };
            runtime.block_on(async { Engine::new(parts).run(first).await });
            runtime.shutdown_timeout(JOINING);
            drop(finished);
        };
        let thread = thread::Builder::new().name("adapter".to_owned()).spawn(run).map_err(Error::Thread)?;
        let adapter = Self { requests, state: seen, done, thread: Some(thread) };
        match tried.recv_timeout(FIRST) {
            Ok(Err(unfit)) => Err(unfit.into()),
            Ok(Ok(())) | Err(_) => Ok(adapter),
        }
    }

    /// Where requests go in.
    #[must_use]
    pub fn requests(&self) -> Requests {
        self.requests.clone()
    }

    /// Whether the other nodes can be reached, now and from now on.
    #[must_use]
    pub fn state(&self) -> watch::Receiver<State> {
        self.state.clone()
    }

    /// The node serves these apps from now on; an index that was given stays that app's.
    pub fn serve(&self, apps: Apps) {
        self.requests.put(Inlet::Apps(apps));
    }

    /// Sends what waits, as far as there is time, lets the lease end soon, and ends. Waits for it, not much longer than
    /// `grace`.
    pub fn stop(mut self, grace: Duration) {
        self.end(grace);
    }

    fn end(&mut self, grace: Duration) {
        let Some(thread) = self.thread.take() else { return };
        self.requests.put(Inlet::Stop(Instant::now() + grace));
        match self.done.recv_timeout(grace + JOINING) {
            Err(blocking::RecvTimeoutError::Timeout) => tracing::warn!("the adapter's thread did not end in time"),
            Ok(()) | Err(blocking::RecvTimeoutError::Disconnected) => {
                if thread.join().is_err() {
                    tracing::error!("the adapter's thread had ended by a fault of ours");
                }
            }
        }
    }
}

impl Drop for Adapter {
    fn drop(&mut self) {
        self.end(Duration::ZERO);
    }
}

impl Requests {
    /// Says something to all other nodes: now, or when Redis is back, to those that are away when they come back, in the
    /// order of its coming.
    ///
    /// # Errors
    /// `Full` when as much waits as may; then it is not said.
    pub fn broadcast(&self, control: &Control) -> Result<(), Full> {
        if !self.gauge.admit_control() {
            return Err(Full);
        }
        self.put(Inlet::Control(None, control.write(self.node)));
        Ok(())
    }

    /// Hands a letter to a connection of another node; what became of it comes when that node has said so, at once when
    /// there is no such node, and never while Redis or that node is away.
    #[must_use]
    pub fn hand(&self, to: SocketId, letter: Vec<u8>) -> oneshot::Receiver<Handed> {
        let (number, answered) = self.letters.ask();
        let note = Note::Hand { number, from: self.node, to, letter: letter.into() };
        self.put(Inlet::Control(Some(to.node()), note.write()));
        answered
    }

    /// Says what became of another node's letter.
    pub fn handed(&self, from: u32, number: u64, handed: Handed) {
        self.put(Inlet::Control(Some(from), Note::Handed { number, handed }.write()));
    }

    /// Nothing is lost in silence when the thread has ended: it counted what waited.
    fn put(&self, inlet: Inlet) {
        drop(self.inlet.send(inlet));
    }
}

impl far::Adapter for Requests {
    fn ask(&self, request: Request) {
        match weight(&request) {
            Some(bytes) if !self.gauge.admit(bytes) => self.put(Inlet::lost(request)),
            Some(_) | None => self.put(Inlet::Request(request)),
        }
    }

    fn has_room(&self) -> bool {
        self.gauge.has_room()
    }
}
