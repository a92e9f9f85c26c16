//! One lane's camera: measures for ever, keeps what is not acknowledged, comes back whenever it is cut off.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use actix_codec::Framed;
use awc::BoxedSocket;
use awc::ws::{Codec, Frame, Message};
use futures_util::{SinkExt as _, StreamExt as _};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, timeout};

use super::ledger::Ledger;
use super::motion::Motion;
use crate::cli::client::PATIENCE;

/// Points that are kept while nobody is there; the oldest make room.
const KEPT: usize = 20_000;

/// What all cameras share.
#[derive(Debug, Clone)]
pub(super) struct Studio {
    pub(super) ledger: Rc<RefCell<Ledger>>,
    pub(super) gateway: String,
    pub(super) hertz: f64,
    pub(super) seed: u64,
    /// The table's frequency at the moment.
    pub(super) shaking: Rc<RefCell<f64>>,
    /// Set when no more is to be measured.
    pub(super) over: Rc<RefCell<bool>>,
}

/// A camera.
#[derive(Debug)]
pub(super) struct Camera {
    studio: Studio,
    lane: u8,
    key: Option<String>,
    sender: String,
    motion: Motion,
    next: u64,
    /// What is not acknowledged: when it was measured, and the message.
    waiting: BTreeMap<u64, (Instant, Value)>,
}

#[derive(Deserialize)]
struct Answer {
    r#type: String,
    seq: Option<u64>,
    serial: Option<i64>,
    ok: Option<bool>,
    reason: Option<String>,
}

type Socket = Framed<BoxedSocket, Codec>;

impl Camera {
    pub(super) fn new(studio: Studio, lane: u8, key: Option<String>) -> Self {
        let motion = Motion::new(studio.seed, lane);
        let sender = format!("simulated-{lane}-{:08x}", rand::random::<u32>());
        Self { studio, lane, key, sender, motion, next: 0, waiting: BTreeMap::new() }
    }

    /// Films until it is over and everything is acknowledged, or nobody answers any more.
    pub(super) async fn film(mut self) {
        let begin = Instant::now();
        let mut socket: Option<Socket> = None;
        let mut pictures = interval(Duration::from_secs_f64(1.0 / self.studio.hertz));
        pictures.set_missed_tick_behavior(MissedTickBehavior::Burst);
        let mut is_new = true;
        while !(*self.studio.over.borrow() && self.waiting.is_empty()) {
            let Some(open) = &mut socket else {
                socket = self.connect().await;
                if let Some(open) = &mut socket
                    && !is_new
                {
                    self.studio.ledger.borrow_mut().reconnects += 1;
                    self.repeat(open).await;
                }
                is_new = false;
                continue;
            };
            let is_open = tokio::select! {
                _ = pictures.tick(), if !*self.studio.over.borrow() => {
                    let message = self.measure(begin);
                    send(open, &message).await
                }
                frame = timeout(PATIENCE, open.next()) => self.hear(frame.ok().flatten()),
            };
            if !is_open {
                socket = None;
            }
        }
    }

    async fn connect(&self) -> Option<Socket> {
        let mut request = awc::Client::new().ws(&self.studio.gateway);
        if let Some(key) = &self.key {
            request = request.set_header("X-Lane-Key", key.as_str());
        }
        match timeout(PATIENCE, request.connect()).await {
            Ok(Ok((_, socket))) => Some(socket),
            Ok(Err(_)) | Err(_) => {
                sleep(Duration::from_millis(200)).await;
                None
            }
        }
    }

    fn measure(&mut self, begin: Instant) -> Value {
        let now = Instant::now();
        let seconds = now.duration_since(begin).as_secs_f64();
        let picture = self.motion.at(seconds, *self.studio.shaking.borrow());
        let seq = self.next;
        self.next += 1;
        let message = json!({
            "type": "camera_data", "laptop_id": self.lane, "dista": picture.dista, "distb": picture.distb,
            "is_a_detected": picture.is_a_detected, "is_b_detected": picture.is_b_detected,
            "ack": true, "sender": self.sender, "seq": seq,
        });
        self.waiting.insert(seq, (now, message.clone()));
        if self.waiting.len() > KEPT {
            self.waiting.pop_first();
        }
        self.studio.ledger.borrow_mut().sent += 1;
        message
    }

    /// Sends everything again that was not acknowledged, with its age.
    async fn repeat(&self, socket: &mut Socket) {
        for (measured, message) in self.waiting.values() {
            let mut message = message.clone();
            let age = u64::try_from(measured.elapsed().as_millis()).unwrap_or(u64::MAX);
            if let Some(fields) = message.as_object_mut() {
                fields.insert("age_ms".to_owned(), age.into());
            }
            if !send(socket, &message).await {
                return;
            }
        }
    }

    /// Takes what the broker says; false when the connection is over.
    fn hear(&mut self, frame: Option<Result<Frame, awc::error::WsProtocolError>>) -> bool {
        let text = match frame {
            Some(Ok(Frame::Text(text))) => text,
            Some(Ok(Frame::Ping(_) | Frame::Pong(_) | Frame::Binary(_) | Frame::Continuation(_))) => return true,
            Some(Ok(Frame::Close(_)) | Err(_)) | None => return false,
        };
        let Ok(answer) = serde_json::from_slice::<Answer>(&text) else { return true };
        let Some(seq) = answer.seq.filter(|_| answer.r#type == "ack") else { return true };
        let Some((measured, _)) = self.waiting.remove(&seq) else { return true };
        let mut ledger = self.studio.ledger.borrow_mut();
        if answer.ok == Some(true) {
            match answer.serial {
                Some(serial) => drop(ledger.acknowledged.insert(serial, (measured, Instant::now()))),
                None => ledger.repeated += 1,
            }
        } else {
            *ledger.refused.entry(answer.reason.unwrap_or_default()).or_default() += 1;
        }
        true
    }
}

async fn send(socket: &mut Socket, message: &Value) -> bool {
    matches!(timeout(PATIENCE, socket.send(Message::Text(message.to_string().into()))).await, Ok(Ok(())))
}
