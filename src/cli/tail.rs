//! `saluran tail`: channels in a terminal.

use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use actix_codec::Framed;
use awc::BoxedSocket;
use awc::ws::{Codec, Frame, Message};
use clap::Args;
use futures_util::{SinkExt, StreamExt};
use serde::Deserialize;
use serde_json::json;
use tokio::time::{sleep, timeout};

use crate::protocol::{SocketId, channel_to_sign, code};

use super::client::{PATIENCE, Target, Where, block_on, unreachable};
use super::serve::fail;

/// Silence after which we ask whether the broker is still there.
const SILENCE: Duration = Duration::from_secs(60);

/// The longest pause between two attempts to connect.
const LONGEST_PAUSE: Duration = Duration::from_secs(15);

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Channels to watch; private and presence channels are signed with the app's secret
    #[arg(required = true)]
    channels: Vec<String>,
    /// Print each message as it came, one JSON object a line
    #[arg(long)]
    json: bool,
    /// End after so many events
    #[arg(long, value_name = "N")]
    count: Option<u64>,
    /// Print without colours; also by the variable `NO_COLOR`
    #[arg(long, env = "NO_COLOR", value_parser = clap::builder::FalseyValueParser::new())]
    no_color: bool,
    #[command(flatten)]
    target: Where,
}

/// A message as the broker sends it.
#[derive(Deserialize)]
struct Incoming {
    event: String,
    channel: Option<String>,
    #[serde(default)]
    data: serde_json::Value,
}

/// How a connection ended.
enum End {
    /// All that was asked for has been printed.
    Enough,
    /// Worth another try.
    Lost(String),
    /// Not worth another try.
    Refused(String),
}

/// Watches until Ctrl-C, or until enough was seen.
pub(super) fn run(arguments: &Arguments, path: Option<&Path>) -> ExitCode {
    match arguments.target.resolve(path) {
        Ok(target) => block_on(watch(arguments, target)),
        Err(reason) => fail(64, &reason),
    }
}

/// Connects again and again, with growing pauses, as long as that makes sense.
async fn watch(arguments: &Arguments, target: Target) -> Result<(), String> {
    let mut left = arguments.count.unwrap_or(u64::MAX);
    let mut pause = Duration::from_secs(1);
    let mut socket = connect(&target).await?;
    loop {
        match follow(arguments, &target, socket, &mut left).await {
            End::Enough => return Ok(()),
            End::Refused(reason) => return Err(reason),
            End::Lost(reason) => note(&format!("{reason}; connecting again")),
        }
        socket = loop {
            sleep(pause).await;
            match connect(&target).await {
                Ok(socket) => break socket,
                Err(reason) => note(reason.lines().next().unwrap_or_default()),
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        };
        pause = Duration::from_secs(1);
    }
}

async fn connect(target: &Target) -> Result<Framed<BoxedSocket, Codec>, String> {
    let query = concat!("?protocol=7&client=saluran&version=", env!("CARGO_PKG_VERSION"));
    let url = format!("ws://{}/app/{}{query}", target.base, target.key);
    let connecting = awc::Client::new().ws(url).connect();
    match timeout(PATIENCE, connecting).await {
        Ok(Ok((_, socket))) => Ok(socket),
        Ok(Err(error)) => Err(unreachable(&target.base, &error)),
        Err(_) => Err(unreachable(&target.base, &"no answer in time")),
    }
}

/// Subscribes and prints, until the connection ends or enough was seen.
async fn follow(arguments: &Arguments, target: &Target, mut socket: Framed<BoxedSocket, Codec>, left: &mut u64) -> End {
    while *left > 0 {
        let frame = match timeout(SILENCE, socket.next()).await {
            Ok(Some(Ok(frame))) => frame,
            Ok(Some(Err(error))) => return End::Lost(format!("connection broken: {error}")),
            Ok(None) => return End::Lost("connection closed".to_owned()),
            Err(_) => {
                if !send(&mut socket, Message::Text(r#"{"event":"pusher:ping","data":{}}"#.into())).await {
                    return End::Lost("connection silent".to_owned());
                }
                continue;
            }
        };
        let text = match frame {
            Frame::Text(text) => text,
            Frame::Ping(payload) => {
                if !send(&mut socket, Message::Pong(payload)).await {
                    return End::Lost("connection broken".to_owned());
                }
                continue;
            }
            Frame::Close(reason) => return closed(reason),
            Frame::Pong(_) | Frame::Binary(_) | Frame::Continuation(_) => continue,
        };
        let Ok(message) = serde_json::from_slice::<Incoming>(&text) else {
            continue;
        };
        match &*message.event {
            "pusher:connection_established" => {
                for request in subscriptions(arguments, target, &message.data) {
                    if !send(&mut socket, Message::Text(request.into())).await {
                        return End::Lost("connection broken".to_owned());
                    }
                }
            }
            "pusher:pong" => {}
            _ if print(arguments, &message, &text).is_err() => return End::Enough,
            event if !event.starts_with("pusher") => *left -= 1,
            _ => {}
        }
    }
    // We have what we wanted; whether the goodbye arrives is all one.
    send(&mut socket, Message::Close(None)).await;
    End::Enough
}

/// Sends within our patience; whether it went out.
async fn send(socket: &mut Framed<BoxedSocket, Codec>, message: Message) -> bool {
    matches!(timeout(PATIENCE, socket.send(message)).await, Ok(Ok(())))
}

fn closed(reason: Option<awc::ws::CloseReason>) -> End {
    let Some(reason) = reason else {
        return End::Lost("the broker closed the connection".to_owned());
    };
    let number = u16::from(reason.code);
    let text = format!("the broker closed the connection with {number}: {}", reason.description.unwrap_or_default());
    let advice = match number {
        code::UNKNOWN_APP => "\nThe key is wrong: `saluran check` shows which are configured here.",
        code::TLS_ONLY => "\nThe app takes TLS only: connect through the proxy that provides it.",
        code::PATH_NOT_FOUND => "\nThe broker has another path prefix than the configuration here.",
        _ => "",
    };
    if (4000..4100).contains(&number) { End::Refused(text + advice) } else { End::Lost(text) }
}

/// The subscribe messages, signed for this connection where the channel wants that.
fn subscriptions(arguments: &Arguments, target: &Target, data: &serde_json::Value) -> Vec<String> {
    let established: serde_json::Value = serde_json::from_str(data.as_str().unwrap_or_default()).unwrap_or_default();
    let id = established.get("socket_id").and_then(|id| SocketId::parse(id.as_str()?));
    let request = |channel: &String| {
        let member = channel.starts_with("presence-").then(|| json!({ "user_id": "saluran-tail" }).to_string());
        let to_sign = id.map(|id| channel_to_sign(id, channel, member.as_deref())).unwrap_or_default();
        let auth = format!("{}:{}", target.key, target.signer.sign(&to_sign));
        json!({ "event": "pusher:subscribe", "data": { "channel": channel, "auth": auth, "channel_data": member } })
    };
    arguments.channels.iter().map(|channel| request(channel).to_string()).collect()
}

fn print(arguments: &Arguments, message: &Incoming, text: &[u8]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    if arguments.json {
        out.write_all(text)?;
        return out.write_all(b"\n");
    }
    let paint = |colour: &str, text: &str| {
        if arguments.no_color || !io::stdout().is_terminal() {
            text.to_owned()
        } else {
            format!("\x1b[{colour}m{text}\x1b[0m")
        }
    };
    let time = humantime::format_rfc3339_seconds(SystemTime::now()).to_string();
    let data = message.data.as_str().map_or_else(|| message.data.to_string(), str::to_owned);
    let colour = if message.event == "pusher:error" { "31" } else { "36" };
    let channel = message.channel.as_deref().unwrap_or("-");
    writeln!(out, "{} {} {} {data}", paint("2", &time), paint("33", channel), paint(colour, &message.event))
}

/// A remark that is not an event, kept apart from them.
fn note(text: &str) {
    drop(writeln!(io::stderr(), "saluran: {text}"));
}
