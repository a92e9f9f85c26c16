use super::{FAR, Rig, share, user};
use crate::adapter::keys::BUCKETS;
use crate::adapter::script::{Lease, Parts, Refused, Scripts, channels, list_channels, looked, reaped, synced};
use crate::hub::AppIndex;
use crate::hub::far::{Change, Origin, Share, Whose};

#[test]
fn a_node_whose_lease_is_over_changes_nothing() {
    let mut rig = Rig::new();
    let lease = Lease { origin: Origin(1), end_ms: 1, former: None, session: 1 };
    let command = rig.scripts.sync(&rig.keys, lease, &rig.address("presence-a"), &share(1, &[("ada", true)]));
    assert_eq!(synced(rig.ask(&command), 0).unwrap_err(), Refused::Expired);
    let keys: Vec<String> = redis::cmd("KEYS").arg("*").query(&mut rig.redis).unwrap();
    assert_eq!(keys, [] as [&str; 0]);
}

/// What it says was true when it left, and is not any more.
#[test]
fn a_command_of_a_session_that_is_over_changes_nothing() {
    let mut rig = Rig::new();
    let tell = |rig: &mut Rig, session: u64, share: &Share| {
        let lease = Lease { origin: Origin(1), end_ms: FAR, former: None, session };
        let command = rig.scripts.sync(&rig.keys, lease, &rig.address("presence-a"), share);
        synced(rig.ask(&command), 0)
    };
    tell(&mut rig, 1, &share(1, &[("ada", true)])).unwrap();
    tell(&mut rig, 2, &share(0, &[("ada", false)])).unwrap();
    assert_eq!(tell(&mut rig, 1, &share(1, &[("ada", true)])).unwrap_err(), Refused::Expired);
    let look = rig.scripts.look(&rig.address("presence-a"), Parts::All(None));
    assert_eq!(looked(rig.ask(&look), |_| Whose::Other).unwrap().1, 0);
    tell(&mut rig, 2, &share(1, &[("ada", true)])).unwrap();
}

#[test]
fn a_share_set_twice_changes_nothing_the_second_time() {
    let mut rig = Rig::new();
    let share = share(2, &[("ada", true), ("grace", true)]);
    let first = synced(rig.sync(1, "presence-a", &share), 0).unwrap();
    assert_eq!(first.changes.len(), 3);
    assert_eq!(first.changes[2].2, Change::Total(2));
    assert_eq!(first.changes[2].1, first.position);
    let second = synced(rig.sync(1, "presence-a", &share), 0).unwrap();
    assert_eq!((second.changes.len(), second.position), (0, first.position));
    let other = synced(rig.sync(2, "presence-a", &share), 0).unwrap();
    assert_eq!((other.changes.len(), other.position), (0, first.position));
}

#[test]
fn a_large_share_is_reaped_in_small_parts() {
    let mut rig = Rig::new();
    let ids: Vec<String> = (0..300).map(|number| format!("u{number}")).collect();
    let members: Vec<(&str, bool)> = ids.iter().map(|id| (id.as_str(), true)).collect();
    synced(rig.sync(1, "presence-a", &share(400, &members)), 0).unwrap();
    synced(rig.sync(2, "presence-a", &share(1, &[("u7", true)])), 0).unwrap();
    let bucket = rig.address("presence-a").bucket;
    let mut left = Vec::new();
    rig.until(|rig| {
        let command = rig.scripts.reap(&rig.keys, Origin(1), bucket, 64);
        left.push(reaped(&rig.ask(&command)).unwrap());
        left.last() == Some(&0)
    });
    assert_eq!(left, [237, 173, 109, 45, 0]);
    let command = rig.scripts.look(&rig.address("presence-a"), Parts::All(None));
    let (look, count) = looked(rig.ask(&command), |_| Whose::Other).unwrap();
    assert_eq!((look.total, look.members, count), (1, vec![(user("u7"), None)], 1));
}

#[test]
fn channels_are_listed_by_prefix_over_all_buckets() {
    let mut rig = Rig::new();
    for number in 0..50 {
        synced(rig.sync(1, &format!("room-{number}"), &share(1, &[])), 0).unwrap();
    }
    synced(rig.sync(1, "presence-a", &share(3, &[("ada", true)])), 0).unwrap();
    let app = rig.apps.id(AppIndex(0)).unwrap().clone();
    let list = |rig: &mut Rig, prefix: &str| {
        let commands = list_channels(&rig.keys, &app);
        assert_eq!(commands.len(), usize::from(BUCKETS));
        let mut found = Vec::new();
        for (_, command) in commands {
            found.extend(channels(rig.ask(&command), prefix).unwrap());
        }
        found
    };
    assert_eq!(list(&mut rig, "room-").len(), 50);
    assert_eq!(list(&mut rig, "room-4").len(), 11);
    let presence = list(&mut rig, "presence-");
    assert_eq!((presence[0].subscriptions, presence[0].members, presence.len()), (3, Some(1), 1));
    assert_eq!(list(&mut rig, "").len(), 51);
}

/// The caller loads them again when Redis has forgotten them.
#[test]
fn a_script_that_is_not_loaded_is_told_apart() {
    let mut rig = Rig::new();
    redis::cmd("SCRIPT").arg("FLUSH").exec(&mut rig.redis).unwrap();
    let lease = Lease { origin: Origin(1), end_ms: FAR, former: None, session: 1 };
    let command = rig.scripts.sync(&rig.keys, lease, &rig.address("a"), &share(1, &[]));
    let error = command.query::<redis::Value>(&mut rig.redis).unwrap_err();
    assert_eq!(error.code(), Some("NOSCRIPT"));
    Scripts::new(false).load().for_each(|load| load.exec(&mut rig.redis).unwrap());
    assert!(synced(rig.ask(&command), 0).is_ok());
}
