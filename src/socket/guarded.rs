//! A socket in HTTP's hands, with an end to every wait.
//!
//! The HTTP service bounds the time for the first request head and for idle connections, but lets a
//! later head take for ever once its first byte is there. So the socket itself keeps time: a head
//! must be complete in time after its first byte, and after an answer something must come in time.

use std::cell::Cell;
use std::future::Future;
use std::io::{self, ErrorKind, IoSlice};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use memchr::memmem;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep_until};

/// The end of a request head.
const END: &[u8] = b"\r\n\r\n";

/// A TCP socket that gives up on a peer which stops in the middle of a request head.
#[derive(Debug)]
pub struct Guarded {
    stream: TcpStream,
    patience: Patience,
    phase: Phase,
    last_answer: LastAnswer,
    requests: Requests,
    /// The last bytes of an unfinished head, where its end may begin.
    tail: Vec<u8>,
    /// Goes off at `phase`'s deadline or earlier; then it is set again.
    alarm: Option<Pin<Box<Sleep>>>,
}

/// Lets a handler say that its answer is the last one on this connection.
///
/// The HTTP service would read on for the rest of a chunked body, however long that takes.
#[derive(Debug, Clone, Default)]
pub struct LastAnswer(Rc<Cell<bool>>);

impl LastAnswer {
    /// From the next answer on, the peer has little time to go by itself.
    pub fn mark(&self) {
        self.0.set(true);
    }
}

/// How long a peer may take.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// For a request head, from its first byte.
    pub head: Duration,
    /// For the next request's first byte, after an answer.
    pub idle: Duration,
    /// For going, after the last answer.
    pub last: Duration,
}

/// Counts requests that are being answered; a clone of it belongs to the same count.
#[derive(Debug, Clone, Default)]
pub struct Requests(Rc<Cell<usize>>);

impl Requests {
    /// Requests that have no answer yet.
    #[must_use]
    pub fn unanswered(&self) -> usize {
        self.0.get()
    }

    fn begin(&self) -> Unanswered {
        self.0.update(|count| count + 1);
        Unanswered(self.clone())
    }
}

/// One request without an answer.
#[derive(Debug)]
struct Unanswered(Requests);

impl Drop for Unanswered {
    fn drop(&mut self) {
        self.0.0.update(|count| count - 1);
    }
}

#[derive(Debug)]
enum Phase {
    /// Nothing is owed to us but the next request.
    Idle(Instant),
    /// A head has begun.
    Head(Instant),
    /// A head is there; the handler bounds what follows.
    Request(#[expect(dead_code, reason = "counts while it lives")] Unanswered),
    /// Nothing is owed to us at all.
    Last(Instant),
}

impl Guarded {
    /// Guards a socket that has just been accepted.
    #[must_use]
    pub fn new(stream: TcpStream, patience: Patience, requests: Requests) -> Self {
        // Failing to switch Nagle off costs latency, not correctness.
        drop(stream.set_nodelay(true));
        let phase = Phase::Head(Instant::now() + patience.head);
        Self { stream, patience, phase, last_answer: LastAnswer::default(), requests, tail: Vec::new(), alarm: None }
    }

    /// What a handler on this connection may say of its answer.
    #[must_use]
    pub fn last_answer(&self) -> LastAnswer {
        self.last_answer.clone()
    }

    /// The socket, for somebody who keeps time himself.
    #[must_use]
    pub fn into_inner(self) -> TcpStream {
        self.stream
    }

    /// Takes note of bytes that came.
    fn came(&mut self, bytes: &[u8]) {
        if let Phase::Idle(_) = self.phase {
            self.phase = Phase::Head(Instant::now() + self.patience.head);
            self.tail.clear();
        }
        if !matches!(self.phase, Phase::Head(_)) || bytes.is_empty() {
            return;
        }
        let is_complete = if self.tail.is_empty() {
            memmem::find(bytes, END).is_some()
        } else {
            self.tail.extend_from_slice(bytes);
            memmem::find(&self.tail, END).is_some()
        };
        if is_complete {
            self.phase = Phase::Request(self.requests.begin());
            self.tail = Vec::new();
            return;
        }
        let seen = if self.tail.is_empty() { bytes } else { &self.tail };
        let keep = seen.len().saturating_sub(END.len() - 1);
        self.tail = seen.get(keep..).unwrap_or_default().to_vec();
    }

    /// Takes note of bytes that went: an answer, or a part of one.
    fn went(&mut self, context: &mut Context<'_>) {
        let now = Instant::now();
        self.phase = if self.last_answer.0.get() {
            Phase::Last(now + self.patience.last)
        } else {
            Phase::Idle(now + self.patience.idle)
        };
        // The HTTP service may not read again before something happens: the alarm is what happens,
        // and a deadline that is over already shows up in the next read.
        if self.poll_deadline(context).is_ready() {
            context.waker().wake_by_ref();
        }
    }

    /// Waits for the deadline of the present phase, if it has one.
    fn poll_deadline(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let (Phase::Idle(deadline) | Phase::Head(deadline) | Phase::Last(deadline)) = self.phase else {
            return Poll::Pending;
        };
        loop {
            // An alarm is not set anew with each request: it goes off early and is put off then.
            let alarm = self.alarm.get_or_insert_with(|| Box::pin(sleep_until(deadline)));
            if alarm.deadline() > deadline {
                alarm.as_mut().reset(deadline);
            }
            if alarm.as_mut().poll(context).is_pending() {
                return Poll::Pending;
            }
            if Instant::now() >= deadline {
                return Poll::Ready(());
            }
            alarm.as_mut().reset(deadline);
        }
    }
}

impl AsyncRead for Guarded {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = into.filled().len();
        match Pin::new(&mut self.stream).poll_read(context, into) {
            Poll::Ready(Ok(())) => {
                self.came(into.filled().get(before..).unwrap_or_default());
                Poll::Ready(Ok(()))
            }
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Pending if self.poll_deadline(context).is_ready() => Poll::Ready(Err(ErrorKind::TimedOut.into())),
            Poll::Pending => Poll::Pending,
        }
    }
}

impl AsyncWrite for Guarded {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        if written.is_ready() {
            self.went(context);
        }
        written
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        if written.is_ready() {
            self.went(context);
        }
        written
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
