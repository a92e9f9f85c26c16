//! A page without a screen: hears every lane over the Pusher protocol, and notes when each point came.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use actix_codec::Framed;
use awc::BoxedSocket;
use awc::ws::{CloseReason, Codec, Frame, Message};
use futures_util::{SinkExt as _, StreamExt as _};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep, timeout};

use super::ledger::Ledger;
use crate::cli::client::{PATIENCE, Target};
use crate::contest::points_channel;
use crate::measurement::{Category, Lane};
use crate::protocol::{SocketId, channel_to_sign};

/// Bytes of a message at most.
const MESSAGE: usize = 1 << 20;

/// Pause between two attempts to connect.
const PAUSE: Duration = Duration::from_millis(200);

#[derive(Deserialize)]
struct Incoming {
    event: String,
    #[serde(default)]
    data: Value,
}

/// The one field of a point that counts here.
#[derive(Deserialize)]
struct Item {
    serial: i64,
}

/// A watcher, and its place in the ledger.
#[derive(Debug, Clone)]
pub(super) struct Watcher {
    pub(super) target: Rc<Target>,
    pub(super) ledger: Rc<RefCell<Ledger>>,
    pub(super) number: usize,
    /// Watchers that hear every lane.
    pub(super) ready: Rc<Cell<usize>>,
}

impl Watcher {
    /// Watches until it is dropped; comes back whenever it is cut off.
    pub(super) async fn watch(self) {
        loop {
            let url = format!("ws://{}/app/{}?protocol=7&client=saluran", self.target.base, self.target.key);
            let connecting = awc::Client::new().ws(url).max_frame_size(MESSAGE).connect();
            if let Ok(Ok((_, socket))) = timeout(PATIENCE, connecting).await {
                self.follow(socket).await;
                if let Some(seen) = self.ledger.borrow_mut().watchers.get_mut(self.number) {
                    seen.losses += 1;
                }
            }
            sleep(PAUSE).await;
        }
    }

    async fn follow(&self, mut socket: Framed<BoxedSocket, Codec>) {
        let mut waiting = channels().len();
        while let Some(Ok(frame)) = socket.next().await {
            let reply = match frame {
                Frame::Text(text) => self.hear(&text, Instant::now(), &mut waiting),
                Frame::Ping(payload) => vec![Message::Pong(payload)],
                Frame::Close(reason) => return self.closed(reason),
                Frame::Pong(_) | Frame::Binary(_) | Frame::Continuation(_) => Vec::new(),
            };
            for message in reply {
                if socket.send(message).await.is_err() {
                    return;
                }
            }
        }
    }

    /// One speaks for all, once: what closes one closes the others, again and again.
    fn closed(&self, reason: Option<CloseReason>) {
        let is_first = self.number == 0 && self.ledger.borrow().watchers.first().is_some_and(|seen| seen.losses == 0);
        if let Some(CloseReason { code, description }) = reason
            && is_first
        {
            let description = description.unwrap_or_default();
            super::note(&format!("the broker closed a watcher with {}: {description}", u16::from(code)));
        }
    }

    /// Takes a message while so many subscriptions are waited for; what is to be sent for it.
    fn hear(&self, text: &[u8], now: Instant, waiting: &mut usize) -> Vec<Message> {
        let Ok(message) = serde_json::from_slice::<Incoming>(text) else { return Vec::new() };
        match &*message.event {
            "new-data" => {
                let item = message.data.as_str().and_then(|data| serde_json::from_str::<Item>(data).ok());
                if let Some(item) = item
                    && let Some(seen) = self.ledger.borrow_mut().watchers.get_mut(self.number)
                    && seen.times.insert(item.serial, now).is_some()
                {
                    seen.duplicates += 1;
                }
            }
            "pusher:connection_established" => return subscriptions(&self.target, &message.data),
            "pusher_internal:subscription_succeeded" => {
                *waiting = waiting.saturating_sub(1);
                if *waiting == 0 {
                    self.ready.set(self.ready.get() + 1);
                }
            }
            _ => {}
        }
        Vec::new()
    }
}

fn channels() -> Vec<String> {
    let of = |category| Lane::all().map(move |lane| points_channel(category, lane));
    Category::ALL.into_iter().flat_map(of).collect()
}

fn subscriptions(target: &Target, data: &Value) -> Vec<Message> {
    let established: Value = serde_json::from_str(data.as_str().unwrap_or_default()).unwrap_or_default();
    let Some(id) = established.get("socket_id").and_then(|id| SocketId::parse(id.as_str()?)) else { return Vec::new() };
    let request = |channel: String| {
        let auth = format!("{}:{}", target.key, target.signer.sign(&channel_to_sign(id, &channel, None)));
        let request = json!({ "event": "pusher:subscribe", "data": { "channel": channel, "auth": auth } });
        Message::Text(request.to_string().into())
    };
    channels().into_iter().map(request).collect()
}
