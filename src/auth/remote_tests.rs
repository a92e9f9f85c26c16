//! Key sets over real sockets: what is asked, how often, and what counts meanwhile.

use std::sync::Arc;
use std::time::Duration;

use jsonwebtoken::EncodingKey;
use serde_json::{Value, json};
use tokio::task::{JoinSet, LocalSet};
use tokio::time::{advance, pause, resume, timeout};

use super::error::Error;
use super::issuer::{Issuer, Says};
use super::keeper::Keeper;
use super::testing::{Checker, JWKS, RSA, RSA_NEXT, claims, config, is_unavailable, rs, sign};
use super::tokens::Tokens;
use crate::config::{self, Algorithm, TokenKeys};

/// Longer than a key set is left alone.
const LATER: Duration = Duration::from_secs(11);

/// An hour between two readings.
fn remote(issuer: &Issuer) -> config::Tokens {
    let refresh = Duration::from_secs(3600);
    config(Some(TokenKeys::JwksUrl { algorithm: Algorithm::Rs256, url: issuer.url(), refresh }))
}

/// The key set with some of the keys of `JWKS`.
fn set(places: &[usize]) -> String {
    let all: Value = serde_json::from_str(JWKS).unwrap();
    let keys: Vec<_> = places.iter().map(|place| all["keys"][*place].clone()).collect();
    json!({ "keys": keys }).to_string()
}

/// Lets time pass at once.
async fn later(time: Duration) {
    pause();
    advance(time).await;
    resume();
}

/// A token unlike all others, so that none of them is remembered in its place.
fn numbered(kid: &str, private: &str, number: usize) -> String {
    let key = EncodingKey::from_rsa_pem(private.as_bytes()).unwrap();
    let header = json!({ "alg": "RS256", "kid": kid }).to_string();
    sign(&header, &claims(&json!({ "number": number })).to_string(), (jsonwebtoken::Algorithm::RS256, &key))
}

#[tokio::test]
async fn a_new_key_is_picked_up_and_the_old_set_is_read_once() {
    let issuer = Issuer::start(Says::ok(&set(&[0]))).await;
    let checker = Checker::new(&remote(&issuer));
    let (old, new) = (rs("rsa", RSA), rs("rsa-next", RSA_NEXT));
    assert!(checker.verify(&old).await.is_ok());
    // Whoever invents ids right after that is answered at once, and nobody is asked.
    for _ in 0..100 {
        assert_eq!(checker.verify(&new).await.map(drop), Err(Error::UnknownKey));
    }
    assert_eq!(issuer.requests(), 1);
    issuer.says(Says::ok(&set(&[0, 1])));
    later(LATER).await;
    assert!(checker.verify(&new).await.is_ok(), "on its first use");
    assert!(checker.verify(&rs("rsa", RSA)).await.is_ok());
    assert_eq!(issuer.requests(), 2);
    assert!(issuer.last_request().starts_with("GET /path HTTP/1.1\r\n"), "{}", issuer.last_request());
    assert!(!issuer.last_request().contains("authorization"));
}

#[tokio::test]
async fn a_withdrawn_key_goes_with_the_age_of_its_set() {
    let issuer = Issuer::start(Says::ok(&set(&[0, 1]))).await;
    let mut config = remote(&issuer);
    config.leeway = Duration::from_secs(0);
    let checker = Checker::new(&config);
    assert!(checker.verify(&rs("rsa", RSA)).await.is_ok());
    issuer.says(Says::ok(&set(&[1])));
    later(Duration::from_secs(3601)).await;
    assert_eq!(checker.verify(&numbered("rsa", RSA, 0)).await.map(drop), Err(Error::UnknownKey));
    assert!(checker.verify(&numbered("rsa-next", RSA_NEXT, 0)).await.is_ok());
    assert_eq!(issuer.requests(), 2);
}

#[tokio::test]
async fn what_is_no_set_leaves_the_old_one() {
    let issuer = Issuer::start(Says::ok(&set(&[0]))).await;
    let checker = Checker::new(&remote(&issuer));
    assert!(checker.verify(&rs("rsa", RSA)).await.is_ok());
    let moved = format!("HTTP/1.1 302 X\r\nlocation: {}\r\ncontent-length: 0\r\n\r\n", issuer.url());
    let bad = [
        Says::Bye,
        Says::status(500, ""),
        Says::status(404, &set(&[1])),
        Says::ok("hello"),
        Says::ok(r#"{"keys":[]}"#),
        Says::ok(&set(&[2])),
        Says::Bytes(moved.into_bytes()),
        Says::Bytes(b"garbage\r\n\r\n".to_vec()),
    ];
    for (place, bad) in bad.into_iter().enumerate() {
        issuer.says(bad);
        later(LATER).await;
        assert!(is_unavailable(&checker, &rs("rsa-next", RSA_NEXT)).await, "{place}: a sound set may have it");
        assert!(issuer.requests() >= place + 2, "{place}: asked");
        // Claims of its own, so that it is no token that held before.
        assert!(checker.verify(&numbered("rsa", RSA, place)).await.is_ok(), "{place}");
    }
}

#[tokio::test]
async fn an_issuer_that_is_down_at_the_start_is_asked_again() {
    let issuer = Issuer::start(Says::Bye).await;
    let checker = Checker::new(&remote(&issuer));
    assert!(is_unavailable(&checker, &rs("rsa", RSA)).await);
    assert!(is_unavailable(&checker, &rs("rsa", RSA)).await, "at once, and without asking");
    issuer.says(Says::ok(&set(&[0])));
    later(LATER).await;
    assert!(checker.verify(&rs("rsa", RSA)).await.is_ok());
}

#[tokio::test]
async fn everybody_waits_for_the_same_answer_and_not_for_ever() {
    let issuer = Issuer::start(Says::Nothing).await;
    let mut config = remote(&issuer);
    // Long enough for all of them to come while the first one waits, also on a busy machine.
    config.timeout = Duration::from_secs(2);
    let checker = Checker::new(&config);
    let token = rs("rsa", RSA);
    let mut callers = JoinSet::new();
    for _ in 0..50 {
        let (tokens, token) = (checker.tokens.clone(), token.clone());
        callers.spawn(async move { tokens.verify(&token).await.is_err_and(|error| error.is_unavailable()) });
    }
    let all = timeout(Duration::from_secs(10), callers.join_all()).await.expect("an end");
    assert!(all.into_iter().all(|is_unavailable| is_unavailable));
    assert_eq!(issuer.requests(), 1);
}

#[tokio::test]
async fn whoever_stops_waiting_does_not_stop_the_others() {
    let issuer = Issuer::start(Says::Nothing).await;
    let checker = Checker::new(&remote(&issuer));
    let token = rs("rsa", RSA);
    assert!(timeout(Duration::from_millis(20), checker.verify(&token)).await.is_err());
    issuer.heard(1).await;
    issuer.says(Says::ok(&set(&[0])));
    assert!(checker.verify(&token).await.is_ok(), "by the answer that was on its way");
    assert_eq!(issuer.requests(), 1);
}

/// As workers do it: a runtime of one thread, and tasks that cannot leave it.
#[test]
fn keys_are_read_from_any_runtime() {
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (first, second) = (runtime(), runtime());
    let issuers = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let issuer = issuers.block_on(Issuer::start(Says::ok(&set(&[0]))));
    let checker = Checker::new(&remote(&issuer));
    let token = rs("rsa", RSA);
    // The runtime that asked is gone before the answer counts for the next one.
    LocalSet::new().block_on(&first, async {
        tokio::select! {
            biased;
            _ = checker.verify(&token) => panic!("an answer that nobody has given yet"),
            () = std::future::ready(()) => {}
        }
    });
    drop(first);
    LocalSet::new().block_on(&second, async { assert!(checker.verify(&token).await.is_ok()) });
    assert_eq!(issuer.requests(), 1);
}

#[tokio::test]
async fn a_keeper_that_is_gone_is_said_at_once() {
    let issuer = Issuer::start(Says::ok(&set(&[0]))).await;
    let (keeper, thread) = Keeper::start().unwrap();
    let mut config = remote(&issuer);
    config.introspection = Some(config::Introspection { url: issuer.url(), cache: Duration::from_secs(60) });
    let tokens = Tokens::new(&config, &keeper, Arc::default()).unwrap();
    drop(thread);
    for token in [&*rs("rsa", RSA), "opaque"] {
        let found = timeout(Duration::from_secs(5), tokens.verify(token)).await.expect("at once");
        assert!(found.unwrap_err().is_unavailable());
    }
    assert_eq!(issuer.requests(), 0);
}

#[tokio::test]
async fn a_body_above_1_mib_is_refused() {
    let length = |bytes: usize| {
        let set = set(&[0]);
        format!("{}{set}", " ".repeat(bytes - set.len()))
    };
    let issuer = Issuer::start(Says::ok(&length(1024 * 1024 + 1))).await;
    let checker = Checker::new(&remote(&issuer));
    assert!(is_unavailable(&checker, &rs("rsa", RSA)).await);
    issuer.says(Says::ok(&length(1024 * 1024)));
    later(LATER).await;
    assert!(checker.verify(&rs("rsa", RSA)).await.is_ok());
}
