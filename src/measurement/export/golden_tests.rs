//! Whole files against files written by hand from the rules of the domain reference, A8.3.
//!
//! Times in them depend on the time zone of the machine, so they stand there as `<kind unix_ms>`.

use std::sync::Arc;

use super::ranking_tests::{Story, lane};
use super::*;
use crate::measurement::{Category, Frequency, Point, PointFilter, iso, local, local_ms};

const START: i64 = 1_762_785_030_000;

fn golden(text: &str) -> String {
    let mut told = String::new();
    let mut rest = text;
    while let Some((before, tail)) = rest.split_once('<') {
        let (token, after) = tail.split_once('>').expect("a token has an end");
        let (kind, ms) = token.split_once(' ').expect("a token has a time");
        let ms = ms.parse().expect("a time is a number");
        let shown = match kind {
            "milliseconds" => local_ms(ms),
            "seconds" => local(ms),
            "iso" => iso(ms),
            _ => panic!("{kind} is no kind of time"),
        };
        told += before;
        told += &shown;
        rest = after;
    }
    told + rest
}

/// Run 1 comes to its end, in run 2 a model collapses, run 3 goes on; one point has no run. Points by time.
fn story() -> (Story, Vec<Point>) {
    let mut story = Story::new();
    story.rename(2, Category::Baja, "Kampus \"X\"");
    story.rename(3, Category::Baja, "=Tim\\Tiga");
    let hertz = |hertz| Frequency::of(hertz).unwrap();
    let mut points = Vec::new();
    story.start(1, Category::Baja, hertz(1.5), START);
    points.push(story.point((1, 1), (0.5, -1234.5), (false, true), 0));
    points.push(story.point((2, 2), (-0.000_05, 3.25), (true, true), 15_234));
    points.push(story.point((3, 1), (0.0, 2.000_05), (false, false), 59_999));
    story.stop(60_000, crate::measurement::EndedBy::Time);
    story.start(2, Category::Baja, hertz(2.5), START + 170_000);
    points.push(story.point((5, 1), (0.0, 7.0), (true, true), 1000));
    story.stop(35_500, crate::measurement::EndedBy::Collapse);
    points.push(story.free(6, 3, 1.0, START + 220_000));
    story.start(3, Category::Beton, hertz(1.5), START + 270_000);
    points.push(story.point((7, 8), (0.0, -0.000_04), (true, true), 2000));
    (story, points)
}

fn written(mut csv: Csv, points: &[Point]) -> String {
    let mut text = csv.head().to_owned();
    // As from a database: page by page.
    for page in points.chunks(2) {
        text += &csv.rows(page);
    }
    text + &csv.tail()
}

#[test]
fn the_realtime_file() {
    let (story, points) = story();
    let csv = Csv::realtime(Arc::new(story.state), None);
    assert_eq!(written(csv, &points), golden(include_str!("../../../tests/contest/golden/realtime.csv")));
}

#[test]
fn the_session_file() {
    let (story, mut points) = story();
    let csv = Csv::session(Arc::new(story.state), None, None);
    assert!(csv.filter().of_ended_runs);
    points.sort_by_key(|point| (point.run, point.lane, point.relative_ms, point.serial));
    // A run that goes on is left out even when the database thinks that it is over already.
    assert_eq!(written(csv, &points), golden(include_str!("../../../tests/contest/golden/session.csv")));
}

#[test]
fn the_file_for_programs() {
    let (story, points) = story();
    let csv = Csv::points(Arc::new(story.state), PointFilter::default());
    let text = written(csv, &points);
    assert_eq!(text, golden(include_str!("../../../tests/contest/golden/points.csv")));
    let rows = ::csv::Reader::from_reader(text.as_bytes()).into_records().collect::<Result<Vec<_>, _>>().unwrap();
    assert_eq!(&rows[1][6], "Kampus \"X\"");
}

#[test]
fn a_teams_file() {
    let (story, points) = story();
    let state = Arc::new(story.state);
    let of_first: Vec<Point> = points.into_iter().filter(|point| point.lane == lane(1)).collect();
    let csv = Csv::team(state.clone(), lane(1), Category::Baja);
    assert_eq!(written(csv, &of_first), golden(include_str!("../../../tests/contest/golden/team.csv")));
    let csv = Csv::team(state, lane(3), Category::Baja);
    assert_eq!(written(csv, &[]), golden(include_str!("../../../tests/contest/golden/team_without_points.csv")));
}

#[test]
fn without_points_there_is_a_header() {
    let state = Arc::new(story().0.state);
    for csv in [
        Csv::realtime(state.clone(), Some(lane(1))),
        Csv::session(state.clone(), Some(lane(1)), None),
        Csv::points(state, PointFilter::default()),
    ] {
        assert_eq!(written(csv, &[]).lines().count(), 1);
    }
}

#[test]
fn only_the_users_own_files_end_with_a_line_when_they_break() {
    let state = Arc::new(story().0.state);
    let broken = |csv: Csv| csv.broken("the database\nis away");
    let line = Some("# Error: the database is away\n".to_owned());
    assert_eq!(broken(Csv::realtime(state.clone(), None)), line);
    assert_eq!(broken(Csv::session(state.clone(), None, None)), line);
    assert_eq!(broken(Csv::points(state.clone(), PointFilter::default())), None);
    assert_eq!(broken(Csv::team(state, lane(1), Category::Baja)), None);
}

#[test]
fn names_of_files_are_safe_and_tell_when() {
    let mut story = Story::new();
    story.rename(1, Category::Beton, "../Ä \"b\"/=c");
    let state = Arc::new(story.state);
    let at = local(START).replace(':', "").replace(' ', "_");
    assert_eq!(Csv::realtime(state.clone(), None).file_name(START), format!("realtime_data_{at}.csv"));
    assert_eq!(Csv::session(state.clone(), None, None).file_name(START), format!("session_data_{at}.csv"));
    assert_eq!(Csv::team(state, lane(1), Category::Beton).file_name(START), format!("B-1_b___c_{at}.csv"));
}
