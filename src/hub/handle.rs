//! The handle through which everyone else calls the hub.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::Waker;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, timeout, timeout_at};

use crate::protocol::{Frame, Member, SocketId, UserId};

use super::far::Receipt;
use super::home::{JoinRefused, Publication};
use super::inbox::{Command, Join, Leave, Watcher};
use super::key::{ChannelKey, ConnectionKey, UserKey, WorkerId};
use super::links::Mailboxes;
use super::outbox::Flushed;
use super::ports::Wire;
use super::slot::Signals;
use super::worker::{Core, Settings};

/// A worker had no room for a command, or gave no answer, within the configured time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the worker's inbox stayed full")]
pub struct Busy;

/// One worker's hub; cheap to clone, stays on its thread.
#[derive(Debug, Clone)]
pub struct Hub(Rc<Shared>);

#[derive(Debug)]
struct Shared {
    core: RefCell<Core>,
    commands: Vec<mpsc::Sender<Command>>,
    busy_wait: Duration,
}

/// A connection that has just been accepted.
#[derive(Debug)]
pub struct Newcomer {
    /// Its id.
    pub socket_id: SocketId,
    /// Whether it is the Java client.
    pub is_java: bool,
    /// Its way out.
    pub wire: Rc<dyn Wire>,
}

/// A connection's wish to be a subscriber; everything about it has been checked.
#[derive(Debug)]
pub struct Joining {
    /// The channel.
    pub channel: ChannelKey,
    /// On presence channels, who it is.
    pub member: Option<Member>,
    /// Members that a presence channel may have.
    pub member_limit: usize,
    /// Subscriptions that the channel may have on this node; `None` for any number.
    pub subscriber_limit: Option<usize>,
    /// Whether subscribers are told their number.
    pub counts: bool,
}

/// A command on its way to a busy worker.
pub type Waiting = Pin<Box<dyn Future<Output = Result<(), Busy>>>>;

impl Hub {
    /// Makes the hub of the worker that owns `mailboxes`; call on its thread.
    #[must_use]
    pub fn new(mailboxes: Mailboxes, settings: &Settings) -> Self {
        let commands = mailboxes.links.commands.clone();
        let core = RefCell::new(Core::new(mailboxes, settings));
        Self(Rc::new(Shared { core, commands, busy_wait: settings.busy_wait }))
    }

    pub(super) fn busy_wait(&self) -> Duration {
        self.0.busy_wait
    }

    pub(super) fn core(&self) -> &RefCell<Core> {
        &self.0.core
    }

    /// Registers a connection.
    #[must_use]
    pub fn insert(&self, newcomer: Newcomer) -> ConnectionKey {
        let Newcomer { socket_id, is_java, wire } = newcomer;
        self.core().borrow_mut().shard.insert(socket_id, is_java, wire)
    }

    /// Forgets a connection; what it holds is left afterwards, so that nothing can be granted in between.
    pub fn remove(&self, connection: ConnectionKey) {
        self.core().borrow_mut().shard.remove(connection);
    }

    /// All connections of this worker.
    #[must_use]
    pub fn connections(&self) -> Vec<ConnectionKey> {
        self.core().borrow().shard.keys()
    }

    /// Connections of this worker.
    #[must_use]
    pub fn len(&self) -> usize {
        self.core().borrow().shard.len()
    }

    /// Whether this worker has no connection.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Takes what happened to a connection and registers whom to wake for the next.
    #[must_use]
    pub fn take_signals(&self, connection: ConnectionKey, waker: &Waker) -> Signals {
        self.core().borrow_mut().shard.take_signals(connection, waker)
    }

    /// Lets a connection's task know of something.
    pub fn signal(&self, connection: ConnectionKey, signal: Signals) {
        self.core().borrow_mut().shard.signal(connection, signal);
    }

    /// Takes what other workers have posted so far; to be called before a connection's messages are
    /// looked at, so that no answer overtakes what had already happened.
    pub fn listen(&self) {
        self.touch(Core::listen);
    }

    /// Puts a frame in a connection's outbox.
    pub fn push(&self, connection: ConnectionKey, frame: &Frame) {
        self.touch(|core| core.shard.push(connection, frame));
    }

    /// Puts a connection's last frames in its outbox.
    pub fn close(&self, connection: ConnectionKey, farewell: &[Frame]) {
        self.touch(|core| core.shard.close(connection, farewell));
    }

    /// Writes what waits for a connection; for its own task, which learns how far that went.
    #[must_use]
    pub fn flush(&self, connection: ConnectionKey) -> Flushed {
        self.core().borrow_mut().shard.flush(connection)
    }

    /// Makes a connection a subscriber.
    ///
    /// The answer shows up in [`take_outcome`](Self::take_outcome) with the signal `RESUMED`, at
    /// once where the home is this worker. Until then, and as long as
    /// [`is_greeting`](Self::is_greeting), the connection reads no further message, so at most one
    /// such wish a connection is ever on its way.
    pub fn join(&self, connection: ConnectionKey, joining: Joining) {
        let Joining { channel, member, member_limit, subscriber_limit, counts } = joining;
        let from = self.watcher(connection);
        self.touch(|core| {
            let home = core.homing.of(&channel);
            core.owe(home, Command::Join(Join { channel, from, member, member_limit, subscriber_limit, counts }));
        });
    }

    /// The home's answer to the last `join`, if it is there.
    #[must_use]
    pub fn take_outcome(&self, connection: ConnectionKey) -> Option<Result<(), JoinRefused>> {
        self.core().borrow_mut().shard.take_outcome(connection)
    }

    /// Whether retained events that greet the connection still wait for its wire; the signal
    /// `RESUMED` says when they are out.
    #[must_use]
    pub fn is_greeting(&self, connection: ConnectionKey) -> bool {
        self.core().borrow().shard.is_greeting(connection)
    }

    /// How many of the retained events that greet the connection still wait for its wire.
    #[must_use]
    pub fn greeting_left(&self, connection: ConnectionKey) -> Option<usize> {
        self.core().borrow().shard.greeting_left(connection)
    }

    /// Ends a subscription; nothing on the channel reaches the connection after this.
    pub fn leave(&self, connection: ConnectionKey, channel: ChannelKey, member: Option<UserId>, counts: bool) {
        self.touch(|core| {
            core.shard.unsubscribe(&channel, connection);
            let (home, worker) = (core.homing.of(&channel), core.id);
            core.owe(home, Command::Leave(Leave { channel, worker, member, counts }));
        });
    }

    /// Marks a connection as a user's.
    pub fn sign_in(&self, connection: ConnectionKey, user: UserKey) {
        self.touch(|core| {
            core.shard.sign_in(user.clone(), connection);
            let home = core.homing.of(&user);
            core.owe(home, Command::SignIn(user));
        });
    }

    /// Ends what `sign_in` began.
    pub fn sign_out(&self, connection: ConnectionKey, user: UserKey) {
        self.touch(|core| {
            core.shard.sign_out(&user, connection);
            let home = core.homing.of(&user);
            core.owe(home, Command::SignOut(user));
        });
    }

    /// Tells a connection of users' coming and going, beginning with their state now; whether that
    /// first list is still on its way, to be announced by `RESUMED`.
    #[must_use]
    pub fn watch(&self, connection: ConnectionKey, users: Vec<UserKey>) -> bool {
        let watcher = self.watcher(connection);
        self.touch(|core| {
            let homes = by_home(core, users);
            core.shard.await_states(connection, homes.len());
            for (home, users) in homes {
                core.owe(WorkerId(home), Command::Watch(watcher, users));
            }
            core.shard.is_awaiting_states(connection)
        })
    }

    /// Whether the first list of [`watch`](Self::watch) is still on its way.
    #[must_use]
    pub fn is_awaiting_states(&self, connection: ConnectionKey) -> bool {
        self.core().borrow().shard.is_awaiting_states(connection)
    }

    /// Ends what `watch` began.
    pub fn unwatch(&self, connection: ConnectionKey, users: Vec<UserKey>) {
        let watcher = self.watcher(connection);
        self.touch(|core| {
            for (home, users) in by_home(core, users) {
                core.owe(WorkerId(home), Command::Unwatch(watcher, users));
            }
        });
    }

    /// Publishes all of `publications`, or none.
    ///
    /// Returns when they are in their homes' inboxes; of one channel they stay in order.
    ///
    /// # Errors
    /// `Busy` when an inbox stayed full for the configured time, or as much waits for the other nodes as may; then
    /// nothing was published.
    pub async fn publish(&self, publications: Vec<Publication>) -> Result<(), Busy> {
        if self.home_of(|core| core.adapter.is_some()) {
            return self.publish_to_nodes(publications).await;
        }
        self.submit_all(publications).await
    }

    /// The same on a node among others: returns when those have it, or when it waits for them because they cannot be
    /// reached, so that whoever publishes one event after another finds them in that order, whichever nodes it asks.
    async fn publish_to_nodes(&self, mut publications: Vec<Publication>) -> Result<(), Busy> {
        if !self.has_room() {
            return Err(Busy);
        }
        let (receipt, mut all) = Receipt::new();
        for publication in &mut publications {
            publication.receipt = Some(receipt.clone());
        }
        drop(receipt);
        self.submit_all(publications).await?;
        // Later than that it is with them in the end, or counted as lost; to say no would have it published twice.
        drop(timeout(self.0.busy_wait, all.recv()).await);
        Ok(())
    }

    async fn submit_all(&self, publications: Vec<Publication>) -> Result<(), Busy> {
        let mut homes: BTreeMap<usize, Vec<Publication>> = BTreeMap::new();
        for publication in publications {
            let home = self.home_of(|core| core.homing.of(&publication.channel));
            homes.entry(home.0).or_default().push(publication);
        }
        if homes.len() > 1 {
            return self.publish_to_many(homes).await;
        }
        match homes.pop_first().and_then(|(home, one)| self.submit(WorkerId(home), Command::Publish(one))) {
            Some(waiting) => waiting.await,
            None => Ok(()),
        }
    }

    /// As `publish`, for an event from a connection; `Some` must be awaited.
    #[must_use]
    pub fn publish_one(&self, publication: Publication) -> Option<Waiting> {
        if !self.has_room() {
            return Some(Box::pin(std::future::ready(Err(Busy))));
        }
        let home = self.home_of(|core| core.homing.of(&publication.channel));
        self.submit(home, Command::Publish(vec![publication]))
    }

    /// As `publish`, for an event from a connection, on both names of a channel with a twin; `Some` must
    /// be awaited.
    #[must_use]
    pub fn publish_now(&self, mut publications: Vec<Publication>) -> Option<Waiting> {
        if publications.len() > 1 {
            let hub = self.clone();
            return Some(Box::pin(async move { hub.publish(publications).await }));
        }
        self.publish_one(publications.pop()?)
    }

    /// Reserves a place in every inbox before it uses the first.
    async fn publish_to_many(&self, homes: BTreeMap<usize, Vec<Publication>>) -> Result<(), Busy> {
        let deadline = Instant::now() + self.0.busy_wait;
        let mut places = Vec::with_capacity(homes.len());
        for (home, publications) in homes {
            let sender = self.0.commands.get(home).ok_or(Busy)?;
            let place = timeout_at(deadline, sender.reserve()).await.map_err(|_| Busy)?.map_err(|_| Busy)?;
            places.push((place, publications));
        }
        for (place, publications) in places {
            place.send(Command::Publish(publications));
        }
        // This worker's own share waits in its inbox; the turn, or the next direct call, takes it.
        Ok(())
    }

    /// What is due by the clock: numbers, old cached events, metrics.
    pub fn tick(&self, now: Instant) {
        self.core().borrow_mut().tick(now);
    }

    /// This node is about to end: other nodes are not told at once who leaves it, since most come back to one of them.
    pub fn part(&self) {
        self.core().borrow_mut().part();
    }

    /// Does or enqueues a command; where there is no room, gives what waits for it.
    pub(super) fn submit(&self, home: WorkerId, command: Command) -> Option<Waiting> {
        let attempt = self.touch(|core| core.attempt(home, command, Instant::now()));
        let command = attempt.err()?;
        let sender = self.0.commands.get(home.0)?.clone();
        let busy_wait = self.0.busy_wait;
        Some(Box::pin(
            async move { timeout(busy_wait, sender.send(command)).await.map_err(|_| Busy)?.map_err(|_| Busy) },
        ))
    }

    /// Whether the other nodes, if there are any, are to be sent further events.
    fn has_room(&self) -> bool {
        self.home_of(|core| core.adapter.as_ref().is_none_or(|adapter| adapter.has_room()))
    }

    fn watcher(&self, connection: ConnectionKey) -> Watcher {
        Watcher { worker: self.core().borrow().id, connection }
    }

    pub(super) fn home_of<T>(&self, pick: impl FnOnce(&Core) -> T) -> T {
        pick(&self.core().borrow())
    }

    /// Changes the core, then wakes its turn if there is anything to do.
    pub(super) fn touch<T>(&self, change: impl FnOnce(&mut Core) -> T) -> T {
        let mut core = self.core().borrow_mut();
        let result = change(&mut core);
        core.wake();
        result
    }
}

fn by_home(core: &Core, users: Vec<UserKey>) -> BTreeMap<usize, Vec<UserKey>> {
    let mut homes: BTreeMap<usize, Vec<UserKey>> = BTreeMap::new();
    for user in users {
        homes.entry(core.homing.of(&user).0).or_default().push(user);
    }
    homes
}
