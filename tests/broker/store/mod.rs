//! The store with both databases: whatever happens, a database has what the journal has.
//!
//! `rig.rs` is a journal with a database behind it, `naive.rs` says in the simplest words what must be
//! there, and every claim is shown on SQLite and on a real PostgreSQL.

mod faults;
mod naive;
mod pace;
mod pages;
mod random;
mod rig;
mod shared;
mod views;
mod whole;

use saluran::measurement::{Category, Entry, Frequency, Lane, Point, Run, RunId, Tick};

pub(crate) use naive::Naive;
pub(crate) use rig::{Kind, Place, Rig};

/// A point of free mode.
pub(crate) fn point(serial: i64) -> Point {
    let numbers = [1_u8, 2, 3, 4, 5, 6, 7, 8];
    let lane = numbers[usize::try_from(serial.rem_euclid(8)).unwrap()];
    Point {
        serial,
        run: None,
        lane: Lane::try_from(lane).unwrap(),
        category: Category::Baja,
        frequency: None,
        dista: f64::from(i32::try_from(serial).unwrap()) / 3.0,
        distb: -0.1 * f64::from(i32::try_from(serial).unwrap()),
        is_a_detected: serial % 2 == 0,
        is_b_detected: serial % 3 == 0,
        relative_ms: None,
        at_ms: 1_762_785_045_123 + serial * 33,
    }
}

/// A point of a run.
pub(crate) fn run_point(serial: i64, run: &Run, relative_ms: u32) -> Point {
    Point {
        run: Some(run.id),
        category: run.category,
        frequency: Some(run.frequency),
        relative_ms: Some(relative_ms),
        ..point(serial)
    }
}

pub(crate) fn taken(point: Point) -> Entry {
    Entry::Point { point, mark: None }
}

/// A run that begins.
pub(crate) fn run(id: i64, category: Category) -> Run {
    let started = Tick { boot: "boot".into(), ns: 0 };
    let started_at_ms = 1_762_785_045_000 + id * 100_000;
    Run { id: RunId(id), category, frequency: Frequency::of(2.5).unwrap(), started_at_ms, started, stop: None }
}
