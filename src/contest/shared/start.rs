//! A node among those that share the contest, started.

use std::sync::Arc;
use std::thread;

use tokio::runtime;
use tokio::sync::{broadcast, mpsc, watch};
use tokio::task::JoinSet;

use crate::adapter::{Joined, Peers};
use crate::config::Config;
use crate::contest::clock::Clock;
use crate::contest::engine::Engine;
use crate::contest::handle::Contest;
use crate::contest::keeping::Keeping;
use crate::contest::lanes::Books;
use crate::contest::publisher::Publisher;
use crate::contest::recent::Recent;
use crate::contest::relays::Relays;
use crate::contest::start::{ContestThread, Error, FRAMES, Surroundings, WISHES};
use crate::measurement::{Serial, State};
use crate::store;
use crate::store::shared::{Ledger, Shared};
use crate::telemetry::{self, ContestMetrics};

use super::ROLE;
use super::desk::Desk;
use super::reign::Reign;
use super::throne::Throne;

/// Starts a node among those that share the contest; waits neither for Redis nor for the database.
///
/// # Errors
/// When the configuration or this machine does not allow it.
pub(in crate::contest) fn open(config: &Config, around: Surroundings) -> Result<(Contest, ContestThread), Error> {
    let Joined { peers, heard, task } = Peers::join(&config.adapter, ROLE, &around.name)?;
    let (shared, reader, replica, store) = store::shared::start(&config.store)?;
    let clock = Clock::new();
    let (here, _) = broadcast::channel(FRAMES);
    let relays = Relays::new(here, Some(peers.clone()));
    let (commands, wishes) = mpsc::channel(WISHES);
    // Nothing is in memory that the database has not got.
    let (_, kept) = watch::channel(0);
    let contest = Contest {
        commands,
        relays: relays.clone(),
        reader,
        kept,
        clock: clock.clone(),
        run: config.contest.run,
        role: Some(peers.role()),
    };
    let (recorder, settings) = (around.recorder.clone(), config.contest.clone());
    let (seat, throne) = watch::channel(None);
    let (stop, stopped) = watch::channel(false);
    let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
    let work = move || {
        let _recording = metrics::set_default_local_recorder(&*recorder);
        telemetry::describe();
        let reign = Reign::new(peers.holding(), around.name.clone());
        let desk = Desk { commands: wishes, heard, peers, replica, throne, relays, errands: JoinSet::new() };
        let makings = Makings {
            around,
            settings,
            clock,
            shared: shared.clone(),
            reign: reign.clone(),
            relays: desk.relays.clone(),
        };
        let make = Box::new(move |ledger, state| makings.engine(ledger, state));
        let throne = Throne { shared, reign, make, seat, metrics: ContestMetrics::new(), hindrance: None };
        runtime.block_on(async {
            let (leave, left) = watch::channel(false);
            let task = tokio::spawn(task.run(left));
            tokio::join!(throne.run(stopped.clone()), desk.run(stopped));
            // Only now: whoever owns it next must not begin before this node has ended.
            leave.send_replace(true);
            drop(task.await);
        });
    };
    let thread = thread::Builder::new().name("contest".to_owned()).spawn(work)?;
    Ok((contest, ContestThread::new(stop, thread, store)))
}

/// What an engine is made of.
struct Makings {
    around: Surroundings,
    settings: crate::config::Contest,
    clock: Clock,
    shared: Shared,
    reign: Reign,
    relays: Relays,
}

impl Makings {
    fn engine(&self, ledger: Ledger, state: Arc<State>) -> Engine {
        let Surroundings { remote, apps, .. } = &self.around;
        Engine {
            changed: state.applied,
            recent: Recent::new(Vec::new(), Serial::MAX),
            state,
            keeping: Keeping::Ledger(Box::new(ledger)),
            settings: self.settings.clone(),
            clock: self.clock.clone(),
            publisher: Publisher::new(remote.clone(), apps.clone(), Some(self.reign.clone())),
            books: Books::default(),
            kept: watch::channel(0).0,
            progress: self.shared.progress(),
            relays: self.relays.clone(),
            metrics: ContestMetrics::new(),
            is_full: false,
            reign: Some(self.reign.clone()),
            is_lost: false,
            told: None,
        }
    }
}
