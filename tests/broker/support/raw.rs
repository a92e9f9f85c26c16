//! Raw clients: cameras and old pages at the gateway.

use std::net::SocketAddr;

use saluran::contest::Replace;
use saluran::measurement::{Category, Frequency, Run};
use serde_json::{Value, json};

use super::{Client, ContestBroker, Dial, Frame, HttpConnection, Opcode, Response, frame, within};

/// The frame of a camera's point.
pub(crate) fn camera_data(lane: u8, distb: f64) -> Value {
    json!({
        "type": "camera_data", "laptop_id": lane, "dista": 5.234, "distb": distb,
        "is_a_detected": true, "is_b_detected": true,
    })
}

impl ContestBroker {
    /// Where cameras connect.
    pub(crate) fn gateway(&self) -> SocketAddr {
        self.broker.gateway
    }

    /// A raw client that has not said anything yet.
    pub(crate) async fn raw(&self) -> Client {
        self.raw_at("/").await
    }

    /// The same on another path, or with a query.
    pub(crate) async fn raw_at(&self, path: &str) -> Client {
        let client = Dial::path(path).send(self.gateway(), &[]).await;
        assert_eq!(client.response.status, 101, "{:?}", client.response);
        client
    }

    /// A run of baja at 1.5 Hz.
    pub(crate) async fn run(&self) -> Run {
        let frequency = Frequency::default();
        self.broker.contest().start(Category::Baja, frequency, Replace::Yes).await.expect("a run begins")
    }

    /// A request on the old HTTP paths.
    pub(crate) async fn old(&self, method: &str, path: &str, body: &str) -> Response {
        HttpConnection::open(self.gateway()).await.request(method, path, &[], body.as_bytes()).await
    }
}

impl Client {
    /// Sends an object.
    pub(crate) async fn say(&mut self, value: &Value) {
        self.send(&value.to_string()).await;
    }

    /// Text of the next text frame, which is none of the Pusher protocol; answers pings unless told not to.
    pub(crate) async fn text(&mut self) -> String {
        loop {
            let Frame { opcode, payload } = self.frame_or_end().await.expect("a text frame, not the end");
            match opcode {
                Opcode::Text => return String::from_utf8(payload).expect("text frames are UTF-8"),
                Opcode::Ping if self.answers_pings => self.send_raw(&frame(Opcode::Pong, &payload)).await,
                Opcode::Ping | Opcode::Pong => {}
                Opcode::Binary | Opcode::Continuation | Opcode::Close => panic!("{opcode:?} instead of a text"),
            }
        }
    }

    /// The next text frame is exactly this.
    pub(crate) async fn expect_text(&mut self, text: &str) {
        assert_eq!(self.text().await, text);
    }

    /// The next object, whatever it is.
    pub(crate) async fn hear(&mut self) -> Value {
        serde_json::from_str(&self.text().await).expect("raw clients are told JSON")
    }

    /// The next object of this type; others are passed over.
    pub(crate) async fn hear_type(&mut self, kind: &str) -> Value {
        within(kind, async {
            loop {
                let told = self.hear().await;
                if told["type"] == kind {
                    return told;
                }
            }
        })
        .await
    }

    /// A point, acknowledged.
    pub(crate) async fn acknowledged(&mut self, mut point: Value) -> Value {
        point["ack"] = json!(true);
        self.say(&point).await;
        self.hear_type("ack").await
    }
}
