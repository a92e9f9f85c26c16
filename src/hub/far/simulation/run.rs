//! Runs, one after another.

use std::panic::{self, AssertUnwindSafe};

use super::schedule::{CHANNELS, SECOND, Schedule, Weather, Wish};
use super::world::World;

/// Runs in a test that nobody asks for more.
const RUNS: u64 = 1_500;

/// Of so many runs one is watched until all is forgotten.
const WATCHED: u64 = 4;

/// Time in which everything settles: connections, stopped nodes, leases, claims.
const SETTLING: [u64; 2] = [90 * SECOND, 15 * SECOND];

/// Time after which nobody remembers a channel.
const FORGETTING: u64 = 130 * SECOND;

/// Steps that are told of a run that failed.
const SHOWN: usize = 2_000;

/// Runs that failed, after which no more are made.
const FAILURES: usize = 20;

/// What was wrong, and what happened.
type Outcome = (Vec<String>, Vec<String>);

fn run(schedule: &Schedule, is_traced: bool) -> Outcome {
    let mut world = World::new(schedule.clone(), is_traced);
    let done = panic::catch_unwind(AssertUnwindSafe(|| all_of(&mut world)));
    let mut wrong = std::mem::take(&mut world.wrong);
    if let Err(panicked) = done {
        let text = panicked.downcast_ref::<String>().cloned();
        let text = text.or_else(|| panicked.downcast_ref().map(|text: &&str| (*text).to_owned()));
        wrong.push(format!("panicked: {}", text.unwrap_or_default()));
    }
    (wrong, world.clock.trace.take().unwrap_or_default())
}

fn all_of(world: &mut World) {
    let mut now = world.schedule.end() + SETTLING[usize::from(world.schedule.weather == Weather::Calm)];
    world.run(now);
    world.check_settled();
    world.check_views();
    world.check_onlookers();
    world.check_shares();
    world.check_interest();
    world.check_edges();
    if !world.wrong.is_empty() {
        return;
    }
    let newcomers = world.clients.len();
    greet_and_publish(world);
    now += 25 * SECOND;
    world.run(now);
    world.check_greetings(newcomers);
    world.check_views();
    world.check_events();
    world.check_flaps();
    if !world.wrong.is_empty() || !world.schedule.seed.is_multiple_of(WATCHED) {
        return;
    }
    world.present().into_iter().for_each(|client| world.leave(client));
    (0..world.onlookers.len()).for_each(|_| world.unwatch(0));
    (0..world.signed.len()).for_each(|_| world.sign_out(0));
    world.run(now + FORGETTING);
    world.check_emptied();
}

/// At every node somebody comes to every channel, and then an event.
fn greet_and_publish(world: &mut World) {
    for channel in 0..CHANNELS.len() {
        let member = world.members(channel).first().map_or(0, |member| member.parse().unwrap());
        for place in 0..world.nodes.len() {
            world.join(place, channel, member);
        }
    }
    let now = world.clock.now + 10 * SECOND;
    world.run(now);
    let wish = Wish { retain: None, history: false, cache: false, id: false, except: None };
    for channel in 0..CHANNELS.len() {
        (0..world.nodes.len()).for_each(|place| world.publish(place, channel, wish));
    }
}

/// What is wrong, without names and numbers.
fn kind(wrong: &[String]) -> Option<String> {
    let words = wrong.first()?.split('{').next()?;
    Some(words.chars().filter(|letter| !letter.is_ascii_digit()).take(60).collect())
}

/// As few of the steps as still fail in the same way.
fn shrink(schedule: Schedule) -> Schedule {
    let mut least = schedule;
    let wrong = kind(&run(&least, false).0);
    let mut chunk = least.steps.len().div_ceil(2);
    while chunk > 0 {
        let mut start = 0;
        while start < least.steps.len() {
            let mut fewer = least.clone();
            fewer.steps.drain(start..(start + chunk).min(fewer.steps.len()));
            if kind(&run(&fewer, false).0) == wrong { least = fewer } else { start += chunk }
        }
        chunk /= 2;
    }
    least
}

/// Tells of a run that failed.
fn explain(seed: u64) -> String {
    let least = shrink(Schedule::of(seed));
    let (wrong, trace) = run(&least, true);
    let last = &trace[trace.len().saturating_sub(SHOWN)..];
    let Schedule { nodes, pace, weather, steps, .. } = &least;
    let steps: Vec<_> = steps.iter().map(|(at, action)| format!("  at {} ms {action:?}", at / 1000)).collect();
    format!(
        "{}\n\nSIMULATION_SEED={seed}\n{nodes} nodes, {pace:?}, {weather:?}\n{}\n\n{}\n",
        last.join("\n"),
        steps.join("\n"),
        wrong.join("\n"),
    )
}

#[expect(clippy::disallowed_methods, reason = "which runs a test makes is no matter of the broker's configuration")]
fn asked(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|number| number.parse().unwrap())
}

#[test]
fn nodes_agree_whatever_happens_between_them() {
    let seeds = match asked("SIMULATION_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..asked("SIMULATION_RUNS").unwrap_or(RUNS),
    };
    let wrong = |seed| run(&Schedule::of(seed), false).0.into_iter().next().map(|wrong| (seed, wrong));
    let failed: Vec<_> = seeds.filter_map(wrong).take(FAILURES).collect();
    if let Some((first, _)) = failed.first() {
        let all: Vec<_> = failed.iter().map(|(seed, wrong)| format!("seed {seed}: {wrong:.300}")).collect();
        panic!("{}\n{}", explain(*first), all.join("\n"));
    }
}
