//! Letters to connections on any worker, and the end of those who bear somebody's token.

use std::any::Any;
use std::sync::{Arc, Weak};
use std::time::Duration;

use crate::hub::handle::Busy;
use crate::hub::ports::Letter;
use crate::hub::slot::{LETTERS, Signals};
use crate::protocol::SocketId;

use super::sample::{farewell, user};
use super::world::{Peer, Size, World, ask, with_clock};

#[derive(Debug)]
struct Note(usize);

impl Letter for Note {
    fn encode(&self) -> Vec<u8> {
        self.0.to_be_bytes().to_vec()
    }
}

fn world() -> World {
    World::new(Size { workers: 3, capacity: 1, busy_wait: Duration::from_secs(1) })
}

async fn hand(world: &mut World, from: usize, to: SocketId, number: usize) -> (Result<bool, Busy>, Weak<Note>) {
    let letter = Arc::new(Note(number));
    let kept = Arc::downgrade(&letter);
    let hub = world.hubs[from].clone();
    (ask(world, async move { hub.hand(to, letter).await }).await, kept)
}

fn take(peer: &Peer) -> Vec<usize> {
    let letters = peer.hub.take_letters(peer.key);
    letters.iter().map(|letter| (&**letter as &dyn Any).downcast_ref::<Note>().unwrap().0).collect()
}

#[test]
fn a_letter_is_there_before_the_answer_on_whichever_worker() {
    with_clock(async {
        let mut world = world();
        let peers: Vec<Peer> = (0..3).map(|at| Peer::connect(&world.hubs[at], at)).collect();
        for from in 0..3 {
            for (at, peer) in peers.iter().enumerate() {
                let number = from * 3 + at;
                assert_eq!(hand(&mut world, from, peer.socket_id, number).await.0, Ok(true));
                assert!(peer.signals().has(Signals::LETTER));
                assert_eq!(take(peer), [number]);
                assert!(take(peer).is_empty());
            }
            assert_eq!(hand(&mut world, from, SocketId::new(99, 9, 9), 0).await.0, Ok(false));
        }
    });
}

#[test]
fn letters_that_nobody_takes_are_bounded_and_vanish_with_the_connection() {
    with_clock(async {
        let mut world = world();
        let peer = Peer::connect(&world.hubs[1], 0);
        let mut kept = Vec::new();
        for number in 0..LETTERS {
            let (answer, letter) = hand(&mut world, number % 3, peer.socket_id, number).await;
            assert_eq!(answer, Ok(true));
            kept.push(letter);
        }
        let (answer, letter) = hand(&mut world, 0, peer.socket_id, LETTERS).await;
        assert_eq!((answer, letter.upgrade().is_none()), (Err(Busy), true));
        assert!(kept.iter().all(|letter| letter.upgrade().is_some()));
        peer.hub.remove(peer.key);
        assert!(kept.iter().all(|letter| letter.upgrade().is_none()));
        assert_eq!(hand(&mut world, 0, peer.socket_id, 0).await.0, Ok(false));
    });
}

#[test]
fn a_connection_that_closes_takes_no_letter() {
    with_clock(async {
        let mut world = world();
        let peer = Peer::connect(&world.hubs[0], 0);
        peer.hub.close(peer.key, &farewell("over")[..]);
        assert_eq!(hand(&mut world, 2, peer.socket_id, 0).await.0, Ok(false));
        assert!(take(&peer).is_empty());
    });
}

#[test]
fn who_bears_a_token_is_cut_off_everywhere_and_nobody_else() {
    with_clock(async {
        let mut world = world();
        let peers: Vec<Peer> = (0..9).map(|at| Peer::connect(&world.hubs[at % 3], at)).collect();
        for (at, peer) in peers.iter().enumerate() {
            peer.hub.bear(peer.key, user(at / 3), Some(1));
            peer.hub.bear(peer.key, user(9), None);
        }
        peers[4].hub.unbear(peers[4].key, &user(1));
        // Signing in is another matter.
        peers[0].hub.sign_in(peers[0].key, user(1));
        let hub = world.hubs[0].clone();
        assert_eq!(hub.cut_off(&user(1), &farewell("revoked")), Ok(()));
        // The others have not listened yet, so there is no room for the next.
        assert_eq!(
            (hub.cut_off(&user(2), &farewell("revoked")), hub.cut_off(&user(2), &farewell("no"))),
            (Ok(()), Err(Busy))
        );
        for _ in 0..9 {
            (0..3).for_each(|worker| world.turn(worker));
            World::pass(1).await;
        }
        let closed: Vec<usize> = (0..9).filter(|at| peers[*at].signals().has(Signals::CLOSED)).collect();
        assert_eq!(closed, [3, 5, 6, 7, 8]);
    });
}
