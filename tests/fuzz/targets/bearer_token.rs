//! A bearer token of any bytes; and, behind a `!`, header and payload of any bytes whose signature
//! holds, so that what comes after the signature is reached too: a `.` parts the two.

#![no_main]

use std::sync::LazyLock;
use std::time::Duration;

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
use hmac::{Hmac, KeyInit, Mac};
use libfuzzer_sys::fuzz_target;
use saluran::auth::{Error, Keeper, Tokens, unix_now};
use saluran::config::{Secret, TokenKeys, Tokens as Config};
use sha2::Sha256;
use tokio::runtime::{Builder, Runtime};

const SECRET: &str = "a secret of the fuzzer, long enough";

/// Made once: a thread for every input would be all that is measured.
static CHECKER: LazyLock<(Tokens, Runtime)> = LazyLock::new(|| {
    let config = Config {
        keys: Some(TokenKeys::Secret(Secret::new(SECRET))),
        private_key: None,
        issuer: None,
        audience: None,
        leeway: Duration::ZERO,
        roles_claim: "roles".to_owned(),
        user_info: Vec::new(),
        watchlist_claim: "watchlist".to_owned(),
        introspection: None,
        timeout: Duration::from_secs(1),
        revoke: Vec::new(),
    };
    let (keeper, thread) = Keeper::start().expect("a thread");
    // Nobody is asked about a token that a secret signs.
    drop(thread);
    let tokens = Tokens::new(&config, &keeper, Default::default()).expect("a secret is a key");
    (tokens, Builder::new_current_thread().build().expect("a runtime"))
});

fn sign(header: &[u8], payload: &[u8]) -> String {
    let encode = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
    let signed = format!("{}.{}", encode(header), encode(payload));
    let mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).expect("any length").chain_update(&signed);
    format!("{signed}.{}", encode(&mac.finalize().into_bytes()))
}

fuzz_target!(|bytes: &[u8]| {
    let (tokens, runtime) = &*CHECKER;
    let signed = bytes.strip_prefix(b"!").map(|rest| {
        let mut parts = rest.splitn(2, |byte| *byte == b'.');
        sign(parts.next().unwrap_or_default(), parts.next().unwrap_or_default())
    });
    let is_signed = signed.is_some();
    let Some(token) = signed.or_else(|| str::from_utf8(bytes).ok().map(str::to_owned)) else { return };
    let inspection = runtime.block_on(tokens.inspect(&token));
    match inspection.verdict {
        Ok(identity) => {
            assert!(is_signed, "nobody guesses a signature");
            assert!((1..=200).contains(&identity.subject.chars().count()));
            assert!(!identity.is_expired(unix_now().saturating_sub(1)));
            assert_eq!(inspection.header.expect("it holds")["alg"], "HS256");
            assert_eq!(inspection.claims.expect("it holds").as_object(), Some(&identity.claims));
        }
        Err(error) => {
            assert!(!error.is_unavailable(), "nobody has to be asked");
            assert!(!is_signed || !matches!(error, Error::Signature), "it does hold");
            // No reason has a dot in it, and what has none may be a piece of a reason by chance.
            assert!(!token.contains('.') || !error.to_string().contains(&token));
        }
    }
});
