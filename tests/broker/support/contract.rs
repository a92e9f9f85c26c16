//! Brokers with declared channels, and the tokens of those who use them.

use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use saluran::config::{self, Config, Source};
use serde_json::{Map, Value, json};

use super::{APP, Client, Response, TestBroker, now};

/// The declarations that most tests run on.
pub(crate) const FLEET: &str = include_str!("../contract/fleet.toml");

/// Signs tokens of [`FLEET`].
pub(crate) const TOKEN_SECRET: &str = "a-secret-for-tokens-of-the-fleet-tests";

/// What a `channels.toml` with this text says.
pub(crate) fn configuration(text: &str) -> Config {
    let source = Source::Text { name: "channels.toml".to_owned(), text: text.as_bytes().to_vec() };
    match config::load(source, std::iter::empty::<(String, String)>()) {
        Ok(loaded) => loaded.config,
        Err(error) => panic!("{error}"),
    }
}

/// A token with these claims, an hour long unless they say otherwise.
pub(crate) fn token(claims: &Value) -> String {
    let mut all = Map::from_iter([("iat".to_owned(), json!(now())), ("exp".to_owned(), json!(now() + 3600))]);
    all.extend(claims.as_object().expect("claims are an object").clone());
    let key = EncodingKey::from_secret(TOKEN_SECRET.as_bytes());
    encode(&Header::new(Algorithm::HS256), &all, &key).expect("HS256 signs anything")
}

/// A token for `subject` with one role.
pub(crate) fn role(role: &str, subject: &str) -> String {
    token(&json!({ "sub": subject, "roles": [role] }))
}

impl TestBroker {
    /// A broker with the apps, roles and channels of a `channels.toml`.
    pub(crate) async fn declared(text: &str) -> Self {
        let declared = configuration(text);
        Self::with(|config| {
            config.apps = declared.apps;
            config.roles = declared.roles;
            config.channels = declared.channels;
        })
        .await
    }

    /// A POST with a bearer token.
    pub(crate) async fn post_as(&self, token: &str, path: &str, body: &str) -> Response {
        let authorization = format!("Bearer {token}");
        let headers = [("Authorization", authorization.as_str()), ("Content-Type", "application/json")];
        self.http("POST", path, &headers, body).await
    }

    /// A GET with a bearer token.
    pub(crate) async fn get_as(&self, token: &str, path: &str) -> Response {
        self.http("GET", path, &[("Authorization", &format!("Bearer {token}"))], "").await
    }

    /// Publishes with a bearer token.
    pub(crate) async fn publish_as(&self, token: &str, body: &Value) -> Response {
        self.post_as(token, &format!("/apps/{}/events", APP.id), &body.to_string()).await
    }

    /// Asks the auth endpoint, with the form that pusher-js sends.
    pub(crate) async fn ask(&self, token: &str, socket_id: &str, channel: &str) -> Response {
        let authorization = format!("Bearer {token}");
        let headers =
            [("Authorization", authorization.as_str()), ("Content-Type", "application/x-www-form-urlencoded")];
        let body = format!("socket_id={socket_id}&channel_name={channel}");
        self.http("POST", "/api/v2/broadcasting/auth", &headers, &body).await
    }
}

impl Client {
    /// Asks the auth endpoint, then subscribes with what it answered; reads nothing.
    pub(crate) async fn send_granted(&mut self, broker: &TestBroker, token: &str, channel: &str) {
        let response = broker.ask(token, &self.socket_id, channel).await;
        assert_eq!(response.status, 200, "{channel}: {response:?}");
        let mut data = response.json();
        data["channel"] = json!(channel);
        self.send_subscribe(&data).await;
    }

    /// The same, and reads the success.
    pub(crate) async fn subscribe_granted(&mut self, broker: &TestBroker, token: &str, channel: &str) -> String {
        self.send_granted(broker, token, channel).await;
        let text = self.next_for(&format!("the success of {channel}")).await;
        let start = format!(r#"{{"event":"pusher_internal:subscription_succeeded","channel":"{channel}","data":""#);
        assert!(text.starts_with(&start), "expected the success of {channel}, got {text}");
        text
    }

    /// Asks the user endpoint, then signs in with what it answered, and reads the success.
    pub(crate) async fn sign_in_granted(&mut self, broker: &TestBroker, token: &str) -> Value {
        let body = json!({ "socket_id": self.socket_id }).to_string();
        let response = broker.post_as(token, "/broadcasting/user-auth", &body).await;
        assert_eq!(response.status, 200, "{response:?}");
        let data = response.json();
        self.send(&json!({ "event": "pusher:signin", "data": data }).to_string()).await;
        let user_data = data["user_data"].as_str().expect("user_data is a text").to_owned();
        self.expect(&super::signed_in(&user_data)).await;
        serde_json::from_str(&user_data).expect("user_data is JSON")
    }
}
