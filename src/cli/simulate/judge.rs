//! The judge: switches data saving on, starts runs, and waits for the broker to end them.

use std::time::Duration;

use awc::http::Method;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use crate::cli::client::{PATIENCE, unreachable};

/// Time after a run's own in which it must have ended.
const GRACE: Duration = Duration::from_secs(15);

/// A judge with a token.
#[derive(Debug)]
pub(super) struct Judge {
    /// Host, port and path prefix.
    pub(super) base: String,
    pub(super) token: String,
}

impl Judge {
    /// Lets points be taken; how long a run is.
    pub(super) async fn open(&self) -> Result<Duration, String> {
        let state = self.call(Method::PUT, "/realtime", &json!({ "enabled": true })).await?;
        let seconds = state.get("run_seconds").and_then(Value::as_f64).unwrap_or(60.0);
        Ok(Duration::from_secs_f64(seconds))
    }

    pub(super) async fn start(&self, category: &str, frequency: f64) -> Result<Value, String> {
        let wish = json!({ "category": category, "frequency": frequency, "replace": true });
        self.call(Method::POST, "/runs", &wish).await
    }

    /// Waits until no run goes on; the one that ended.
    pub(super) async fn end(&self, length: Duration) -> Result<Value, String> {
        let deadline = Instant::now() + length + GRACE;
        sleep(length).await;
        loop {
            let answer = self.call(Method::GET, "/state", &Value::Null).await?;
            let state = answer.get("state").cloned().unwrap_or_default();
            if state.get("session").is_some_and(Value::is_null) {
                return Ok(state.get("last").cloned().unwrap_or_default());
            }
            if Instant::now() > deadline {
                return Err("the run did not end by itself".to_owned());
            }
            sleep(Duration::from_millis(100)).await;
        }
    }

    async fn call(&self, method: Method, path: &str, body: &Value) -> Result<Value, String> {
        let url = format!("http://{}/api/v2/contest{path}", self.base);
        let request = awc::Client::new().request(method, url).timeout(PATIENCE).bearer_auth(&self.token);
        let sent = if body.is_null() { request.send().await } else { request.send_json(body).await };
        let mut response = sent.map_err(|error| unreachable(&self.base, &error))?;
        let text = response.body().await.map_err(|error| unreachable(&self.base, &error))?;
        if !response.status().is_success() {
            let said = String::from_utf8_lossy(&text).into_owned();
            return Err(format!("the broker said {} to {path}: {said}", response.status().as_u16()));
        }
        serde_json::from_slice(&text).map_err(|_| format!("the broker's answer to {path} is no JSON"))
    }
}
