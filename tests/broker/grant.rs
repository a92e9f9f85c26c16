//! The auth endpoints: a bearer token in, a Pusher signature out.

use serde_json::{Value, json};

use crate::support::{APP, FLEET, OTHER, TestBroker, auth, now, role, succeeded, token, user_auth};

const ENDPOINTS: [&str; 3] = ["/api/v2/broadcasting/auth", "/broadcasting/auth", "/pusher/auth"];

const FORM: (&str, &str) = ("Content-Type", "application/x-www-form-urlencoded; charset=UTF-8");

fn bearer(token: &str) -> String {
    format!("Bearer {token}")
}

#[tokio::test]
async fn every_endpoint_takes_forms_and_json() {
    let broker = TestBroker::declared(FLEET).await;
    let client = broker.connect().await;
    let token = bearer(&role("operator", "7"));
    let expected = json!({ "auth": auth(APP, &client.socket_id, "private-status", None) });
    for path in ENDPOINTS {
        let form = format!("socket_id={}&channel_name=private-status&more=1", client.socket_id);
        let json = json!({ "socket_id": client.socket_id, "channel_name": "private-status", "more": [1] }).to_string();
        for (kind, body) in [(FORM, form), (("Content-Type", "application/json"), json)] {
            let response = broker.http("POST", path, &[("Authorization", &token), kind], &body).await;
            assert_eq!((response.status, response.json()), (200, expected.clone()), "{path}");
        }
        assert_eq!(broker.http("GET", path, &[("Authorization", &token)], "").await.status, 405);
    }
}

#[tokio::test]
async fn a_refusal_says_which_rule() {
    let broker = TestBroker::declared(FLEET).await;
    let client = broker.connect().await;
    let refused = broker.ask(&role("tenant", "7"), &client.socket_id, "private-admin-dashboard").await;
    assert_eq!(refused.status, 403);
    assert_eq!(
        refused.json(),
        json!({
            "error": "You may not subscribe to private-admin-dashboard; allowed: role.technician",
            "rule": "subscribe",
            "channel": "private-admin-dashboard",
            "allowed": "role.technician",
        })
    );
    let undeclared = broker.ask(&role("admin", "7"), &client.socket_id, "private-nothing").await;
    assert_eq!((undeclared.status, &undeclared.json()["rule"]), (403, &json!("undeclared")));
    let expired =
        broker.ask(&token(&json!({ "sub": "7", "exp": now() - 60 })), &client.socket_id, "private-status").await;
    assert_eq!((expired.status, &expired.json()["rule"]), (401, &json!("token")));
    assert!(expired.header("www-authenticate").is_some_and(|value| value.starts_with("Bearer")));
    let nobody = broker.http("POST", "/pusher/auth", &[FORM], "socket_id=1.1&channel_name=private-status").await;
    assert_eq!(nobody.status, 401);
    assert!(nobody.json()["error"].as_str().unwrap().contains("Authorization: Bearer"));
}

#[tokio::test]
async fn what_is_malformed_is_unprocessable() {
    let broker = TestBroker::declared(FLEET).await;
    let token = bearer(&role("admin", "7"));
    for (kind, body) in [
        (FORM, ""),
        (FORM, "socket_id=1.1"),
        (FORM, "channel_name=private-status"),
        (FORM, "socket_id=1&channel_name=private-status"),
        (FORM, "socket_id=1.1:x&channel_name=private-status"),
        (FORM, "socket_id=1.1&channel_name=private-a b"),
        (FORM, "socket_id=1.1&channel_name=lobby"),
        (FORM, "socket_id=1.1&channel_name=private-status&app=none"),
        (("Content-Type", "application/json"), "{"),
        (("Content-Type", "application/json"), "[]"),
        (("Content-Type", "application/json"), r#"{"socket_id":1.1,"channel_name":"private-status"}"#),
    ] {
        let response = broker.http("POST", "/pusher/auth", &[("Authorization", &token), kind], body).await;
        assert_eq!(response.status, 422, "{body}: {response:?}");
        assert!(response.json()["error"].is_string(), "{response:?}");
    }
}

#[tokio::test]
async fn a_presence_channel_gets_its_member_from_the_token() {
    let broker = TestBroker::declared(FLEET).await;
    let mut client = broker.connect().await;
    let token = token(&json!({ "sub": 7, "name": "Zoë", "shift": "night", "email": "secret" }));
    let text = client.subscribe_granted(&broker, &token, "presence-hall").await;
    let event: Value = serde_json::from_str(&text).unwrap();
    let data: Value = serde_json::from_str(event["data"].as_str().unwrap()).unwrap();
    assert_eq!(data["presence"]["hash"], json!({ "7": { "name": "Zoë", "shift": "night" } }));
}

#[tokio::test]
async fn an_encrypted_channel_gets_its_key() {
    let broker = TestBroker::declared(FLEET).await;
    let client = broker.connect().await;
    let response = broker.ask(&role("admin", "7"), &client.socket_id, "private-encrypted-vault").await;
    assert_eq!(response.status, 200, "{response:?}");
    // SHA-256 of "private-encrypted-vault" and the 32 bytes "0123456789abcdef0123456789abcdef".
    assert_eq!(response.json()["shared_secret"], json!(SHARED_SECRET));
    let without = FLEET.replace("encryption_master_key", "# encryption_master_key");
    let broker = TestBroker::declared(&without).await;
    let client = broker.connect().await;
    let response = broker.ask(&role("admin", "7"), &client.socket_id, "private-encrypted-vault").await;
    assert_eq!(response.status, 422);
    assert!(response.body.contains("encryption_master_key"), "{response:?}");
}

const SHARED_SECRET: &str = "jNneKMvh5rhUq1TOy4jU3xJ9tJ7g+DW3fSZKwHvsZQ8=";

#[tokio::test]
async fn the_user_endpoints_sign_the_subject_in() {
    let broker = TestBroker::declared(FLEET).await;
    for path in ["/api/v2/broadcasting/user-auth", "/broadcasting/user-auth", "/pusher/user-auth"] {
        let client = broker.connect().await;
        let token = token(&json!({ "sub": "7", "name": "Zoë", "watchlist": ["8", "9"] }));
        let body = format!("socket_id={}", client.socket_id);
        let response = broker.http("POST", path, &[("Authorization", &bearer(&token)), FORM], &body).await;
        assert_eq!(response.status, 200, "{response:?}");
        let answer = response.json();
        let user_data = answer["user_data"].as_str().unwrap();
        let expected = json!({ "id": "7", "user_info": { "name": "Zoë" }, "watchlist": ["8", "9"] });
        assert_eq!(serde_json::from_str::<Value>(user_data).unwrap(), expected);
        assert_eq!(answer["auth"], json!(user_auth(APP, &client.socket_id, user_data)));
    }
}

#[tokio::test]
async fn an_unusable_watchlist_is_refused_before_it_can_fail_at_sign_in() {
    let broker = TestBroker::declared(FLEET).await;
    let token = token(&json!({ "sub": "7", "watchlist": "8" }));
    let response = broker.post_as(&token, "/pusher/user-auth", r#"{"socket_id":"1.1"}"#).await;
    assert_eq!(response.status, 422);
    assert!(response.body.contains("watchlist"), "{response:?}");
}

#[tokio::test]
async fn pages_of_allowed_origins_may_ask() {
    let text =
        FLEET.replace("client_events = true", "client_events = true\nallowed_origins = [\"https://fleet.example\"]");
    let broker = TestBroker::declared(&text).await;
    let preflight = [
        ("Origin", "https://fleet.example"),
        ("Access-Control-Request-Method", "POST"),
        ("Access-Control-Request-Headers", "authorization,x-csrf-token"),
    ];
    for path in ENDPOINTS.into_iter().chain(["/pusher/user-auth", "/api/v2/channels/lobby/history"]) {
        let response = broker.http("OPTIONS", path, &preflight, "").await;
        assert_eq!(response.status, 204, "{response:?}");
        assert_eq!(response.header("access-control-allow-origin"), Some("https://fleet.example"));
        assert_eq!(response.header("access-control-allow-headers"), Some("authorization,x-csrf-token"));
        assert!(response.header("access-control-allow-methods").unwrap().contains("POST"));
        let other = broker.http("OPTIONS", path, &[("Origin", "https://evil.example")], "").await;
        assert_eq!((other.status, other.header("access-control-allow-origin")), (403, None));
    }
    let token = bearer(&role("admin", "7"));
    for (origin, status) in [("https://fleet.example", 200), ("https://evil.example", 403)] {
        let headers = [("Authorization", token.as_str()), FORM, ("Origin", origin)];
        let body = "socket_id=1.1&channel_name=private-status";
        let response = broker.http("POST", "/pusher/auth", &headers, body).await;
        assert_eq!(response.status, status, "{response:?}");
        let allowed = response.header("access-control-allow-origin");
        assert_eq!(allowed, (status == 200).then_some(origin));
    }
    // A page must be able to read why it was refused.
    let headers = [("Origin", "https://fleet.example"), FORM];
    let refused = broker.http("POST", "/pusher/auth", &headers, "").await;
    assert_eq!((refused.status, refused.header("access-control-allow-origin")), (401, Some("https://fleet.example")));
}

#[tokio::test]
async fn with_several_apps_the_request_says_which() {
    let second = FLEET.replace("\n[[role]]\nname = \"super-admin\"", &format!(
        "\n[[app]]\nid = \"{}\"\nkey = \"{}\"\nsecret = \"{}\"\n[app.tokens]\nsecret = \"another-secret-of-32-bytes-or-more\"\n\n[[role]]\nname = \"super-admin\"",
        OTHER.id, OTHER.key, OTHER.secret
    ));
    let broker = TestBroker::declared(&second).await;
    let headers = [("Authorization", &*bearer(&role("admin", "7"))), FORM];
    let body = "socket_id=1.1&channel_name=private-status";
    let unclear = broker.http("POST", "/pusher/auth", &headers, body).await;
    assert_eq!(unclear.status, 422);
    assert!(unclear.body.contains("?app="), "{unclear:?}");
    for named in [APP.id, APP.key] {
        let response = broker.http("POST", &format!("/pusher/auth?app={named}"), &headers, body).await;
        assert_eq!(response.status, 200, "{response:?}");
        let response = broker.http("POST", "/pusher/auth", &headers, &format!("{body}&app={named}")).await;
        assert_eq!(response.status, 200, "{response:?}");
    }
    // The token is not the other app's.
    let response = broker.http("POST", &format!("/pusher/auth?app={}", OTHER.id), &headers, body).await;
    assert_eq!(response.status, 401);
}

/// A signature that a token was needed for stays as good as that token, however often it is shown.
#[tokio::test]
async fn a_signature_counts_as_its_bearers_for_ever() {
    let mut broker = TestBroker::declared(FLEET).await;
    let mut client = broker.connect().await;
    client.subscribe_granted(&broker, &role("operator", "7"), "private-status").await;
    client.unsubscribe("private-status").await;
    client.send_signed("private-status", None).await;
    client.expect(&succeeded("private-status")).await;
    client.unsubscribe("private-status").await;
    // Back ends may still do what this bearer may not any more.
    broker.reload(&FLEET.replace(r#"["app", "role.technician"]"#, r#"["app", "role.admin"]"#)).await;
    client.send_signed("private-status", None).await;
    client.expect_refused("private-status", "AuthError", 403).await;
    let mut other = broker.connect().await;
    other.send_signed("private-status", None).await;
    other.expect(&succeeded("private-status")).await;
}

#[tokio::test]
async fn a_connection_ends_with_its_token() {
    let broker = TestBroker::declared(FLEET).await;
    for verb in ["channel", "user"] {
        let mut client = broker.connect().await;
        let mut bystander = broker.connect().await;
        let token = token(&json!({ "sub": "7", "roles": ["operator"], "exp": now() + 3 }));
        match verb {
            "channel" => drop(client.subscribe_granted(&broker, &token, "private-status").await),
            _ => drop(client.sign_in_granted(&broker, &token).await),
        }
        assert!(client.expect_refusal(4009).await.contains("expired"));
        bystander.quiet().await;
    }
}

#[tokio::test]
async fn a_later_token_prolongs_the_connection() {
    let broker = TestBroker::declared(FLEET).await;
    let mut client = broker.connect().await;
    let short = |seconds: u64| token(&json!({ "sub": "7", "roles": ["operator"], "exp": now() + seconds }));
    client.subscribe_granted(&broker, &short(4), "private-status").await;
    client.subscribe_granted(&broker, &short(3600), "private-rvm.3").await;
    let mut other = broker.connect().await;
    other.subscribe_granted(&broker, &short(5), "private-status").await;
    other.expect_refusal(4009).await;
    client.quiet().await;
}

#[tokio::test]
async fn revoking_ends_the_subjects_connections_and_no_others() {
    let broker = TestBroker::declared(FLEET).await;
    let token = role("operator", "7");
    let mut listening = broker.connect().await;
    listening.subscribe_granted(&broker, &token, "private-status").await;
    let mut signed_in = broker.connect().await;
    signed_in.sign_in_granted(&broker, &token).await;
    let mut asked = broker.connect().await;
    assert_eq!(broker.ask(&token, &asked.socket_id, "private-status").await.status, 200);
    let mut other = broker.connect().await;
    other.subscribe_granted(&broker, &role("operator", "8"), "private-status").await;
    let response = broker.post("/api/v2/tokens/revoke", r#"{"subject":"7"}"#).await;
    assert_eq!(response.status, 200, "{response:?}");
    assert_eq!(response.json()["subject"], json!("7"));
    for client in [&mut listening, &mut signed_in, &mut asked] {
        assert!(client.expect_refusal(4009).await.contains("revoked"));
    }
    other.quiet().await;
    let late = broker.ask(&token, &other.socket_id, "private-status").await;
    assert_eq!(late.status, 401);
    assert!(late.body.contains("revoked"), "{late:?}");
}

#[tokio::test]
async fn who_may_revoke_is_declared() {
    let broker = TestBroker::declared(FLEET).await;
    let body = r#"{"subject":"77"}"#;
    let path = "/api/v2/tokens/revoke";
    assert_eq!(broker.post_as(&role("admin", "1"), path, body).await.status, 200);
    let refused = broker.post_as(&role("operator", "1"), path, body).await;
    assert_eq!(refused.status, 403);
    assert!(refused.body.contains("role.admin"), "{refused:?}");
    assert_eq!(broker.http("POST", path, &[], body).await.status, 401);
    for odd in ["", "{}", r#"{"subject":7}"#, r#"{"subject":""}"#] {
        assert_eq!(broker.post(path, odd).await.status, 400, "{odd}");
    }
}

#[tokio::test]
async fn an_app_without_tokens_says_so() {
    let broker = TestBroker::start().await;
    let response = broker.ask("a.b.c", "1.1", "private-a").await;
    assert_eq!(response.status, 403);
    assert!(response.body.contains("[app.tokens]"), "{response:?}");
    let response = broker.publish_as("a.b.c", &json!({ "name": "e", "channel": "c", "data": "{}" })).await;
    assert_eq!(response.status, 401);
}

#[tokio::test]
async fn an_address_that_guesses_is_slowed_down() {
    let text = FLEET
        .replace("auth_rate = \"unlimited\"", "auth_rate = \"20/h\"")
        .replace("failed_auth_rate = \"20/h\"", "failed_auth_rate = \"3/h\"");
    let broker = TestBroker::declared(&text).await;
    let mut statuses = Vec::new();
    for _ in 0..5 {
        let response = broker.ask("no.such.token", "1.1", "private-status").await;
        statuses.push(response.status);
        if response.status == 429 {
            let wait: u64 = response.header("retry-after").unwrap().parse().unwrap();
            assert!((1..=1200).contains(&wait), "{wait}");
        }
    }
    assert_eq!(statuses, [401, 401, 401, 429, 429]);
    // Five calls are gone; fifteen are left for those who have a token, and then none.
    let mut taken = 0;
    while broker.ask(&role("operator", "7"), "1.1", "private-status").await.status == 200 {
        taken += 1;
    }
    assert_eq!(taken, 15);
}

#[tokio::test]
async fn handshakes_of_one_address_are_counted() {
    let text = FLEET
        .replace("auth_rate = \"unlimited\"\nfailed", "handshake_rate = \"3/h\"\nauth_rate = \"unlimited\"\nfailed");
    let broker = TestBroker::declared(&text).await;
    for _ in 0..3 {
        broker.connect().await;
    }
    let refused = broker.dial(crate::support::Dial::key(APP.key)).await;
    assert_eq!(refused.response.status, 429);
    assert!(refused.response.header("retry-after").is_some());
    assert_eq!(broker.metric("saluran_refusals_total").await, 1.0);
}
