//! One raw WebSocket, from its first frame to its last.
//!
//! What is read and what is sent do not wait for each other: a client that never reads is heard all the
//! same, unless it asks for acknowledgements: those it does not miss, so with as many as [`ANSWERS`]
//! unread it is read from no further. What a client costs is bounded: by the kernel's buffer, actix-ws'
//! 32 messages, those answers, and one place in the queue of what everybody is told, from which it
//! misses the oldest.

use std::pin::pin;
use std::rc::Rc;
use std::time::Duration;

use actix_web::error::PayloadError;
use actix_ws::{
    AggregatedMessage, AggregatedMessageStream, CloseCode, CloseReason, Message, MessageStream, ProtocolError, Session,
};
use bytes::Bytes;
use futures_util::SinkExt;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{broadcast, mpsc};
use tokio::time::{Instant, interval_at, timeout, timeout_at};

use crate::contest::Relay;
use crate::telemetry::GatewayMetrics;

use super::peer::Peer;
use super::plug::Plug;
use super::shared::{Counted, Shared};
use super::speaker::{Answer, RECEIPT, Speaker};

/// Bytes of one message, in one frame or in several.
pub(super) const MESSAGE: usize = 64 * 1024;

/// Answers that wait. More acknowledgements hold back what is read; of other answers more are missed.
const ANSWERS: usize = 256;

/// Time to speak first; then comes `initial_data`.
const GREETING: Duration = Duration::from_millis(250);

/// Time between two pings of ours.
const PING: Duration = Duration::from_secs(30);

/// Time without a sign of life after which nobody is there: five pings.
const SILENCE: Duration = Duration::from_secs(150);

/// Time to hear what a client sent before it went away.
const LAST_WORDS: Duration = Duration::from_secs(5);

/// Time to take our goodbye, and to answer it.
const GOODBYE: Duration = Duration::from_secs(1);

/// Why a connection ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    /// The client is not there any more.
    Gone,
    /// It said goodbye, with this code.
    Closed(CloseCode),
    /// Nothing was heard of it.
    Silent,
    /// It asked for acknowledgements and did not read them.
    Unread,
    /// It sent something that is no text.
    Binary,
    /// It broke the protocol.
    Broken(CloseCode),
    /// The broker stops.
    Leaving,
}

/// Serves a WebSocket until it ends.
pub(super) async fn serve(
    shared: Rc<Shared>,
    peer: Peer,
    (mut session, stream): (Session, MessageStream),
    plug: Option<Plug>,
) {
    let _counted = Counted::new(shared.parts.clone());
    let relays = shared.parts.contest.listen();
    let mut leaving = shared.parts.leaving.clone();
    let client = shared.next_client();
    let (answers, waiting) = mpsc::channel(ANSWERS);
    let metrics = shared.parts.metrics.clone();
    let mut speaker = Speaker::new(shared, peer, client, answers);
    let mut stream = stream.max_frame_size(MESSAGE).aggregate_continuations().max_continuation_size(MESSAGE);
    let ending = {
        let mut reading = pin!(read(&mut speaker, &mut stream));
        // Both branches may be dropped: `reading` lives on where it matters, and nobody reads what is sent.
        tokio::select! {
            ending = &mut reading => ending,
            () = send(&mut session, client, (waiting, relays), &metrics) => {
                timeout(LAST_WORDS, reading).await.unwrap_or(Ending::Gone)
            }
            _ = leaving.wait_for(|leaving| *leaving) => Ending::Leaving,
        }
    };
    if ending == Ending::Unread {
        tracing::warn!(client, "a raw client asked for acknowledgements and did not read them: it was closed");
    }
    tracing::debug!(client, ?ending, "raw client left");
    speaker.leave().await;
    part(session, &mut stream, ending).await;
    if let Some(plug) = plug {
        plug.pull();
    }
}

/// Hears a client out.
async fn read(speaker: &mut Speaker, stream: &mut AggregatedMessageStream) -> Ending {
    let mut heard = Instant::now();
    let greeting = heard + GREETING;
    let mut is_greeted = false;
    loop {
        let deadline = if is_greeted { heard + SILENCE } else { greeting };
        let message = match timeout_at(deadline, stream.recv()).await {
            Ok(Some(Ok(message))) => message,
            // The connection broke; what had come before is still to be heard.
            Ok(Some(Err(error))) if is_cut(&error) => continue,
            Ok(Some(Err(error))) => return broken(&error),
            Ok(None) => return Ending::Gone,
            Err(_) if is_greeted => return Ending::Silent,
            Err(_) => {
                is_greeted = true;
                speaker.greet().await;
                continue;
            }
        };
        heard = Instant::now();
        match message {
            AggregatedMessage::Text(text) => {
                is_greeted = true;
                if speaker.hear(&text).await.is_err() {
                    return Ending::Unread;
                }
                // Time in which it was held back is no silence of its own.
                heard = Instant::now();
            }
            AggregatedMessage::Binary(_) => return Ending::Binary,
            AggregatedMessage::Ping(payload) => speaker.ping(payload),
            AggregatedMessage::Pong(payload) => speaker.pong(&payload),
            AggregatedMessage::Close(reason) => {
                return Ending::Closed(reason.map_or(CloseCode::Normal, |reason| reason.code));
            }
        }
    }
}

/// Sends what there is, until the client is gone.
async fn send(
    session: &mut Session,
    client: u64,
    (mut answers, mut relays): (mpsc::Receiver<Answer>, broadcast::Receiver<Relay>),
    metrics: &GatewayMetrics,
) {
    let mut pings = interval_at(Instant::now() + PING, PING);
    loop {
        // All three are cancel-safe by their documentation.
        let sent = tokio::select! {
            Some(answer) = answers.recv() => send_answer(session, answer).await,
            relay = relays.recv() => match relay {
                Ok(relay) if relay.except == Some(client) => Ok(()),
                Ok(relay) => send_text(session, relay.text).await,
                Err(RecvError::Lagged(missed)) => {
                    metrics.missed.increment(missed);
                    Ok(())
                }
                // The contest has ended; so will we.
                Err(RecvError::Closed) => return,
            },
            _ = pings.tick() => session.send(Message::Ping(Bytes::new())).await.map_err(drop),
        };
        if sent.is_err() {
            return;
        }
    }
}

async fn send_answer(session: &mut Session, answer: Answer) -> Result<(), ()> {
    match answer {
        Answer::Text(text) => send_text(session, text).await,
        Answer::Large(text) => {
            send_text(session, text).await?;
            session.send(Message::Ping(Bytes::from_static(RECEIPT))).await.map_err(drop)
        }
        Answer::Pong(payload) => session.send(Message::Pong(payload)).await.map_err(drop),
    }
}

async fn send_text(session: &mut Session, text: Bytes) -> Result<(), ()> {
    // What we say is JSON, and that is UTF-8.
    let text = text.try_into().map_err(drop)?;
    session.send(Message::Text(text)).await.map_err(drop)
}

/// Whether it was the connection that broke, not a rule.
fn is_cut(error: &ProtocolError) -> bool {
    let ProtocolError::Io(error) = error else { return false };
    error.get_ref().is_some_and(|cause| cause.is::<PayloadError>())
}

/// What a client is told that broke the protocol.
fn broken(error: &ProtocolError) -> Ending {
    let too_big = |error: &std::io::Error| error.kind() == std::io::ErrorKind::Other;
    match error {
        ProtocolError::Overflow => Ending::Broken(CloseCode::Size),
        // Of messages in several frames, actix-ws says it this way.
        ProtocolError::Io(error) if too_big(error) => Ending::Broken(CloseCode::Size),
        ProtocolError::Io(_) => Ending::Broken(CloseCode::Invalid),
        ProtocolError::UnmaskedFrame
        | ProtocolError::MaskedFrame
        | ProtocolError::InvalidOpcode(_)
        | ProtocolError::InvalidLength(_)
        | ProtocolError::BadOpCode
        | ProtocolError::ContinuationNotStarted
        | ProtocolError::ContinuationStarted
        | ProtocolError::ContinuationFragment(_) => Ending::Broken(CloseCode::Protocol),
    }
}

/// Says goodbye and waits a moment for the client to go.
async fn part(session: Session, stream: &mut AggregatedMessageStream, ending: Ending) {
    let code = match ending {
        Ending::Gone => return,
        Ending::Closed(code) | Ending::Broken(code) => code,
        Ending::Silent => CloseCode::Away,
        Ending::Unread => CloseCode::Policy,
        Ending::Binary => CloseCode::Unsupported,
        Ending::Leaving => CloseCode::Restart,
    };
    let farewell = async {
        let description = (ending == Ending::Unread).then(|| "read the acknowledgements that you ask for".to_owned());
        if session.close(Some(CloseReason { code, description })).await.is_ok() {
            // Whatever still comes is not heard any more.
            while let Some(Ok(_)) = stream.recv().await {}
        }
    };
    // One who reads nothing does not take it either.
    drop(timeout(GOODBYE, farewell).await);
}
