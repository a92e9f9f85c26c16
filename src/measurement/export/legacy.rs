//! The two files that the users' spreadsheets have always read.
//!
//! Source: domain reference, A8.3. Their headers say `mm_per_s` of an average that is in millimetres;
//! the names are kept because programs look for them.

use crate::measurement::{Category, Point, Tally, TallyKey, local, local_ms};

use super::csv::Csv;
use super::number::grouped;
use super::quote::php;

pub(super) const REALTIME: &str = "Laptop_ID,Team_Name,Category,Timestamp,Realtime_Disp_Puncak_mm,Max_Disp_Puncak_mm,Avg_Disp_Puncak_mm_per_s,Frequency_Hz\n";

pub(super) const SESSION: &str = "Laptop_ID,Team_Name,Category,Waktu_Detik,Avg_Disp_Puncak_mm_per_s,Max_Disp_Puncak_mm,Realtime_Disp_Puncak_mm,Frequency_Hz,Started_At,Stopped_At\n";

pub(super) fn realtime(csv: &Csv, point: &Point, text: &mut String) {
    let one = [point.category];
    let categories: &[Category] = if point.run.is_some() { &one } else { &Category::ALL };
    let tally = tally(csv, point);
    for &category in categories {
        line(
            text,
            &[
                &point.lane.to_string(),
                csv.name(category, point.lane),
                category.as_str(),
                &php(&local_ms(point.at_ms)),
                &millimetres(point.distb),
                &millimetres(tally.max_distb),
                &millimetres(tally.avg_distb()),
                &hertz(point),
            ],
        );
    }
}

pub(super) fn session(csv: &Csv, point: &Point, text: &mut String) {
    let Some(run) = point.run.and_then(|id| csv.state.runs.get(&id)) else { return };
    // A run that ended after this file was begun is not in it.
    let Some(stop) = run.stop else { return };
    let seconds = point.relative_ms.unwrap_or_default() / 1000;
    let tally = tally(csv, point);
    line(
        text,
        &[
            &point.lane.to_string(),
            csv.name(run.category, point.lane),
            run.category.as_str(),
            &format!("{:02}:{:02}", seconds / 60, seconds % 60),
            &millimetres(tally.avg_distb()),
            &millimetres(tally.max_distb),
            &millimetres(point.distb),
            &hertz(point),
            &php(&local(run.started_at_ms)),
            &php(&local(stop.at_ms)),
        ],
    );
}

/// The run's statistics on the point's lane; zeros in free mode.
fn tally(csv: &Csv, point: &Point) -> Tally {
    let found = point.run.and_then(|_| csv.state.tallies.get(&TallyKey::of(point)));
    found.copied().unwrap_or_default()
}

fn millimetres(value: f64) -> String {
    php(&grouped(value, 4)).into_owned()
}

fn hertz(point: &Point) -> String {
    point.frequency.map_or_else(|| "0.0".to_owned(), |frequency| frequency.to_string())
}

fn line(text: &mut String, fields: &[&str]) {
    text.push_str(&fields.join(","));
    text.push('\n');
}
