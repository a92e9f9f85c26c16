//! What comes unasked in a session.

use bytes::Bytes;

use crate::adapter::control::{Control, Note};
use crate::adapter::fault::Fault;
use crate::adapter::subscription::News;
use crate::adapter::topology::ShardIndex;
use crate::hub::far::Report;

use super::session::{AT_ONCE, Session};

impl Session<'_> {
    /// Hears this and what came with it.
    pub(super) fn hear_all(&mut self, shard: ShardIndex, news: News) -> Result<(), Fault> {
        self.hear(shard, news)?;
        for _ in 1..AT_ONCE {
            let Some((shard, news)) = self.news.try_next() else { break };
            self.hear(shard, news)?;
        }
        Ok(())
    }

    fn hear(&mut self, shard: ShardIndex, news: News) -> Result<(), Fault> {
        match news {
            News::Message(topic, message) => self.message(&topic, message),
            // The last of both.
            News::Subscribed(topic) if topic == self.common_topic => self.hears_all = true,
            News::Subscribed(topic) if topic == self.own_topic => {}
            News::Subscribed(topic) => {
                let told = self.topics.subscribed(&topic).map_err(|_| self.moved(shard))?;
                (self.engine.ears.homes)(Report::Listening(told.0, told.1));
            }
            News::Unsubscribed(topic) => self.topics.unsubscribed(&topic).map_err(|_| self.moved(shard))?,
            News::Gone => return Err(Fault::Broken { server: self.server(shard) }),
        }
        Ok(())
    }

    /// Carries out what another node says to all; this one has done what it says itself.
    pub(super) fn obey(&mut self, message: Bytes) {
        match Control::read(message) {
            Ok((node, _)) if node == self.engine.node => {}
            Ok((_, control)) => (self.engine.ears.all)(control),
            Err(_) => self.unreadable(),
        }
    }

    fn message(&mut self, topic: &[u8], message: Vec<u8>) {
        self.engine.metrics.heard.increment(1);
        if topic == self.common_topic {
            self.obey(message.into());
        } else if topic == self.own_topic {
            match Note::read(message.into()) {
                Ok(note) => (self.engine.ears.one)(note),
                Err(_) => self.unreadable(),
            }
        } else if self.topics.is_wanted(topic) {
            match self.engine.wording.heard(topic, message) {
                Ok(Some(report)) => (self.engine.ears.homes)(report),
                Ok(None) => {}
                Err(_) => self.unreadable(),
            }
        }
    }

    /// A server gave a topic away with its slot.
    fn moved(&self, shard: ShardIndex) -> Fault {
        Fault::Moved { server: self.server(shard), code: "SUNSUBSCRIBE".to_owned() }
    }

    pub(super) fn server(&self, shard: ShardIndex) -> String {
        self.lanes.get(shard).map(|lane| lane.link.server.to_string()).unwrap_or_default()
    }
}
