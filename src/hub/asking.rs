//! The handle's questions, for the HTTP API.
//!
//! On a node among others the shared truth answers, for the whole cluster; no other node is asked.

use tokio::sync::oneshot;
use tokio::time::timeout;

use crate::protocol::UserId;

use super::far::{Answer, Question, Request};
use super::handle::{Busy, Hub};
use super::inbox::Command;
use super::keep::{Kept, Page};
use super::key::{AppIndex, ChannelKey, WorkerId};
use super::query::{ChannelState, ChannelSummary, Query};

impl Hub {
    /// The occupied channels of an app whose name starts with `prefix`, sorted by name.
    ///
    /// # Errors
    /// `Busy` when a worker, or what the nodes share, did not answer in time.
    pub async fn channels(&self, app: AppIndex, prefix: &str) -> Result<Vec<ChannelSummary>, Busy> {
        if let Some(all) = self.ask_all(|answer| Question::Channels(app, prefix.to_owned(), answer)).await {
            return all;
        }
        let mut answers = Vec::new();
        for home in self.home_of(|core| core.homing.workers()) {
            let (answer, answered) = oneshot::channel();
            self.ask(home, Query::Channels { app, prefix: prefix.to_owned(), answer }).await?;
            answers.push(answered);
        }
        let mut channels = Vec::new();
        for answered in answers {
            channels.extend(self.answer(answered).await?);
        }
        channels.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(channels)
    }

    /// Connections of an app in the cluster, where this node has `here`; those of the others as they last said, a third of a
    /// lease ago at most.
    ///
    /// # Errors
    /// `Busy` when what the nodes share did not answer in time.
    pub async fn connections_of(&self, app: AppIndex, here: usize) -> Result<usize, Busy> {
        match self.ask_all(|answer| Question::Connections(app, answer)).await {
            Some(others) => Ok(here + others?),
            None => Ok(here),
        }
    }

    /// One channel's state.
    ///
    /// # Errors
    /// `Busy` when its home, or what the nodes share, did not answer in time.
    pub async fn channel(&self, channel: ChannelKey) -> Result<ChannelState, Busy> {
        if let Some(all) = self.ask_all(|answer| Question::Channel(channel.clone(), answer)).await {
            return all;
        }
        let home = self.home_of(|core| core.homing.of(&channel));
        let (answer, answered) = oneshot::channel();
        self.ask(home, Query::Channel { channel, answer }).await?;
        self.answer(answered).await
    }

    /// The members of a presence channel.
    ///
    /// # Errors
    /// `Busy` when its home, or what the nodes share, did not answer in time.
    pub async fn members(&self, channel: ChannelKey) -> Result<Vec<UserId>, Busy> {
        if let Some(all) = self.ask_all(|answer| Question::Members(channel.clone(), answer)).await {
            return all;
        }
        let home = self.home_of(|core| core.homing.of(&channel));
        let (answer, answered) = oneshot::channel();
        self.ask(home, Query::Members { channel, answer }).await?;
        self.answer(answered).await
    }

    /// The retained events of a channel, oldest first.
    ///
    /// # Errors
    /// `Busy` when its home, or what the nodes share, did not answer in time.
    pub async fn retained(&self, channel: ChannelKey) -> Result<Vec<Kept>, Busy> {
        if let Some(all) = self.ask_all(|answer| Question::Retained(channel.clone(), answer)).await {
            return all;
        }
        let home = self.home_of(|core| core.homing.of(&channel));
        let (answer, answered) = oneshot::channel();
        self.ask(home, Query::Retained { channel, answer }).await?;
        self.answer(answered).await
    }

    /// At most `limit` events of a channel's history, oldest first: from its beginning, or the first
    /// whose serial is above `after`.
    ///
    /// # Errors
    /// `Busy` when its home, or what the nodes share, did not answer in time.
    pub async fn history(&self, channel: ChannelKey, after: Option<u64>, limit: usize) -> Result<Page, Busy> {
        if let Some(all) = self.ask_all(|answer| Question::Past(channel.clone(), after, limit, answer)).await {
            return all;
        }
        let home = self.home_of(|core| core.homing.of(&channel));
        let (answer, answered) = oneshot::channel();
        self.ask(home, Query::History { channel, after, limit, answer }).await?;
        self.answer(answered).await
    }

    /// Asks for the whole cluster; `None` when there is just this node.
    async fn ask_all<T>(
        &self,
        question: impl FnOnce(oneshot::Sender<Answer<T>>) -> Question,
    ) -> Option<Result<T, Busy>> {
        let adapter = self.home_of(|core| core.adapter.clone())?;
        let (answer, answered) = oneshot::channel();
        adapter.ask(Request::Ask(question(answer)));
        Some(self.answer(answered).await.and_then(|answer| answer.map_err(|_| Busy)))
    }

    async fn ask(&self, home: WorkerId, query: Query) -> Result<(), Busy> {
        match self.submit(home, Command::Query(query)) {
            Some(waiting) => waiting.await,
            None => Ok(()),
        }
    }

    pub(super) async fn answer<T>(&self, answered: oneshot::Receiver<T>) -> Result<T, Busy> {
        timeout(self.busy_wait(), answered).await.map_err(|_| Busy)?.map_err(|_| Busy)
    }
}
