//! The store that several nodes share: one writes, all know what holds, and nobody from before comes in between.

use std::path::PathBuf;
use std::sync::Arc;

use saluran::config::{Database, Secret, Store};
use saluran::measurement::{Category, Entry, Lane, Mark, State, Team};
use saluran::store::shared::{Ledger, Lost, Replica, Shared, Unled, start};
use saluran::store::{Reader, StoreThread};
use sqlx::{AnyConnection, AssertSqlSafe, Connection as _, Row as _};
use tokio::time::{Duration, Instant, sleep};

use crate::support::{DEADLINE, Postgres};

/// One node's way to the database.
struct Node {
    shared: Shared,
    replica: Replica,
    _reader: Reader,
    _thread: StoreThread,
}

impl Node {
    fn start(url: &str) -> Self {
        let database = Database::Postgres(Secret::new(url.to_owned()));
        let config = Store { database, folder: PathBuf::new(), ..Store::default() };
        let (shared, reader, replica, thread) = start(&config).unwrap();
        Self { shared, replica, _reader: reader, _thread: thread }
    }

    async fn begin(&self, name: &str) -> (Ledger, Arc<State>) {
        Ledger::begin(&self.shared, name).await.unwrap()
    }

    /// What holds, once the database is there.
    async fn state(&self) -> Arc<State> {
        let until = Instant::now() + DEADLINE;
        loop {
            match self.replica.state().await {
                Ok(state) => return state,
                Err(error) => assert!(Instant::now() < until, "{error}"),
            }
            sleep(Duration::from_millis(20)).await;
        }
    }
}

fn point(serial: i64) -> Entry {
    let mark = Some(Mark { sender: "s".into(), seq: u64::try_from(serial).unwrap() });
    Entry::Point { point: super::point(serial), mark }
}

fn opened() -> Entry {
    Entry::Realtime { enabled: true, session_id: None, at_ms: 1 }
}

async fn keep(ledger: &mut Ledger, state: &mut State, entries: &[Entry]) {
    ledger.append(entries).await.unwrap();
    entries.iter().for_each(|entry| state.apply(entry));
}

async fn count(url: &str, query: &str) -> i64 {
    let mut other = AnyConnection::connect(url).await.unwrap();
    sqlx::query(AssertSqlSafe(query)).fetch_one(&mut other).await.unwrap().get(0)
}

#[tokio::test]
async fn whoever_began_before_writes_nothing_any_more() {
    let postgres = Postgres::start().await;
    let url = postgres.database().await;
    let node = Node::start(&url);
    let (mut first, state) = node.begin("first").await;
    assert_eq!(*state, State::default());
    let mut expected = State::default();
    keep(&mut first, &mut expected, &[opened(), point(1)]).await;
    let (mut second, state) = node.begin("second").await;
    assert_eq!(*state, expected);
    for _ in 0..2 {
        let lost = first.append(&[point(2)]).await.unwrap_err();
        assert!(matches!(lost, Lost::Unknown { .. }), "{lost}");
    }
    keep(&mut second, &mut expected, &[point(2)]).await;
    assert_eq!(*node.state().await, expected);
    assert_eq!(*node.begin("third").await.1, expected);
}

#[tokio::test]
async fn what_the_database_refuses_changes_nothing() {
    let postgres = Postgres::start().await;
    let node = Node::start(&postgres.database().await);
    let (mut ledger, _) = node.begin("node").await;
    let mut expected = State::default();
    keep(&mut ledger, &mut expected, &[opened()]).await;
    let nameless = Team { laptop_id: Lane::try_from(1).unwrap(), category: Category::Baja, nama_tim: "a\0".into() };
    let refused = ledger.append(&[point(1), Entry::Teams { teams: vec![nameless] }]).await.unwrap_err();
    assert!(matches!(refused, Lost::Refused { .. }), "{refused}");
    keep(&mut ledger, &mut expected, &[point(1)]).await;
    assert_eq!(*node.state().await, expected);
}

/// More than are read again at most: older changes are forgotten, and what holds is still known everywhere.
#[tokio::test]
async fn what_holds_is_known_when_old_changes_are_forgotten() {
    let postgres = Postgres::start().await;
    let url = postgres.database().await;
    let (writer, asked, late) = (Node::start(&url), Node::start(&url), Node::start(&url));
    let (mut ledger, _) = writer.begin("writer").await;
    let mut expected = State::default();
    keep(&mut ledger, &mut expected, &[opened()]).await;
    assert_eq!(*late.state().await, expected);
    for batch in 0..25 {
        let entries: Vec<Entry> = (1..=1000).map(|serial| point(batch * 1000 + serial)).collect();
        keep(&mut ledger, &mut expected, &entries).await;
        ledger.tidy(&expected).await.unwrap();
        if batch % 7 == 0 {
            assert_eq!(*asked.state().await, expected);
        }
    }
    assert_eq!(*asked.state().await, expected);
    assert_eq!(*late.state().await, expected);
    assert_eq!(*Node::start(&url).state().await, expected);
    let (_, state) = asked.begin("heir").await;
    assert_eq!(*state, expected);
    assert_eq!(count(&url, "SELECT COUNT(*) FROM ledger WHERE last <= 10000").await, 0);
    assert_eq!(count(&url, "SELECT COUNT(*) FROM points").await, 25_000);
}

#[tokio::test]
async fn a_database_of_one_node_is_refused() {
    let postgres = Postgres::start().await;
    let url = postgres.database().await;
    let node = Node::start(&url);
    node.state().await;
    let mut other = AnyConnection::connect(&url).await.unwrap();
    sqlx::query("UPDATE contest SET journal = 'of one node'").execute(&mut other).await.unwrap();
    assert_eq!(Ledger::begin(&node.shared, "node").await.unwrap_err(), Unled::Foreign);
}
