//! What holds, on any node: read from the database when somebody asks.

use std::sync::Arc;
use std::time::Duration;

use sqlx::AnyConnection;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{sleep, timeout};

use crate::measurement::State;
use crate::store::fault::Fault;
use crate::store::unreadable::Unreadable;

use super::folding;
use super::start::Shared;

/// Questions that wait; with more, whoever asks is refused.
const WAITING: usize = 1024;

/// Time for the database to answer.
const PATIENCE: Duration = Duration::from_secs(4);

/// Time between two looks when nobody asks: so that it is known whether the database is there.
const IDLE: Duration = Duration::from_secs(1);

/// Time between two attempts to connect.
const PAUSE: Duration = Duration::from_millis(250);

type Answer = oneshot::Sender<Result<Arc<State>, Unreadable>>;

/// The way to ask; cheap to clone.
#[derive(Debug, Clone)]
pub struct Replica(mpsc::Sender<Answer>);

/// Whoever answers.
pub(super) struct Follower {
    pub(super) shared: Shared,
    pub(super) questions: mpsc::Receiver<Answer>,
}

impl Replica {
    pub(super) fn new() -> (Self, mpsc::Receiver<Answer>) {
        let (asking, questions) = mpsc::channel(WAITING);
        (Self(asking), questions)
    }

    /// What holds: all that was kept before this was asked, and perhaps more.
    ///
    /// # Errors
    /// When the database is away, or too many ask.
    pub async fn state(&self) -> Result<Arc<State>, Unreadable> {
        let (answer, answered) = oneshot::channel();
        self.0.try_send(answer).map_err(|_| Unreadable::Busy)?;
        answered.await.unwrap_or(Err(Unreadable::Busy))
    }
}

impl Follower {
    /// Answers until nobody can ask any more.
    pub(super) async fn run(mut self) {
        let mut state = Arc::new(State::default());
        loop {
            let Err(fault) = self.follow(&mut state).await else { return };
            self.shared.lose(&fault);
            let reason = fault.reason();
            let pause = sleep(PAUSE);
            tokio::pin!(pause);
            loop {
                tokio::select! {
                    () = &mut pause => break,
                    answer = self.questions.recv() => match answer {
                        None => return,
                        // Whoever asked may have given up.
                        Some(answer) => drop(answer.send(Err(Unreadable::Away { reason: reason.clone() }))),
                    },
                }
            }
        }
    }

    async fn follow(&mut self, state: &mut Arc<State>) -> Result<(), Fault> {
        let mut connection = self.shared.database.connect().await?;
        let mut answers: Vec<Answer> = Vec::new();
        loop {
            // Asked before this look: what it finds is new enough for all of them.
            let found = look(&mut connection, state).await;
            for answer in answers.drain(..) {
                // Whoever asked may have given up.
                drop(answer.send(found.clone().map_err(|fault| Unreadable::Away { reason: fault.reason() })));
            }
            found?;
            self.shared.tell(state.applied);
            if timeout(IDLE, self.questions.recv_many(&mut answers, WAITING)).await == Ok(0) {
                return Ok(());
            }
        }
    }
}

async fn look(connection: &mut AnyConnection, state: &mut Arc<State>) -> Result<Arc<State>, Fault> {
    let looked = timeout(PATIENCE, folding::catch_up(connection, state)).await;
    looked.unwrap_or_else(|_| Err(Fault::away("it does not answer in time")))?;
    Ok(Arc::clone(state))
}
