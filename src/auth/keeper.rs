//! The one thread that does network work: it gets key sets and looks tokens up.

use std::io;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use reqwest::header::{ACCEPT, HeaderValue};
use reqwest::redirect::Policy;
use tokio::runtime;
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::task::JoinSet;
use tokio::time::timeout;

/// Requests that wait for their turn; more are refused at once.
const WAITING: usize = 1024;

/// Requests under way at once.
const UNDER_WAY: usize = 32;

/// Bytes of an answer.
const ANSWER: usize = 1024 * 1024;

/// The way to the thread; cheap to clone.
///
/// Its queue is bounded: when it is full, a request fails at once.
#[derive(Debug, Clone)]
pub struct Keeper(mpsc::Sender<Request>);

/// The thread; ends when dropped, and what it does with it.
#[derive(Debug)]
pub struct KeeperThread {
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// `GET` of an address.
#[derive(Debug)]
struct Request {
    url: String,
    /// Goes into `Authorization`, marked as secret.
    bearer: Option<HeaderValue>,
    patience: Duration,
    answer: oneshot::Sender<Result<Answer, Unreachable>>,
}

/// What came back.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
}

/// Nothing came back, or too much.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unreachable {
    #[error("too many requests are waiting already")]
    Busy,
    #[error("no connection")]
    Connection,
    #[error("no answer in time")]
    Slow,
    #[error("the answer is larger than 1 MiB")]
    TooLarge,
}

impl Keeper {
    /// Starts the thread.
    ///
    /// # Errors
    /// When no thread or runtime can be had.
    pub fn start() -> io::Result<(Self, KeeperThread)> {
        let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
        let (requests, waiting) = mpsc::channel(WAITING);
        let (stop, stopped) = oneshot::channel();
        let thread = thread::Builder::new()
            .name("keeper".to_owned())
            .spawn(move || runtime.block_on(serve(waiting, stopped)))?;
        Ok((Self(requests), KeeperThread { stop: Some(stop), thread: Some(thread) }))
    }

    /// Gets `url`, with a bearer token if there is one; ends within `patience`.
    pub(super) async fn get(&self, url: &str, bearer: Option<&str>, patience: Duration) -> Result<Answer, Unreachable> {
        let bearer = bearer.map(|token| {
            let mut value = HeaderValue::from_str(&format!("Bearer {token}")).map_err(|_| Unreachable::Connection)?;
            value.set_sensitive(true);
            Ok(value)
        });
        let (answer, answered) = oneshot::channel();
        let request = Request { url: url.to_owned(), bearer: bearer.transpose()?, patience, answer };
        self.0.try_send(request).map_err(|_| Unreachable::Busy)?;
        // The thread keeps the time too; this is for one that hangs.
        timeout(patience, answered).await.map_err(|_| Unreachable::Slow)?.map_err(|_| Unreachable::Connection)?
    }
}

impl Drop for KeeperThread {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the keeper thread had ended by a fault of ours");
        }
    }
}

/// Does requests until told to stop; those under way end with it.
async fn serve(mut waiting: mpsc::Receiver<Request>, mut stopped: oneshot::Receiver<()>) {
    let client = reqwest::Client::builder().redirect(Policy::none()).no_proxy().build();
    let client = match client {
        Ok(client) => client,
        Err(error) => {
            tracing::error!(%error, "the client for key sets and look-ups could not be made");
            return;
        }
    };
    let permits = Arc::new(Semaphore::new(UNDER_WAY));
    let mut tasks = JoinSet::new();
    loop {
        // A request that was received is served in the same branch; the others hold nothing.
        tokio::select! {
            biased;
            _ = &mut stopped => return,
            Some(_) = tasks.join_next() => {}
            request = waiting.recv() => {
                let Some(request) = request else { return };
                let permits = permits.clone();
                let client = client.clone();
                tasks.spawn(async move {
                    let Request { url, bearer, patience, answer } = request;
                    let done = timeout(patience, async {
                        let _permit = permits.acquire().await.map_err(|_| Unreachable::Busy)?;
                        get(&client, &url, bearer).await
                    });
                    // Whoever asked may have given up.
                    let _nobody_waits = answer.send(done.await.unwrap_or(Err(Unreachable::Slow)));
                });
            }
        }
    }
}

async fn get(client: &reqwest::Client, url: &str, bearer: Option<HeaderValue>) -> Result<Answer, Unreachable> {
    let mut request = client.get(url).header(ACCEPT, "application/json");
    if let Some(bearer) = bearer {
        request = request.header(reqwest::header::AUTHORIZATION, bearer);
    }
    let mut response = request.send().await.map_err(|_| Unreachable::Connection)?;
    let status = response.status().as_u16();
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|_| Unreachable::Connection)? {
        if body.len() + chunk.len() > ANSWER {
            return Err(Unreachable::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Answer { status, body })
}
