//! What a camera sends: read without a fault, and a reading holds only what a point may hold.

#![no_main]

use libfuzzer_sys::fuzz_target;
use saluran::gateway::{Kind, Message};
use saluran::measurement::Reading;

fuzz_target!(|text: &str| {
    match Message::parse(text) {
        Err(malformed) => assert!(malformed.to_string().len() < 1000, "errors are short"),
        Ok(Message::Camera(fields)) => {
            if let Ok(reading) = Reading::parse(&fields) {
                assert!(reading.dista.abs() < 1e6 && reading.distb.abs() < 1e6);
                assert!(reading.age.as_secs() <= 300);
            }
        }
        Ok(Message::Points(items)) => assert!((1..=256).contains(&items.len())),
        Ok(Message::Broadcast { inner, .. }) => assert!(text.contains(inner.get()), "byte for byte"),
        Ok(message) => assert!(Kind::ALL.contains(&message.kind())),
    }
});
