//! What crosses reads back, and what does not fit is refused.

use std::time::Duration;

use tokio::sync::oneshot;

use crate::contest::command::{Command, Replace};
use crate::contest::handle::{Accepted, Mode, Origin};
use crate::contest::health::Path;
use crate::contest::refused::{NotDone, NotTaken};
use crate::measurement::{Category, Frequency, Lane, Mark, Point, Reading, Run, RunId, Tick};

use super::wire::{pack, unpack};

fn reading() -> Reading {
    Reading {
        lane: Lane::try_from(3).unwrap(),
        dista: 0.1 + 0.2,
        distb: -1e-9,
        is_a_detected: true,
        is_b_detected: false,
        mark: Some(Mark { sender: "a\0\"ż".into(), seq: (1 << 53) - 1 }),
        age: Duration::from_millis(7),
    }
}

#[tokio::test]
async fn points_and_what_becomes_of_them_cross_unchanged() {
    let point = Point {
        serial: 9,
        run: Some(RunId(2)),
        lane: Lane::try_from(3).unwrap(),
        category: Category::Beton,
        frequency: Some(Frequency::default()),
        dista: 0.1 + 0.2,
        distb: -1e-9,
        is_a_detected: true,
        is_b_detected: false,
        relative_ms: Some(1),
        at_ms: 2,
    };
    let accepted =
        Accepted { point: Some(point), nama_tim: "Tim \"1\"".into(), mode: Mode::Recording, is_duplicate: false };
    let not_taken = [NotTaken::RealtimeOff, NotTaken::TooLate, NotTaken::StoreFull, NotTaken::Busy];
    let refused = not_taken.into_iter().map(|why| Err((3, why)));
    for taken in std::iter::once(Ok(vec![accepted])).chain(refused) {
        let (reply, answered) = oneshot::channel();
        let origin = Origin { path: Path::Gateway, client: Some(5) };
        let (body, open) = pack(Command::Take(vec![reading()], origin, reply), 3).unwrap();
        let (command, coming) = unpack(&body).unwrap();
        let Command::Take(readings, origin, reply) = command else { panic!("{command:?}") };
        assert_eq!((readings, origin.path, origin.client), (vec![reading()], Path::Gateway, Some(6)));
        reply.send(taken.clone()).unwrap();
        open.unwrap()(&coming.unwrap().await.unwrap());
        assert_eq!(answered.await.unwrap(), taken);
    }
}

#[tokio::test]
async fn refusals_of_a_judge_cross_with_all_they_say() {
    let run = Run {
        id: RunId(4),
        category: Category::Baja,
        frequency: Frequency::default(),
        started_at_ms: 1,
        started: Tick { boot: "b".into(), ns: u64::MAX },
        stop: None,
    };
    for told in [Ok(run.clone()), Err(NotDone::Running(Box::new(run))), Err(NotDone::Locked(Category::Beton))] {
        let (reply, answered) = oneshot::channel();
        let (body, open) = pack(Command::Start(Category::Baja, Frequency::default(), Replace::Yes, reply), 0).unwrap();
        let (command, coming) = unpack(&body).unwrap();
        let Command::Start(Category::Baja, _, Replace::Yes, reply) = command else { panic!("{command:?}") };
        reply.send(told.clone()).unwrap();
        open.unwrap()(&coming.unwrap().await.unwrap());
        assert_eq!(answered.await.unwrap(), told);
    }
}

#[tokio::test]
async fn an_answer_that_nobody_gives_or_can_read_is_none() {
    let (reply, answered) = oneshot::channel();
    let (mut body, open) = pack(Command::Freeze(true, reply), 0).unwrap();
    let (command, coming) = unpack(&body).unwrap();
    drop(command);
    assert_eq!(coming.unwrap().await, None);
    open.unwrap()(b"\x01{}");
    assert!(answered.await.is_err());
    // Of another version, cut off, and none at all.
    body[0] = 2;
    assert!(unpack(&body).is_none() && unpack(&body[..1]).is_none() && unpack(b"").is_none());
}
