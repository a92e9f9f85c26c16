//! What a client sends: parsed, written and parsed again, it means the same.

#![no_main]

use libfuzzer_sys::fuzz_target;
use saluran::protocol::ClientMessage;
use saluran_fuzz::check_refusal;
use serde_json::json;

fuzz_target!(|text: &str| {
    match ClientMessage::parse(text) {
        Err(malformed) => check_refusal(&malformed.into(), None),
        Ok(ClientMessage::Ping | ClientMessage::Pong) => {}
        Ok(ClientMessage::Subscribe(subscribe)) => {
            let data = json!({
                "channel": subscribe.channel, "auth": subscribe.auth, "channel_data": subscribe.channel_data
            });
            for data in [json!(data.to_string()), data] {
                let again = json!({ "event": "pusher:subscribe", "data": data }).to_string();
                let again = ClientMessage::parse(&again).expect("it was one before");
                assert!(matches!(again, ClientMessage::Subscribe(again) if again == subscribe));
            }
        }
        Ok(ClientMessage::Unsubscribe(channel)) => {
            let again = json!({ "event": "pusher:unsubscribe", "data": { "channel": channel } }).to_string();
            let again = ClientMessage::parse(&again).expect("it was one before");
            assert!(matches!(again, ClientMessage::Unsubscribe(again) if again == channel));
        }
        Ok(ClientMessage::SignIn(sign_in)) => {
            let data = json!({ "auth": sign_in.auth, "user_data": sign_in.user_data });
            let again = json!({ "event": "pusher:signin", "data": data }).to_string();
            let again = ClientMessage::parse(&again).expect("it was one before");
            assert!(matches!(again, ClientMessage::SignIn(again) if again == sign_in));
        }
        Ok(ClientMessage::ClientEvent { name, data, .. }) => {
            assert!(name.starts_with("client-"));
            assert!(text.contains(data.get()), "byte for byte");
        }
    }
});
