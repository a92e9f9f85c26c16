//! The same for programs: one object with every figure of every measurement.

use serde_json::{Map, Value, json};

use super::{Report, Row};
use crate::arguments::Run;
use crate::scenario::{Outcome, Target};

/// The report and what was asked for, as JSON text.
pub(crate) fn json(report: &Report, run: &Run) -> String {
    let rows: Vec<Value> = report.rows.iter().map(row).collect();
    let value = json!({
        "binary": run.binary,
        "rounds": run.rounds,
        "seconds": run.seconds,
        "connections": run.connections,
        "cores": { "server": report.cores.server, "generator": report.cores.generator },
        "sound": report.is_sound(),
        "scenarios": rows,
    });
    format!("{value:#}\n")
}

fn row(row: &Row) -> Value {
    let target = match row.scenario.target {
        Target::Ratio(limit) => json!({ "ratio": limit }),
        Target::AtMost(limit) => json!({ "at_most": limit }),
        Target::Lossless => Value::Null,
    };
    json!({
        "name": row.scenario.name,
        "unit": row.scenario.unit,
        "target": target,
        "met": row.meets_target(),
        "ratio": row.ratio(),
        "floor": row.floor.iter().map(outcome).collect::<Vec<_>>(),
        "saluran": row.saluran.iter().map(outcome).collect::<Vec<_>>(),
        "failures": row.failures,
    })
}

fn outcome(outcome: &Outcome) -> Value {
    let faults: Map<String, Value> =
        outcome.faults.named().into_iter().map(|(name, count)| (name.replace(' ', "_"), count.into())).collect();
    let details: Map<String, Value> =
        outcome.details.iter().map(|(name, value)| ((*name).to_owned(), (*value).into())).collect();
    json!({
        "figure": outcome.figure,
        "per_second": outcome.per_second,
        "generator_busy": outcome.generator_busy,
        "faults": faults,
        "details": details,
    })
}
