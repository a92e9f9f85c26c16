use std::time::Duration;

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use redis::cmd;

use super::{Rig, share};
use crate::adapter::script::{
    Facts, Joined, Refused, Scripts, claimed, connections, is_held, joined, reaped, renewed, speakers, synced,
};
use crate::hub::far::Origin;
use crate::hub::far::truth::Truth;
use crate::protocol::AppId;

const HOUR: Duration = Duration::from_secs(3600);

fn join(rig: &mut Rig, origin: u64, lease: Duration, former: Option<u64>) -> Joined {
    let former = former.map(Origin);
    let facts =
        Facts { origin: Origin(origin), lease, former, grace: Duration::ZERO, number: 7, about: &[], apps: &[] };
    let command = rig.scripts.join(&rig.keys, &facts);
    joined(rig.ask(&command)).unwrap()
}

fn renew(rig: &mut Rig, origin: u64, lease: Duration) -> Result<u64, Refused> {
    let command = rig.scripts.renew(&rig.keys, Origin(origin), lease, &[]);
    renewed(rig.ask(&command)).map(|renewed| renewed.nodes)
}

fn claim(rig: &mut Rig, grace: Duration, claim: Duration, limit: usize) -> Vec<u64> {
    let command = rig.scripts.claim(&rig.keys, grace, claim, limit);
    claimed(rig.ask(&command)).unwrap().into_iter().map(|origin| origin.0).collect()
}

fn forget(rig: &mut Rig, origin: u64) {
    let command = rig.scripts.forget(&rig.keys, Origin(origin));
    rig.ask(&command);
}

#[test]
fn one_node_claims_and_who_is_claimed_cannot_renew() {
    let mut rig = Rig::new();
    assert!(matches!(join(&mut rig, 1, HOUR, None), Joined::In { others: 0, .. }));
    assert!(matches!(join(&mut rig, u64::MAX, Duration::ZERO, None), Joined::In { others: 1, .. }));
    assert_eq!(claim(&mut rig, HOUR, HOUR, 9), [] as [u64; 0], "the grace is not over");
    assert_eq!(renew(&mut rig, u64::MAX, HOUR), Ok(2), "nobody has claimed it");
    assert_eq!(renew(&mut rig, u64::MAX, Duration::ZERO), Ok(1), "as a node that goes does");
    assert_eq!(claim(&mut rig, Duration::ZERO, HOUR, 9), [u64::MAX]);
    assert_eq!(claim(&mut rig, Duration::ZERO, HOUR, 9), [] as [u64; 0], "somebody is at it");
    assert_eq!(renew(&mut rig, u64::MAX, HOUR), Err(Refused::Expired));
    forget(&mut rig, u64::MAX);
    assert_eq!(renew(&mut rig, u64::MAX, HOUR), Err(Refused::Expired));
    assert_eq!(renew(&mut rig, 1, HOUR), Ok(1));
}

#[test]
fn a_claim_that_ends_is_followed_by_another() {
    let mut rig = Rig::new();
    join(&mut rig, 5, Duration::ZERO, None);
    join(&mut rig, 6, Duration::ZERO, None);
    let mut first = claim(&mut rig, Duration::ZERO, Duration::ZERO, 1);
    assert_eq!(first.len(), 1);
    first.extend(claim(&mut rig, Duration::ZERO, Duration::ZERO, 1));
    first.sort_unstable();
    assert_eq!(first, [5, 6]);
    let command = rig.scripts.hold(&rig.keys, Origin(5), HOUR);
    assert_eq!(is_held(&rig.ask(&command)), Ok(true));
    rig.until(|rig| claim(rig, Duration::ZERO, HOUR, 9) == [6]);
    forget(&mut rig, 5);
    let command = rig.scripts.hold(&rig.keys, Origin(5), HOUR);
    assert_eq!(is_held(&rig.ask(&command)), Ok(false));
}

/// After Redis was emptied nobody but the node itself knows of the life before.
#[test]
fn a_life_whose_lease_was_lost_is_reaped() {
    let mut rig = Rig::new();
    cmd("FLUSHALL").exec(&mut rig.redis).unwrap();
    assert_eq!(renew(&mut rig, 1, HOUR), Err(Refused::Expired));
    join(&mut rig, 2, HOUR, Some(1));
    assert_eq!(claim(&mut rig, HOUR, HOUR, 9), [1]);
}

#[test]
fn connections_of_the_others_that_are_alive_are_added_up() {
    let mut rig = Rig::new();
    let [app, other] = ["7", "8"].map(|id| AppId::parse(id).unwrap());
    let say = |rig: &mut Rig, origin, lease, counts: &[(AppId, usize)]| {
        join(rig, origin, HOUR, None);
        let command = rig.scripts.renew(&rig.keys, Origin(origin), lease, counts);
        renewed(rig.ask(&command)).unwrap();
    };
    say(&mut rig, 1, HOUR, &[(app.clone(), 5), (other.clone(), 70)]);
    say(&mut rig, 2, HOUR, &[(app.clone(), 2)]);
    say(&mut rig, 3, Duration::ZERO, &[(app.clone(), 100)]);
    let ask = |rig: &mut Rig, app, except| {
        let command = rig.scripts.connections(&rig.keys, app, Origin(except));
        connections(&rig.ask(&command)).unwrap()
    };
    assert_eq!([ask(&mut rig, &app, 1), ask(&mut rig, &app, 2), ask(&mut rig, &app, 9)], [2, 5, 7]);
    assert_eq!(ask(&mut rig, &other, 2), 70);
}

/// Those that told shares to an emptied Redis and ended before they noticed that it was.
#[test]
fn nodes_that_nobody_knows_are_claimed_in_time() {
    let mut rig = Rig::new();
    let bucket = rig.address("a").bucket;
    join(&mut rig, 2, HOUR, None);
    for origin in [1, 2] {
        synced(rig.sync(origin, "a", &share(1, &[])), 0).unwrap();
    }
    let found = |rig: &mut Rig| {
        let command = Scripts::speakers(&rig.keys, bucket);
        let mut found = speakers(rig.ask(&command)).unwrap();
        found.sort_by_key(|origin| origin.0);
        found
    };
    let all = found(&mut rig);
    assert_eq!(all, [Origin(1), Origin(2)]);
    let adopt = |rig: &mut Rig, after| {
        let command = rig.scripts.adopt(&rig.keys, after, &all);
        rig.ask(&command);
    };
    adopt(&mut rig, HOUR);
    assert_eq!(claim(&mut rig, Duration::ZERO, HOUR, 9), [] as [u64; 0], "it may be there, and say so");
    forget(&mut rig, 1);
    adopt(&mut rig, Duration::ZERO);
    adopt(&mut rig, HOUR);
    assert_eq!(claim(&mut rig, Duration::ZERO, HOUR, 9), [1]);
    let command = rig.scripts.reap(&rig.keys, Origin(1), bucket, 9);
    assert_eq!(reaped(&rig.ask(&command)), Ok(0));
    assert_eq!(found(&mut rig), [Origin(2)]);
}

/// Whether a node with this digest of its app's secret may join, and whether it is noted.
fn try_join(rig: &mut Rig, origin: u64, digest: &str) -> (Joined, bool) {
    let (apps, about) = ([("7".to_owned(), digest.to_owned())], [("name", "node".to_owned())]);
    let (origin, grace) = (Origin(origin), Duration::ZERO);
    let facts = Facts { origin, lease: HOUR, former: None, grace, number: 7, about: &about, apps: &apps };
    let command = rig.scripts.join(&rig.keys, &facts);
    let answer = joined(rig.ask(&command)).unwrap();
    (answer, cmd("HEXISTS").arg(rig.keys.node(origin)).arg("name").query(&mut rig.redis).unwrap())
}

#[test]
fn another_cluster_with_this_prefix_is_found() {
    let mut rig = Rig::new();
    assert!(matches!(try_join(&mut rig, 1, "a"), (Joined::In { .. }, true)));
    assert!(matches!(try_join(&mut rig, 2, "a"), (Joined::In { others: 1, .. }, true)));
    assert_eq!(try_join(&mut rig, 3, "b"), (Joined::Conflict(vec!["7".into()]), false));
    forget(&mut rig, 1);
    forget(&mut rig, 2);
    assert!(matches!(try_join(&mut rig, 3, "b"), (Joined::In { others: 0, .. }, true)), "nobody else is alive");
}

/// Times are nothing or an hour, so the order of steps decides and not their speed.
#[test]
fn leases_go_as_in_the_model() {
    let rig = std::cell::RefCell::new(Rig::new());
    let step = (0..5_u8, 1..4_u64, any::<bool>(), prop::option::of(1..4_u64));
    let config = ProptestConfig { cases: 20, failure_persistence: None, ..ProptestConfig::default() };
    let history = |steps: Vec<(u8, u64, bool, Option<u64>)>| {
        let rig = &mut *rig.borrow_mut();
        cmd("FLUSHALL").exec(&mut rig.redis).unwrap();
        let mut truth = Truth::new(0);
        for (kind, origin, is_long, former) in steps {
            let (time, ms) = if is_long { (HOUR, 3_600_000) } else { (Duration::ZERO, 0) };
            let (seconds, micros): (u64, u64) = cmd("TIME").query(&mut rig.redis).unwrap();
            let truth = truth.at(seconds * 1_000_000 + micros);
            let former = former.filter(|former| *former != origin);
            match kind {
                0 => {
                    truth.join(Origin(origin), ms, former.map(Origin));
                    join(rig, origin, time, former);
                }
                1 => assert_eq!(truth.renew(Origin(origin), ms).is_ok(), renew(rig, origin, time).is_ok()),
                2 => {
                    let mut found = claim(rig, Duration::ZERO, time, 9);
                    let mut model: Vec<_> = truth.claim(ms, 9).into_iter().map(|origin| origin.0).collect();
                    found.sort_unstable();
                    model.sort_unstable();
                    assert_eq!(model, found);
                }
                3 => {
                    let command = rig.scripts.hold(&rig.keys, Origin(origin), time);
                    assert_eq!(Ok(truth.hold(Origin(origin), ms)), is_held(&rig.ask(&command)));
                }
                _ => {
                    truth.forget(Origin(origin));
                    forget(rig, origin);
                }
            }
        }
        Ok(())
    };
    TestRunner::new(config).run(&prop::collection::vec(step, 100), history).unwrap();
}
