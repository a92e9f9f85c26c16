//! Chaos: everything that can happen to nodes and to Redis, one after the other, under load; after each, all must agree,
//! and whatever was lost must be allowed to be, and counted.
//!
//! Start with `plan`, what happens, and `checks`, what must hold. `world` breaks things, `load`, `members` and `watchers`
//! go on meanwhile, `ledger` knows who heard what.

mod checks;
mod ledger;
mod line;
mod load;
mod members;
mod options;
mod plan;
mod proxy;
mod report;
mod scene;
mod watchers;
mod world;

use std::rc::Rc;
use std::time::Duration;

use rand::RngExt as _;
use tokio::task::LocalSet;
use tokio::time::{Instant, sleep};

use checks::{Excuse, Span};
use load::Author;
use options::Options;
use plan::{Fault, Plan};
use report::Row;
use scene::Scene;
use world::World;

/// Options of a longer run.
const ARGUMENTS: &str = "SALURAN_CHAOS";

/// Each fault once, with little load; or as the variable says.
#[test]
fn nothing_is_lost_in_silence_whatever_happens() {
    let seed = u64::from(rand::rng().random::<u32>());
    let options = match arguments() {
        Some(text) => Options::large(seed).parse(&text).unwrap_or_else(|wrong| panic!("{wrong}")),
        None => Options::small(seed),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    LocalSet::new().block_on(&runtime, run(options));
}

#[expect(clippy::disallowed_methods, reason = "whoever runs the tests chooses")]
fn arguments() -> Option<String> {
    std::env::var(ARGUMENTS).ok()
}

async fn run(options: Options) {
    report::say(&format!("{options:?}"));
    let (mut plan, until) = (Plan::new(options.seed), Duration::from_secs_f64(options.minutes * 60.0));
    let scene = Rc::new(Scene::new(options));
    let world = World::start(&scene).await;
    world.are_present().await;
    let authors = load::start(&scene);
    members::start(&scene);
    watchers::start(&scene);
    let mut chaos = Chaos { scene, world, authors };
    let (start, mut rows, mut problems) = (Instant::now(), 0, Vec::new());
    report::head();
    while rows == 0 || start.elapsed() < until {
        for fault in plan.round() {
            let row = chaos.step(fault, plan.calm()).await;
            rows += 1;
            report::row(rows, &row);
            problems.extend(row.problems.into_iter().map(|problem| format!("{rows} {fault}: {problem}")));
        }
    }
    report::foot(rows, problems.len());
    if !problems.is_empty() {
        let (seed, logs) = (chaos.scene.options.seed, chaos.world.keep_logs());
        panic!("with --seed {seed}, logs in {}:\n{}", logs.display(), problems.join("\n"));
    }
}

struct Chaos {
    scene: Rc<Scene>,
    world: World,
    authors: Vec<Author>,
}

impl Chaos {
    /// Lets something happen in the middle of the load, and looks at what became of it.
    async fn step(&mut self, fault: Fault, calm: Duration) -> Row {
        let mut problems = self.begin().await;
        let before = self.world.lost().await;
        sleep(calm).await;
        let from = Instant::now();
        self.world.inflict(fault).await;
        let over = Instant::now();
        let back = self.world.are_present().await;
        sleep(calm).await;
        self.scene.on.send_replace(false);
        let quiet = Instant::now();
        problems.extend(checks::settled(&self.scene).await.err());
        problems.extend(checks::agreement(&self.scene).await.err());
        let agreed = quiet.elapsed();
        for author in &self.authors {
            author.finish().await;
        }
        checks::heard_all(&self.scene).await;
        let lost = self.world.lost().await;
        let span = Span { fault, from, to: back };
        let mut row = self.row(span, &counted(fault, &before, &lost));
        row.recovery = [back.saturating_duration_since(over), back.saturating_duration_since(over) + agreed];
        problems.append(&mut row.problems);
        row.problems = problems;
        row
    }

    /// Everybody is where they belong, and there is load.
    async fn begin(&self) -> Vec<String> {
        for watcher in self.scene.watchers.borrow().iter() {
            watcher.call_home();
        }
        let problem = checks::settled(&self.scene).await.err();
        // What is heard of moving home belongs to nothing that happens.
        drop(checks::agreement(&self.scene).await);
        self.scene.edges.take();
        self.scene.on.send_replace(true);
        problem.into_iter().collect()
    }

    fn row(&self, span: Span, counted: &Counted) -> Row {
        let mut ledger = self.scene.ledger.borrow_mut();
        let (counts, [sent, accepted, refused]) = (ledger.counts, ledger.sums());
        let mut problems: Vec<String> = std::mem::take(&mut ledger.notes);
        let missed = ledger.close();
        drop(ledger);
        let (mut under_way, mut at_node) = (0, [0_u32; plan::NODES]);
        for one in &missed {
            match checks::excuse(&self.scene, span, self.authors[one.stream.0].node(), one) {
                Excuse::UnderWay => under_way += 1,
                Excuse::NotHeard | Excuse::Emptied => at_node[one.node] += 1,
                Excuse::None => {
                    at_node[one.node] += 1;
                    let channel = &self.scene.channels[one.stream.1];
                    let at = one.sent.at.saturating_duration_since(span.from).as_secs_f64();
                    problems.push(format!(
                        "missed at node {} without excuse: event {} of author {} (node {}) on {}, {:?}, {at:.3} s after it began",
                        one.node, one.number, one.stream.0, self.authors[one.stream.0].node(), channel.name, channel.keeps
                    ));
                }
            }
        }
        for (node, missed) in at_node.into_iter().enumerate() {
            let counted = counted.for_node(node);
            if f64::from(missed) > counted {
                problems.push(format!("{missed} missed at node {node} and {counted} counted"));
            }
        }
        let edges = self.scene.edges.take();
        if counts.twice + counts.late > 0 {
            problems.push(format!("{} came again, {} too late", counts.twice, counts.late));
        }
        if edges.wrong > 0 {
            problems.push(format!("{} members announced who were there, or said to go who were not", edges.wrong));
        }
        if edges.flaps > 0 && !span.fault.outlasts_a_lease() {
            problems.push(format!("{} times a member was said to go who stayed", edges.flaps));
        }
        problems.append(&mut self.scene.surprises.borrow_mut());
        problems.truncate(12);
        Row {
            fault: span.fault,
            sent,
            accepted,
            refused,
            heard: counts.heard,
            wrong: counts.twice + counts.late,
            missed: missed.len(),
            under_way,
            counted: counted.sum(),
            edges,
            recovery: [Duration::ZERO; 2],
            problems,
        }
    }
}

/// Events that nodes counted as lost: those they could not send, and those they did not hear.
struct Counted(Vec<[f64; 2]>);

/// What was counted meanwhile; a node that was killed began at 0.
fn counted(fault: Fault, before: &[[f64; 2]], after: &[[f64; 2]]) -> Counted {
    let killed = if let Fault::Kill { node, .. } = fault { Some(node) } else { None };
    let one = |(node, (before, after)): (usize, (&[f64; 2], &[f64; 2]))| {
        if killed == Some(node) { *after } else { [after[0] - before[0], after[1] - before[1]] }
    };
    Counted(before.iter().zip(after).enumerate().map(one).collect())
}

impl Counted {
    fn for_node(&self, node: usize) -> f64 {
        let unsent: f64 =
            self.0.iter().enumerate().filter(|(other, _)| *other != node).map(|(_, [unsent, _])| unsent).sum();
        unsent + self.0[node][1]
    }

    fn sum(&self) -> f64 {
        self.0.iter().flatten().sum()
    }
}
