//! Names of everything: what is taken is as it should be, and stays what it is on the wire.

#![no_main]

use libfuzzer_sys::fuzz_target;
use saluran::protocol::handshake::{VERSIONS, subprotocol};
use saluran::protocol::{AppId, ChannelName, EventData, EventName, SocketId, UserId, outbound};
use saluran_fuzz::check;
use serde_json::value::RawValue;

fuzz_target!(|text: &str| {
    let characters = text.chars().count();
    if let Ok(channel) = ChannelName::parse(text, 200) {
        let of_names = |c: char| c.is_ascii_alphanumeric() || "-_=@,.;".contains(c);
        assert!(channel.user().is_some() || (text.chars().all(of_names) && (1..=200).contains(&characters)));
        assert_eq!(channel.user(), text.strip_prefix("#server-to-user-"));
        let kind = channel.kind();
        assert_eq!(kind.needs_signature(), text.starts_with("private-") || text.starts_with("presence-"));
        assert_eq!(kind.is_presence(), text.starts_with("presence-"));
        check(&outbound::subscription_succeeded(&channel));
        check(&outbound::subscription_count(&channel, characters));
    }
    if let Some(id) = SocketId::parse(text) {
        assert_eq!(SocketId::parse(&id.to_string()), Some(id));
    }
    let channel = ChannelName::parse("private-a", 200).expect("a name");
    let data = RawValue::from_string("\"x\"".to_owned()).expect("JSON");
    let data = EventData::from_publisher(&data, 1).expect("short");
    if let Ok(name) = EventName::from_publisher(text.into(), 200) {
        assert!((1..=200).contains(&characters) && !text.starts_with("pusher"));
        check(&outbound::event(&name, &channel, data, None));
    }
    if let Ok(id) = UserId::parse(text, 128) {
        assert!((1..=128).contains(&characters));
        let name = EventName::from_client("client-a".into(), 200).expect("a name");
        check(&outbound::event(&name, &channel, data, Some(&id)));
    }
    assert!(AppId::parse(text).is_err() || (1..=64).contains(&characters));
    if let Some(token) = subprotocol(text) {
        assert!(VERSIONS.clone().any(|version| token == format!("pusher-channels-protocol-{version}")), "{token}");
    }
});
