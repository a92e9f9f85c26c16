//! All that one team did.

use crate::measurement::{Category, Frequency, Lane, Point, Run, iso};

use super::clean::{or_empty, seconds};
use super::csv::Csv;
use super::number::rounded;
use super::ranking::Status;

pub(super) const COLUMNS: &str = "alias,team,category,laptop_id,frequency_hz,status,session_id,duration_seconds,relative_seconds,dista_mm,distb_mm,is_a_detected,is_b_detected,timestamp\n";

/// A line: a team at a frequency, and one of its points if it has one.
struct Row<'a> {
    lane: Lane,
    category: Category,
    frequency: Frequency,
    status: Status,
    run: Option<&'a Run>,
    point: Option<&'a Point>,
}

pub(super) fn point(csv: &Csv, point: &Point, text: &mut String) {
    let Some(run) = point.run.and_then(|id| csv.state.runs.get(&id)) else { return };
    let Run { category, frequency, .. } = *run;
    let row =
        Row { lane: point.lane, category, frequency, status: Status::of(run), run: Some(run), point: Some(point) };
    row.write(csv, text);
}

/// A row for each run without a point of this team, and for each frequency without a run.
pub(super) fn undone(csv: &Csv, lane: Lane, category: Category) -> String {
    let mut text = String::new();
    let runs = || csv.state.runs.values().filter(|run| run.category == category && !run.is_running());
    for run in runs().filter(|run| !csv.seen.contains(&run.id)) {
        let frequency = run.frequency;
        Row { lane, category, frequency, status: Status::NoData, run: Some(run), point: None }.write(csv, &mut text);
    }
    for frequency in Frequency::ALL {
        if !runs().any(|run| run.frequency == frequency) {
            Row { lane, category, frequency, status: Status::NotDone, run: None, point: None }.write(csv, &mut text);
        }
    }
    text
}

impl Row<'_> {
    fn write(&self, csv: &Csv, text: &mut String) {
        let Row { lane, category, frequency, status, run, point } = *self;
        let stop = run.and_then(|run| run.stop);
        *text += &format!(
            "{}-{lane},{},{category},{lane},{frequency},{},{},{},",
            category.letter(),
            csv.name(category, lane),
            status.text(),
            or_empty(run.map(|run| run.id.0)),
            or_empty(stop.map(|stop| seconds(stop.duration_ms))),
        );
        *text += &point.map_or_else(|| ",,,,,".to_owned(), measured);
        text.push('\n');
    }
}

fn measured(point: &Point) -> String {
    format!(
        "{},{},{},{},{},{}",
        or_empty(point.relative_ms.map(seconds)),
        rounded(point.dista, 4),
        rounded(point.distb, 4),
        point.is_a_detected,
        point.is_b_detected,
        iso(point.at_ms),
    )
}

/// A team's name with nothing in it that a file's name may not have.
pub(super) fn in_file_name(name: &str) -> String {
    let safe = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '-' | '.') { c } else { '_' };
    let name: String = name.chars().take(60).map(safe).collect();
    name.trim_matches(['_', '.', '-']).to_owned()
}
