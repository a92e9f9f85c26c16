//! The halves of the protocol's rules that lie between nodes: three nodes, with each way to set Redis up.
//!
//! The rules of one set-up share its nodes and run at once, each on channels of its own; where another server can take
//! over, one does in the middle of all of them. Whichever test of a set-up comes first runs them all, and each tells of
//! its own.

mod ear;
mod edges;
mod events;
pub(crate) mod presence;
mod users;
mod world;

use std::collections::BTreeMap;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::OnceLock;

use tokio::task::{JoinError, LocalSet, spawn_local};

use crate::setup::Kind;
use world::{Middle, World};

type Body = fn(Rc<World>, Middle) -> Pin<Box<dyn Future<Output = ()>>>;

/// What became of each rule; why it does not hold, if so.
type Outcomes = BTreeMap<&'static str, Result<(), String>>;

macro_rules! rules {
    ($($name:ident: $body:path,)*) => {
        const RULES: &[(&str, Body)] = &[$((stringify!($name), |world, middle| Box::pin($body(world, middle)))),*];
        rules!(standalone, Standalone, $($name)*);
        rules!(sentinel, Sentinel, $($name)*);
        rules!(cluster, Cluster, $($name)*);
    };
    ($module:ident, $kind:ident, $($name:ident)*) => {
        mod $module {
            $(#[test] fn $name() { super::holds(super::Kind::$kind, stringify!($name)); })*
        }
    };
}

rules! {
    c_119_a_member_of_several_nodes_is_one: presence::one_member,
    c_122_members_of_a_killed_node_are_removed: presence::killed,
    c_140_client_events_cross: events::client_events,
    c_147_a_user_is_reached_on_all_nodes: users::reached,
    c_154_a_user_is_thrown_out_on_all_nodes: users::thrown_out,
    c_169_whoever_an_event_excludes_is_excluded_anywhere: events::excluded,
    c_203_subscriptions_are_counted_on_all_nodes: presence::counted,
    c_206_members_are_listed_by_all_nodes: presence::listed,
    c_220_a_cached_event_greets_at_other_nodes: events::cached,
    members_come_and_go_once: edges::members,
    channels_are_occupied_and_vacated_once: edges::channels,
}

/// Runs all rules of a set-up unless they have been, and fails when this one does not hold.
fn holds(kind: Kind, rule: &str) {
    static OUTCOMES: [OnceLock<Outcomes>; 3] = [const { OnceLock::new() }; 3];
    let outcomes = OUTCOMES[kind as usize].get_or_init(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        // A set-up that does not start is every rule's failure.
        let run = async { spawn_local(run(kind)).await };
        let run = LocalSet::new().block_on(&runtime.expect("a runtime"), run);
        run.unwrap_or_else(|error| {
            let why = reason(error);
            RULES.iter().map(|(name, _)| (*name, Err(why.clone()))).collect()
        })
    });
    if let Some(Err(why)) = outcomes.get(rule) {
        panic!("with {kind:?}: {why}");
    }
    assert!(outcomes.contains_key(rule), "{rule} was not run");
}

async fn run(kind: Kind) -> Outcomes {
    let (world, mut setup) = World::start(kind).await;
    let world = Rc::new(world);
    let (middle, mut gate) = world::middle();
    let started: Vec<_> =
        RULES.iter().map(|(name, body)| (*name, spawn_local(body(Rc::clone(&world), middle.clone())))).collect();
    drop(middle);
    gate.all_are_there().await;
    world.fail_over(&mut setup).await;
    gate.open();
    let mut outcomes = Outcomes::new();
    for (name, rule) in started {
        outcomes.insert(name, rule.await.map_err(reason));
    }
    if outcomes.values().any(Result::is_err) {
        let logs = world.keep_logs();
        let say = |why: &mut String| *why = format!("{why}\n(logs are in {})", logs.display());
        outcomes.values_mut().filter_map(|outcome| outcome.as_mut().err()).for_each(say);
    }
    outcomes
}

fn reason(error: JoinError) -> String {
    let Ok(panic) = error.try_into_panic() else { return "it was cancelled".to_owned() };
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap_or_default()
}
