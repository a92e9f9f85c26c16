//! Questions to homes, for the HTTP API.

use std::time::Duration;

use bytes::Bytes;
use tokio::sync::oneshot;

use crate::protocol::{ChannelName, UserId};

use super::keep::{Kept, Page};
use super::key::{AppIndex, ChannelKey};

/// A question and where its answer goes; an answer that nobody awaits any more is dropped.
#[derive(Debug)]
pub(super) enum Query {
    Channels { app: AppIndex, prefix: String, answer: oneshot::Sender<Vec<ChannelSummary>> },
    Channel { channel: ChannelKey, answer: oneshot::Sender<ChannelState> },
    Members { channel: ChannelKey, answer: oneshot::Sender<Vec<UserId>> },
    Retained { channel: ChannelKey, answer: oneshot::Sender<Vec<Kept>> },
    History { channel: ChannelKey, after: Option<u64>, limit: usize, answer: oneshot::Sender<Page> },
}

/// An occupied channel in a list.
#[derive(Debug, Clone)]
pub struct ChannelSummary {
    /// Its name.
    pub name: ChannelName,
    /// Connections subscribed to it.
    pub subscriptions: usize,
    /// Distinct members, on presence channels.
    pub members: Option<usize>,
}

/// One channel, occupied or not.
#[derive(Debug, Clone, Default)]
pub struct ChannelState {
    /// Connections subscribed to it.
    pub subscriptions: usize,
    /// Distinct members; 0 unless it is a presence channel.
    pub members: usize,
    /// The cached event's `data` as JSON text, and the time it has left.
    pub cached: Option<(Bytes, Duration)>,
}
