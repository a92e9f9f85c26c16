//! The handle's ways to connections on whichever worker: letters, and ends.

use std::sync::Arc;

use tokio::sync::oneshot;

use crate::protocol::SocketId;

use super::handle::{Busy, Hub};
use super::inbox::{Command, Hand, Handed, Notice};
use super::key::{ConnectionKey, UserKey};
use super::links::Post;
use super::ports::Letter;
use super::slot::Farewell;
use super::worker::Core;

impl Hub {
    /// Hands a letter to the connection with this socket id, on whichever worker; `false` when
    /// nobody has it.
    ///
    /// The letter is there before the answer: messages that the connection gets after it find the
    /// letter in [`take_letters`](Self::take_letters), which the signal `LETTER` announces.
    ///
    /// # Errors
    /// `Busy` when a worker did not answer in time, or as many letters wait there as may: 64.
    pub async fn hand(&self, to: SocketId, letter: Arc<dyn Letter>) -> Result<bool, Busy> {
        // An id does not tell its worker: this one is asked first, as it answers at once.
        let mut answers = Vec::new();
        let here = self.touch(|core| core.shard.hand(to, letter.clone()));
        if here == Handed::Unknown {
            let (id, workers) = self.home_of(|core| (core.id, core.homing.workers()));
            for worker in workers.filter(|worker| *worker != id) {
                let (answer, answered) = oneshot::channel();
                // Whoever asked may have given up waiting; the letter has arrived nevertheless.
                let answer = |handed| _ = answer.send(handed);
                let hand = Hand { to, letter: letter.clone(), answer: Box::new(answer) };
                if let Some(waiting) = self.submit(worker, Command::Hand(hand)) {
                    waiting.await?;
                }
                answers.push(answered);
            }
        }
        let mut handed = here;
        for answered in answers {
            if handed != Handed::Unknown {
                break;
            }
            handed = self.answer(answered).await?;
        }
        match handed {
            Handed::Taken => Ok(true),
            Handed::Unknown => Ok(false),
            Handed::Full => Err(Busy),
        }
    }

    /// Takes the letters of a connection, in the order of their coming; to be called before it
    /// looks at a message.
    #[must_use]
    pub fn take_letters(&self, connection: ConnectionKey) -> Vec<Arc<dyn Letter>> {
        self.core().borrow_mut().shard.take_letters(connection)
    }

    /// Marks a connection as one that bears a token of `bearer` that was issued then (Unix seconds; `None` is before all
    /// others).
    pub fn bear(&self, connection: ConnectionKey, bearer: UserKey, issued_at: Option<u64>) {
        self.core().borrow_mut().shard.bear(bearer, connection, issued_at.unwrap_or_default());
    }

    /// Ends what `bear` began.
    pub fn unbear(&self, connection: ConnectionKey, bearer: &UserKey) {
        self.core().borrow_mut().shard.unbear(bearer, connection);
    }

    /// Closes all connections of a user, on every worker.
    ///
    /// # Errors
    /// `Busy` while another worker's inbox is full; then nobody was closed.
    pub fn terminate(&self, user: &UserKey, farewell: &Farewell) -> Result<(), Busy> {
        self.touch(|core| {
            tell_others(core, || Notice::Terminate { user: user.clone(), farewell: farewell.clone() })?;
            core.shard.terminate(user, u64::MAX, farewell);
            Ok(())
        })
    }

    /// Closes all connections that bear a token of `bearer`, on every worker.
    ///
    /// # Errors
    /// `Busy` while another worker's inbox is full; then nobody was closed.
    pub fn cut_off(&self, bearer: &UserKey, farewell: &Farewell) -> Result<(), Busy> {
        self.touch(|core| {
            tell_others(core, || Notice::CutOff { bearer: bearer.clone(), farewell: farewell.clone() })?;
            core.shard.cut_off(bearer, u64::MAX, farewell);
            Ok(())
        })
    }
}

/// Posts a notice to all other workers, or to none.
fn tell_others(core: &mut Core, notice: impl Fn() -> Notice) -> Result<(), Busy> {
    if core.links.is_congested() {
        return Err(Busy);
    }
    for worker in core.homing.workers().filter(|worker| *worker != core.id) {
        core.links.post(worker, notice());
    }
    Ok(())
}
