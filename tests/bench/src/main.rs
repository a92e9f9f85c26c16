//! `bench` measures a built broker beside a floor that it carries itself, in the same run.
//!
//! [`scenario`] says what is measured; [`load`] is the generator, [`floor`] the bare broadcaster to
//! compare with, [`process`] starts servers and reads what they used, [`report`] shows it. `README.md`
//! beside the manifest tells how to read the figures.

mod arguments;
mod clock;
mod error;
mod floor;
mod load;
mod process;
mod report;
mod scenario;
mod session;
mod wire;

use std::error::Error as _;
use std::io::Write;
use std::process::ExitCode;

use clap::Parser;

use self::arguments::{Arguments, Role};
use self::error::Error;

fn main() -> ExitCode {
    let Arguments { role, run } = Arguments::parse();
    let done = match role {
        None => session::run(&run),
        Some(Role::Prove) => session::prove(),
        Some(Role::Floor { fault }) => floor::serve(fault).map(|()| true),
        Some(Role::Launch { core, words }) => process::launch::become_program(core, &words).map(|()| true),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            let text = explain(&error);
            // Without a stderr there is nobody to tell, and the exit status says it too.
            writeln!(std::io::stderr(), "bench: {text}").ok();
            ExitCode::FAILURE
        }
    }
}

/// The error and what it comes from, in one line.
fn explain(error: &Error) -> String {
    match error.source() {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}
