//! Wishes and answers as they cross between nodes.
//!
//! Shape: a byte for the version, then JSON. A node that does not know the version of a wish refuses it, so that nodes of
//! two versions may run side by side while one follows the other.

use std::pin::Pin;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;

use crate::contest::command::{Command, Replace, Reply};
use crate::contest::handle::{Accepted, Origin};
use crate::contest::health::{Path, reason};
use crate::contest::refused::NotTaken;
use crate::measurement::{Category, EndedBy, Frequency, Lane, Reading, RunId, Scope, Team};

const VERSION: u8 = 1;

/// A wish.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Wish {
    TurnedAway(Lane, Box<str>),
    Take(Vec<Reading>, Path, Option<u64>),
    Gone(u64),
    Start(Category, Frequency, bool),
    Stop(Option<RunId>, EndedBy),
    Realtime(bool, Option<RunId>),
    Freeze(bool),
    Select(Category, Option<Frequency>),
    Rename(Vec<Team>),
    Clear(Scope),
    Undo(i64),
    Lanes,
    Probe,
}

/// What became of points.
type Taken = Result<Vec<Accepted>, (usize, NotTaken)>;
type TakenWire = Result<Vec<Accepted>, (usize, Box<str>)>;

/// Reads an answer and hands it to whoever waits for it.
pub(super) type Open = Box<dyn FnOnce(&[u8]) + Send>;

/// An answer that is to come; none when nobody will give it.
pub(super) type Coming = Pin<Box<dyn Future<Output = Option<Vec<u8>>> + Send>>;

/// A wish for another node, and what to do with its answer if there will be one.
///
/// `mixed` makes the numbers of this node's connections differ from those of other nodes'. `None` for what no other node
/// is asked.
pub(super) fn pack(command: Command, mixed: u64) -> Option<(Vec<u8>, Option<Open>)> {
    let (wish, open): (Wish, Option<Open>) = match command {
        Command::TurnedAway(lane, reason) => (Wish::TurnedAway(lane, reason.into()), None),
        Command::Take(readings, Origin { path, client }, reply) => {
            (Wish::Take(readings, path, client.map(|client| client ^ mixed)), Some(opening_taken(reply)))
        }
        Command::Gone(client) => (Wish::Gone(client ^ mixed), None),
        Command::Start(category, frequency, replace, reply) => {
            (Wish::Start(category, frequency, replace == Replace::Yes), Some(opening(reply)))
        }
        Command::Stop(run, by, reply) => (Wish::Stop(run, by), Some(opening(reply))),
        Command::Realtime(enabled, session, reply) => (Wish::Realtime(enabled, session), Some(opening(reply))),
        Command::Freeze(frozen, reply) => (Wish::Freeze(frozen), Some(opening(reply))),
        Command::Select(category, frequency, reply) => (Wish::Select(category, frequency), Some(opening(reply))),
        Command::Rename(teams, reply) => (Wish::Rename(teams), Some(opening(reply))),
        Command::Clear(scope, reply) => (Wish::Clear(scope), Some(opening(reply))),
        Command::Undo(clear, reply) => (Wish::Undo(clear), Some(opening(reply))),
        Command::Lanes(reply) => (Wish::Lanes, Some(opening(reply))),
        Command::Probe(reply) => (Wish::Probe, Some(opening(reply))),
        // Each node answers these from the database.
        Command::State(_) | Command::Recent(..) => return None,
    };
    Some((write(&wish)?, open))
}

/// Another node's wish, and the answer to come if it waits for one; `None` when it cannot be read.
pub(super) fn unpack(body: &[u8]) -> Option<(Command, Option<Coming>)> {
    let (command, coming) = match read(body)? {
        Wish::TurnedAway(lane, why) => return Some((Command::TurnedAway(lane, reason(&why)), None)),
        Wish::Gone(client) => return Some((Command::Gone(client), None)),
        Wish::Take(readings, path, client) => {
            let (reply, coming) = awaited(|taken: Taken| write(&wire(taken)));
            (Command::Take(readings, Origin { path, client }, reply), coming)
        }
        Wish::Start(category, frequency, replaces) => {
            let replace = if replaces { Replace::Yes } else { Replace::No };
            let (reply, coming) = answer();
            (Command::Start(category, frequency, replace, reply), coming)
        }
        Wish::Stop(run, by) => with(|reply| Command::Stop(run, by, reply)),
        Wish::Realtime(enabled, session) => with(|reply| Command::Realtime(enabled, session, reply)),
        Wish::Freeze(frozen) => with(|reply| Command::Freeze(frozen, reply)),
        Wish::Select(category, frequency) => with(|reply| Command::Select(category, frequency, reply)),
        Wish::Rename(teams) => with(|reply| Command::Rename(teams, reply)),
        Wish::Clear(scope) => with(|reply| Command::Clear(scope, reply)),
        Wish::Undo(clear) => with(|reply| Command::Undo(clear, reply)),
        Wish::Lanes => with(Command::Lanes),
        Wish::Probe => with(Command::Probe),
    };
    Some((command, Some(coming)))
}

fn with<T: Serialize + Send + 'static>(command: impl FnOnce(Reply<T>) -> Command) -> (Command, Coming) {
    let (reply, coming) = answer();
    (command(reply), coming)
}

fn answer<T: Serialize + Send + 'static>() -> (Reply<T>, Coming) {
    awaited(|value: T| write(&value))
}

fn awaited<T: Send + 'static>(encode: impl FnOnce(T) -> Option<Vec<u8>> + Send + 'static) -> (Reply<T>, Coming) {
    let (reply, answered) = oneshot::channel();
    (reply, Box::pin(async move { encode(answered.await.ok()?) }))
}

/// An answer that cannot be read is none.
fn opening<T: DeserializeOwned + Send + 'static>(reply: Reply<T>) -> Open {
    Box::new(move |body| {
        if let Some(value) = read(body) {
            drop(reply.send(value));
        }
    })
}

fn opening_taken(reply: Reply<Taken>) -> Open {
    Box::new(move |body| {
        if let Some(taken) = read::<TakenWire>(body) {
            drop(reply.send(taken.map_err(|(number, why)| (number, not_taken(&why)))));
        }
    })
}

fn wire(taken: Taken) -> TakenWire {
    taken.map_err(|(number, why)| (number, why.reason().into()))
}

/// Why the owner took no point. Readings were checked before they were sent.
fn not_taken(reason: &str) -> NotTaken {
    match reason {
        "realtime_off" => NotTaken::RealtimeOff,
        "too_late" => NotTaken::TooLate,
        "store_full" => NotTaken::StoreFull,
        _ => NotTaken::Busy,
    }
}

fn write(value: &impl Serialize) -> Option<Vec<u8>> {
    let mut body = vec![VERSION];
    serde_json::to_writer(&mut body, value).ok()?;
    Some(body)
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Option<T> {
    let (version, json) = body.split_first()?;
    (*version == VERSION).then(|| serde_json::from_slice(json).ok())?
}
