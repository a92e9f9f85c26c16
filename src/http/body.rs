//! Request bodies: bounded in bytes and in time.

use actix_web::HttpRequest;
use actix_web::dev::Payload;
use actix_web::http::header::CONTENT_LENGTH;
use actix_web::web::{Bytes, BytesMut};
use futures_core::Stream;
use tokio::time::timeout;

use crate::error::Refusal;
use crate::socket::LastAnswer;

use super::state::state;

/// Reads all of a request's body; one that came in one piece is not copied.
///
/// # Errors
/// `BodyTooBig` when it is, or says that it will be, larger than allowed; `SlowBody` when it takes
/// too long; `BadRequest` when it broke off.
pub(super) async fn read(request: &HttpRequest, payload: &mut Payload) -> Result<Bytes, Refusal> {
    let body = read_bounded(request, payload).await;
    let is_cut_off = matches!(body, Err(Refusal::SlowBody | Refusal::BodyTooBig { .. }));
    if let Some(answer) = request.conn_data::<LastAnswer>().filter(|_| is_cut_off) {
        answer.mark();
    }
    body
}

async fn read_bounded(request: &HttpRequest, payload: &mut Payload) -> Result<Bytes, Refusal> {
    let state = state(request);
    let allowed = state.limits.http_body_bytes;
    let announced =
        request.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > allowed) {
        return Err(Refusal::BodyTooBig { allowed });
    }
    timeout(state.server.body_timeout, collect(payload, allowed)).await.unwrap_or(Err(Refusal::SlowBody))
}

async fn collect(payload: &mut Payload, allowed: usize) -> Result<Bytes, Refusal> {
    let Some(first) = next(payload).await? else {
        return Ok(Bytes::new());
    };
    let Some(second) = next(payload).await? else {
        return if first.len() > allowed { Err(Refusal::BodyTooBig { allowed }) } else { Ok(first) };
    };
    let mut body = BytesMut::from(&first[..]);
    let mut chunk = Some(second);
    while let Some(bytes) = chunk {
        body.extend_from_slice(&bytes);
        if body.len() > allowed {
            return Err(Refusal::BodyTooBig { allowed });
        }
        chunk = next(payload).await?;
    }
    Ok(body.freeze())
}

async fn next(payload: &mut Payload) -> Result<Option<Bytes>, Refusal> {
    let chunk = std::future::poll_fn(|task| std::pin::Pin::new(&mut *payload).poll_next(task)).await;
    chunk.transpose().map_err(|_| Refusal::BadRequest("The request body broke off".to_owned()))
}
