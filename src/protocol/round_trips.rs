//! Whatever is in them, our messages say what they were given, and a client's mean what it sent.

#![allow(clippy::wildcard_enum_match_arm, reason = "a test asks for one kind and fails on all others")]

use proptest::prelude::*;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use super::{ChannelName, ClientMessage, EventData, EventName, Frame, SocketId, UserId, UserInfo, outbound};

/// The message of a text frame; its length must be in the shortest form.
fn message(frame: &Frame) -> Value {
    let bytes = frame.as_bytes();
    let (length, payload) = match bytes[1] {
        126 => (usize::from(u16::from_be_bytes([bytes[2], bytes[3]])), &bytes[4..]),
        127 => (u64::from_be_bytes(bytes[2..10].try_into().unwrap()).try_into().unwrap(), &bytes[10..]),
        short => (usize::from(short), &bytes[2..]),
    };
    assert_eq!((bytes[0], length), (0x81, payload.len()));
    assert!(
        bytes.len() - length
            <= if length < 126 {
                2
            } else if length < 1 << 16 {
                4
            } else {
                10
            }
    );
    serde_json::from_slice(payload).unwrap()
}

/// As `message`, with the JSON in `data` unpacked.
fn unpacked(frame: &Frame) -> Value {
    let mut message = message(frame);
    let data = message["data"].as_str().unwrap();
    message["data"] = serde_json::from_str(data).unwrap();
    message
}

fn any_channel() -> impl Strategy<Value = ChannelName> {
    let name = prop_oneof!["(|private-|presence-|cache-)[-a-zA-Z0-9_=@,.;]{1,20}", "#server-to-user-.{1,20}"];
    name.prop_map(|name| ChannelName::parse(&name, 200).unwrap())
}

/// Long enough, now and then, to need each form of a frame's length.
fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![9 => any::<String>(), 1 => (any::<char>(), 1..70_000_usize).prop_map(|(c, n)| String::from(c).repeat(n))]
}

fn any_user() -> impl Strategy<Value = UserId> {
    any::<String>().prop_filter_map("an id has characters", |id| UserId::parse(&id, 1000).ok())
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any_text().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((any::<String>(), inner), 0..4).prop_map(|fields| Map::from_iter(fields).into()),
        ]
    })
}

fn any_info() -> impl Strategy<Value = UserInfo> {
    let object = prop::collection::vec((any::<String>(), any_value()), 0..4);
    prop::option::of(object.prop_map(|fields| Value::from(Map::from_iter(fields)).to_string().into()))
}

/// What `info` says.
fn said(info: &UserInfo) -> Value {
    info.as_deref().map_or(Value::Null, |text| serde_json::from_str(text).unwrap())
}

fn raw(value: &Value) -> Box<RawValue> {
    RawValue::from_string(value.to_string()).unwrap()
}

proptest! {
    #[test]
    fn messages_of_the_protocol_say_what_they_were_given(
        channel in any_channel(),
        (left, node, count) in any::<(u64, u32, u32)>(),
        text in any_text(),
        kind in any::<String>(),
        code in any::<Option<u16>>(),
        number in any::<u32>(),
    ) {
        let id = SocketId::new(left, node, count);
        let name = channel.as_str();
        prop_assert_eq!(
            unpacked(&outbound::connection_established(id, number.into())),
            json!({ "event": "pusher:connection_established",
                "data": { "socket_id": id.to_string(), "activity_timeout": number } })
        );
        prop_assert_eq!(
            message(&outbound::error(code, &text)),
            json!({ "event": "pusher:error", "data": { "code": code, "message": text } })
        );
        prop_assert_eq!(
            message(&outbound::subscription_error(&text, &kind, &text, 401)),
            json!({ "event": "pusher:subscription_error", "channel": text,
                "data": { "type": kind, "error": text, "status": 401 } })
        );
        prop_assert_eq!(
            message(&outbound::signin_success(&text)),
            json!({ "event": "pusher:signin_success", "data": { "user_data": text } })
        );
        prop_assert_eq!(message(&outbound::pong()), json!({ "event": "pusher:pong", "data": "{}" }));
        prop_assert_eq!(
            message(&outbound::cache_miss(&channel)),
            json!({ "event": "pusher:cache_miss", "channel": name, "data": "{}" })
        );
        prop_assert_eq!(
            message(&outbound::subscription_succeeded(&channel)),
            json!({ "event": "pusher_internal:subscription_succeeded", "channel": name, "data": "{}" })
        );
        prop_assert_eq!(
            unpacked(&outbound::subscription_count(&channel, number as usize)),
            json!({ "event": "pusher_internal:subscription_count", "channel": name,
                "data": { "subscription_count": number } })
        );
    }

    #[test]
    fn messages_about_people_say_what_they_were_given(
        channel in any_channel(),
        members in prop::collection::btree_map(any_user(), any_info(), 0..4),
        (id, info) in (any_user(), any_info()),
        (online, offline) in (prop::collection::vec(any_user(), 0..3), prop::collection::vec(any_user(), 0..3)),
    ) {
        let name = channel.as_str();
        let ids = |users: &[UserId]| json!(users.iter().map(UserId::as_str).collect::<Vec<_>>());
        let hash: Map<String, Value> = members.iter().map(|(id, info)| (id.as_str().to_owned(), said(info))).collect();
        let all: Vec<UserId> = members.keys().cloned().collect();
        prop_assert_eq!(
            unpacked(&outbound::presence_succeeded(&channel, members.iter())),
            json!({ "event": "pusher_internal:subscription_succeeded", "channel": name,
                "data": { "presence": { "count": members.len(), "ids": ids(&all), "hash": hash } } })
        );
        let mut data = json!({ "user_id": id.as_str() });
        prop_assert_eq!(
            unpacked(&outbound::member_removed(&channel, &id)),
            json!({ "event": "pusher_internal:member_removed", "channel": name, "data": data.clone() })
        );
        if info.is_some() {
            data["user_info"] = said(&info);
        }
        prop_assert_eq!(
            unpacked(&outbound::member_added(&channel, &id, &info)),
            json!({ "event": "pusher_internal:member_added", "channel": name, "data": data })
        );
        let lists = [("online", &online), ("offline", &offline)];
        let events: Vec<Value> = lists.into_iter().filter(|(_, users)| !users.is_empty())
            .map(|(name, users)| json!({ "name": name, "user_ids": ids(users) })).collect();
        prop_assert_eq!(
            unpacked(&outbound::watchlist_events(&online, &offline)),
            json!({ "event": "pusher_internal:watchlist_events", "data": { "events": events } })
        );
    }

    #[test]
    fn events_say_what_they_were_given(
        channel in any_channel(),
        name in ".{1,200}",
        text in any_text(),
        value in any_value(),
        sender in prop::option::of(any_user()),
    ) {
        let name = EventName::from_client(name.into(), 200).unwrap();
        let published = raw(&Value::from(text.clone()));
        prop_assert_eq!(
            message(&outbound::event(&name, &channel, EventData::from_publisher(&published, usize::MAX).unwrap(), None)),
            json!({ "event": name.as_str(), "channel": channel.as_str(), "data": text })
        );
        let sent = raw(&value);
        let mut expected = json!({ "event": name.as_str(), "channel": channel.as_str(), "data": value });
        if let Some(id) = &sender {
            expected["user_id"] = id.as_str().into();
        }
        let data = EventData::from_client(&sent, usize::MAX).unwrap();
        prop_assert_eq!(message(&outbound::event(&name, &channel, data, sender.as_ref())), expected);
    }

    /// Whatever the whitespace, the order of the fields, and fields that nobody knows.
    #[test]
    fn a_clients_message_means_what_it_sent(
        (channel, auth, text) in any::<(String, Option<String>, Option<String>)>(),
        name in "client-.{0,20}",
        value in any_value(),
        (is_pretty, is_in_text) in any::<(bool, bool)>(),
    ) {
        let write = |event: &str, data: &Value| {
            let data = if is_in_text { Value::from(data.to_string()) } else { data.clone() };
            let message = json!({ "event": event, "a": value, "data": data, "z": value });
            if is_pretty { serde_json::to_string_pretty(&message).unwrap() } else { message.to_string() }
        };
        let data = json!({ "a": value, "auth": auth, "channel": channel, "channel_data": text, "user_data": text });
        match ClientMessage::parse(&write("pusher:subscribe", &data)).unwrap() {
            ClientMessage::Subscribe(subscribe) => {
                prop_assert_eq!(&*subscribe.channel, &channel);
                prop_assert_eq!(subscribe.auth.as_deref(), auth.as_deref());
                prop_assert_eq!(subscribe.channel_data.as_deref(), text.as_deref());
            }
            other => panic!("{other:?}"),
        }
        match ClientMessage::parse(&write("pusher:unsubscribe", &data)).unwrap() {
            ClientMessage::Unsubscribe(name) => prop_assert_eq!(&*name, &channel),
            other => panic!("{other:?}"),
        }
        match ClientMessage::parse(&write("pusher:signin", &data)) {
            Ok(ClientMessage::SignIn(sign_in)) => {
                prop_assert_eq!(Some(&*sign_in.auth), auth.as_deref());
                prop_assert_eq!(Some(&*sign_in.user_data), text.as_deref());
            }
            other => prop_assert!(other.is_err() && (auth.is_none() || text.is_none())),
        }
        for event in ["pusher:ping", "pusher:pong"] {
            let message = write(event, &value);
            let parsed = ClientMessage::parse(&message).unwrap();
            prop_assert_eq!(matches!(parsed, ClientMessage::Ping), event == "pusher:ping");
            prop_assert_eq!(matches!(parsed, ClientMessage::Pong), event == "pusher:pong");
        }
        let event = json!({ "event": name, "channel": channel, "data": value, "user_id": "forged" }).to_string();
        match ClientMessage::parse(&event).unwrap() {
            ClientMessage::ClientEvent { name: found, channel: at, data } => {
                prop_assert_eq!((&*found, &*at), (&*name, &*channel));
                prop_assert_eq!(data.get(), value.to_string());
            }
            other => panic!("{other:?}"),
        }
    }
}
