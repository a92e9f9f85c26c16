//! What one raw client says, and what follows from it.

use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use serde_json::{Map, Value};
use tokio::sync::mpsc::OwnedPermit;
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tokio::time::{Instant, timeout};

use crate::contest::{NotDone, Origin, Path};
use crate::measurement::{Category, Lane, Scope};

use super::answer;
use super::message::{Kind, Malformed, Message};
use super::peer::Peer;
use super::point;
use super::shared::Shared;
use super::teams;
use super::throttle::Throttle;
use super::unanswered::Unanswered;

/// Time to wait for one's turn to ask for a large answer.
const TURN: Duration = Duration::from_secs(5);

/// Time for a client to read the acknowledgements that it asked for.
const UNREAD: Duration = Duration::from_secs(60);

/// A client does not read the acknowledgements that it asks for.
#[derive(Debug)]
pub(super) struct Unread;

/// Something for this socket alone.
#[derive(Debug)]
pub(super) enum Answer {
    /// A text frame.
    Text(Bytes),
    /// A text frame of megabytes, with a ping after it: there is no other before that one is answered.
    Large(Bytes),
    /// The answer to a ping.
    Pong(Bytes),
}

/// What a control frame after a large answer holds.
pub(super) const RECEIPT: &[u8] = b"large";

/// One raw client, as far as it speaks.
#[derive(Debug)]
pub(super) struct Speaker {
    pub(super) shared: Rc<Shared>,
    pub(super) peer: Peer,
    pub(super) client: u64,
    answers: mpsc::Sender<Answer>,
    throttle: Throttle,
    /// Lanes that it has sent for.
    lanes: Vec<Lane>,
    /// Held while it has a large answer that it may not have read yet.
    reading: Option<OwnedSemaphorePermit>,
}

impl Speaker {
    pub(super) fn new(shared: Rc<Shared>, peer: Peer, client: u64, answers: mpsc::Sender<Answer>) -> Self {
        let throttle = Throttle::default();
        Self { shared, peer, client, answers, throttle, lanes: Vec::new(), reading: None }
    }

    /// Does what a text frame says; all that can go wrong is answered.
    ///
    /// # Errors
    /// When an answer that must not be missed finds no room for as long as [`UNREAD`].
    pub(super) async fn hear(&mut self, text: &str) -> Result<(), Unread> {
        let message = Message::parse(text);
        self.shared.parts.metrics.message(message.as_ref().map_or(Kind::Malformed, Message::kind).name());
        match message {
            Err(malformed) => self.misunderstood(&malformed),
            Ok(Message::Camera(fields)) => self.camera(&fields).await?,
            Ok(Message::Points(items)) => self.points(text, items).await,
            Ok(Message::SessionStarted { category, frequency }) => self.started(text, category, frequency).await,
            Ok(Message::SessionStopped) => self.stopped(text).await,
            Ok(Message::Broadcast { kind, inner }) => self.broadcast(kind.as_deref(), &inner),
            Ok(Message::Category(category)) => self.select(category).await,
            Ok(Message::Freeze(frozen)) => self.freeze(frozen).await,
            Ok(Message::Clear) => self.clear().await,
            Ok(Message::All) => self.all().await,
            Ok(Message::Team(lane, category)) => self.team(lane, category).await,
            Ok(Message::Ping) => self.alive(),
        }
        Ok(())
    }

    /// Answers a ping of the WebSocket protocol.
    pub(super) fn ping(&self, payload: Bytes) {
        self.answer(Answer::Pong(payload));
    }

    /// Hears an answer to a ping.
    pub(super) fn pong(&mut self, payload: &[u8]) {
        if payload == RECEIPT {
            self.reading = None;
        }
    }

    /// Tells a client that only listens what there is.
    pub(super) async fn greet(&self) {
        if let Some(frame) = self.shared.initial.frame(&self.shared.parts.contest).await {
            self.answer(Answer::Text(frame));
        }
    }

    /// Lets everybody know who need to that this client is gone.
    pub(super) async fn leave(self) {
        let contest = &self.shared.parts.contest;
        for lane in &self.lanes {
            self.shared.logbook.borrow_mut().finish(*lane, contest.listeners());
        }
        if !self.lanes.is_empty() {
            contest.gone(self.client).await;
        }
    }

    async fn camera(&mut self, fields: &Map<String, Value>) -> Result<(), Unread> {
        let is_asked = fields.get("ack") == Some(&Value::Bool(true));
        // Before the point is taken: no point is taken whose acknowledgement would be missed.
        let place = if is_asked { room(&self.answers).await? } else { None };
        let origin = Origin { path: Path::Gateway, client: Some(self.client) };
        let taken = point::take(&self.shared, &self.peer, fields, origin).await;
        if let Some(point) = taken.as_ref().ok().and_then(|accepted| accepted.point.as_ref()) {
            self.has_sent(point.lane);
        }
        if let Some(place) = place {
            place.send(Answer::Text(answer::ack(fields, &taken)));
        } else if let Err(refused) = taken {
            self.complain(refused.reason(), || answer::refusal(fields, &refused));
        }
        Ok(())
    }

    /// Notes that it sends for a lane.
    pub(super) fn has_sent(&mut self, lane: Lane) {
        if !self.lanes.contains(&lane) {
            self.lanes.push(lane);
        }
    }

    // A judge's wishes; everybody is told by the contest.

    async fn select(&mut self, category: Category) {
        if self.may_control() {
            let done = self.shared.parts.contest.select(category, None).await;
            self.done(done);
        }
    }

    async fn freeze(&mut self, frozen: bool) {
        if self.may_control() {
            let done = self.shared.parts.contest.freeze(frozen).await;
            self.done(done);
        }
    }

    async fn clear(&mut self) {
        if self.may_control() {
            let done = self.shared.parts.contest.clear(Scope::All).await;
            self.done(done);
        }
    }

    fn may_control(&mut self) -> bool {
        let may = self.peer.may_control(&self.shared.parts.config);
        if !may {
            self.complain("control", || answer::error("control", NO_CONTROL.to_owned()));
        }
        may
    }

    fn done<T>(&mut self, done: Result<T, NotDone>) {
        if let Err(why) = done {
            self.not_done(&why);
        }
    }

    pub(super) fn not_done(&mut self, why: &NotDone) {
        let reason = why.reason();
        self.complain(reason, || answer::error(reason, why.to_string()));
    }

    // Questions.

    async fn all(&mut self) {
        if let Some(permit) = self.may_ask().await {
            let told = teams::all(&self.shared.parts.contest).await;
            self.large(told, permit);
        }
    }

    async fn team(&mut self, lane: Lane, category: Option<Category>) {
        if let Some(permit) = self.may_ask().await {
            let told = teams::one(&self.shared.parts.contest, lane, category).await;
            self.large(told, permit);
        }
    }

    /// One large answer for each client that has not read it, and few for all of them.
    async fn may_ask(&mut self) -> Option<OwnedSemaphorePermit> {
        if self.reading.is_some() {
            let error = "read the last answer first, and answer the ping after it".to_owned();
            self.complain("busy", || answer::error("busy", error));
            return None;
        }
        let permit = timeout(TURN, self.shared.large.clone().acquire_owned()).await;
        let permit = permit.ok().and_then(Result::ok);
        if permit.is_none() {
            let error = "too many are reading large answers: try again".to_owned();
            self.complain("busy", || answer::error("busy", error));
        }
        permit
    }

    fn large(&mut self, told: Result<Bytes, Unanswered>, permit: OwnedSemaphorePermit) {
        match told {
            Ok(frame) => self.reading = self.answer(Answer::Large(frame)).then_some(permit),
            Err(why) => {
                let reason = why.reason();
                self.complain(reason, || answer::error(reason, why.to_string()));
            }
        }
    }

    // Answers.

    fn alive(&self) {
        self.answer(Answer::Text(answer::pong(self.shared.parts.contest.now().unix_ms)));
    }

    fn misunderstood(&mut self, malformed: &Malformed) {
        self.complain("invalid", || answer::error("invalid", malformed.to_string()));
    }

    /// Says what is wrong, unless that was said within the last second.
    pub(super) fn complain(&mut self, reason: &'static str, frame: impl FnOnce() -> Bytes) {
        if self.throttle.allows(reason, Instant::now()) {
            self.answer(Answer::Text(frame()));
        }
    }

    /// Whoever asks and does not read misses answers; whether there was room.
    fn answer(&self, answer: Answer) -> bool {
        let has_room = self.answers.try_send(answer).is_ok();
        if !has_room {
            self.shared.parts.metrics.missed.increment(1);
        }
        has_room
    }
}

/// Said to those who may not control.
pub(super) const NO_CONTROL: &str =
    "starting, stopping and clearing is not for everybody here: use the judge page, or set [gateway] control";

/// Waits for room for an answer that must not be missed; `None` when nobody is there any more to read it.
async fn room(answers: &mpsc::Sender<Answer>) -> Result<Option<OwnedPermit<Answer>>, Unread> {
    timeout(UNREAD, answers.clone().reserve_owned()).await.map_err(|_| Unread).map(Result::ok)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A10.1: an acknowledgement waits for its place, not for ever, and for nobody who is gone.
    #[tokio::test(start_paused = true)]
    async fn room_is_waited_for_as_long_as_somebody_may_read() {
        let (answers, mut waiting) = mpsc::channel(1);
        room(&answers).await.unwrap().unwrap().send(Answer::Pong(Bytes::new()));
        let start = Instant::now();
        assert!(room(&answers).await.is_err(), "nobody reads");
        assert_eq!(start.elapsed(), UNREAD);
        let (place, answer) = tokio::join!(room(&answers), waiting.recv());
        assert!(place.unwrap().is_some() && answer.is_some(), "there is room once one is read");
        drop(waiting);
        assert!(room(&answers).await.unwrap().is_none(), "gone");
    }
}
