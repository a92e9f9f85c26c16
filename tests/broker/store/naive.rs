//! What must be there, in the simplest words: a list of points, and the clears that hide some.

use std::collections::BTreeMap;

use saluran::measurement::{Clear, Entry, Point, PointFilter, Sorting, State, TallyKey};
use sqlx::{AnyConnection, Row as _};

/// All entries so far.
#[derive(Debug, Default, Clone)]
pub(crate) struct Naive {
    pub(crate) state: State,
    points: Vec<Point>,
    clears: Vec<Clear>,
}

/// Count, maxima, sums.
type Sums = (i64, f64, f64, f64, f64);

impl Naive {
    pub(crate) fn apply(&mut self, entry: &Entry) {
        self.state.apply(entry);
        match entry {
            Entry::Point { point, .. } => self.points.push(*point),
            Entry::Cleared { clear } => self.clears.push(clear.clone()),
            Entry::Undone { clear } => self.clears.retain(|kept| kept.id != *clear),
            Entry::Purged { clear } => {
                let gone = self.clears.iter().find(|kept| kept.id == *clear).cloned();
                let hiders = self.clears.clone();
                // The first clear that hides a point is the one that it goes with.
                let first = |point: &Point| hiders.iter().find(|clear| clear.hides(point)).map(|clear| clear.id);
                self.points.retain(|point| gone.is_none() || first(point) != Some(*clear));
                self.clears.retain(|kept| kept.id != *clear);
            }
            Entry::RunStarted { .. }
            | Entry::RunStopped { .. }
            | Entry::Realtime { .. }
            | Entry::Frozen { .. }
            | Entry::Selected { .. }
            | Entry::Teams { .. } => {}
        }
    }

    /// What a filter must give.
    pub(crate) fn read(&self, filter: &PointFilter) -> Vec<Point> {
        let mut points: Vec<Point> = self.points.iter().filter(|point| self.fits(filter, point)).copied().collect();
        match filter.sorting {
            Sorting::Arrival => points.sort_by_key(|point| point.serial),
            Sorting::Time => points.sort_by_key(|point| (point.at_ms, point.serial)),
            Sorting::Run => points.sort_by_key(|point| (point.run, point.lane, point.relative_ms, point.serial)),
        }
        points
    }

    fn fits(&self, filter: &PointFilter, point: &Point) -> bool {
        let is_over = || point.run.and_then(|run| self.state.runs.get(&run)).is_some_and(|run| !run.is_running());
        !self.clears.iter().any(|clear| clear.hides(point))
            && (filter.lanes.is_empty() || filter.lanes.contains(&point.lane))
            && filter.category.is_none_or(|category| point.category == category)
            && filter.frequency.is_none_or(|frequency| point.frequency == Some(frequency))
            && filter.run.is_none_or(|run| point.run == Some(run))
            && (!filter.of_ended_runs || is_over())
            && filter.from_ms.is_none_or(|from| point.at_ms >= from)
            && filter.to_ms.is_none_or(|to| point.at_ms < to)
    }

    /// Statistics, recomputed from the points.
    fn sums(&self) -> BTreeMap<TallyKey, Sums> {
        let mut sums: BTreeMap<TallyKey, Sums> = BTreeMap::new();
        for point in self.read(&PointFilter::default()) {
            let (a, b) = (point.dista.abs(), point.distb.abs());
            let of = sums.entry(TallyKey::of(&point)).or_default();
            *of = (of.0 + 1, of.1.max(a), of.2.max(b), of.3 + a, of.4 + b);
        }
        sums
    }

    /// Statistics, runs and teams are in the database as they must be.
    pub(crate) async fn assert_tables(&self, database: &mut AnyConnection) {
        self.assert_statistics(database).await;
        let aside = sqlx::query("SELECT reason, entry FROM passed_over").fetch_all(&mut *database).await.unwrap();
        let aside: Vec<(String, String)> = aside.iter().map(|row| (row.get(0), row.get(1))).collect();
        assert!(aside.is_empty(), "refused: {aside:?}");
        let rows = sqlx::query("SELECT id, status, duration_ms, ended_by FROM sessions ORDER BY id");
        let rows = rows.fetch_all(&mut *database).await.unwrap();
        let stored: Vec<_> = rows
            .iter()
            .map(|row| {
                let ended_by: Option<String> = row.get(3);
                (row.get::<i64, _>(0), row.get::<String, _>(1), row.get::<Option<i64>, _>(2), ended_by)
            })
            .collect();
        let expected: Vec<_> = self
            .state
            .runs
            .values()
            .map(|run| {
                let status = if run.is_running() { "running" } else { "stopped" };
                let by = run.stop.map(|stop| serde_json::to_value(stop.by).unwrap().as_str().unwrap().to_owned());
                (run.id.0, status.to_owned(), run.stop.map(|stop| i64::from(stop.duration_ms)), by)
            })
            .collect();
        assert_eq!(stored, expected, "runs");
        let rows = sqlx::query("SELECT nama_tim, alias FROM teams ORDER BY category, laptop_id");
        let rows = rows.fetch_all(&mut *database).await.unwrap();
        let stored: Vec<(String, String)> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
        let teams = self.state.teams.list();
        let expected: Vec<_> = teams.iter().map(|team| (team.nama_tim.to_string(), team.alias())).collect();
        assert_eq!(stored, expected, "teams");
    }

    async fn assert_statistics(&self, database: &mut AnyConnection) {
        let rows = sqlx::query(
            "SELECT session_id, category, laptop_id, count, max_dista, max_distb, sum_dista, sum_distb \
             FROM tallies WHERE clear_id = 0",
        );
        let rows = rows.fetch_all(&mut *database).await.unwrap();
        let mut expected = BTreeMap::new();
        for (key, sums) in self.sums() {
            let run = key.run.map_or(0, |run| run.0);
            expected.insert((run, key.category.to_string(), i64::from(key.lane.number())), sums);
        }
        assert_eq!(rows.len(), expected.len(), "{expected:?}");
        for row in rows {
            let key = (row.get::<i64, _>(0), row.get::<String, _>(1), row.get::<i64, _>(2));
            let (count, max_a, max_b, sum_a, sum_b) = expected[&key];
            assert_eq!((row.get(3), row.get(4), row.get(5)), (count, max_a, max_b), "{key:?}");
            for (stored, expected) in [(row.get::<f64, _>(6), sum_a), (row.get::<f64, _>(7), sum_b)] {
                assert!((stored - expected).abs() <= 1e-9 * expected.max(1.0), "{key:?}: {stored}, not {expected}");
            }
        }
    }
}
