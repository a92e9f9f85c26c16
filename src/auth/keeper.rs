//! The one thread that does network work: it gets key sets and looks tokens up.

use std::fmt;
use std::io;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderValue};
use reqwest::redirect::Policy;
use tokio::runtime;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout, timeout_at};

/// Requests of one kind that wait for their turn; more are refused at once.
const WAITING: usize = 1024;

/// Requests of one kind under way at once.
const UNDER_WAY: usize = 32;

/// Bytes of an answer.
const ANSWER: usize = 1024 * 1024;

/// The way to the thread; cheap to clone.
///
/// Its queues are bounded: when one is full, a request fails at once. Key sets have a queue of their
/// own, so that an issuer who is slow about tokens does not keep keys from rotating.
#[derive(Debug, Clone)]
pub struct Keeper {
    keys: mpsc::Sender<Request>,
    tokens: mpsc::Sender<Request>,
}

/// The thread; ends when dropped, and what it does with it.
#[derive(Debug)]
pub struct KeeperThread {
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// `GET` of an address, and what to do with the answer.
struct Request {
    url: String,
    /// Goes into `Authorization`, marked as secret.
    bearer: Option<HeaderValue>,
    /// An answer is of no use any more from here on.
    deadline: Instant,
    then: Box<dyn FnOnce(Fetched) + Send>,
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request").field("url", &self.url).finish_non_exhaustive()
    }
}

/// What became of a request.
pub(super) type Fetched = Result<Answer, Unreachable>;

/// What came back.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
}

/// Nothing came back, or too much.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unreachable {
    #[error("too many requests are waiting already")]
    Busy,
    #[error("the thread for it has ended")]
    Gone,
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
        let (keys, waiting_keys) = mpsc::channel(WAITING);
        let (tokens, waiting_tokens) = mpsc::channel(WAITING);
        let (stop, stopped) = oneshot::channel();
        let thread = thread::Builder::new().name("keeper".to_owned()).spawn(move || {
            runtime.block_on(serve(waiting_keys, waiting_tokens, stopped));
            // The system may still be resolving a name, and takes its time.
            runtime.shutdown_background();
        })?;
        Ok((Self { keys, tokens }, KeeperThread { stop: Some(stop), thread: Some(thread) }))
    }

    /// Gets a key set; `then` has the answer within `patience`, on this thread or the keeper's.
    ///
    /// Only a keeper that ends meanwhile does not call it any more.
    pub(super) fn get_keys(&self, url: &str, patience: Duration, then: impl FnOnce(Fetched) + Send + 'static) {
        let deadline = Instant::now() + patience;
        submit(&self.keys, Request { url: url.to_owned(), bearer: None, deadline, then: Box::new(then) });
    }

    /// Asks about a token; ends within `patience`. Whoever stops waiting does not stop the request.
    pub(super) async fn get_token(&self, url: &str, token: &str, patience: Duration) -> Fetched {
        // Whoever checks tokens lets only those through that a header can hold.
        let mut bearer = HeaderValue::from_str(&format!("Bearer {token}")).map_err(|_| Unreachable::Connection)?;
        bearer.set_sensitive(true);
        let (answer, answered) = oneshot::channel();
        let then = Box::new(move |fetched| drop(answer.send(fetched)));
        let deadline = Instant::now() + patience;
        submit(&self.tokens, Request { url: url.to_owned(), bearer: Some(bearer), deadline, then });
        // The thread keeps the time too; this is for one that hangs.
        timeout(patience, answered).await.map_err(|_| Unreachable::Slow)?.map_err(|_| Unreachable::Gone)?
    }
}

/// Puts a request into a queue, or says at once that it cannot be done.
fn submit(queue: &mpsc::Sender<Request>, request: Request) {
    match queue.try_send(request) {
        Ok(()) => {}
        Err(TrySendError::Full(request)) => (request.then)(Err(Unreachable::Busy)),
        Err(TrySendError::Closed(request)) => (request.then)(Err(Unreachable::Gone)),
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
async fn serve(keys: mpsc::Receiver<Request>, tokens: mpsc::Receiver<Request>, stopped: oneshot::Receiver<()>) {
    let client = match reqwest::Client::builder().redirect(Policy::none()).no_proxy().build() {
        Ok(client) => client,
        Err(error) => {
            tracing::error!(%error, "the client for key sets and look-ups could not be made");
            return;
        }
    };
    let served = async { tokio::join!(serve_queue(&client, keys), serve_queue(&client, tokens)) };
    // Both are over for good, whichever comes first.
    tokio::select! {
        biased;
        _ = stopped => {}
        _ = served => {}
    }
}

/// Does the requests of one queue, so many at a time, until nobody can ask any more.
async fn serve_queue(client: &reqwest::Client, mut waiting: mpsc::Receiver<Request>) {
    let mut tasks = JoinSet::new();
    loop {
        // What is not taken stays in the queue, whose bound would be none otherwise.
        tokio::select! {
            Some(_) = tasks.join_next() => {}
            request = waiting.recv(), if tasks.len() < UNDER_WAY => {
                let Some(request) = request else { return };
                tasks.spawn(perform(client.clone(), request));
            }
        }
    }
}

async fn perform(client: reqwest::Client, request: Request) {
    let Request { url, bearer, deadline, then } = request;
    let fetched = timeout_at(deadline, get(&client, &url, bearer)).await;
    then(fetched.unwrap_or(Err(Unreachable::Slow)));
}

async fn get(client: &reqwest::Client, url: &str, bearer: Option<HeaderValue>) -> Fetched {
    let mut request = client.get(url).header(ACCEPT, "application/json");
    if let Some(bearer) = bearer {
        request = request.header(AUTHORIZATION, bearer);
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
