//! Members who come and go.

use std::rc::Rc;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::{Map, Value};
use tokio::task::spawn_local;
use tokio::time::sleep;

use super::line::Line;
use super::plan::NODES;
use super::scene::{LOOK, Scene, Seat};

/// Starts all members' connections; they wait for the scene's load.
pub(super) fn start(scene: &Rc<Scene>) {
    let all = scene.options.members * NODES;
    scene.seats.replace(vec![None; all]);
    for number in 0..all {
        let random = StdRng::seed_from_u64(scene.options.seed ^ (number as u64) << 16);
        let member = Member { scene: Rc::clone(scene), number, node: number % NODES, random };
        spawn_local(member.live());
    }
}

/// Time between two moves of one connection, on average.
fn pace(scene: &Scene) -> Duration {
    let all = scene.options.members * NODES;
    Duration::from_secs_f64(all as f64 / f64::from(scene.options.edges.max(1)))
}

/// One connection, again and again.
struct Member {
    scene: Rc<Scene>,
    number: usize,
    node: usize,
    random: StdRng,
}

impl Member {
    async fn live(mut self) {
        let mut line = None;
        loop {
            let rest = pace(&self.scene).mul_f64(self.random.random_range(0.5..1.5));
            if let Some(open) = &mut line
                && self.rest(open, rest).await.is_none()
            {
                // Its node is gone, and it with it.
                self.sit(None);
                line = None;
            }
            let _busy = self.scene.turn().await;
            line = match line {
                None => self.connect().await,
                Some(line) => self.act(line).await,
            };
        }
    }

    /// Waits for its next turn, and for load; hears what comes meanwhile.
    async fn rest(&self, line: &mut Line, time: Duration) -> Option<()> {
        let turn = async {
            sleep(time).await;
            while !*self.scene.on.borrow() {
                sleep(LOOK).await;
            }
        };
        tokio::pin!(turn);
        loop {
            tokio::select! {
                () = &mut turn => return Some(()),
                said = line.next() => drop(said?),
            }
        }
    }

    fn sit(&self, seat: Option<Seat>) {
        self.scene.seats.borrow_mut()[self.number] = seat;
        self.scene.edge(|edges| edges.moves += 1);
    }

    async fn connect(&mut self) -> Option<Line> {
        let Some(line) = Line::open(self.scene.address(self.node).await).await else {
            sleep(LOOK).await;
            return None;
        };
        self.join(line).await
    }

    async fn join(&mut self, mut line: Line) -> Option<Line> {
        let room = self.random.random_range(0..self.scene.rooms.len());
        let user = self.random.random_range(0..self.scene.options.users);
        line.subscribe(&self.scene.rooms[room], Some(&format!("u{user}"))).await?;
        loop {
            let said = line.next().await?;
            match said.event.as_str() {
                "pusher_internal:subscription_succeeded" => {
                    self.sit(Some((room, user)));
                    return Some(line);
                }
                "pusher:error" => {
                    self.scene.surprise(format!("a member was answered with {}", said.data));
                    return Some(line);
                }
                _ => {}
            }
        }
    }

    /// Joins, or leaves in one of three ways.
    async fn act(&mut self, line: Line) -> Option<Line> {
        let seat = self.scene.seats.borrow()[self.number];
        let Some((room, _)) = seat else {
            return self.join(line).await;
        };
        let how = self.random.random_range(0..10);
        // Whichever way it goes, it is no member any more: a line that ends is one that leaves.
        self.sit(None);
        match how {
            0 => line.reset(),
            1..=3 => line.close().await,
            _ => return self.leave(line, room).await,
        }
        None
    }

    async fn leave(&self, mut line: Line, room: usize) -> Option<Line> {
        line.say("pusher:unsubscribe", &serde_json::json!({ "channel": self.scene.rooms[room] })).await?;
        line.say("pusher:ping", &Value::Object(Map::new())).await?;
        while line.next().await?.event != "pusher:pong" {}
        Some(line)
    }
}
