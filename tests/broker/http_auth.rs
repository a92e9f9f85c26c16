//! Who may use the HTTP API: the signature of every request (4.4, C-181…C-194).
//!
//! The published vectors are old and so out of date on a socket; the unit tests of `protocol::signature` check
//! them with the clock set. Here the same shapes are signed afresh.

use saluran::config::{Credential, Secret};

use crate::support::{APP, AppKeys, OTHER, Response, TestBroker, first_app, md5, now};
use crate::support_http::{
    CHANNELS, EVENTS, MD5_OF_NOTHING, Parameters, assert_done, assert_usable, assert_value, refusal,
};

const BODY: &str = r#"{"name":"greet","channels":["chat"],"data":"{\"hello\":\"world\"}"}"#;

/// A publish that the first app signs, with these parameters.
async fn publish(broker: &TestBroker, parameters: Parameters) -> Response {
    let target = parameters.signed(APP, "POST", EVENTS);
    broker.http("POST", &target, &[], BODY).await
}

/// A query that the first app signs, with these parameters.
async fn query(broker: &TestBroker, parameters: Parameters) -> Response {
    let target = parameters.signed(APP, "GET", CHANNELS);
    broker.http("GET", &target, &[], "").await
}

/// Asks with a timestamp that is off by so many seconds; asks again when the clock ticked meanwhile.
async fn query_off_by(broker: &TestBroker, seconds: i64) -> Response {
    loop {
        let before = now();
        let timestamp = before.checked_add_signed(seconds).unwrap().to_string();
        let response = query(broker, Parameters::of(APP, "").replace("auth_timestamp", &timestamp)).await;
        if now() == before {
            return response;
        }
    }
}

/// C-181 (shapes of P5, H1 to H8 and H11).
#[tokio::test]
async fn freshly_signed_requests_are_accepted() {
    let broker = TestBroker::start().await;
    assert_done(&publish(&broker, Parameters::of(APP, BODY)).await, "{}");
    let batch = r#"{"batch":[{"name":"a","channel":"one","data":"1"},{"name":"b","channel":"two","data":"2"}]}"#;
    assert_done(&broker.post("/apps/1001/batch_events", batch).await, "{}");
    assert_done(&broker.get(CHANNELS).await, r#"{"channels":{}}"#);
    let path = "/apps/1001/channels?filter_by_prefix=presence-&info=user_count";
    assert_done(&broker.get(path).await, r#"{"channels":{}}"#);
    for path in [
        "/apps/1001/channels/presence-room?info=user_count,subscription_count",
        "/apps/1001/channels/presence-room/users",
        "/apps/1001/channels/cache-prices?info=cache",
    ] {
        assert_eq!(broker.get(path).await.status, 200, "{path}");
    }
    assert_done(&broker.post("/apps/1001/users/42/terminate_connections", "{}").await, "{}");
}

/// C-182 (shape of H10).
#[tokio::test]
async fn names_of_parameters_are_signed_in_lower_case() {
    let broker = TestBroker::start().await;
    let parameters = Parameters::of(APP, "").with("Info", "user_count").with("FILTER_by_prefix", "presence-");
    let text = parameters.text_to_sign("GET", CHANNELS);
    assert!(text.ends_with("&filter_by_prefix=presence-&info=user_count"), "{text}");
    assert_done(&query(&broker, parameters).await, r#"{"channels":{}}"#);
}

/// C-182.
#[tokio::test]
async fn the_order_of_parameters_in_the_url_does_not_matter() {
    let broker = TestBroker::start().await;
    let target = Parameters::of(APP, BODY).signed(APP, "POST", EVENTS);
    let (_, query) = target.split_once('?').unwrap();
    let mut parameters: Vec<&str> = query.split('&').collect();
    parameters.reverse();
    // Each of them, the signature too, comes first once.
    for _ in 0..parameters.len() {
        parameters.rotate_left(1);
        let target = format!("{EVENTS}?{}", parameters.join("&"));
        assert_done(&broker.http("POST", &target, &[], BODY).await, "{}");
    }
}

/// C-183.
#[tokio::test]
async fn values_are_signed_as_they_were_before_encoding() {
    let broker = TestBroker::start().await;
    let info = "user_count,subscription_count";
    let path = "/apps/1001/channels/presence-room";
    let target = Parameters::of(APP, "").with("info", info).signed(APP, "GET", path);
    assert!(target.contains("info=user_count%2Csubscription_count"), "{target}");
    assert_eq!(broker.http("GET", &target, &[], "").await.status, 200);
    let target = target.replace("%2C", "%2c");
    assert_eq!(broker.http("GET", &target, &[], "").await.status, 200, "lower-case hex");
    let target = target.replace("%2c", ",");
    assert_eq!(broker.http("GET", &target, &[], "").await.status, 200, "not encoded at all");
    let encoded = Parameters::of(APP, "").with("info", &info.replace(',', "%2C"));
    let signature = encoded.signature(APP, "GET", path);
    let wrong = Parameters::of(APP, "").with("info", info).with("auth_signature", &signature);
    refusal(&broker.http("GET", &wrong.target(path), &[], "").await, 401);
}

/// C-184.
#[tokio::test]
async fn an_absent_or_unknown_key_is_named() {
    let broker = TestBroker::start().await;
    let response = query(&broker, Parameters::of(APP, "").without("auth_key")).await;
    assert_eq!(refusal(&response, 401), "Missing parameter: auth_key");
    for key in ["nobody", "", "F00DFEEDF00DFEEDF00D"] {
        let response = query(&broker, Parameters::of(APP, "").replace("auth_key", key)).await;
        let text = refusal(&response, 401);
        assert!(text == "Unknown auth_key" || key.is_empty(), "{text} for {key:?}");
    }
    assert_eq!(refusal(&broker.http("GET", CHANNELS, &[], "").await, 401), "Missing parameter: auth_key");
}

/// C-185.
#[tokio::test]
async fn a_valid_signature_by_another_app_is_refused() {
    let broker = TestBroker::start().await;
    let target = Parameters::of(OTHER, "").signed(OTHER, "GET", CHANNELS);
    refusal(&broker.http("GET", &target, &[], "").await, 401);
    let target = Parameters::of(OTHER, "").signed(OTHER, "GET", "/apps/2002/channels");
    assert_eq!(broker.http("GET", &target, &[], "").await.status, 200);
    // The right key with the other app's secret.
    let mixed = AppKeys { secret: OTHER.secret, ..APP };
    let target = Parameters::of(mixed, "").signed(mixed, "GET", CHANNELS);
    refusal(&broker.http("GET", &target, &[], "").await, 401);
}

/// C-186.
#[tokio::test]
async fn the_version_is_1_0() {
    let broker = TestBroker::start().await;
    let response = query(&broker, Parameters::of(APP, "").without("auth_version")).await;
    assert_eq!(refusal(&response, 401), "Version required");
    for version in ["2.0", "1", "1.0.0"] {
        let parameters = Parameters::of(APP, "").replace("auth_version", version);
        assert_eq!(refusal(&query(&broker, parameters).await, 401), "Version not supported");
    }
}

/// C-187.
#[tokio::test]
async fn a_request_is_accepted_for_less_than_600_seconds() {
    let broker = TestBroker::start().await;
    assert_eq!(query_off_by(&broker, -599).await.status, 200);
    assert_eq!(query_off_by(&broker, 599).await.status, 200);
    for seconds in [-600, 600, -601, 601, 86_400] {
        let text = refusal(&query_off_by(&broker, seconds).await, 401);
        assert!(text.starts_with("Timestamp expired: Given timestamp ("), "{text}");
    }
}

/// C-187.
#[tokio::test]
async fn an_absent_or_old_timestamp_is_explained() {
    let broker = TestBroker::start().await;
    let response = query(&broker, Parameters::of(APP, "").without("auth_timestamp")).await;
    assert_eq!(refusal(&response, 401), "Timestamp required");
    let parameters = Parameters::of(APP, "").replace("auth_timestamp", "1700000000");
    let text = refusal(&query(&broker, parameters).await, 401);
    let start = "Timestamp expired: Given timestamp (2023-11-14T22:13:20Z) not within 600s of server time (20";
    assert!(text.starts_with(start) && text.ends_with("Z)"), "{text}");
    for timestamp in ["", "now", "-5", "1.5", "1e9", "99999999999999999999999999", " 1700000000"] {
        let parameters = Parameters::of(APP, "").replace("auth_timestamp", timestamp);
        refusal(&query(&broker, parameters).await, 401);
    }
}

/// C-187 with the app's own limit.
#[tokio::test]
async fn the_allowed_clock_skew_is_configured() {
    let broker = TestBroker::with_app(|app| {
        app.limits.clock_skew = std::time::Duration::from_secs(30);
    })
    .await;
    assert_eq!(query_off_by(&broker, -29).await.status, 200);
    assert!(refusal(&query_off_by(&broker, -30).await, 401).contains("not within 30s of"));
}

/// C-188.
#[tokio::test]
async fn a_wrong_signature_is_answered_with_what_should_have_been_signed() {
    let broker = TestBroker::start().await;
    let parameters = Parameters::of(APP, BODY);
    let signed = parameters.text_to_sign("POST", EVENTS).replace('\n', "\\n");
    let target = parameters.with("auth_signature", "abc").target(EVENTS);
    let text = refusal(&broker.http("POST", &target, &[], BODY).await, 401);
    assert_eq!(
        text,
        format!(
            "Invalid signature: you should have sent HmacSHA256Hex(\"{signed}\", your_secret_key), \
             but you sent \"abc\""
        )
    );
    assert!(!text.contains(APP.secret), "the secret must not be told");
}

/// C-188.
#[tokio::test]
async fn absent_spoiled_and_upper_case_signatures_are_refused() {
    let broker = TestBroker::start().await;
    let parameters = Parameters::of(APP, "");
    refusal(&broker.http("GET", &parameters.target(CHANNELS), &[], "").await, 401);
    let right = parameters.signature(APP, "GET", CHANNELS);
    let mut last = right.clone();
    let digit = if last.pop() == Some('0') { '1' } else { '0' };
    last.push(digit);
    let other_secret = Parameters::of(APP, "").signature(OTHER, "GET", CHANNELS);
    let longer = format!("{right}00");
    for wrong in [&right.to_uppercase(), &last, &other_secret, &right[..63], &longer, "", "é", "\0"] {
        let target = parameters.clone().with("auth_signature", wrong).target(CHANNELS);
        refusal(&broker.http("GET", &target, &[], "").await, 401);
    }
    let target = parameters.with("auth_signature", &right).target(CHANNELS);
    assert_eq!(broker.http("GET", &target, &[], "").await.status, 200);
}

/// C-188: a signature counts for its method, path and parameters alone.
#[tokio::test]
async fn a_signature_does_not_fit_another_request() {
    let broker = TestBroker::start().await;
    let signature = Parameters::of(APP, "").signature(APP, "GET", CHANNELS);
    let signed = Parameters::of(APP, "").with("auth_signature", &signature);
    for path in ["/apps/1001/connections", "/apps/1001/channels/chat"] {
        refusal(&broker.http("GET", &signed.target(path), &[], "").await, 401);
    }
    let more = signed.with("filter_by_prefix", "x").target(CHANNELS);
    refusal(&broker.http("GET", &more, &[], "").await, 401);
    let target = Parameters::of(APP, BODY).signed(APP, "GET", EVENTS);
    refusal(&broker.http("POST", &target, &[], BODY).await, 401);
}

/// C-189.
#[tokio::test]
async fn a_body_that_was_altered_after_signing_is_refused() {
    let broker = TestBroker::start().await;
    let mut client = broker.connect().await;
    client.subscribe("chat").await;
    let target = Parameters::of(APP, BODY).signed(APP, "POST", EVENTS);
    for altered in [BODY.replace("world", "World"), format!("{BODY} "), String::new()] {
        refusal(&broker.http("POST", &target, &[], &altered).await, 401);
    }
    client.quiet().await;
    assert_done(&broker.http("POST", &target, &[], BODY).await, "{}");
}

/// C-190.
#[tokio::test]
async fn a_body_without_its_md5_is_refused() {
    let broker = TestBroker::start().await;
    refusal(&publish(&broker, Parameters::of(APP, BODY).without("body_md5")).await, 401);
    let upper = md5(BODY.as_bytes()).to_uppercase();
    for wrong in ["", MD5_OF_NOTHING, "x", &upper] {
        refusal(&publish(&broker, Parameters::of(APP, BODY).replace("body_md5", wrong)).await, 401);
    }
    assert_usable(&broker).await;
}

/// C-191 (shape of H9): the Python library signs the MD5 of nothing.
#[tokio::test]
async fn a_get_may_carry_the_md5_of_nothing() {
    let broker = TestBroker::start().await;
    let parameters = Parameters::of(APP, "").with("body_md5", MD5_OF_NOTHING);
    assert_done(&query(&broker, parameters).await, r#"{"channels":{}}"#);
    let path = "/apps/1001/channels/presence-room/users";
    let target = Parameters::of(APP, "").with("body_md5", MD5_OF_NOTHING).signed(APP, "GET", path);
    assert_done(&broker.http("GET", &target, &[], "").await, r#"{"users":[]}"#);
    let wrong = Parameters::of(APP, "").with("body_md5", &md5(b"something"));
    refusal(&query(&broker, wrong).await, 401);
}

/// C-192.
#[tokio::test]
async fn a_get_needs_no_md5() {
    let broker = TestBroker::start().await;
    assert_done(&query(&broker, Parameters::of(APP, "")).await, r#"{"channels":{}}"#);
}

/// C-193 (shape of H12).
#[tokio::test]
async fn an_encoded_path_may_be_signed_in_either_form() {
    let broker = TestBroker::start().await;
    let decoded = "/apps/1001/users/a b/terminate_connections";
    let target = Parameters::of(APP, "{}").signed(APP, "POST", decoded);
    assert!(target.starts_with("/apps/1001/users/a%20b/terminate_connections?"), "{target}");
    assert_done(&broker.http("POST", &target, &[], "{}").await, "{}");
    let signature = Parameters::of(APP, "{}").signature(APP, "POST", &decoded.replace(' ', "%20"));
    let as_received = Parameters::of(APP, "{}").with("auth_signature", &signature).target(decoded);
    assert_done(&broker.http("POST", &as_received, &[], "{}").await, "{}");
}

/// C-194: `refusal` checks the form of every other 401 in this file as well.
#[tokio::test]
async fn a_401_is_one_line_of_plain_text() {
    let broker = TestBroker::start().await;
    for (method, path) in [
        ("POST", EVENTS),
        ("POST", "/apps/1001/batch_events"),
        ("GET", CHANNELS),
        ("GET", "/apps/1001/channels/chat"),
        ("GET", "/apps/1001/channels/presence-x/users"),
        ("GET", "/apps/1001/connections"),
        ("POST", "/apps/1001/users/42/terminate_connections"),
    ] {
        let text = refusal(&broker.http(method, path, &[], "").await, 401);
        assert_eq!(text, "Missing parameter: auth_key", "{method} {path}");
    }
}

/// Sections 0.2 and 4.2: an app may have several keys, so that they can be rotated.
#[tokio::test]
async fn every_key_of_an_app_signs() {
    let second = AppKeys { id: "1001", key: "second-key", secret: "second-secret" };
    let broker = TestBroker::with(|config| {
        first_app(config)
            .credentials
            .push(Credential { key: second.key.to_owned(), secret: Secret::new(second.secret) });
    })
    .await;
    for app in [APP, second] {
        let target = Parameters::of(app, "").signed(app, "GET", CHANNELS);
        assert_done(&broker.http("GET", &target, &[], "").await, r#"{"channels":{}}"#);
    }
    let mixed = AppKeys { secret: APP.secret, ..second };
    let target = Parameters::of(mixed, "").signed(mixed, "GET", CHANNELS);
    refusal(&broker.http("GET", &target, &[], "").await, 401);
}

/// Section 4.4, step 7: with a path prefix both forms are signed, by different libraries.
#[tokio::test]
async fn the_path_is_signed_with_or_without_the_prefix() {
    let broker = TestBroker::with(|config| config.server.path_prefix = "/broker".to_owned()).await;
    let served = "/broker/apps/1001/channels";
    for signed in [served, CHANNELS] {
        let signature = Parameters::of(APP, "").signature(APP, "GET", signed);
        let target = Parameters::of(APP, "").with("auth_signature", &signature).target(served);
        let response = broker.http("GET", &target, &[], "").await;
        assert_value(&response, &serde_json::json!({ "channels": {} }));
    }
    let target = Parameters::of(APP, "").signed(APP, "GET", CHANNELS);
    refusal(&broker.http("GET", &target, &[], "").await, 404);
}
