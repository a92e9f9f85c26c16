//! A whole run: every scenario in every round, floor and broker by turns, each on a fresh server.

use std::io::Write;
use std::path::PathBuf;

use crate::arguments::Run;
use crate::error::Error;
use crate::load::faults::Faults;
use crate::process::cores::{self, Cores};
use crate::process::files;
use crate::process::server::{Server, Subject};
use crate::report::{self, Report, Role, Row};
use crate::scenario::{self, Outcome, Scenario, Settings};

/// Measures, and prints the table; whether all was measured and nothing went wrong with deliveries.
///
/// # Errors
/// What keeps the run from starting; a measurement that fails is part of the report.
pub(crate) fn run(run: &Run) -> Result<bool, Error> {
    let scenarios = scenario::choose(&run.only)?;
    let no_binary = |source| Error::NoBinary { path: run.binary.clone(), source };
    let binary = run.binary.canonicalize().map_err(no_binary)?;
    let session = Session::new(Settings { seconds: run.seconds, connections: run.connections })?;
    let mut rows: Vec<Row> = scenarios.iter().map(|scenario| Row::new(scenario)).collect();
    for round in 1..=run.rounds {
        for row in &mut rows {
            for (role, subject) in [Role::Reference, Role::Broker].into_iter().zip(row.scenario.subjects(&binary)) {
                let result = session.measure(row.scenario, &subject);
                progress(&format!("round {round}/{}", run.rounds), row.scenario, &subject, &result);
                row.take(role, result);
            }
        }
    }
    let report = Report { rows, cores: session.cores };
    let table = Error::system("print the table");
    write!(std::io::stdout(), "{report}").map_err(table)?;
    if let Some(path) = &run.json {
        std::fs::write(path, report::json(&report, run))
            .map_err(|source| Error::Write { path: path.clone(), source })?;
    }
    Ok(report.is_sound())
}

/// Measures a floor that spoils deliveries, and prints what was found; whether that was the fault it has.
///
/// # Errors
/// What keeps a measurement from being made.
pub(crate) fn prove() -> Result<bool, Error> {
    let session = Session::new(Settings { seconds: 1.0, connections: 1000 })?;
    type Count = fn(&Faults) -> u64;
    let cases: [(&str, &str, Count); 5] = [
        ("drop", "fanout", |faults| faults.lost),
        ("drop", "many", |faults| faults.lost),
        ("repeat", "fanout", |faults| faults.duplicated),
        ("repeat", "client-events", |faults| faults.duplicated),
        ("delay", "fanout-20", |faults| faults.disordered),
    ];
    let mut sound = true;
    for (fault, name, count) in cases {
        let subject = Subject::Floor(vec!["--fault", fault]);
        for scenario in scenario::choose(&[name.to_owned()])? {
            let faults = session.measure(scenario, &subject)?.faults;
            let found = count(&faults) > 0;
            let verdict = if found { "found" } else { "NOT FOUND" };
            let refused = Error::system("print the result");
            writeln!(std::io::stdout(), "{fault:<7} {name:<14} {verdict}: {faults}").map_err(refused)?;
            sound &= found;
        }
    }
    Ok(sound)
}

/// Where and how long to measure.
#[derive(Debug)]
struct Session {
    bench: PathBuf,
    cores: Cores,
    settings: Settings,
}

impl Session {
    /// Also moves this process, the generator, to its core, and lets it open enough files.
    fn new(settings: Settings) -> Result<Self, Error> {
        let bench = std::env::current_exe().map_err(Error::system("say where this program is"))?;
        files::raise_limit()?;
        let cores = Cores::choose()?;
        if let Some(core) = cores.generator {
            cores::pin(core)?;
        }
        Ok(Self { bench, cores, settings })
    }

    /// Measures a fresh server once.
    fn measure(&self, scenario: &Scenario, subject: &Subject) -> Result<Outcome, Error> {
        let server = Server::start(subject, &self.bench, self.cores)?;
        scenario.measure(&server, self.settings)
    }
}

fn progress(round: &str, scenario: &Scenario, subject: &Subject, result: &Result<Outcome, Error>) {
    let result = match result {
        Ok(outcome) if outcome.faults.is_none() => format!("{:.2} {}", outcome.figure, scenario.unit),
        Ok(outcome) => format!("{:.2} {}; {}", outcome.figure, scenario.unit, outcome.faults),
        Err(error) => crate::explain(error),
    };
    // Progress is a courtesy: the run goes on when nobody can see it.
    writeln!(std::io::stderr(), "{round}  {:<13} {:<8} {result}", scenario.name, subject.name()).ok();
}
