//! Chaos: everything that can happen to nodes and to Redis, one after the other, under load; after each, all must agree,
//! and whatever was lost must be allowed to be, and counted.
//!
//! Start with `plan`, what happens, and `checks` and `verdict`, what must hold. `world` breaks things, `load`, `members`
//! and `watchers` go on meanwhile, `ledger` knows who heard what.

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
mod verdict;
mod watchers;
mod world;

use std::rc::Rc;
use std::time::Duration;

use rand::RngExt as _;
use tokio::task::{JoinSet, LocalSet};
use tokio::time::{Instant, sleep};

use ledger::Missed;
use load::Author;
use options::Options;
use plan::{Fault, Plan};
use report::Row;
use scene::Scene;
use verdict::{Counted, Span, Tally, Verdict};
use world::World;

/// Options of a longer run.
const ARGUMENTS: &str = "SALURAN_CHAOS";

/// Time in which a node says what it counted.
const TELLING: Duration = Duration::from_secs(3);

/// Problems that are told of one thing that happened.
const TOLD: usize = 12;

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
    let (mut plan, until) = (Plan::new(&options), Duration::from_secs_f64(options.minutes * 60.0));
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
        let before = self.world.tallies().await;
        sleep(calm).await;
        let from = Instant::now();
        let over = self.world.inflict(fault).await;
        let to = self.world.are_present().await;
        sleep(calm).await;
        self.scene.on.send_replace(false);
        let quiet = Instant::now();
        problems.extend(checks::settled(&self.scene).await.err());
        problems.extend(checks::agreement(&self.scene).await.err());
        let agreed = quiet.elapsed();
        self.finish().await;
        let (sums, counts, missed) = self.close(&mut problems);
        let counted = self.counted(fault, &before, &missed).await;
        let span = Span { fault, from, to };
        let mut verdict = Verdict::new(&self.scene, &self.authors, (span, &counted), &missed);
        problems.append(&mut verdict.problems);
        let edges = self.scene.edges.take();
        if edges.wrong > 0 {
            problems.push(format!("{} members announced who were there, or said to go who were not", edges.wrong));
        }
        if edges.flaps > 0 && !fault.outlasts_a_lease() {
            problems.push(format!("{} times a member was said to go who stayed", edges.flaps));
        }
        problems.truncate(TOLD);
        let back = to.saturating_duration_since(over);
        let (recovery, counted) = ([back, back + agreed], counted.sums());
        let Verdict { missed, under_way, .. } = verdict;
        Row { fault, sums, counts, missed, under_way, counted, edges, recovery, problems }
    }

    /// Everybody is where they belong, and there is load.
    async fn begin(&self) -> Vec<String> {
        for watcher in self.scene.watchers.borrow().iter() {
            watcher.call_home();
        }
        let problem = checks::settled(&self.scene).await.err();
        // What is heard of moving home belongs to nothing that happens; what is wrong has been said.
        let _still_wrong = checks::agreement(&self.scene).await;
        self.scene.edges.take();
        self.scene.on.send_replace(true);
        problem.into_iter().collect()
    }

    /// The last event of each author and channel is sent and heard.
    async fn finish(&self) {
        let mut finishing = JoinSet::new();
        for author in self.authors.iter().cloned() {
            finishing.spawn_local(author.finish());
        }
        finishing.join_all().await;
        checks::heard_all(&self.scene).await;
    }

    /// Closes the ledger.
    fn close(&self, problems: &mut Vec<String>) -> ([usize; 3], ledger::Counts, Vec<Missed>) {
        let mut ledger = self.scene.ledger.borrow_mut();
        let (sums, counts) = (ledger.sums(), ledger.counts);
        if counts.twice + counts.late > 0 {
            problems.push(format!("{} came again, {} too late", counts.twice, counts.late));
        }
        problems.append(&mut ledger.notes);
        problems.append(&mut self.scene.surprises.borrow_mut());
        (sums, counts, ledger.close())
    }

    /// What nodes count of it; they say so a moment later.
    async fn counted(&self, fault: Fault, before: &[Tally], missed: &[Missed]) -> Counted {
        let start = Instant::now();
        loop {
            let counted = Counted::new(fault, before, &self.world.tallies().await);
            if counted.is_enough(missed) || start.elapsed() > TELLING {
                return counted;
            }
            sleep(scene::LOOK).await;
        }
    }
}
