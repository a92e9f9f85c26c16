//! The table that a run ends with.

use std::fmt;

use super::{Report, Row, detail, median};
use crate::scenario::{Outcome, Target};

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns = ["scenario", "unit", "floor", "saluran", "ratio", "target", "", "per second"];
        line(f, columns.map(String::from))?;
        for row in &self.rows {
            line(f, row.cells())?;
        }
        writeln!(f)?;
        for row in &self.rows {
            row.notes(f)?;
        }
        match (self.cores.server, self.cores.generator) {
            (Some(server), Some(generator)) => writeln!(f, "server on core {server}, generator on core {generator}")?,
            _ => writeln!(f, "fewer than two cores: server and generator shared one, so the figures are rough")?,
        }
        let verdict = if self.is_sound() { "nothing lost, duplicated or out of order" } else { "FAILED, see above" };
        writeln!(f, "deliveries: {verdict}")
    }
}

impl Row {
    fn cells(&self) -> [String; 8] {
        let unit = self.scenario.unit.split([' ', ',']).next().unwrap_or_default();
        let target = match self.scenario.target {
            Target::Ratio(limit) => format!("≤ {limit:.2} × {}", self.names().first().copied().unwrap_or_default()),
            Target::AtMost(limit) => format!("≤ {limit} {unit}"),
            Target::Lossless => String::from("nothing lost"),
        };
        let missed = self.meets_target() == Some(false);
        let per_second = median(&self.saluran, |outcome| outcome.per_second);
        [
            self.scenario.name.to_owned(),
            self.scenario.unit.to_owned(),
            number(self.floor_figure()),
            number(self.saluran_figure()),
            number(self.ratio()),
            target,
            String::from(if missed { "MISSED" } else { "" }),
            per_second.map_or_else(String::new, |units| format!("{units:.0}")),
        ]
    }

    /// What the columns have no room for.
    fn notes(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.scenario.name;
        for (server, outcomes) in self.names().into_iter().zip([&self.floor, &self.saluran]) {
            if let Some(text) = idle(outcomes).or_else(|| slow(outcomes)).or_else(|| newcomer(outcomes)) {
                writeln!(f, "{name}, {server}: {text}")?;
            }
            let busy = median(outcomes, |outcome| Some(outcome.generator_busy));
            if busy.is_some_and(|busy| busy > 0.9) {
                writeln!(f, "{name}, {server}: the generator was the limit, so a second could have held more")?;
            }
        }
        for failure in &self.failures {
            writeln!(f, "{name}: NOT MEASURED, {failure}")?;
        }
        for (server, faults) in self.faulty() {
            writeln!(f, "{name}, {server}: FAILED, {faults}")?;
        }
        for words in self.floor.iter().chain(&self.saluran).filter_map(|outcome| outcome.refusal.as_ref()) {
            writeln!(f, "{name}: a request was answered with {words:?}")?;
        }
        Ok(())
    }
}

fn idle(outcomes: &[Outcome]) -> Option<String> {
    let percent = detail(outcomes, "idle_cpu_percent")?;
    Some(format!("all connections together took {percent:.2} % of a core"))
}

fn newcomer(outcomes: &[Outcome]) -> Option<String> {
    let greeted = number(Some(detail(outcomes, "greeted_ms")?));
    Some(format!(
        "everything kept had arrived after {greeted} ms, median of {} newcomers",
        number(detail(outcomes, "newcomers"))
    ))
}

fn slow(outcomes: &[Outcome]) -> Option<String> {
    let figure = |name| Some(number(Some(detail(outcomes, name)?)));
    let [p50, p99] = [figure("p50_without_ms")?, figure("p99_without_ms")?];
    let [p50_with, p99_with] = [figure("p50_with_ms")?, figure("p99_with_ms")?];
    let code = detail(outcomes, "slow_one_close_code")?;
    let end = if code > 0.0 { format!("was closed with {code}") } else { String::from("was kept") };
    Some(format!(
        "delay p50 {p50} and p99 {p99} ms without, {p50_with} and {p99_with} ms with the slow one, which {end}"
    ))
}

/// Three digits or so.
fn number(figure: Option<f64>) -> String {
    match figure {
        None => String::from("–"),
        Some(figure) if figure >= 100.0 => format!("{figure:.0}"),
        Some(figure) if figure >= 10.0 => format!("{figure:.1}"),
        Some(figure) => format!("{figure:.2}"),
    }
}

fn line(f: &mut fmt::Formatter<'_>, cells: [String; 8]) -> fmt::Result {
    let [name, unit, floor, saluran, ratio, target, mark, per_second] = cells;
    let text =
        format!("{name:<14} {unit:<17} {floor:>7} {saluran:>8} {ratio:>6}  {target:<14} {mark:<6} {per_second:>10}");
    writeln!(f, "{}", text.trim_end())
}
