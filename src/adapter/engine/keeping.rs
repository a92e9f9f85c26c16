//! What a session does again and again: its lease, a look at the servers, clearing away after nodes that are gone.

use tokio::time::Instant;

use crate::adapter::fault::Fault;
use crate::adapter::script::Scripts;

use super::session::Session;
use super::work::{self, Done};

impl Session<'_> {
    pub(super) fn beat(&mut self) {
        self.renew();
        if !self.is_checking {
            self.is_checking = true;
            let links = self.lanes.iter().flat_map(|lane| [lane.link.clone(), lane.subscriber.clone()]).collect();
            self.work.spawn(work::check(std::sync::Arc::clone(&self.engine.opener), links, self.topology.clone()));
        }
        let now = Instant::now();
        if !self.is_reaping && self.held.is_fresh(now) {
            self.is_reaping = true;
            let adopts = self.adopts.take_if(|due| *due <= now).is_some();
            let links = self.lanes.iter().map(|lane| lane.link.clone()).collect();
            self.work.spawn(work::reap(self.engine.opener.registry.clone(), links, self.topology.clone(), adopts));
        }
    }

    pub(super) fn renew(&mut self) {
        let Some(lane) = self.lanes.get(self.topology.common) else { return };
        if !std::mem::replace(&mut self.is_renewing, true) {
            let registry = self.engine.opener.registry.clone();
            let counts = (self.engine.ears.counts)();
            self.work.spawn(work::renew(registry, lane.link.clone(), self.held.origin(), counts));
        }
    }

    /// Asks what was said to all nodes while this one could not hear it.
    pub(super) fn ask_orders(&mut self) {
        let Some(lane) = self.lanes.get(self.topology.common) else { return };
        let command = Scripts::orders(&self.engine.wording.keys, self.engine.obeyed);
        self.work.spawn(work::orders(lane.link.clone(), command));
    }

    pub(super) fn done(&mut self, done: Done) -> Result<(), Fault> {
        match done {
            Done::Batch(shard, answers) => self.landed(shard, answers?),
            Done::Subscribed(shard, taken) => {
                if let Some(lane) = self.lanes.get_mut(shard) {
                    lane.is_subscribing = false;
                }
                taken
            }
            Done::Rested => Ok(()),
            Done::Renewed(asked, renewed) => {
                self.is_renewing = false;
                let renewed = renewed?;
                self.held.renewed(&renewed, asked);
                self.count_nodes(renewed.nodes);
                Ok(())
            }
            Done::Orders(orders) => {
                for (at, order) in orders? {
                    self.engine.obeyed = Some(at);
                    self.obey(order);
                }
                self.has_obeyed = true;
                Ok(())
            }
            Done::Checked(found) => {
                self.is_checking = false;
                found
            }
            Done::Reaped(reaped) => {
                self.is_reaping = false;
                self.engine.metrics.reaped.increment(reaped?);
                Ok(())
            }
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "a gauge is a float")]
    pub(super) fn count_nodes(&mut self, nodes: u64) {
        self.engine.metrics.nodes.set(nodes as f64);
        if self.is_back && nodes != self.nodes {
            self.engine.state.send_replace(super::State::Present { nodes });
        }
        self.nodes = nodes;
    }
}
