//! What breaks, and how it is put together again.

use crate::hub::far::Origin;

use super::adapter::Fault;
use super::clock::{AtNode, AtRedis, Happening, Lease};
use super::ledger::State;
use super::memory::Link;
use super::schedule::{Action, MS, SECOND, Wire};
use super::world::World;

/// How long a connection that was given up may go on to bring something.
const LATEST: u64 = 8 * SECOND;

impl World {
    pub(super) fn act(&mut self, action: &Action) {
        match *action {
            Action::Join { node, channel, member } => self.join(node, channel, member),
            Action::Leave(nth) => {
                let present = self.present();
                if !present.is_empty() {
                    self.leave(present[nth % present.len()]);
                }
            }
            Action::Publish { node, channel, wish } => {
                if self.nodes[node].is_alive {
                    self.publish(node, channel, wish);
                }
            }
            Action::Retry { node, event } => self.retry(node, event),
            Action::SignIn { node, user } if self.nodes[node].is_alive => self.sign_in(node, user),
            Action::SignOut(nth) => self.sign_out(nth),
            Action::Watch { node } if self.nodes[node].is_alive => self.watch(node),
            Action::Unwatch(nth) => self.unwatch(nth),
            Action::Break { node, wire, ms } => self.cut(node, wire, ms),
            Action::BreakAll { ms } => (0..self.nodes.len()).for_each(|node| self.cut(node, Wire::Both, ms)),
            Action::Empty { breaks } => {
                if breaks {
                    self.restart(1);
                }
                self.redis.empty(&mut self.clock);
            }
            Action::FailOver { ms } => {
                self.restart(ms);
                self.redis.fail_over(&mut self.clock);
            }
            Action::Pause { node, ms, stalls, dies } => self.pause(node, ms, stalls, dies),
            Action::Kill { node, ms } => self.end(node, ms * MS),
            Action::Drain { node } => self.drain(node),
            Action::SignIn { .. } | Action::Watch { .. } => {}
        }
    }

    fn retry(&mut self, place: usize, nth: usize) {
        let with_id: Vec<_> = (0..self.events.len()).filter(|event| self.events[*event].wish.id).collect();
        if !with_id.is_empty() && self.nodes[place].is_alive {
            self.publish_event(place, with_id[nth % with_id.len()]);
        }
    }

    /// Opens a session's connections and asks for the lease; where Redis cannot be reached, again and again.
    pub(super) fn open(&mut self, place: usize) {
        if self.nodes[place].adapter.session.is_some() || self.nodes[place].opening.is_some() {
            return;
        }
        if self.cut_until[place] > self.clock.now {
            let takes = self.clock.dice.within(50 * MS..500 * MS);
            return self.later(place, takes, AtNode::Open);
        }
        let (session, fresh) = (self.number(), Origin(self.number()));
        let node = &mut self.nodes[place];
        node.opening = Some(session);
        self.redis.links.insert(session, Link::new(place, node.life));
        let (former, asked) = (node.adapter.going_on(self.redis.process), self.clock.now);
        let at = asked + self.clock.delay();
        self.clock.at(at, Happening::Redis(session, AtRedis::Take(former, fresh, asked)));
    }

    pub(super) fn opened(&mut self, place: usize, session: u64, lease: Lease) {
        let node = &mut self.nodes[place];
        if node.opening == Some(session) {
            node.opening = None;
            self.clock.note(|| format!("node {place} opens session {session} as {:?}", lease.origin));
            node.adapter.opened(&mut self.clock, session, lease, self.redis.process);
        }
    }

    /// A node notices that a connection broke.
    pub(super) fn broken(&mut self, place: usize) {
        self.nodes[place].adapter.broken(&mut self.clock, Fault::Broken);
    }

    fn cut(&mut self, place: usize, wire: Wire, ms: u64) {
        self.cut_until[place] = self.cut_until[place].max(self.clock.now + ms * MS);
        let node = &mut self.nodes[place];
        if node.opening.take().is_some() {
            self.later(place, 1, AtNode::Open);
            return self.tidy(place);
        }
        let Some(session) = node.adapter.session.as_ref().map(|session| session.number) else { return };
        if wire != Wire::News {
            self.lose_under_way(session);
        }
        if let Some(link) = self.redis.links.get_mut(&session) {
            link.takes_commands &= wire == Wire::News;
            link.tells_news &= wire == Wire::Commands;
        }
        let takes = self.clock.dice.within(1..1_000 * MS);
        self.later(place, takes, AtNode::Broken(session));
    }

    /// Another process of Redis; its data is as it may be.
    fn restart(&mut self, ms: u64) {
        (0..self.nodes.len()).for_each(|node| self.cut(node, Wire::Both, ms));
        self.redis.process += 1;
    }

    /// Of what is under way to Redis it gets a part, whose answers are lost; some of that when the network brings again what
    /// nobody waits for any more.
    fn lose_under_way(&mut self, session: u64) {
        for at in self.clock.take_under_way(session) {
            match at {
                AtRedis::Batch(orders, _) => {
                    let arrived = self.clock.dice.below(orders.len() + 1);
                    let pause = if self.clock.dice.chance(30) { self.clock.dice.within(1..LATEST) } else { 0 };
                    for order in orders.into_iter().take(arrived) {
                        if pause == 0 {
                            self.redis.order(&mut self.clock, session, order);
                        } else {
                            self.clock.at(self.clock.now + pause, Happening::Late(session, order));
                        }
                    }
                }
                AtRedis::Part(_) | AtRedis::Take(..) | AtRedis::Claim | AtRedis::Adopt => {
                    if self.clock.dice.chance(50) {
                        self.redis.hear(&mut self.clock, session, at);
                    }
                }
                AtRedis::Subscribe(_) | AtRedis::Orders | AtRedis::Renew(..) | AtRedis::Reap(_) => {}
            }
        }
    }

    /// Forgets connections that a node has closed.
    pub(super) fn tidy(&mut self, place: usize) {
        let node = &self.nodes[place];
        let (own, life) = (node.adapter.session.as_ref().map(|session| session.number), node.life);
        let kept = |number: u64| node.is_alive && (Some(number) == own || Some(number) == node.opening);
        let of_node = self.redis.links.iter().filter(|(_, link)| (link.node, link.life) == (place, life));
        let closed: Vec<_> = of_node.map(|(number, _)| *number).filter(|number| !kept(*number)).collect();
        for session in closed {
            self.lose_under_way(session);
            self.redis.links.remove(&session);
            // A claim whose answer is lost has been carried out; it begins nothing any more.
            self.clock.take_under_way(session);
        }
    }

    fn pause(&mut self, place: usize, ms: u64, stalls: bool, dies: bool) {
        let node = &mut self.nodes[place];
        if !node.is_alive || node.held.is_some() {
            return;
        }
        node.held = Some(std::collections::VecDeque::new());
        let (at, life) = (self.clock.now + ms * MS, node.life);
        self.clock.at(at, if dies { Happening::Die(place, life) } else { Happening::Resume(place, life) });
        let session = node.adapter.session.as_ref().filter(|_| stalls).map(|session| session.number);
        if let Some(session) = session {
            let at = self.clock.now + self.clock.dice.within(0..ms * MS);
            for under_way in self.clock.take_under_way(session) {
                self.clock.at(at, Happening::Redis(session, under_way));
            }
        }
    }

    /// A node ends, and all who are at it lose their connections. Another one starts in its place.
    pub(super) fn end(&mut self, place: usize, pause: u64) {
        if !self.nodes[place].is_alive {
            return;
        }
        let node = &mut self.nodes[place];
        node.is_alive = false;
        let life = node.life;
        self.clock.note(|| format!("node {place} is gone"));
        let is_at = |at: usize, of: u64| (at, of) == (place, life);
        for client in self.clients.iter_mut().filter(|client| is_at(client.node, client.life)) {
            if matches!(client.state, State::Waiting | State::In) {
                client.until = Some(self.clock.now);
                client.state = State::Gone;
            }
        }
        self.onlookers.iter_mut().filter(|one| is_at(one.node, one.life)).for_each(|one| one.is_here = false);
        self.signed.iter_mut().filter(|one| is_at(one.node, one.life)).for_each(|one| one.is_here = false);
        self.tidy(place);
        self.clock.at(self.clock.now + pause, Happening::Start(place));
    }

    /// All connections go elsewhere within three seconds; then the node ends.
    fn drain(&mut self, place: usize) {
        let life = self.nodes[place].life;
        if !self.nodes[place].is_alive {
            return;
        }
        self.nodes[place].homes.part();
        self.nodes[place].users.part();
        for number in self.present() {
            let client = &self.clients[number];
            if (client.node, client.life) == (place, life) {
                let (channel, member) = (client.channel, client.member.unwrap_or_default());
                let at = self.clock.now + self.clock.dice.within(1..2 * SECOND);
                self.clock.at(at, Happening::Return { channel, member });
                self.clients[number].moves = true;
                self.leave(number);
            }
        }
        self.later(place, 500 * MS, AtNode::Stop);
    }
}
