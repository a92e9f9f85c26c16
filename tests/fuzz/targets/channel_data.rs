//! Who somebody says to be: read, written and read again, and shown to others.

#![no_main]

use libfuzzer_sys::fuzz_target;
use saluran::protocol::{ChannelName, Member, MemberLimits, User, outbound};
use saluran_fuzz::check;
use serde_json::json;
use serde_json::value::RawValue;

const LIMITS: MemberLimits = MemberLimits { id_characters: 20, info_bytes: 100 };

/// `user_info` as it was, byte for byte, in an object of one more field.
fn write(name: &str, id: &str, info: Option<&str>) -> String {
    let info = info.map(|text| serde_json::from_str::<&RawValue>(text).expect("JSON"));
    format!(r#"{{"{name}":{},"user_info":{}}}"#, json!(id), info.map_or("null", RawValue::get))
}

fuzz_target!(|text: &str| {
    if let Ok(member) = Member::parse(text, LIMITS) {
        let (id, info) = (member.id.as_str(), member.info.as_deref());
        assert!((1..=20).contains(&id.chars().count()));
        assert!(info.is_none_or(|info| info.starts_with('{') && info.len() <= 100));
        assert_eq!(Member::parse(&write("user_id", id, info), LIMITS).as_ref(), Ok(&member));
        let channel = ChannelName::parse("presence-a", 200).expect("a name");
        check(&outbound::presence_succeeded(&channel, [(&member.id, &member.info)].into_iter()));
        check(&outbound::member_added(&channel, &member.id, &member.info));
        check(&outbound::member_removed(&channel, &member.id));
    }
    if let Ok(user) = User::parse(text) {
        let again = User::parse(&write("id", user.id.as_str(), user.info.as_deref())).expect("it was one before");
        assert_eq!((&again.id, &again.info), (&user.id, &user.info));
        check(&outbound::signin_success(text));
        check(&outbound::watchlist_events(&[user.id], &user.watchlist));
    }
});
