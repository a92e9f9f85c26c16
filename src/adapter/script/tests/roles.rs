use std::time::Duration;

use super::Rig;
use crate::adapter::script::{Candidate, holder};
use crate::hub::far::Origin;

const HOUR: Duration = Duration::from_secs(3600);

/// Who has the role after this one has asked for it.
fn ask(rig: &mut Rig, life: u64, lease: Duration, grace: Duration) -> (bool, u64) {
    let name = format!("node {life}");
    let candidate = Candidate { role: "r", life: Origin(life), name: &name, lease, grace };
    let command = rig.scripts.role(&rig.keys, &candidate);
    let found = holder(rig.ask(&command)).unwrap();
    assert_eq!(*found.name, format!("node {}", found.life.0));
    (found.is_us, found.life.0)
}

fn resign(rig: &mut Rig, life: u64) {
    let command = rig.scripts.resign(&rig.keys, "r", Origin(life));
    rig.ask(&command);
}

#[test]
fn a_role_has_one_holder_until_it_resigns() {
    let mut rig = Rig::new();
    assert_eq!(ask(&mut rig, u64::MAX, HOUR, HOUR), (true, u64::MAX));
    assert_eq!(ask(&mut rig, 2, HOUR, HOUR), (false, u64::MAX));
    assert_eq!(ask(&mut rig, u64::MAX, HOUR, HOUR), (true, u64::MAX), "it is kept");
    resign(&mut rig, 2);
    assert_eq!(ask(&mut rig, 2, HOUR, HOUR), (false, u64::MAX), "only the holder can give it up");
    resign(&mut rig, u64::MAX);
    assert_eq!(ask(&mut rig, 2, HOUR, HOUR), (true, 2));
    assert_eq!(ask(&mut rig, u64::MAX, HOUR, HOUR), (false, 2));
}

#[test]
fn nobody_begins_before_the_grace_is_over() {
    let mut rig = Rig::new();
    let lease = Duration::from_millis(30);
    assert_eq!(ask(&mut rig, 1, lease, HOUR), (true, 1));
    // Over, and not yet another's: the holder alone may go on.
    rig.until(|rig| ask(rig, 3, HOUR, Duration::ZERO) == (true, 3) || ask(rig, 2, HOUR, HOUR) != (false, 1));
    assert_eq!(ask(&mut rig, 2, HOUR, HOUR), (false, 3), "with its grace over, the next one has begun");
}
