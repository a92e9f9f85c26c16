//! The process: its command line, and nothing else.

use std::process::ExitCode;

fn main() -> ExitCode {
    saluran::cli::run()
}
