//! Which nodes a channel's subscribers are on.
//!
//! A load balancer by least connections spreads them without regard to channels, so each subscriber is on any node with
//! the same chance. What follows for the mean is exact; how far the busiest node is from it is tried out.

use rand::rngs::Xoshiro256PlusPlus;
use rand::{RngExt as _, SeedableRng as _};

use super::audience::Audience;

/// Subscribers that are placed in one trial, roughly: enough for two digits of every mean.
const PLACED: f64 = 1_000_000.0;

/// Nodes that have a subscriber of a channel with so many of them, in the middle.
pub(super) fn reached(nodes: u32, subscribers: u32) -> f64 {
    f64::from(nodes) * (1.0 - missed(nodes, subscribers))
}

/// Nodes that have exactly one subscriber of such a channel, in the middle.
pub(super) fn reached_once(nodes: u32, subscribers: u32) -> f64 {
    f64::from(subscribers) * missed(nodes, subscribers.saturating_sub(1))
}

/// The chance that none of so many subscribers is on a certain node.
fn missed(nodes: u32, subscribers: u32) -> f64 {
    (1.0 - 1.0 / f64::from(nodes)).powf(f64::from(subscribers))
}

/// Channels whose subscribers were placed, and what an event on each of them comes to at each node.
#[derive(Debug)]
pub(super) struct Placement {
    pub(super) channels: u32,
    pub(super) nodes: Vec<Node>,
}

/// A node in a trial.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Node {
    /// Messages that it hears: one of each channel that it has a subscriber of.
    pub(super) heard: u64,
    /// Subscribers that it delivers to.
    pub(super) delivered: u64,
    /// The last channel that it has a subscriber of.
    channel: u32,
}

impl Placement {
    /// Places the subscribers of channels, at most of so many; the same for the same seed.
    pub(super) fn try_out(nodes: u32, audience: &Audience, channels: f64, seed: u64) -> Self {
        let mut random = Xoshiro256PlusPlus::seed_from_u64(seed ^ u64::from(nodes));
        let mut all: Vec<Node> = (0..nodes).map(|_| Node::default()).collect();
        let most = (PLACED / audience.mean()).ceil().min(channels.ceil()).max(1.0);
        let mut channel = 0;
        while f64::from(channel) < most {
            channel += 1;
            for _ in 0..audience.at(random.random()) {
                let place = random.random_range(0..all.len());
                if let Some(node) = all.get_mut(place) {
                    node.heard += u64::from(node.channel != channel);
                    node.delivered += 1;
                    node.channel = channel;
                }
            }
        }
        Self { channels: channel, nodes: all }
    }

    /// Nodes that were reached in the middle.
    pub(super) fn reached(&self) -> f64 {
        number(self.nodes.iter().map(|node| node.heard).sum()) / f64::from(self.channels)
    }

    /// How much more than the others the busiest node delivers: 1 for as much.
    pub(super) fn busiest(&self) -> f64 {
        let most = self.nodes.iter().map(|node| node.delivered).max().unwrap_or_default();
        let all = self.nodes.iter().map(|node| node.delivered).sum();
        number(most) * self.nodes.iter().map(|_| 1.0).sum::<f64>() / number(all).max(1.0)
    }
}

#[expect(clippy::cast_precision_loss, reason = "some millions")]
fn number(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn small_cases_are_exact() {
        // Two subscribers on two nodes: both on one in two cases of four.
        assert!((reached(2, 2) - 1.5).abs() < 1e-12);
        assert!((reached_once(2, 2) - 1.0).abs() < 1e-12);
        // Three on three: 3 cases of 27 reach one node, 18 two, 6 all.
        assert!((reached(3, 3) - (3.0 + 36.0 + 18.0) / 27.0).abs() < 1e-12);
        assert_eq!((reached(1, 1), reached(1, 1000), reached_once(1, 1)), (1.0, 1.0, 1.0));
        assert_eq!(reached_once(1, 2), 0.0);
    }

    #[test]
    fn a_trial_agrees_with_the_formula_and_repeats() {
        let audience: Audience = "1:50,10:45,400:5".parse().unwrap();
        for nodes in [1, 3, 30, 300] {
            let placement = Placement::try_out(nodes, &audience, 1e9, 1);
            let expected = audience.over(|subscribers| reached(nodes, subscribers));
            assert!((placement.reached() / expected - 1.0).abs() < 0.02, "{nodes}: {placement:?}, {expected}");
            assert_eq!(placement.nodes, Placement::try_out(nodes, &audience, 1e9, 1).nodes);
        }
    }

    proptest! {
        #[test]
        fn no_node_hears_what_it_does_not_deliver(nodes in 1_u32..40, size in 1_u32..200, seed: u64) {
            let audience: Audience = size.to_string().parse().unwrap();
            let placement = Placement::try_out(nodes, &audience, 50.0, seed);
            prop_assert_eq!(placement.channels, 50);
            let delivered: u64 = placement.nodes.iter().map(|node| node.delivered).sum();
            prop_assert_eq!(delivered, 50 * u64::from(size));
            for node in &placement.nodes {
                prop_assert!(node.heard <= node.delivered && node.heard <= 50);
                prop_assert_eq!(node.heard == 0, node.delivered == 0);
            }
            prop_assert!(placement.busiest() >= 1.0);
            let formula = reached(nodes, size);
            prop_assert!(formula <= f64::from(nodes.min(size)) + 1e-9 && formula >= 1.0 - 1e-9);
        }
    }
}
