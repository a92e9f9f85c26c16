//! What people see with a database's own command line, while the broker runs.

use saluran::measurement::{Category, Clear, EndedBy, Entry, Scope, Stop};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row as _};

use super::{Kind, Place, point, run, run_point, taken};

async fn rows(database: &mut AnyConnection, sql: &'static str) -> Vec<AnyRow> {
    sqlx::query(sql).fetch_all(database).await.unwrap_or_else(|error| panic!("{sql}: {error}"))
}

fn ids(rows: &[AnyRow]) -> Vec<i64> {
    rows.iter().map(|row| row.get("id")).collect()
}

/// Domain reference, A7: the users' names, and their own check query.
async fn the_users_queries_answer(kind: Kind) {
    let place = Place::new(kind).await;
    let mut rig = place.rig().await;
    let run = run(1, Category::Beton);
    let stop = Stop { at_ms: run.started_at_ms + 35_400, duration_ms: 35_400, by: EndedBy::Collapse };
    let mut entries: Vec<Entry> = (1..=160).map(|serial| taken(point(serial))).collect();
    entries.push(Entry::RunStarted { run: run.clone() });
    entries.extend((161..=200).map(|serial| taken(run_point(serial, &run, 15_234))));
    entries.push(Entry::RunStopped { run: run.id, stop });
    rig.keep(&entries);
    rig.settle().await;
    let mut database = rig.other().await;

    let found = rows(&mut database, "SELECT * FROM measurements WHERE laptop_id = 1 ORDER BY id DESC LIMIT 10").await;
    assert_eq!(ids(&found), [200, 192, 184, 176, 168, 160, 152, 144, 136, 128]);
    let newest = &found[0];
    assert_eq!(newest.get::<Option<i64>, _>("session_id"), Some(1));
    assert_eq!(newest.get::<Option<i64>, _>("relative_time"), Some(15));
    assert_eq!(newest.get::<f64, _>("dista"), point(200).dista);
    assert_eq!(newest.get::<f64, _>("frequency"), 2.5);
    assert_eq!(newest.get::<String, _>("category"), "beton");
    assert_eq!((newest.get::<i64, _>("is_a_detected"), newest.get::<i64, _>("is_b_detected")), (1, 0));
    assert_eq!(newest.get::<String, _>("timestamp"), saluran::measurement::local_ms(point(200).at_ms));
    let free = &found[5];
    assert_eq!(free.get::<Option<i64>, _>("session_id"), None);
    assert_eq!(free.get::<Option<i64>, _>("relative_time"), None);
    assert_eq!(free.get::<Option<f64>, _>("frequency"), None);

    let found = rows(&mut database, "SELECT * FROM realtime_data WHERE session_id = 1 ORDER BY id").await;
    assert_eq!(ids(&found), (161..=200).collect::<Vec<_>>());

    // A lane stands there once for each category that it has points in.
    let found = rows(&mut database, "SELECT * FROM v_latest_data WHERE laptop_id = 1 ORDER BY category").await;
    let told: Vec<(String, Option<i64>, Option<String>)> =
        found.iter().map(|row| (row.get("category"), row.get("session_id"), row.get("session_status"))).collect();
    assert_eq!(told, [("baja".to_owned(), None, None), ("beton".to_owned(), Some(1), Some("stopped".to_owned()))]);
    assert_eq!(found[1].get::<String, _>("nama_tim"), "Politeknik Negeri Bandung_Wirajaya Palawiri");

    let found = rows(&mut database, "SELECT * FROM v_session_statistics ORDER BY laptop_id").await;
    assert_eq!(found.len(), 8);
    let first = &found[0];
    assert_eq!(first.get::<i64, _>("duration_seconds"), 35);
    assert_eq!((first.get::<i64, _>("collapsed"), first.get::<i64, _>("auto_stopped")), (1, 0));
    assert_eq!(first.get::<f64, _>("max_dista"), point(200).dista);
    let mean = [168, 176, 184, 192, 200].map(|serial| point(serial).distb.abs()).iter().sum::<f64>() / 5.0;
    assert!((first.get::<f64, _>("avg_distb") - mean).abs() < 1e-9);

    let clear = Clear::new(1, Scope::Run { session_id: run.id }, 200, 1, 2);
    rig.keep(&[Entry::Cleared { clear }]);
    rig.settle().await;
    assert!(rows(&mut database, "SELECT * FROM measurements WHERE session_id = 1").await.is_empty());
    assert!(rows(&mut database, "SELECT * FROM statistics").await.is_empty());
    let found = rows(&mut database, "SELECT * FROM v_session_statistics WHERE max_dista = 0").await;
    assert_eq!(found.len(), 8, "runs stay, their numbers do not");
    rig.keep(&[Entry::Undone { clear: 1 }]);
    rig.settle().await;
    assert_eq!(rows(&mut database, "SELECT * FROM measurements WHERE session_id = 1").await.len(), 40);
    assert_eq!(rows(&mut database, "SELECT * FROM statistics WHERE session_id = 1").await.len(), 8);
}

#[tokio::test]
async fn the_users_queries_answer_on_sqlite() {
    the_users_queries_answer(Kind::Embedded).await;
}

#[tokio::test]
async fn the_users_queries_answer_on_postgres() {
    the_users_queries_answer(Kind::Postgres).await;
}
