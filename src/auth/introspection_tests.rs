//! Look-ups over real sockets: what an answer means, how often one is asked for, and how long.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::error::Error;
use super::identity::unix_now;
use super::issuer::{Issuer, Says, looks_up};
use super::testing::{claims, config, hs, hs256, is_unavailable};

/// What an issuer needs not to answer within.
const SHORT: Duration = Duration::from_millis(200);

async fn next_second() {
    let now = unix_now();
    let next = async {
        while unix_now() <= now {
            tokio::task::yield_now().await;
        }
    };
    timeout(Duration::from_secs(10), next).await.expect("the next second");
}

#[tokio::test]
async fn a_yes_is_read_in_all_its_shapes() {
    let user = json!({ "id": 7, "name": "Zoë", "email": "z@example.test", "role": "operator" });
    let shapes = [
        json!({ "success": true, "data": { "user": user } }),
        json!({ "data": user }),
        json!({ "user": user }),
        user.clone(),
        json!({ "active": true, "sub": "7", "name": "Zoë", "roles": ["operator"], "exp": unix_now() + 60 }),
        json!({ "user": { "sub": "7", "id": 8, "name": "Zoë", "roles": [{ "id": 1, "slug": "operator" }] } }),
        json!({ "user": { "id": "7", "name": "Zoë", "role": { "name": "operator" } } }),
        json!({ "user": { "id": "7", "name": "Zoë", "groups": "operator", "roles": ["admin"] } }),
    ];
    for shape in shapes {
        let issuer = Issuer::start(Says::ok(&shape.to_string())).await;
        let mut config = config(None);
        config.roles_claim = "groups".to_owned();
        let checker = looks_up(&issuer, config);
        let identity = checker.verify("1|opaque.token/+~").await.unwrap_or_else(|error| panic!("{shape}: {error}"));
        assert_eq!((&*identity.subject, identity.name.as_deref()), ("7", Some("Zoë")), "{shape}");
        assert_eq!(identity.roles, [Arc::from("operator")], "{shape}");
        assert_eq!(identity.claims["sub"], "7", "{shape}");
        let request = issuer.last_request();
        assert!(request.contains("authorization: Bearer 1|opaque.token/+~\r\n"), "{request}");
    }
}

#[tokio::test]
async fn what_is_no_yes_is_a_no_or_unavailable() {
    let user = json!({ "id": 7, "role": "operator" });
    let no = [
        Says::status(401, ""),
        Says::status(403, &user.to_string()),
        Says::ok(r#"{"active":false}"#),
        Says::ok(&json!({ "active": false, "user": user }).to_string()),
        Says::ok(&json!({ "success": false, "data": { "user": user } }).to_string()),
        Says::ok(&json!({ "data": { "user": { "id": 7, "active": 0 } } }).to_string()),
        Says::ok(&json!({ "id": 7, "exp": unix_now() - 1 }).to_string()),
    ];
    let moved = b"HTTP/1.1 307 X\r\nlocation: /elsewhere\r\ncontent-length: 0\r\n\r\n".to_vec();
    let neither = [
        Says::Bye,
        Says::status(500, &user.to_string()),
        Says::status(429, ""),
        Says::status(201, &user.to_string()),
        Says::Bytes(moved),
        Says::Bytes(b"HTTP/1.1 200 X\r\ncontent-length: 100\r\n\r\n{\"id\":7}".to_vec()),
        Says::ok(""),
        Says::ok("<html>"),
        Says::ok("[]"),
        Says::ok("{}"),
        Says::ok(r#"{"id":7,"id":8}"#),
        Says::ok(r#"{"id":null}"#),
        Says::ok(r#"{"id":7,"role":[1]}"#),
        Says::ok(r#"{"id":7,"exp":"tomorrow"}"#),
        Says::ok(&format!("{user}{}", " ".repeat(1024 * 1024))),
    ];
    let rows = no.map(|says| (says, true)).into_iter().chain(neither.map(|says| (says, false)));
    for (place, (says, is_no)) in rows.enumerate() {
        let issuer = Issuer::start(says).await;
        let checker = looks_up(&issuer, config(None));
        let error = checker.verify("opaque").await.unwrap_err();
        assert_eq!((error.is_unavailable(), error == Error::Inactive), (!is_no, is_no), "{place}: {error}");
        // A no is believed for a while, what is neither is not.
        let before = issuer.requests();
        assert_eq!(checker.verify("opaque").await.map(drop), Err(error), "{place}");
        assert_eq!(issuer.requests() == before, is_no, "{place}");
    }
}

#[tokio::test]
async fn a_token_is_looked_up_once_however_many_ask() {
    let issuer = Issuer::start(Says::ok(r#"{"id":7}"#)).await;
    let checker = looks_up(&issuer, config(None));
    let mut callers = JoinSet::new();
    for _ in 0..50 {
        let tokens = checker.tokens.clone();
        callers.spawn(async move { tokens.verify("opaque").await.is_ok() });
    }
    assert!(callers.join_all().await.into_iter().all(|is_ok| is_ok));
    assert!(checker.verify("opaque").await.is_ok());
    assert_eq!(issuer.requests(), 1);
    assert!(checker.verify("another").await.is_ok());
    assert_eq!(issuer.requests(), 2);
}

#[tokio::test]
async fn after_a_revocation_the_issuer_is_asked_again() {
    let issuer = Issuer::start(Says::ok(r#"{"id":7}"#)).await;
    let checker = looks_up(&issuer, config(None));
    let asked_at = checker.verify("opaque").await.unwrap().issued_at.unwrap();
    checker.tokens.revocations().revoke("7", asked_at).unwrap();
    timeout(Duration::from_secs(10), async {
        // In the second of the revocation nobody can tell what came first.
        while unix_now() <= asked_at {
            assert!(checker.verify("opaque").await.is_err() || unix_now() > asked_at);
        }
    })
    .await
    .expect("the next second");
    assert!(checker.verify("opaque").await.is_ok(), "its issuer says yes, knowing all");
    let requests = issuer.requests();
    assert!(checker.verify("opaque").await.is_ok());
    assert_eq!(issuer.requests(), requests, "and is believed");
    issuer.says(Says::status(401, ""));
    checker.tokens.revocations().revoke("7", unix_now()).unwrap();
    assert_eq!(checker.verify("opaque").await.map(drop), Err(Error::Inactive));
}

#[tokio::test]
async fn an_answer_that_was_asked_for_before_a_revocation_does_not_count() {
    let issuer = Issuer::start(Says::Nothing).await;
    let checker = looks_up(&issuer, config(None));
    let tokens = checker.tokens.clone();
    let mut caller = JoinSet::new();
    caller.spawn(async move { tokens.verify("opaque").await });
    issuer.heard(1).await;
    // Whole seconds apart, so that it is plain what came first.
    next_second().await;
    checker.tokens.revocations().revoke("7", unix_now()).unwrap();
    next_second().await;
    issuer.says(Says::ok(r#"{"id":7}"#));
    let found = timeout(Duration::from_secs(10), caller.join_next()).await.unwrap().unwrap().unwrap();
    assert!(found.is_ok(), "{found:?}");
    assert_eq!(issuer.requests(), 2);
}

#[tokio::test]
async fn an_issuer_that_does_not_answer_ends_the_wait() {
    let issuer = Issuer::start(Says::Nothing).await;
    let mut config = config(None);
    config.timeout = SHORT;
    let checker = looks_up(&issuer, config);
    assert!(is_unavailable(&checker, "opaque").await);
    // More at once than are ever under way; each has its end, and so has the thread.
    let mut callers = JoinSet::new();
    for number in 0..2000 {
        let tokens = checker.tokens.clone();
        callers.spawn(
            async move { tokens.verify(&format!("t{number}")).await.is_err_and(|error| error.is_unavailable()) },
        );
    }
    let all = timeout(Duration::from_secs(20), callers.join_all()).await.expect("an end");
    assert!(all.into_iter().all(|is_unavailable| is_unavailable));
}

#[tokio::test]
async fn only_what_is_no_jwt_is_looked_up() {
    let issuer = Issuer::start(Says::ok(r#"{"id":7,"role":"admin"}"#)).await;
    let checker = looks_up(&issuer, config(Some(hs256())));
    let body = claims(&json!({})).to_string();
    assert!(checker.verify(&hs(r#"{"alg":"HS256"}"#, &body)).await.is_ok());
    for broken in [hs(r#"{"alg":"none"}"#, &body), hs(r#"{"alg"#, &body), hs(r#" {"alg":1}"#, &body)] {
        assert!(checker.verify(&broken).await.is_err());
    }
    for none in ["", "a b", "a\r\nx: y", "tokén"] {
        assert_eq!(checker.verify(none).await.map(drop), Err(Error::Malformed), "{none:?}");
    }
    assert_eq!(issuer.requests(), 0);
    for opaque in ["1|x", "abcd.efgh.ijkl", "a.b", "..", "a.b.c.d"] {
        assert_eq!(checker.verify(opaque).await.unwrap().roles, [Arc::from("admin")], "{opaque}");
    }
    assert_eq!(issuer.requests(), 5);
}
