//! What a connection says and hears in the Pusher protocol: questions with their answers.

use serde_json::{Value, json};

use super::{Client, Frame, Opcode, auth, frame, user_auth};

impl Client {
    /// Reads `pusher:connection_established`, checks every byte of it, and keeps the socket id.
    pub(crate) async fn established(&mut self, activity_timeout: u64) {
        assert_eq!(self.response.status, 101, "{:?}", self.response);
        let text = self.next_for("pusher:connection_established").await;
        let value: Value = serde_json::from_str(&text).expect("checked by shape");
        let data = value.get("data").and_then(Value::as_str).unwrap_or_else(|| panic!("data in {text}"));
        let data: Value = serde_json::from_str(data).expect("data is JSON in a string");
        let socket_id = data.get("socket_id").and_then(Value::as_str).unwrap_or_else(|| panic!("socket_id in {text}"));
        let (left, right) = socket_id.split_once('.').expect("two halves");
        for half in [left, right] {
            assert!(half.bytes().all(|byte| byte.is_ascii_digit()), "socket id {socket_id}");
            assert!(half.parse::<u64>().is_ok_and(|number| number < 1 << 53), "socket id {socket_id}");
        }
        let data = format!(r#"{{"socket_id":"{socket_id}","activity_timeout":{activity_timeout}}}"#);
        assert_eq!(text, format!(r#"{{"event":"pusher:connection_established","data":{}}}"#, json!(data)));
        self.socket_id = socket_id.to_owned();
    }

    /// Subscribes to a channel that needs no signature and reads the success.
    pub(crate) async fn subscribe(&mut self, channel: &str) {
        self.send_subscribe(&json!({ "channel": channel })).await;
        self.expect(&succeeded(channel)).await;
    }

    /// Signs and sends a subscription; reads and gives the success.
    pub(crate) async fn subscribe_signed(&mut self, channel: &str, channel_data: Option<&str>) -> String {
        self.send_signed(channel, channel_data).await;
        let text = self.next_for(&format!("the success of {channel}")).await;
        let start = format!(r#"{{"event":"pusher_internal:subscription_succeeded","channel":"{channel}","data":""#);
        assert!(text.starts_with(&start), "expected the success of {channel}, got {text}");
        text
    }

    /// Signs and sends a subscription; reads nothing.
    pub(crate) async fn send_signed(&mut self, channel: &str, channel_data: Option<&str>) {
        let auth = auth(self.app, &self.socket_id, channel, channel_data);
        let mut data = json!({ "auth": auth, "channel": channel });
        if let (Some(channel_data), Some(object)) = (channel_data, data.as_object_mut()) {
            object.insert("channel_data".to_owned(), json!(channel_data));
        }
        self.send_subscribe(&data).await;
    }

    /// Signs in with these bytes of `user_data` and reads the success.
    pub(crate) async fn sign_in(&mut self, user_data: &str) {
        self.send_sign_in(user_data).await;
        self.expect(&signed_in(user_data)).await;
    }

    /// Signs and sends a sign-in; reads nothing.
    pub(crate) async fn send_sign_in(&mut self, user_data: &str) {
        let auth = user_auth(self.app, &self.socket_id, user_data);
        let data = json!({ "auth": auth, "user_data": user_data });
        self.send(&json!({ "event": "pusher:signin", "data": data }).to_string()).await;
    }

    /// `pusher:subscribe` with this `data`; reads nothing.
    pub(crate) async fn send_subscribe(&mut self, data: &Value) {
        self.send(&json!({ "event": "pusher:subscribe", "data": data }).to_string()).await;
    }

    /// `pusher:unsubscribe`; a success has no answer.
    pub(crate) async fn unsubscribe(&mut self, channel: &str) {
        self.send(&json!({ "event": "pusher:unsubscribe", "data": { "channel": channel } }).to_string()).await;
    }

    /// The next text frame is a `pusher:error` of a connection that stays open; gives its message.
    pub(crate) async fn expect_error(&mut self, code: Option<u64>) -> String {
        let text = self.next_for("a pusher:error").await;
        let value: Value = serde_json::from_str(&text).expect("checked by shape");
        let message = value.pointer("/data/message").and_then(Value::as_str).unwrap_or_default();
        let expected = json!({ "code": code, "message": message });
        assert_eq!(text, format!(r#"{{"event":"pusher:error","data":{expected}}}"#));
        message.to_owned()
    }

    /// The next two text frames say that the subscription of `channel` was refused; gives the
    /// error's message.
    pub(crate) async fn expect_refused(&mut self, channel: &str, kind: &str, status: u16) -> String {
        let message = self.expect_error(None).await;
        let text = self.next_for("a pusher:subscription_error").await;
        let value: Value = serde_json::from_str(&text).expect("checked by shape");
        let error = value.pointer("/data/error").and_then(Value::as_str).unwrap_or_default();
        assert!(!error.is_empty(), "no error text in {text}");
        let channel = json!(channel);
        let data = format!(r#"{{"type":"{kind}","error":{},"status":{status}}}"#, json!(error));
        assert_eq!(text, format!(r#"{{"event":"pusher:subscription_error","channel":{channel},"data":{data}}}"#));
        message
    }

    /// The same where the protocol reference leaves open which type and status a failure has.
    pub(crate) async fn expect_refused_somehow(&mut self, channel: &str) {
        self.expect_error(None).await;
        let text = self.next_for("a pusher:subscription_error").await;
        let value: Value = serde_json::from_str(&text).expect("checked by shape");
        assert_eq!(value.get("event"), Some(&json!("pusher:subscription_error")), "{text}");
        assert_eq!(value.get("channel"), Some(&json!(channel)), "{text}");
        let kind = value.pointer("/data/type").and_then(Value::as_str).unwrap_or_default();
        assert!(["AuthError", "LimitReached"].contains(&kind), "{text}");
    }

    /// `pusher:error` with this code, then a Close with the same one; gives the message (C-017).
    pub(crate) async fn expect_refusal(&mut self, code: u16) -> String {
        let message = self.expect_error(Some(u64::from(code))).await;
        let reason = self.expect_close(code).await;
        assert!(!reason.is_empty() && reason.len() <= 123, "reason {reason:?}");
        assert!(message.starts_with(&reason), "the reason {reason:?} is (the start of) the message {message:?}");
        message
    }

    /// The broker has handled all frames up to here: it answers a control ping next, even inside a
    /// fragmented message.
    pub(crate) async fn quiet_control(&mut self) {
        self.send_raw(&frame(Opcode::Ping, b"quiet?")).await;
        let pong = Frame { opcode: Opcode::Pong, payload: b"quiet?".to_vec() };
        assert_eq!(self.next_frame().await, pong);
    }

    /// The broker ends this connection with a Close of this code; a `pusher:error` with the same
    /// code may come first, and control pings.
    pub(crate) async fn expect_end_with(&mut self, code: u16) {
        let error = format!(r#"{{"event":"pusher:error","data":{{"code":{code},"#);
        loop {
            let found = self.next_frame().await;
            match found.opcode {
                Opcode::Ping => {}
                Opcode::Text => assert!(found.text().starts_with(&error), "{found:?}"),
                Opcode::Close => {
                    assert_eq!(found.close().0, Some(code), "{found:?}");
                    break self.finish_close(code).await;
                }
                Opcode::Pong | Opcode::Binary | Opcode::Continuation => panic!("{found:?}"),
            }
        }
    }

    /// Nothing is pending: the very next text is the answer to a ping that is sent now.
    pub(crate) async fn quiet(&mut self) {
        self.send(r#"{"event":"pusher:ping","data":{}}"#).await;
        self.expect(r#"{"event":"pusher:pong","data":"{}"}"#).await;
    }
}

/// The success frame of every channel but presence ones.
pub(crate) fn succeeded(channel: &str) -> String {
    format!(r#"{{"event":"pusher_internal:subscription_succeeded","channel":{},"data":"{{}}"}}"#, json!(channel))
}

/// The success frame of a sign-in.
pub(crate) fn signed_in(user_data: &str) -> String {
    format!(r#"{{"event":"pusher:signin_success","data":{{"user_data":{}}}}}"#, json!(user_data))
}
