//! The task: looks who has the role, sends, and hears, over one session with Redis after the other.

use std::sync::Arc;
use std::time::Duration;

use redis::{cmd, pipe};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, timeout};

use crate::adapter::connect::{Connector, Link, Peer};
use crate::adapter::fault::Fault;
use crate::adapter::keys::Keys;
use crate::adapter::script::{self, Candidate, Scripts};
use crate::adapter::subscription::{News, NewsReader, Newsroom};
use crate::adapter::topology::{self, Topology};
use crate::config;
use crate::hub::far::Origin;

use super::LOOK;
use super::calls::{Called, Calls, Gauge, Heard, Outgoing};
use super::message::Message;
use super::role::{Holder, Role};

/// The first pause between two tries, and the longest.
const PAUSES: [Duration; 2] = [Duration::from_millis(100), Duration::from_secs(2)];

/// Messages of one pipeline.
const AT_ONCE: usize = 256;

/// Time to give the role up at the end; after that it ends by itself.
const GOODBYE: Duration = Duration::from_secs(2);

/// What must run for a node to be one of those that may have the role.
#[derive(Debug)]
pub struct PeersTask {
    pub(super) config: config::Adapter,
    pub(super) connector: Connector,
    pub(super) keys: Keys,
    pub(super) scripts: Arc<Scripts>,
    pub(super) candidate: Candidacy,
    pub(super) outgoing: mpsc::Receiver<Outgoing>,
    pub(super) hearing: mpsc::Sender<Heard>,
    pub(super) known: watch::Sender<Role>,
    pub(super) calls: Arc<Calls>,
    pub(super) gauge: Arc<Gauge>,
}

/// Who wants which role.
#[derive(Debug)]
pub(super) struct Candidacy {
    pub(super) role: &'static str,
    pub(super) life: Origin,
    pub(super) name: Box<str>,
    pub(super) lease: Duration,
    pub(super) grace: Duration,
}

/// Connections of one session.
struct Session {
    topology: Topology,
    link: Link,
    ears: Link,
    news: NewsReader,
}

impl PeersTask {
    /// Runs until it is stopped; then gives the role up, if this node has it.
    pub async fn run(mut self, mut stop: watch::Receiver<bool>) {
        let [shortest, longest] = PAUSES;
        let mut pause = shortest;
        let mut known: Option<Topology> = None;
        loop {
            let began = Instant::now();
            let fault = tokio::select! {
                _ = stop.wait_for(|is_over| *is_over) => break,
                fault = self.session(&mut known) => fault,
            };
            self.lose(&fault);
            pause = if began.elapsed() > longest { shortest } else { (pause * 2).min(longest) };
            tokio::select! {
                _ = stop.wait_for(|is_over| *is_over) => break,
                () = sleep(pause.mul_f64(0.5 + rand::random::<f64>() / 2.0)) => {}
            }
        }
        self.known.send_modify(|role| role.until = None);
        drop(timeout(GOODBYE, self.resign(known)).await);
        self.calls.forget_all();
    }

    /// Works as long as Redis does; why it does not any more.
    async fn session(&mut self, known: &mut Option<Topology>) -> Fault {
        let session = match self.open(known.as_ref()).await {
            Ok(session) => session,
            Err(fault) => return fault,
        };
        *known = Some(session.topology.clone());
        // What was to be said in the session before comes too late: whoever called was told that it is lost.
        while let Ok(late) = self.outgoing.try_recv() {
            self.gauge.release(late.bytes.len());
        }
        let Session { topology, link, ears, news } = session;
        let look = Look {
            config: &self.config,
            connector: &self.connector,
            keys: &self.keys,
            scripts: &self.scripts,
            candidate: &self.candidate,
            known: &self.known,
            calls: &self.calls,
        };
        let ear = Ear { life: self.candidate.life, hearing: &self.hearing, calls: &self.calls };
        let mouth = Mouth { keys: &self.keys, candidate: &self.candidate, gauge: &self.gauge };
        // Whichever fails takes the others with it.
        tokio::select! {
            fault = look.keep(link.clone(), ears, &topology) => fault,
            fault = ear.hear(&link, news) => fault,
            fault = mouth.speak(link.clone(), &mut self.outgoing) => fault,
        }
    }

    async fn open(&self, known: Option<&Topology>) -> Result<Session, Fault> {
        let servers = known.map(|known| &*known.servers).unwrap_or_default();
        let topology = topology::find(&self.config, &self.connector, servers).await?;
        let server = topology.servers.get(topology.common).ok_or(Fault::NoMaster)?;
        let (room, mut news) = Newsroom::new();
        let mut link = self.connector.open(server, Peer::Data, Some(room.bell(0))).await?;
        let mut ears = self.connector.open(server, Peer::Data, Some(room.desk(0))).await?;
        for command in self.scripts.load() {
            link.ask(&command).await?;
        }
        let Candidacy { role, life, .. } = self.candidate;
        let mut listening = pipe();
        for topic in [self.keys.peer(role, life), self.keys.cluster(role)] {
            listening.cmd("SUBSCRIBE").arg(topic);
        }
        ears.ask_all(&listening).await?;
        // Whoever is called must hear; two confirmations, whatever comes between them.
        let mut missing = 2;
        while missing > 0 {
            let next = timeout(self.config.command_timeout, news.next()).await;
            match next
                .map_err(|_| Fault::Slow { server: ears.server.to_string(), limit: self.config.command_timeout })?
            {
                Some((_, News::Subscribed(_))) => missing -= 1,
                Some((_, News::Message(..) | News::Unsubscribed(_))) => {}
                Some((_, News::Gone)) | None => return Err(Fault::Broken { server: ears.server.to_string() }),
            }
        }
        Ok(Session { topology, link, ears, news })
    }

    fn lose(&self, fault: &Fault) {
        if self.known.borrow().is_present {
            tracing::warn!(error = %fault, role = self.candidate.role, "lost the nodes that share a role");
        }
        self.known.send_modify(|role| role.is_present = false);
        self.calls.forget_all();
    }

    async fn resign(&self, known: Option<Topology>) -> Result<(), Fault> {
        let known = known.ok_or(Fault::NoMaster)?;
        let server = known.servers.get(known.common).ok_or(Fault::NoMaster)?;
        let mut link = self.connector.open(server, Peer::Data, None).await?;
        for command in self.scripts.load() {
            link.ask(&command).await?;
        }
        link.ask(&self.scripts.resign(&self.keys, self.candidate.role, self.candidate.life)).await.map(drop)
    }
}

/// What is needed to look who has the role.
struct Look<'a> {
    config: &'a config::Adapter,
    connector: &'a Connector,
    keys: &'a Keys,
    scripts: &'a Scripts,
    candidate: &'a Candidacy,
    known: &'a watch::Sender<Role>,
    calls: &'a Calls,
}

impl Look<'_> {
    /// Takes or keeps the role again and again, and makes sure that both connections and the servers are the right ones.
    async fn keep(&self, mut link: Link, mut ears: Link, topology: &Topology) -> Fault {
        let mut looks = interval(LOOK.min(self.candidate.lease / 3));
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut checked = Instant::now();
        loop {
            looks.tick().await;
            if let Err(fault) = self.look(&mut link).await {
                return fault;
            }
            if let Err(fault) = ears.ask(&cmd("PING")).await {
                return fault;
            }
            if checked.elapsed() > self.candidate.lease / 3 {
                checked = Instant::now();
                let found = topology::find(self.config, self.connector, &topology.servers).await;
                // Sentinels may be gone while the server itself is well.
                if found.is_ok_and(|found| found != *topology) {
                    return Fault::NoMaster;
                }
            }
        }
    }

    async fn look(&self, link: &mut Link) -> Result<(), Fault> {
        let Candidacy { role, life, ref name, lease, grace } = *self.candidate;
        let asked = Instant::now();
        let candidate = Candidate { role, life, name, lease, grace };
        let answer = link.ask(&self.scripts.role(self.keys, &candidate)).await?;
        let script::Holder { is_us, life, name } = script::holder(answer).map_err(|_| link.unreadable("role"))?;
        let found = Role { holder: Some(Holder { life, name }), until: is_us.then(|| asked + lease), is_present: true };
        let before = self.known.send_replace(found.clone());
        if before.holder != found.holder {
            // Whoever had it will not answer any more.
            self.calls.forget_all();
            let holder = found.holder.map(|holder| holder.name).unwrap_or_default();
            tracing::info!(role, %holder, is_us, "a role has another holder");
        }
        Ok(())
    }
}

/// What is needed to hear.
struct Ear<'a> {
    life: Origin,
    hearing: &'a mpsc::Sender<Heard>,
    calls: &'a Calls,
}

impl Ear<'_> {
    async fn hear(&self, link: &Link, mut news: NewsReader) -> Fault {
        let broken = || Fault::Broken { server: link.server.to_string() };
        loop {
            let next = news.next().await;
            if news.is_overrun() {
                return Fault::Overrun;
            }
            match next {
                Some((_, News::Message(_, message))) => match Message::read(message.into()) {
                    Ok(message) => self.take(message).await,
                    Err(_) => tracing::debug!("could not read what another node said"),
                },
                Some((_, News::Subscribed(_) | News::Unsubscribed(_))) => {}
                Some((_, News::Gone)) | None => return broken(),
            }
        }
    }

    async fn take(&self, message: Message) {
        let heard = match message {
            Message::Call { number, from, body } => Heard::Called(Called::new(from, number, body)),
            Message::Answer { number, body } => return self.calls.answered(number, body),
            Message::Refused { number } => return self.calls.forget(number),
            // Said by this node, which knows.
            Message::Said { from, .. } if from == self.life => return,
            Message::Said { body, .. } => Heard::Said(body),
        };
        // The news room has a bound, and whoever takes from here never waits for anybody.
        drop(self.hearing.send(heard).await);
    }
}

/// What is needed to speak.
struct Mouth<'a> {
    keys: &'a Keys,
    candidate: &'a Candidacy,
    gauge: &'a Gauge,
}

impl Mouth<'_> {
    /// Sends in order, a pipeline after the other.
    async fn speak(&self, mut link: Link, outgoing: &mut mpsc::Receiver<Outgoing>) -> Fault {
        let mut waiting = Vec::with_capacity(AT_ONCE);
        loop {
            if outgoing.recv_many(&mut waiting, AT_ONCE).await == 0 {
                // Nobody will say anything any more.
                std::future::pending::<()>().await;
            }
            let mut batch = pipe();
            for Outgoing { to, bytes } in waiting.drain(..) {
                let role = self.candidate.role;
                let topic = to.map_or_else(|| self.keys.cluster(role), |life| self.keys.peer(role, life));
                self.gauge.release(bytes.len());
                batch.cmd("PUBLISH").arg(topic).arg(bytes);
            }
            if let Err(fault) = link.ask_all(&batch).await {
                return fault;
            }
        }
    }
}
