//! From a configuration to a running broker, and back.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use bytes::Bytes;
use metrics_exporter_prometheus::PrometheusRecorder;
use tokio::sync::{Barrier, watch};

use crate::adapter::{self, APART, Adapter, Control, Digest, Ears, Served};
use crate::auth::{Keeper, KeeperThread};
use crate::config::{AdapterKind, Config};
use crate::contest::{self, Contest, ContestThread, Surroundings};
use crate::error::Refusal;
use crate::gateway::{self, Gateway};
use crate::hub::far::Report;
use crate::hub::{self, Bounds, HomeBounds, Letter, Mailboxes, Remote, Settings, mailboxes};
use crate::protocol::UserId;
use crate::rules::{Apps, Grant, Node, UnusableKeys};
use crate::socket::{Listener, farewell};
use crate::telemetry;

use super::descriptors;
use super::reload::{self, Reloading};
use super::worker::{self, Setup};

/// Time for cameras to take a goodbye.
const GRACE: Duration = Duration::from_secs(2);

/// Why a broker does not start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// An address cannot be listened on.
    #[error("cannot listen on {address}: {source}; is another program using it? Choose another with {setting}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The setting that names it.
        setting: &'static str,
        /// Why.
        source: io::Error,
    },
    /// A worker's thread or runtime cannot be had.
    #[error("cannot start worker {worker}: {source}; start fewer with SALURAN_SERVER_WORKERS")]
    Worker {
        /// Which.
        worker: usize,
        /// Why.
        source: io::Error,
    },
    /// The thread that fetches keys and looks tokens up cannot be had.
    #[error("cannot start the thread that looks after tokens: {0}")]
    Keeper(io::Error),
    /// The contest cannot go on from what was kept.
    #[error("cannot start the contest: {0}")]
    Contest(#[from] contest::Error),
    /// The other nodes cannot be met.
    #[error("cannot join the other nodes: {0}")]
    Adapter(#[from] adapter::Error),
    /// Cameras cannot be listened to.
    #[error(transparent)]
    Gateway(#[from] gateway::Error),
    /// An app's tokens cannot be checked.
    #[error(transparent)]
    Keys(#[from] UnusableKeys),
}

/// What workers are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    Running,
    /// Say goodbye to everybody, then end.
    Draining,
    /// End now.
    Stopped,
}

/// A running broker. Dropping it stops it at once; [`shutdown`](Self::shutdown) is kinder.
#[derive(Debug)]
pub struct Broker {
    address: SocketAddr,
    admin_address: Option<SocketAddr>,
    node: Arc<Node>,
    stage: watch::Sender<Stage>,
    workers: Vec<JoinHandle<()>>,
    reloading: Reloading,
    /// The contest, where it runs; its threads end after the workers, so that they hear all that those took.
    contest: Option<(Contest, ContestThread)>,
    /// The cameras' listener; ends before the workers.
    gateway: Option<Gateway>,
    /// The way to the other nodes, where there are any; ends after the workers, so that it sends all that those said.
    adapter: Option<Adapter>,
    /// Ends with the broker.
    _keeper: KeeperThread,
}

impl Broker {
    /// Opens the listeners and starts the workers; when this returns, peers are let in.
    ///
    /// # Errors
    /// When an address or a thread cannot be had, or an app's keys cannot be used.
    pub fn start(config: &Config) -> Result<Self, Error> {
        let workers = workers(config);
        let address = SocketAddr::new(config.server.host, config.server.port);
        let (address, listeners) = Listener::bind(address, workers, config.server.backlog)
            .map_err(|source| Error::Listen { address, setting: "SALURAN_SERVER_PORT", source })?;
        let (admin_address, mut admin) = admin(config)?;
        let node = Arc::new(Node::new(config.server.max_connections.unwrap_or_else(descriptors::capacity)));
        let (recorder, prometheus) = telemetry::recorder();
        let recorder = Arc::new(recorder);
        let (keeper, keeper_thread) = Keeper::start().map_err(Error::Keeper)?;
        let apps = Arc::new(Apps::new(config, &keeper, &Apps::default())?);
        let (stage, staged) = watch::channel(Stage::Running);
        let (reloading, reloads) = reload::channels(workers, keeper, apps.clone());
        let mailboxes = mailboxes(workers, config.limits.inbox_commands);
        let around = mailboxes.first().filter(|_| config.contest.enabled).map(|first| Surroundings {
            remote: first.remote(config.limits.busy_wait),
            apps: reloading.apps(),
            recorder: recorder.clone(),
            name: name(address),
        });
        let others = mailboxes.first().filter(|_| config.adapter.kind == AdapterKind::Redis);
        let adapter = others.map(|first| join(config, first, &reloading, (&node, &recorder))).transpose()?;
        let settings = settings(config, workers, adapter.as_ref());
        let contest = around.map(|around| Contest::open(config, around)).transpose()?;
        let gateway = cameras(config, contest.as_ref(), &recorder)?;
        let mut broker = Self {
            address,
            admin_address,
            node: node.clone(),
            stage,
            workers: Vec::new(),
            reloading,
            contest,
            gateway,
            adapter,
            _keeper: keeper_thread,
        };
        let doors = Arc::new(Barrier::new(workers));
        for ((mailboxes, listener), reloads) in mailboxes.into_iter().zip(listeners).zip(reloads) {
            let setup = Setup {
                mailboxes,
                settings: settings.clone(),
                listener,
                admin: admin.pop(),
                apps: apps.clone(),
                node: node.clone(),
                contest: broker.contest().cloned(),
                gateway: broker.gateway_address(),
                server: config.server.clone(),
                limits: config.limits.clone(),
                recorder: recorder.clone(),
                prometheus: prometheus.clone(),
                reloads,
                stage: staged.clone(),
                doors: doors.clone(),
                adapter: broker.adapter.as_ref().map(Adapter::requests),
                standing: broker.adapter.as_ref().map(Adapter::state),
            };
            broker.workers.push(worker::spawn(broker.workers.len(), setup)?);
        }
        Ok(broker)
    }

    /// Address of the main listener, with its real port.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Address of the admin listener, if there is one, with its real port.
    #[must_use]
    pub const fn admin_address(&self) -> Option<SocketAddr> {
        self.admin_address
    }

    /// Address of the cameras' listener, if there is one, with its real port.
    #[must_use]
    pub fn gateway_address(&self) -> Option<SocketAddr> {
        self.gateway.as_ref().map(Gateway::address)
    }

    /// The contest, where it runs.
    #[must_use]
    pub fn contest(&self) -> Option<&Contest> {
        self.contest.as_ref().map(|(contest, _)| contest)
    }

    /// Goes on by the apps, roles, channels and tokens of another configuration; the listeners, workers
    /// and limits stay as they are.
    ///
    /// When this returns, no subscription is left that the new rules forbid.
    ///
    /// # Errors
    /// When an app's keys cannot be used; then nothing has changed.
    pub async fn reload(&mut self, config: &Config) -> Result<(), UnusableKeys> {
        self.reloading.reload(config).await?;
        if let Some(adapter) = &self.adapter {
            adapter.serve(adapter::Apps::new(self.reloading.apps().borrow().ids()));
        }
        Ok(())
    }

    /// Stops listening, closes all connections with 4200, spread over the configured time, and ends.
    ///
    /// Takes at most that time and the configured wait for the last peers to answer.
    pub async fn shutdown(mut self) {
        self.node.drain();
        // Cameras keep what they cannot send; what they have sent is in the contest when this returns.
        if let Some(gateway) = self.gateway.take() {
            gateway.stop(GRACE).await;
        }
        self.stage.send_replace(Stage::Draining);
        let workers = std::mem::take(&mut self.workers);
        let joined = tokio::task::spawn_blocking(move || workers.into_iter().map(JoinHandle::join).collect::<Vec<_>>());
        let panicked = joined.await.map_or(1, |results| results.iter().filter(|result| result.is_err()).count());
        let contest = self.contest.take();
        let adapter = self.adapter.take();
        let ended = tokio::task::spawn_blocking(move || {
            if let Some((_, thread)) = contest {
                thread.stop();
            }
            adapter.map(|adapter| adapter.stop(GRACE))
        });
        let ended = ended.await;
        let panicked = panicked + usize::from(ended.is_err());
        if panicked > 0 {
            tracing::error!(panicked, "workers had ended by a fault of ours");
        }
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        self.stage.send_replace(Stage::Stopped);
    }
}

/// How many workers there are; one for each core unless the configuration says.
fn workers(config: &Config) -> usize {
    match config.server.workers {
        0 => thread::available_parallelism().map_or(1, usize::from),
        workers => workers,
    }
}

/// How people know this node: its machine, and its port there.
fn name(address: SocketAddr) -> Box<str> {
    let machine = rustix::system::uname().nodename().to_string_lossy().into_owned();
    format!("{machine}:{}", address.port()).into()
}

/// The cameras' listener, where there is a contest and an address for it.
fn cameras(
    config: &Config,
    contest: Option<&(Contest, ContestThread)>,
    recorder: &PrometheusRecorder,
) -> Result<Option<Gateway>, gateway::Error> {
    let start = |((contest, _), at): (&(Contest, _), _)| Gateway::start(at, &config.gateway, contest.clone(), recorder);
    contest.zip(config.gateway.listen).map(start).transpose()
}

/// The operator's listener, where there is one.
fn admin(config: &Config) -> Result<(Option<SocketAddr>, Vec<Listener>), Error> {
    let Some(address) = config.server.admin else {
        return Ok((None, Vec::new()));
    };
    Listener::bind(address, 1, config.server.backlog)
        .map(|(address, listeners)| (Some(address), listeners))
        .map_err(|source| Error::Listen { address, setting: "SALURAN_SERVER_ADMIN", source })
}

/// Joins the other nodes.
fn join(
    config: &Config,
    mailboxes: &Mailboxes,
    reloading: &Reloading,
    (node, recorder): (&Node, &Arc<PrometheusRecorder>),
) -> Result<Adapter, adapter::Error> {
    let apps = reloading.apps();
    let served = Served {
        apps: adapter::Apps::new(apps.borrow().ids()),
        digests: config.apps.iter().map(Digest::of).collect(),
        node: node.number(),
        recorder: recorder.clone(),
        about: vec![("version", env!("CARGO_PKG_VERSION").to_owned())],
    };
    let counted = apps.clone();
    let counts = move || counted.borrow().all().map(|app| (app.config.id.clone(), app.connections())).collect();
    let homes = mailboxes.remote(config.limits.busy_wait);
    let (reporting, handing) = (homes.clone(), homes.clone());
    let all = move |control: Control| obey(&apps.borrow(), &homes, &control);
    // Set before anybody can ask: letters are for connections, and those come later.
    let answering = Arc::new(OnceLock::<adapter::Requests>::new());
    let answers = answering.clone();
    let letters = move |from, number, to, letter: Bytes| {
        let Some((requests, grant)) = answers.get().cloned().zip(Grant::decode(&letter)) else {
            return;
        };
        let letter: Arc<dyn Letter> = Arc::new(grant);
        handing.hand(to, &letter, move |handed| requests.handed(from, number, handed));
    };
    let reporting = move |report| reporting.report(report);
    let ears =
        Ears { homes: Box::new(reporting), all: Box::new(all), letters: Box::new(letters), counts: Box::new(counts) };
    let adapter = Adapter::start(&config.adapter, served, ears)?;
    // Nobody else sets it.
    drop(answering.set(adapter.requests()));
    Ok(adapter)
}

/// Does what concerns all nodes, for the connections of this one.
fn obey(apps: &Apps, homes: &Remote, control: &Control) {
    let (Control::Terminate { app, user: id, .. } | Control::Revoke { app, subject: id, .. }) = control;
    let Some((app, id)) = apps.by_id(app.as_str()).zip(UserId::parse(id, usize::MAX).ok()) else {
        return;
    };
    let user = app.user(id);
    let report = match control {
        Control::Terminate { before, .. } => {
            // Whose clock is ahead signed them in later than it was.
            let apart = u64::try_from(APART.as_micros()).unwrap_or_default();
            hub::far::Control::Terminate(user, before.saturating_add(apart))
        }
        Control::Revoke { at, .. } => {
            if app.tokens.as_ref().is_some_and(|tokens| tokens.revocations().revoke(user.id.as_str(), *at).is_err()) {
                tracing::error!("another node revoked a subject, and there is no room to note it");
            }
            hub::far::Control::CutOff(user, *at)
        }
    };
    homes.report(Report::Control(report));
}

/// Each worker's share of the node's bounds.
fn settings(config: &Config, workers: usize, adapter: Option<&Adapter>) -> Settings {
    Settings {
        outbox: Bounds { bytes: config.limits.outbox_bytes, frames: config.limits.outbox_frames },
        homes: HomeBounds {
            cache_bytes: config.limits.cache_bytes / workers,
            event_ids: config.limits.event_ids.div_ceil(workers),
            retained_bytes: config.limits.retained_bytes / workers,
            history_bytes: config.limits.history_bytes / workers,
        },
        busy_wait: config.limits.busy_wait,
        terminated: farewell(&Refusal::Terminated).expect("a terminated user's connection ends"),
        revoked: farewell(&Refusal::TokenRevoked).expect("a revoked token ends connections"),
        adapter: adapter.map(|adapter| Arc::new(adapter.requests()) as _),
        slow: farewell(&Refusal::SlowSubscriber).expect("a slow subscriber's connection ends"),
    }
}
