//! The room that the stores of one kind have on a worker together.

use std::collections::BTreeMap;

use crate::hub::key::ChannelKey;

/// Bounded in bytes; above that the oldest event of all channels makes room.
#[derive(Debug)]
pub(super) struct Room {
    /// Each channel that has events, by the ticket of its oldest.
    oldest: BTreeMap<u64, ChannelKey>,
    bytes: usize,
    limit: usize,
}

/// What one channel's store takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Share {
    /// Ticket of its oldest event.
    pub(super) oldest: Option<u64>,
    pub(super) bytes: usize,
}

impl Room {
    pub(super) const fn new(limit: usize) -> Self {
        Self { oldest: BTreeMap::new(), bytes: 0, limit }
    }

    /// A channel's store changed.
    pub(super) fn change(&mut self, channel: &ChannelKey, was: Share, is: Share) {
        self.bytes = self.bytes + is.bytes - was.bytes;
        if was.oldest == is.oldest {
            return;
        }
        if let Some(ticket) = was.oldest {
            self.oldest.remove(&ticket);
        }
        if let Some(ticket) = is.oldest {
            self.oldest.insert(ticket, channel.clone());
        }
    }

    /// The channel whose oldest event must make room, if one must; it is to be changed next.
    pub(super) fn crowded(&mut self) -> Option<ChannelKey> {
        // Taken out, so that an answer that nobody acts on is not given twice.
        if self.bytes > self.limit { self.oldest.pop_first().map(|(_, channel)| channel) } else { None }
    }

    #[cfg(test)]
    pub(super) fn size(&self) -> (usize, usize) {
        (self.oldest.len(), self.bytes)
    }
}
