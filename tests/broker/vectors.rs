//! The published and own signature vectors (protocol reference 4.7), and that the broker agrees
//! with them.
//!
//! A broker chooses its socket ids, so a vector cannot be sent as it is printed. Instead the signer
//! of these tests must reproduce every vector, and the broker must accept what that signer makes of
//! the same channel and data for a socket id of its own.

use crate::support::{APP, TestBroker, hmac, signed_in};

/// Channel, channel data, signature for the socket id `218.640131`.
const CHANNELS: [(&str, Option<&str>, &str); 15] = [
    ("private-orders.42", None, "c6abe3fcc08e07ad57e71c622b84a724b022eb5bfedb45a518d344b966b7b743"),
    ("private-encrypted-vault", None, "7a5993994cac3c32ce7420c300977e0f8f0b8c1fa587da592d72ee8183f7c6a3"),
    (
        "presence-room",
        Some(r#"{"user_id":"42","user_info":{"name":"Zoë","city":"東京"}}"#),
        "eb69e9d9d5b86031dc81a8593869e5c03a50fe3d3d70c9ffc6b76cecdfe33912",
    ),
    (
        "presence-room",
        Some(r#"{"user_id":"42","user_info":{"name":"Zo\u00eb","city":"\u6771\u4eac"}}"#),
        "0b809ff1b4f893e89de048ba2daedacec504804cd2dec034a00ebbbc94dbf49c",
    ),
    (
        "presence-room",
        Some(r#"{ "user_info": {"name": "Zoë 👋"}, "user_id": "u:1" }"#),
        "726592815d64d4228f6efc8aef0710ef8f650545f7ec46a3ab3e1c2d66de1cfe",
    ),
    ("presence-room", Some(r#"{"user_id":"7"}"#), "7fea8aed029f37c8508350380cc7ed1b5220433ce7ab99a8776d01d863f2630b"),
    ("presence-room", Some(r#"{"user_id":7}"#), "47ad14259a57bfad3fc93420ae9ef14380f8a31e2832b97647f1cb1cb6048f73"),
    (
        "presence-cache-board",
        Some(r#"{"user_id":"7"}"#),
        "af4e57cc37ffa41ba19b9b41f2174f80694e5dbe5e9a31ec5de76d79ea4e79fe",
    ),
    (
        "private-orders.42",
        Some(r#""my-custom-data""#),
        "4ee65458f4f31d6dec0fdfe3e3912bd15b1d8e1275a8b36d97a02a6e31d8bb6d",
    ),
    (
        "private-orders.42",
        Some(r#"my-custom-data"#),
        "4fb8bcf9369d00473a2807fb83d1b4757259392c7f077a3cff2eec2ad0ec17ab",
    ),
    ("presence-room", None, "a7dd57984c6011fac11429c3387f75b1aa2547e1d5bc0e5fbc8284c8be55e06f"),
    ("private-cache-prices", None, "efbeabefaa2718cb89a511de0ea4d70962812bb6a8ccdb31238be689147fe655"),
    ("private-encrypted-cache-vault", None, "01ad1b29bcb8a957067b2e7bbe825eceeeb4d7516030b6510c4faea707a4fbdc"),
    ("private-a_b-C=d@e,f.g;h", None, "d00f6cf3af4026af0682d2f5859a2e7822c912526b0558b96fad8d2fa3390dcb"),
    (
        "presence-room",
        Some(r#"{"user_id":42,"user_info":{"name":"Zo\u00eb","url":"https:\/\/ex.com\/a"}}"#),
        "c3d5db9c73a8e15c7694b9b469a240e7885e56de16f6fdf4792b29c6be32dfed",
    ),
];

/// User data, signature for the socket id `218.640131`.
const USERS: [(&str, &str); 3] = [
    (r#"{"id":"42"}"#, "106b4f5a615ad10e5f75caf8fc079d425a9b95b10b968a0ff5502118a19a2d53"),
    (
        r#"{"id":"42","user_info":{"name":"Zoë"},"watchlist":["7","8"]}"#,
        "cdf75c2f454a5170f92f7c80f4b9d8c23e096a8c9b8581ab6907f2ce081f6d42",
    ),
    (r#"{"id":"ą§¶"}"#, "c896b2bd1bd98c30ba7e45cfe48899799ecbde593c60c5adb382f29ff4ed8a0f"),
];

/// Secret, string to sign, signature: from the official libraries' own tests.
const PUBLISHED: [(&str, &str, &str); 7] = [
    (
        "7ad3773142a6692b25b8",
        r#"1234.1234:private-foobar"#,
        "58df8b0c36d6982b82c3ecf6b4662e34fe8c25bba48f5369f135bf843651c3a4",
    ),
    (
        "7ad3773142a6692b25b8",
        r#"1234.1234:presence-foobar:{"user_id":10,"user_info":{"name":"Mr. Pusher"}}"#,
        "afaed3695da2ffd16931f457e338e6c9f2921fa133ce7dac49f529792be6304c",
    ),
    (
        "7ad3773142a6692b25b8",
        r#"1234.1234:presence-foobar:{"user_id":10,"user_info":{"name":"Mr. Channels"}}"#,
        "31935e7d86dba64c2a90aed31fdc61869f9b22ba9d8863bba239c03ca481bc80",
    ),
    (
        "7ad3773142a6692b25b8",
        r#"1234.1234::user::{"id":"12345"}"#,
        "4708d583dada6a56435fb8bc611c77c359a31eebde13337c16ab43aa6de336ba",
    ),
    ("tofu", r#"123.456:test"#, "efa6cf7644a0b35cba36aa0f776f3cbf7bb60e95ea2696bde1dbe8403b61bd7c"),
    ("tofu", r#"123.456::user::{"id":"45678"}"#, "f4b1fdeea7c93e32648c7230e32b172057c5623cace6cfce791c6e7035e0babd"),
    ("tofu", r#"1.1::user::{"id":"ą§¶™€łü€ß£"}"#, "620494cee53d6c568b49598313194088afda37218f0d059af03c0c898ed61ff4"),
];

/// C-087.
#[tokio::test]
async fn the_channel_vectors_verify() {
    let broker = TestBroker::start().await;
    for (channel, channel_data, signature) in CHANNELS {
        let signed = match channel_data {
            Some(data) => format!("218.640131:{channel}:{data}"),
            None => format!("218.640131:{channel}"),
        };
        assert_eq!(hmac(APP.secret, &signed), signature, "{signed}");

        let mut client = broker.connect().await;
        if channel.starts_with("presence-") && channel_data.is_none() {
            client.sign_in(r#"{"id":"42"}"#).await;
        }
        client.subscribe_signed(channel, channel_data).await;
    }
}

/// C-087, C-141.
#[tokio::test]
async fn the_user_vectors_verify() {
    let broker = TestBroker::start().await;
    for (user_data, signature) in USERS {
        let signed = format!("218.640131::user::{user_data}");
        assert_eq!(hmac(APP.secret, &signed), signature, "{signed}");
        let mut client = broker.connect().await;
        client.send_sign_in(user_data).await;
        client.expect(&signed_in(user_data)).await;
    }
}

/// C-087. The signer agrees with the official libraries, too.
#[test]
fn the_published_vectors_verify() {
    for (secret, signed, signature) in PUBLISHED {
        assert_eq!(hmac(secret, signed), signature, "{signed}");
    }
}
