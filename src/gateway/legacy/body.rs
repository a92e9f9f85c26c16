//! Request bodies: bounded in bytes and in time.

use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Bytes, BytesMut};
use futures_util::StreamExt;
use serde_json::{Map, Value};
use tokio::time::timeout;

use super::{Call, No, Wrong, object};

/// Bytes of a body.
const BODY: usize = 64 * 1024;

/// Time for a body to arrive.
const TIME: Duration = Duration::from_secs(5);

impl Call {
    /// All of the body.
    ///
    /// # Errors
    /// The answer to one that is too large, too slow, or broke off.
    pub(super) async fn body(&mut self) -> Result<Bytes, No> {
        match timeout(TIME, self.collect()).await {
            Ok(Ok(body)) => Ok(body),
            Ok(Err(no)) => Err(no),
            Err(_) => Err(last(StatusCode::REQUEST_TIMEOUT, "The request body took too long").into()),
        }
    }

    /// The body's fields; none when it is no JSON object, as PHP saw it.
    ///
    /// # Errors
    /// As [`body`](Self::body).
    pub(super) async fn fields(&mut self) -> Result<Map<String, Value>, No> {
        let body = self.body().await?;
        Ok(serde_json::from_slice(&body).unwrap_or_default())
    }

    async fn collect(&mut self) -> Result<Bytes, No> {
        let mut body = BytesMut::new();
        while let Some(chunk) = self.payload.next().await {
            let chunk = chunk.map_err(|_| last(StatusCode::BAD_REQUEST, "The request body broke off"))?;
            body.extend_from_slice(&chunk);
            if body.len() > BODY {
                return Err(last(StatusCode::PAYLOAD_TOO_LARGE, "The request body is larger than 65536 bytes").into());
            }
        }
        Ok(body.freeze())
    }
}

/// The last answer on a connection; nobody reads the rest of the body.
fn last(status: StatusCode, error: &str) -> HttpResponse {
    let mut response = object(status, &Wrong { error });
    response.head_mut().set_connection_type(actix_web::http::ConnectionType::Close);
    response
}
