//! What is said on the floor's connections: requests, subscriptions, events.

use std::collections::HashMap;
use std::mem;

use sha1::{Digest, Sha1};

use super::fault::{Courier, Fault};
use super::peer::Peers;
use crate::wire::frame::{self, Frame};
use crate::wire::http;
use crate::wire::scan::string_after;

const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";

/// Connections, and who listens to which channel.
#[derive(Debug)]
pub(super) struct Broadcaster {
    pub(super) peers: Peers,
    subscribers: HashMap<Vec<u8>, Vec<usize>>,
    courier: Courier,
    connections: u64,
    /// Room for a message or frame being made.
    text: Vec<u8>,
    frame: Vec<u8>,
}

impl Broadcaster {
    pub(super) fn new(fault: Option<Fault>) -> Self {
        Self {
            peers: Peers::default(),
            subscribers: HashMap::new(),
            courier: Courier::new(fault),
            connections: 0,
            text: Vec::new(),
            frame: Vec::new(),
        }
    }

    /// Takes what was read from the connection at `index`, and keeps what is incomplete.
    pub(super) fn take(&mut self, index: usize, bytes: &[u8]) {
        let Some(peer) = self.peers.at(index) else { return };
        let mut held = mem::take(&mut peer.input);
        let rest = if held.is_empty() {
            self.parse(index, bytes)
        } else {
            held.extend_from_slice(bytes);
            self.parse(index, &held)
        };
        if let Some(peer) = self.peers.at(index).filter(|_| !rest.is_empty()) {
            peer.input = rest.to_vec();
        }
    }

    /// Forgets a connection, and says so on its presence channels.
    pub(super) fn end(&mut self, index: usize) {
        for (channel, user) in self.peers.remove(index).map(|peer| peer.channels).unwrap_or_default() {
            self.forget(index, &channel, &user);
        }
    }

    fn parse<'a>(&mut self, index: usize, bytes: &'a [u8]) -> &'a [u8] {
        let mut rest = bytes;
        loop {
            let upgraded = self.peers.at(index).is_some_and(|peer| peer.upgraded);
            let used = if upgraded { self.take_frame(index, rest) } else { self.take_request(index, rest) };
            match used {
                Some(used) => rest = rest.get(used..).unwrap_or_default(),
                None => return rest,
            }
        }
    }

    fn take_frame(&mut self, index: usize, bytes: &[u8]) -> Option<usize> {
        let Frame { opcode, payload, mask, length } = frame::parse(bytes)?;
        let mut text = mem::take(&mut self.text);
        text.clear();
        frame::apply_mask(&mut text, payload, mask.unwrap_or_default());
        if opcode == frame::TEXT {
            self.take_message(index, &text);
        }
        self.text = text;
        Some(length)
    }

    fn take_message(&mut self, index: usize, text: &[u8]) -> Option<()> {
        let (event, _) = string_after(text, br#""event":""#)?;
        let (channel, _) = string_after(text, br#""channel":""#)?;
        match event {
            b"pusher:subscribe" => self.subscribe(index, channel, text),
            b"pusher:unsubscribe" => self.unsubscribe(index, channel),
            _ => self.broadcast(channel, text, Some(index)),
        }
        Some(())
    }

    fn take_request(&mut self, index: usize, bytes: &[u8]) -> Option<usize> {
        let (head, body) = http::measure(bytes)?;
        let (head, rest) = bytes.split_at_checked(head)?;
        let events = rest.get(..body)?;
        if head.starts_with(b"GET /app/") {
            self.upgrade(index, head);
        } else {
            self.publish(events);
            self.peers.send(index, ANSWER);
        }
        Some(head.len() + body)
    }

    fn upgrade(&mut self, index: usize, head: &[u8]) {
        let mut digest = Sha1::new_with_prefix(http::header(head, b"sec-websocket-key").unwrap_or_default());
        digest.update(b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
        let accept = http::base64(&digest.finalize());
        self.connections += 1;
        let established = format!(
            r#"{{"event":"pusher:connection_established","data":"{{\"socket_id\":\"1.{}\",\"activity_timeout\":120}}"}}"#,
            self.connections
        );
        let mut bytes = format!(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Accept: {accept}\r\n\r\n"
        )
        .into_bytes();
        frame::encode(&mut bytes, frame::TEXT, established.as_bytes(), None);
        if let Some(peer) = self.peers.at(index) {
            peer.upgraded = true;
        }
        self.peers.send(index, &bytes);
    }

    /// Events one after the other, each with name, channel and data in this order.
    fn publish(&mut self, mut events: &[u8]) {
        while let Some((name, rest)) = string_after(events, br#""name":""#) {
            let Some((channel, rest)) = string_after(rest, br#""channel":""#) else { return };
            let Some((data, rest)) = string_after(rest, br#""data":""#) else { return };
            let mut text = mem::take(&mut self.text);
            text.clear();
            for part in [br#"{"event":""#, name, br#"","channel":""#, channel, br#"","data":""#, data, br#""}"#] {
                text.extend_from_slice(part);
            }
            self.broadcast(channel, &text, None);
            self.text = text;
            events = rest;
        }
    }

    fn subscribe(&mut self, index: usize, channel: &[u8], text: &[u8]) {
        let user = string_after(text, br#"user_id\":\""#).map_or(Vec::new(), |(user, _)| unescaped(user).to_vec());
        if !user.is_empty() {
            self.announce("member_added", channel, &user);
        }
        self.subscribers.entry(channel.to_vec()).or_default().push(index);
        if let Some(peer) = self.peers.at(index) {
            peer.channels.push((channel.to_vec(), user));
        }
        let (mut frame, channel) = (Vec::new(), String::from_utf8_lossy(channel));
        let text =
            format!(r#"{{"event":"pusher_internal:subscription_succeeded","channel":"{channel}","data":"{{}}"}}"#);
        frame::encode(&mut frame, frame::TEXT, text.as_bytes(), None);
        self.peers.send(index, &frame);
    }

    fn unsubscribe(&mut self, index: usize, channel: &[u8]) {
        let Some(peer) = self.peers.at(index) else { return };
        let Some(at) = peer.channels.iter().position(|(name, _)| name == channel) else { return };
        let (_, user) = peer.channels.swap_remove(at);
        self.forget(index, channel, &user);
    }

    fn forget(&mut self, index: usize, channel: &[u8], user: &[u8]) {
        if let Some(subscribers) = self.subscribers.get_mut(channel) {
            subscribers.retain(|subscriber| *subscriber != index);
        }
        if !user.is_empty() {
            self.announce("member_removed", channel, user);
        }
    }

    fn announce(&mut self, what: &str, channel: &[u8], user: &[u8]) {
        let (name, user) = (String::from_utf8_lossy(channel), String::from_utf8_lossy(user));
        let text =
            format!(r#"{{"event":"pusher_internal:{what}","channel":"{name}","data":"{{\"user_id\":\"{user}\"}}"}}"#);
        self.broadcast(channel, text.as_bytes(), None);
    }

    /// One frame for all, one write for each.
    fn broadcast(&mut self, channel: &[u8], text: &[u8], except: Option<usize>) {
        let Some(subscribers) = self.subscribers.get(channel) else { return };
        self.frame.clear();
        frame::encode(&mut self.frame, frame::TEXT, text, None);
        for &subscriber in subscribers.iter().filter(|subscriber| Some(**subscriber) != except) {
            self.courier.deliver(&mut self.peers, subscriber, &self.frame);
        }
    }
}

/// A string in JSON in a string ends with an escaped quote, not with a bare one.
fn unescaped(text: &[u8]) -> &[u8] {
    text.split(|byte| *byte == b'\\').next().unwrap_or_default()
}
