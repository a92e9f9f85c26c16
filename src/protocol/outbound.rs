//! What we send, encoded: one function a message, each giving a whole frame.
//!
//! The key order is event, channel, data, user_id; nothing else is ever at the top level. `data` is
//! a string with JSON inside, except where the protocol says object (`error`, `signin_success`,
//! `subscription_error`) and in client events, which keep the sender's type.
//!
//! Source: protocol reference, section 2.

use bytes::Bytes;
use serde::Serialize;
use serde_json::value::RawValue;

use super::channel::ChannelName;
use super::event::{EventData, EventName};
use super::frame::Frame;
use super::member::UserInfo;
use super::name::UserId;
use super::socket_id::SocketId;

/// Bytes around name, channel and data in an event's JSON.
const AROUND: usize = 64;

/// The first frame of every accepted connection.
#[must_use]
pub fn connection_established(socket_id: SocketId, activity_timeout_seconds: u64) -> Frame {
    let data = format!(r#"{{"socket_id":"{socket_id}","activity_timeout":{activity_timeout_seconds}}}"#);
    message("pusher:connection_established", None, &data)
}

/// `pusher:error`: `code` is null when there is none.
#[must_use]
pub fn error(code: Option<u16>, message: &str) -> Frame {
    #[derive(Serialize)]
    struct Data<'a> {
        code: Option<u16>,
        message: &'a str,
    }
    object("pusher:error", None, &Data { code, message })
}

/// The answer to `pusher:ping`.
#[must_use]
pub fn pong() -> Frame {
    message("pusher:pong", None, "{}")
}

/// A subscription took place; for every kind but presence.
#[must_use]
pub fn subscription_succeeded(channel: &ChannelName) -> Frame {
    message("pusher_internal:subscription_succeeded", Some(channel), "{}")
}

/// A subscription to a presence channel took place; `members` are all, the new one included.
pub fn presence_succeeded<'a>(
    channel: &ChannelName,
    members: impl ExactSizeIterator<Item = (&'a UserId, &'a UserInfo)> + Clone,
) -> Frame {
    let mut data = Vec::with_capacity(64 + members.len() * 48);
    data.extend_from_slice(format!(r#"{{"presence":{{"count":{},"ids":["#, members.len()).as_bytes());
    for (index, (id, _)) in members.clone().enumerate() {
        comma(&mut data, index);
        put_string(&mut data, id.as_str());
    }
    data.extend_from_slice(br#"],"hash":{"#);
    for (index, (id, info)) in members.enumerate() {
        comma(&mut data, index);
        put_string(&mut data, id.as_str());
        data.push(b':');
        data.extend_from_slice(info.as_deref().unwrap_or("null").as_bytes());
    }
    data.extend_from_slice(b"}}}");
    message("pusher_internal:subscription_succeeded", Some(channel), &String::from_utf8_lossy(&data))
}

/// A subscription failed; follows the `pusher:error` that says why.
#[must_use]
pub fn subscription_error(channel: &str, kind: &str, error: &str, status: u16) -> Frame {
    #[derive(Serialize)]
    struct Data<'a> {
        r#type: &'a str,
        error: &'a str,
        status: u16,
    }
    object("pusher:subscription_error", Some(channel), &Data { r#type: kind, error, status })
}

/// A member's first connection joined.
#[must_use]
pub fn member_added(channel: &ChannelName, id: &UserId, info: &UserInfo) -> Frame {
    #[derive(Serialize)]
    struct Data<'a> {
        user_id: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        user_info: Option<&'a RawValue>,
    }
    let user_info = info.as_deref().and_then(|text| serde_json::from_str(text).ok());
    message("pusher_internal:member_added", Some(channel), &json(&Data { user_id: id.as_str(), user_info }))
}

/// A member's last connection left.
#[must_use]
pub fn member_removed(channel: &ChannelName, id: &UserId) -> Frame {
    #[derive(Serialize)]
    struct Data<'a> {
        user_id: &'a str,
    }
    message("pusher_internal:member_removed", Some(channel), &json(&Data { user_id: id.as_str() }))
}

/// A cache channel has nothing for the newcomer.
#[must_use]
pub fn cache_miss(channel: &ChannelName) -> Frame {
    message("pusher:cache_miss", Some(channel), "{}")
}

/// How many connections are subscribed.
#[must_use]
pub fn subscription_count(channel: &ChannelName, count: usize) -> Frame {
    message("pusher_internal:subscription_count", Some(channel), &format!(r#"{{"subscription_count":{count}}}"#))
}

/// A sign-in took place; `user_data` goes back byte for byte.
#[must_use]
pub fn signin_success(user_data: &str) -> Frame {
    #[derive(Serialize)]
    struct Data<'a> {
        user_data: &'a str,
    }
    object("pusher:signin_success", None, &Data { user_data })
}

/// Watched users came or went; an empty list is left out.
#[must_use]
pub fn watchlist_events(online: &[UserId], offline: &[UserId]) -> Frame {
    #[derive(Serialize)]
    struct Data<'a> {
        events: Vec<Change<'a>>,
    }
    let events = [Change::new("online", online), Change::new("offline", offline)].into_iter().flatten().collect();
    message("pusher_internal:watchlist_events", None, &json(&Data { events }))
}

#[derive(Serialize)]
struct Change<'a> {
    name: &'static str,
    user_ids: Vec<&'a str>,
}

impl<'a> Change<'a> {
    fn new(name: &'static str, ids: &'a [UserId]) -> Option<Self> {
        (!ids.is_empty()).then(|| Self { name, user_ids: ids.iter().map(UserId::as_str).collect() })
    }
}

/// An event's frame, and its `data` as JSON text: a part of the frame, shared and not copied.
#[derive(Debug, Clone)]
pub struct Encoded {
    /// The whole frame.
    pub frame: Frame,
    /// The `data` in it.
    pub data: Bytes,
}

/// A published event, or a client event with the sender's `user_id` on presence channels.
#[must_use]
pub fn event(name: &EventName<'_>, channel: &ChannelName, data: EventData<'_>, sender: Option<&UserId>) -> Frame {
    frame_and_tail(name, channel, data, sender).0
}

/// As [`event`], with the data at hand, for those who keep it.
#[must_use]
pub fn encoded(name: &EventName<'_>, channel: &ChannelName, data: EventData<'_>, sender: Option<&UserId>) -> Encoded {
    let (frame, tail) = frame_and_tail(name, channel, data, sender);
    let data = frame.part(data.as_json().len(), tail);
    Encoded { frame, data }
}

/// An event's frame, and how many bytes of it follow the data.
fn frame_and_tail(
    name: &EventName<'_>,
    channel: &ChannelName,
    data: EventData<'_>,
    sender: Option<&UserId>,
) -> (Frame, usize) {
    let data = data.as_json();
    let size = AROUND + name.as_str().len() + channel.as_str().len() + data.len();
    let mut tail = 0;
    let frame = Frame::text(size, |out| {
        put_head(out, name.as_str(), Some(channel.as_str()));
        out.extend_from_slice(data.as_bytes());
        let end = out.len();
        if let Some(id) = sender {
            out.extend_from_slice(br#","user_id":"#);
            put_string(out, id.as_str());
        }
        out.push(b'}');
        tail = out.len() - end;
    });
    (frame, tail)
}

/// A message whose data is a string.
fn message(event: &str, channel: Option<&ChannelName>, data: &str) -> Frame {
    let size = AROUND + event.len() + data.len() + data.len() / 4 + channel.map_or(0, |c| c.as_str().len());
    Frame::text(size, |out| {
        put_head(out, event, channel.map(ChannelName::as_str));
        put_string(out, data);
        out.push(b'}');
    })
}

/// A message whose data is an object.
fn object(event: &str, channel: Option<&str>, data: &impl Serialize) -> Frame {
    let data = json(data);
    Frame::text(AROUND + event.len() + data.len(), |out| {
        put_head(out, event, channel);
        out.extend_from_slice(data.as_bytes());
        out.push(b'}');
    })
}

/// Everything up to the value of `data`.
fn put_head(out: &mut Vec<u8>, event: &str, channel: Option<&str>) {
    out.extend_from_slice(br#"{"event":"#);
    put_string(out, event);
    if let Some(channel) = channel {
        out.extend_from_slice(br#","channel":"#);
        put_string(out, channel);
    }
    out.extend_from_slice(br#","data":"#);
}

fn put_string(out: &mut Vec<u8>, text: &str) {
    serde_json::to_writer(out, text).expect("a string is JSON and memory takes it");
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("these structs hold strings, numbers and checked JSON")
}

fn comma(out: &mut Vec<u8>, index: usize) {
    if index > 0 {
        out.push(b',');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(frame: &Frame) -> String {
        let bytes = frame.as_bytes();
        let start = if bytes[1] < 126 { 2 } else { 4 };
        String::from_utf8(bytes[start..].to_vec()).unwrap()
    }

    fn channel(name: &str) -> ChannelName {
        ChannelName::parse(name, 200).unwrap()
    }

    fn user(id: &str) -> UserId {
        UserId::parse(id, 128).unwrap()
    }

    /// C-038, C-066, C-098, C-099, C-101, C-102.
    #[test]
    fn frames_are_as_the_reference_prints_them() {
        assert_eq!(
            text(&connection_established(SocketId::parse("218.640131").unwrap(), 120)),
            r#"{"event":"pusher:connection_established","data":"{\"socket_id\":\"218.640131\",\"activity_timeout\":120}"}"#
        );
        assert_eq!(
            text(&subscription_succeeded(&channel("chat"))),
            r#"{"event":"pusher_internal:subscription_succeeded","channel":"chat","data":"{}"}"#
        );
        let members = [(user("42"), Some(r#"{"name":"Zoë"}"#.into())), (user("7"), None)];
        assert_eq!(
            text(&presence_succeeded(&channel("presence-room"), members.iter().map(|(id, info)| (id, info)))),
            r#"{"event":"pusher_internal:subscription_succeeded","channel":"presence-room","data":"{\"presence\":{\"count\":2,\"ids\":[\"42\",\"7\"],\"hash\":{\"42\":{\"name\":\"Zoë\"},\"7\":null}}}"}"#
        );
        assert_eq!(
            text(&presence_succeeded(&channel("presence-room"), [].into_iter())),
            r#"{"event":"pusher_internal:subscription_succeeded","channel":"presence-room","data":"{\"presence\":{\"count\":0,\"ids\":[],\"hash\":{}}}"}"#
        );
    }

    /// C-047, C-113, C-117, C-151.
    #[test]
    fn members_errors_and_watchlists_too() {
        assert_eq!(
            text(&error(None, "Existing subscription to channel chat")),
            r#"{"event":"pusher:error","data":{"code":null,"message":"Existing subscription to channel chat"}}"#
        );
        assert_eq!(
            text(&member_added(&channel("presence-room"), &user("42"), &Some(r#"{"name":"Zoë"}"#.into()))),
            r#"{"event":"pusher_internal:member_added","channel":"presence-room","data":"{\"user_id\":\"42\",\"user_info\":{\"name\":\"Zoë\"}}"}"#
        );
        assert_eq!(
            text(&member_removed(&channel("presence-room"), &user("42"))),
            r#"{"event":"pusher_internal:member_removed","channel":"presence-room","data":"{\"user_id\":\"42\"}"}"#
        );
        assert_eq!(
            text(&watchlist_events(&[user("7")], &[user("8")])),
            r#"{"event":"pusher_internal:watchlist_events","data":"{\"events\":[{\"name\":\"online\",\"user_ids\":[\"7\"]},{\"name\":\"offline\",\"user_ids\":[\"8\"]}]}"}"#
        );
    }

    #[test]
    fn an_events_data_is_a_part_of_its_frame() {
        let name = EventName::from_publisher("status".into(), 200).unwrap();
        for json in [r#""""#.to_owned(), r#""{\"rvm_id\":7}""#.to_owned(), format!("{:?}", "x".repeat(70_000))] {
            let raw = RawValue::from_string(json.clone()).unwrap();
            let data = EventData::from_publisher(&raw, 100_000).unwrap();
            for sender in [None, Some(user("\"7\""))] {
                let encoded = encoded(&name, &channel("chat"), data, sender.as_ref());
                assert_eq!(encoded.frame, event(&name, &channel("chat"), data, sender.as_ref()));
                assert_eq!(encoded.data, json.as_bytes());
                assert!(encoded.frame.as_bytes().as_ptr_range().contains(&encoded.data.as_ptr()), "copied");
            }
        }
    }
}
