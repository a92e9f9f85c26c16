//! HMACs for subscribing, signing in and calling the HTTP API.
//!
//! All are HMAC-SHA256 with the app secret's bytes as the key, written as 64 lowercase hex digits,
//! over the raw bytes as they were received, and compared in constant time.
//!
//! Source: protocol reference, section 4.

use std::borrow::Cow;
use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use md5::{Digest, Md5};
use sha2::Sha256;

use super::socket_id::SocketId;

/// Signs and verifies with one secret, whose key schedule is computed once.
#[derive(Clone)]
pub struct Signer(Hmac<Sha256>);

impl Signer {
    /// Prepares `secret` for signing.
    #[must_use]
    pub fn new(secret: &str) -> Self {
        Self(Hmac::new_from_slice(secret.as_bytes()).expect("HMAC takes keys of any length"))
    }

    /// Signs `text`.
    #[must_use]
    pub fn sign(&self, text: &str) -> String {
        hex(&self.0.clone().chain_update(text).finalize().into_bytes())
    }

    /// Whether `signature` is ours for `text`, in constant time.
    ///
    /// Upper-case digits do not match, as everywhere in this protocol.
    #[must_use]
    pub fn verifies(&self, text: &str, signature: &str) -> bool {
        let Some(tag) = unhex(signature) else {
            return false;
        };
        self.0.clone().chain_update(text).verify_slice(&tag).is_ok()
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Signer(…)")
    }
}

/// What a channel's `auth` signs: with `channel_data` wherever the message has it.
#[must_use]
pub fn channel_to_sign(socket_id: SocketId, channel: &str, channel_data: Option<&str>) -> String {
    match channel_data {
        Some(data) => format!("{socket_id}:{channel}:{data}"),
        None => format!("{socket_id}:{channel}"),
    }
}

/// What a sign-in's `auth` signs.
#[must_use]
pub fn user_to_sign(socket_id: SocketId, user_data: &str) -> String {
    format!("{socket_id}::user::{user_data}")
}

/// What an HTTP request signs: method, path, and all parameters but `auth_signature`, with
/// lower-case names, sorted by name, values not escaped.
///
/// Repeated `name[]` parameters stay in the order in which they came.
#[must_use]
pub fn request_to_sign(method: &str, path: &str, parameters: &[(Cow<'_, str>, Cow<'_, str>)]) -> String {
    let mut sorted: Vec<(Cow<'_, str>, &str)> = parameters
        .iter()
        .map(|(name, value)| (lower(name), value.as_ref()))
        .filter(|(name, _)| name != "auth_signature")
        .collect();
    sorted.sort_by(|a, b| a.0.cmp(&b.0));
    let size = sorted.iter().map(|(name, value)| name.len() + value.len() + 2).sum::<usize>();
    let mut text = String::with_capacity(method.len() + path.len() + size + 2);
    text.push_str(method);
    text.push('\n');
    text.push_str(path);
    text.push('\n');
    for (index, (name, value)) in sorted.iter().enumerate() {
        if index > 0 {
            text.push('&');
        }
        text.push_str(name);
        text.push('=');
        text.push_str(value);
    }
    text
}

fn lower<'a>(name: &'a str) -> Cow<'a, str> {
    if name.bytes().any(|b| b.is_ascii_uppercase()) { name.to_ascii_lowercase().into() } else { name.into() }
}

/// The MD5 of `body` as `body_md5` carries it.
#[must_use]
pub fn md5_hex(body: &[u8]) -> String {
    hex(&Md5::digest(body))
}

const DIGITS: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];

fn hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| DIGITS.get(usize::from(nibble)).copied().unwrap_or('0');
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 0xF)]).collect()
}

/// Reads 64 lowercase hex digits; `None` for anything else.
fn unhex(text: &str) -> Option<[u8; 32]> {
    let value = |digit: &u8| match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    };
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if pairs.len() != 32 || !rest.is_empty() {
        return None;
    }
    let mut bytes = [0; 32];
    for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
        *byte = value(high)? << 4 | value(low)?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    //! The vectors of the protocol reference, section 4.7.

    use super::*;

    const APP_SECRET: &str = "c0ffee00c0ffee00c0ff";

    /// Name, secret, string to sign, signature.
    #[rustfmt::skip] // one vector a line
    const TEXTS: &[(&str, &str, &str, &str)] = &[
        ("P1", "7ad3773142a6692b25b8", r#"1234.1234:private-foobar"#, "58df8b0c36d6982b82c3ecf6b4662e34fe8c25bba48f5369f135bf843651c3a4"),
        ("P2", "7ad3773142a6692b25b8", r#"1234.1234:presence-foobar:{"user_id":10,"user_info":{"name":"Mr. Pusher"}}"#, "afaed3695da2ffd16931f457e338e6c9f2921fa133ce7dac49f529792be6304c"),
        ("P3", "7ad3773142a6692b25b8", r#"1234.1234:presence-foobar:{"user_id":10,"user_info":{"name":"Mr. Channels"}}"#, "31935e7d86dba64c2a90aed31fdc61869f9b22ba9d8863bba239c03ca481bc80"),
        ("P4", "7ad3773142a6692b25b8", r#"1234.1234::user::{"id":"12345"}"#, "4708d583dada6a56435fb8bc611c77c359a31eebde13337c16ab43aa6de336ba"),
        ("N1", "tofu", r#"123.456:test"#, "efa6cf7644a0b35cba36aa0f776f3cbf7bb60e95ea2696bde1dbe8403b61bd7c"),
        ("N2", "tofu", r#"123.456::user::{"id":"45678"}"#, "f4b1fdeea7c93e32648c7230e32b172057c5623cace6cfce791c6e7035e0babd"),
        ("N3", "tofu", r#"1.1::user::{"id":"ą§¶™€łü€ß£"}"#, "620494cee53d6c568b49598313194088afda37218f0d059af03c0c898ed61ff4"),
        ("A1", "c0ffee00c0ffee00c0ff", r#"218.640131:private-orders.42"#, "c6abe3fcc08e07ad57e71c622b84a724b022eb5bfedb45a518d344b966b7b743"),
        ("A2", "c0ffee00c0ffee00c0ff", r#"218.640131:private-encrypted-vault"#, "7a5993994cac3c32ce7420c300977e0f8f0b8c1fa587da592d72ee8183f7c6a3"),
        ("A3", "c0ffee00c0ffee00c0ff", r#"218.640131:presence-room:{"user_id":"42","user_info":{"name":"Zoë","city":"東京"}}"#, "eb69e9d9d5b86031dc81a8593869e5c03a50fe3d3d70c9ffc6b76cecdfe33912"),
        ("A4", "c0ffee00c0ffee00c0ff", r#"218.640131:presence-room:{"user_id":"42","user_info":{"name":"Zo\u00eb","city":"\u6771\u4eac"}}"#, "0b809ff1b4f893e89de048ba2daedacec504804cd2dec034a00ebbbc94dbf49c"),
        ("A5", "c0ffee00c0ffee00c0ff", r#"218.640131:presence-room:{ "user_info": {"name": "Zoë 👋"}, "user_id": "u:1" }"#, "726592815d64d4228f6efc8aef0710ef8f650545f7ec46a3ab3e1c2d66de1cfe"),
        ("A6", "c0ffee00c0ffee00c0ff", r#"218.640131:presence-room:{"user_id":"7"}"#, "7fea8aed029f37c8508350380cc7ed1b5220433ce7ab99a8776d01d863f2630b"),
        ("A7", "c0ffee00c0ffee00c0ff", r#"218.640131:presence-room:{"user_id":7}"#, "47ad14259a57bfad3fc93420ae9ef14380f8a31e2832b97647f1cb1cb6048f73"),
        ("A8", "c0ffee00c0ffee00c0ff", r#"218.640131:presence-cache-board:{"user_id":"7"}"#, "af4e57cc37ffa41ba19b9b41f2174f80694e5dbe5e9a31ec5de76d79ea4e79fe"),
        ("A9", "c0ffee00c0ffee00c0ff", r#"218.640131:private-orders.42:"my-custom-data""#, "4ee65458f4f31d6dec0fdfe3e3912bd15b1d8e1275a8b36d97a02a6e31d8bb6d"),
        ("A10", "c0ffee00c0ffee00c0ff", r#"218.640131:private-orders.42:my-custom-data"#, "4fb8bcf9369d00473a2807fb83d1b4757259392c7f077a3cff2eec2ad0ec17ab"),
        ("A11", "c0ffee00c0ffee00c0ff", r#"218.640131:presence-room"#, "a7dd57984c6011fac11429c3387f75b1aa2547e1d5bc0e5fbc8284c8be55e06f"),
        ("A12", "c0ffee00c0ffee00c0ff", r#"218.640131:private-cache-prices"#, "efbeabefaa2718cb89a511de0ea4d70962812bb6a8ccdb31238be689147fe655"),
        ("A13", "c0ffee00c0ffee00c0ff", r#"218.640131:private-encrypted-cache-vault"#, "01ad1b29bcb8a957067b2e7bbe825eceeeb4d7516030b6510c4faea707a4fbdc"),
        ("A14", "c0ffee00c0ffee00c0ff", r#"218.640131:private-a_b-C=d@e,f.g;h"#, "d00f6cf3af4026af0682d2f5859a2e7822c912526b0558b96fad8d2fa3390dcb"),
        ("A15", "c0ffee00c0ffee00c0ff", r#"218.640131:presence-room:{"user_id":42,"user_info":{"name":"Zo\u00eb","url":"https:\/\/ex.com\/a"}}"#, "c3d5db9c73a8e15c7694b9b469a240e7885e56de16f6fdf4792b29c6be32dfed"),
        ("U1", "c0ffee00c0ffee00c0ff", r#"218.640131::user::{"id":"42"}"#, "106b4f5a615ad10e5f75caf8fc079d425a9b95b10b968a0ff5502118a19a2d53"),
        ("U2", "c0ffee00c0ffee00c0ff", r#"218.640131::user::{"id":"42","user_info":{"name":"Zoë"},"watchlist":["7","8"]}"#, "cdf75c2f454a5170f92f7c80f4b9d8c23e096a8c9b8581ab6907f2ce081f6d42"),
        ("U3", "c0ffee00c0ffee00c0ff", r#"218.640131::user::{"id":"ą§¶"}"#, "c896b2bd1bd98c30ba7e45cfe48899799ecbde593c60c5adb382f29ff4ed8a0f"),
    ];

    /// Name, secret, method, path, parameters in the signed order, signature.
    #[rustfmt::skip] // one vector a line
    const REQUESTS: &[(&str, &str, &str, &str, &str, &str)] = &[
        ("P5", "7ad3773142a6692b25b8", "POST", "/apps/3/events", "auth_key=278d425bdf160c739803&auth_timestamp=1353088179&auth_version=1.0&body_md5=ec365a775a4cd0599faeb73354201b6f", "da454824c97ba181a32ccc17a72625ba02771f50b50e1e7430e47a1f3f457e6c"),
        ("N4", "tofu", "GET", "/event", "auth_key=f00d&auth_timestamp=1234567890&auth_version=1.0&baz=123454321&foo=bar", "d8bdbd31911fb7400a14fbd36fd7de053494725b64400ae5856deafe304b34a9"),
        ("N5", "tofu", "GET", "/event", "auth_key=f00d&auth_timestamp=1234567890&auth_version=1.0&body_md5=165d5e6d7ca8f73b3853ce45addf42fc", "a650196dc427ebe837226f8565ca9232198c6d1b9455eaa72374a9dc0b620e7b"),
        ("H1", "c0ffee00c0ffee00c0ff", "POST", "/apps/1001/events", "auth_key=f00dfeedf00dfeedf00d&auth_timestamp=1700000000&auth_version=1.0&body_md5=b91ed194afbea34defb74cffa540b4a5", "14c80fb9029984be13ba7ce97f44c23fa9f57688a00cee15b25c760408e1d0ab"),
        ("H2", "c0ffee00c0ffee00c0ff", "POST", "/apps/1001/events", "auth_key=f00dfeedf00dfeedf00d&auth_timestamp=1700000000&auth_version=1.0&body_md5=92d1fd2497b5ee6c0c622cbc6cca0297", "db6d5c2b0fd0f6c93af87f592b550b195a5c74ae0ea1c28f6b3468060eb5eafd"),
        ("H3", "c0ffee00c0ffee00c0ff", "POST", "/apps/1001/batch_events", "auth_key=f00dfeedf00dfeedf00d&auth_timestamp=1700000000&auth_version=1.0&body_md5=60d21dd66e110b224540b9bff7a2fdda", "4ff9d248e91235c84b2db73277582c7a6ffbf8d7ddbf20b25911dcd0a60050a3"),
        ("H4", "c0ffee00c0ffee00c0ff", "GET", "/apps/1001/channels", "auth_key=f00dfeedf00dfeedf00d&auth_timestamp=1700000000&auth_version=1.0", "a9f9191d7acde3231dbdaaff9d7dde10c96cc21446a1ecceff7f4d41b3cac8b1"),
        ("H5", "c0ffee00c0ffee00c0ff", "GET", "/apps/1001/channels", "auth_key=f00dfeedf00dfeedf00d&auth_timestamp=1700000000&auth_version=1.0&filter_by_prefix=presence-&info=user_count", "a122d69adeb72a904296c4a19817b29deb9a54dbc4f9f99826f1bc09c6f09585"),
        ("H6", "c0ffee00c0ffee00c0ff", "GET", "/apps/1001/channels/presence-room", "auth_key=f00dfeedf00dfeedf00d&auth_timestamp=1700000000&auth_version=1.0&info=user_count,subscription_count", "705d1b8834d1fe805fbcf74c39f8f218efd9102a978b9f50914ab7c9da1dd788"),
        ("H7", "c0ffee00c0ffee00c0ff", "GET", "/apps/1001/channels/presence-room/users", "auth_key=f00dfeedf00dfeedf00d&auth_timestamp=1700000000&auth_version=1.0", "b3acf219f7b9cc2adad11ec7f7ea36be1eeb21ce23291e87c09bd9e21d2e747c"),
        ("H8", "c0ffee00c0ffee00c0ff", "POST", "/apps/1001/users/42/terminate_connections", "auth_key=f00dfeedf00dfeedf00d&auth_timestamp=1700000000&auth_version=1.0&body_md5=99914b932bd37a50b983c5e7c90ae93b", "cf710bdbdd28829bc14873d9e0fa064bb0cf1eca9fc9740f86d42d6b44ff1e9d"),
        ("H9", "c0ffee00c0ffee00c0ff", "GET", "/apps/1001/channels", "auth_key=f00dfeedf00dfeedf00d&auth_timestamp=1700000000&auth_version=1.0&body_md5=d41d8cd98f00b204e9800998ecf8427e", "56f34dde12b0c36efed032841c116f49a899c0c5a4c94dd5985773f53e809322"),
        ("H11", "c0ffee00c0ffee00c0ff", "GET", "/apps/1001/channels/cache-prices", "auth_key=f00dfeedf00dfeedf00d&auth_timestamp=1700000000&auth_version=1.0&info=cache", "a88a1b5fb9a3503fd1695ea7864b4b9e4ea70d84b9af0b452a093e12f39c4a68"),
        ("H12", "c0ffee00c0ffee00c0ff", "POST", "/apps/1001/users/a b/terminate_connections", "auth_key=f00dfeedf00dfeedf00d&auth_timestamp=1700000000&auth_version=1.0&body_md5=99914b932bd37a50b983c5e7c90ae93b", "143b43d07dba88f7607c9119603dc26935712ca7b7512ab61140ae0bb79d81b8"),
        ("H13", "c0ffee00c0ffee00c0ff", "POST", "/apps/1001/events", "auth_key=f00dfeedf00dfeedf00d&auth_timestamp=1700000000&auth_version=1.0&channels[]=one&channels[]=two&data=hi there&name=greet", "85d45dcd6907ed1fa417d69f479ce33c10704db7da5a615a2a5296bbd7e9b30a"),
    ];

    /// Webhook bodies and E0 aside, every published vector: P1–P4, N1–N3, A1–A15, U1–U3. C-087.
    #[test]
    fn the_vectors_verify() {
        for (name, secret, text, signature) in TEXTS {
            assert_eq!(Signer::new(secret).sign(text), *signature, "{name}");
            assert!(Signer::new(secret).verifies(text, signature), "{name}");
        }
    }

    /// C-181, C-182, C-183: P5, N4, N5, H1–H9, H11–H13, with the parameters in reverse order.
    #[test]
    fn the_request_vectors_verify_in_any_order() {
        for (name, secret, method, path, parameters, signature) in REQUESTS {
            let mut pairs: Vec<(Cow<'_, str>, Cow<'_, str>)> = parameters
                .split('&')
                .map(|pair| pair.split_once('=').unwrap())
                .map(|(name, value)| (name.into(), value.into()))
                .collect();
            pairs.sort_by_key(|(name, _)| std::cmp::Reverse(name.clone()));
            pairs.push(("auth_signature".into(), "x".into()));
            let text = request_to_sign(method, path, &pairs);
            assert!(Signer::new(secret).verifies(&text, signature), "{name}: {text}");
        }
    }

    /// C-182: H10, the names of H5 in mixed case.
    #[test]
    fn parameter_names_are_compared_in_lower_case() {
        let pairs = [
            ("auth_key", "f00dfeedf00dfeedf00d"),
            ("auth_timestamp", "1700000000"),
            ("auth_version", "1.0"),
            ("Info", "user_count"),
            ("FILTER_by_prefix", "presence-"),
        ]
        .map(|(name, value)| (name.into(), value.into()));
        let text = request_to_sign("GET", "/apps/1001/channels", &pairs);
        assert!(
            Signer::new(APP_SECRET).verifies(&text, "a122d69adeb72a904296c4a19817b29deb9a54dbc4f9f99826f1bc09c6f09585")
        );
    }

    /// C-077, C-188.
    #[test]
    fn other_spellings_of_a_signature_do_not_verify() {
        let signer = Signer::new(APP_SECRET);
        let signature = signer.sign("text");
        assert!(signer.verifies("text", &signature));
        assert!(!signer.verifies("text", &signature.to_uppercase()));
        assert!(!signer.verifies("text", &signature[1..]));
        assert!(!signer.verifies("text", ""));
        assert!(!signer.verifies("text", &"é".repeat(32)));
        assert!(!signer.verifies("texts", &signature));
    }

    /// C-191.
    #[test]
    fn md5_is_lowercase_hex() {
        assert_eq!(md5_hex(b""), "d41d8cd98f00b204e9800998ecf8427e");
        assert_eq!(md5_hex(b"{}"), "99914b932bd37a50b983c5e7c90ae93b");
    }
}
