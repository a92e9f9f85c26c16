//! Request bodies: bounded in bytes and in time.

use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::web::{Bytes, BytesMut};
use futures_core::Stream;
use tokio::time::timeout;

use crate::error::Refusal;

/// Reads all of `payload`; a body that came in one piece is not copied.
///
/// # Errors
/// `BodyTooBig` above `allowed` bytes, `SlowBody` after `patience`, `BadRequest` when it broke off.
pub(super) async fn read(payload: &mut Payload, allowed: usize, patience: Duration) -> Result<Bytes, Refusal> {
    timeout(patience, collect(payload, allowed)).await.unwrap_or(Err(Refusal::SlowBody))
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
