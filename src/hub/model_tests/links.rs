//! The queues between workers, full and emptied at any moment, as other threads do.

use proptest::prelude::*;

use crate::hub::inbox::{Audience, Notice};
use crate::hub::key::WorkerId;
use crate::hub::links::{Mailboxes, Post, mailboxes};

use super::sample::{channel, event};

#[derive(Debug, Clone)]
enum Step {
    Post(usize),
    Receive(usize),
    Retry,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..3_usize).prop_map(Step::Post),
        3 => (0..3_usize).prop_map(Step::Receive),
        1 => Just(Step::Retry),
    ]
}

fn receive(mailboxes: &mut Mailboxes) -> Option<Vec<u8>> {
    match mailboxes.notices.try_recv().ok()? {
        Notice::Deliver { frame, .. } => Some(frame.as_bytes().to_vec()),
        other => panic!("{other:?}"),
    }
}

proptest! {
    /// Nothing is lost or overtaken on its way to a worker, whatever has to wait.
    #[test]
    fn notices_arrive_in_order(capacity in 1..4_usize, steps in prop::collection::vec(step(), 1..60)) {
        let mut workers = mailboxes(3, capacity);
        let channel = channel("a");
        let (mut sent, mut received) = ([const { Vec::new() }; 3], [const { Vec::new() }; 3]);
        for (number, step) in steps.into_iter().enumerate() {
            match step {
                Step::Post(to) => {
                    let frame = event(&channel, number);
                    sent[to].push(frame.as_bytes().to_vec());
                    let notice = Notice::Deliver { channel: channel.clone(), frame, audience: Audience::All };
                    workers[0].links.post(WorkerId(to), notice);
                }
                Step::Receive(at) => received[at].extend(receive(&mut workers[at])),
                Step::Retry => workers[0].links.retry(),
            }
        }
        while workers[0].links.is_congested() || received != sent {
            let before = (received.clone(), workers[0].links.is_congested());
            workers[0].links.retry();
            (0..3).for_each(|at| received[at].extend(receive(&mut workers[at])));
            prop_assert_ne!(&before, &(received.clone(), workers[0].links.is_congested()), "{:?} {:?}", sent, received);
        }
    }
}
