//! The command line.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Parser, Subcommand};

use crate::floor::fault::Fault;

/// Measures the release binary of saluran beside a bare broadcaster, in the same run.
#[derive(Debug, Parser)]
#[command(name = "bench", version)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) role: Option<Role>,
    #[command(flatten)]
    pub(crate) run: Run,
}

/// What to measure, and how long.
#[derive(Debug, clap::Args)]
pub(crate) struct Run {
    /// Measure everything so often, floor and broker by turns; the table shows medians
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(crate) rounds: u32,
    /// Length of a measurement
    #[arg(long, value_name = "S", default_value_t = 2.0, value_parser = positive)]
    pub(crate) seconds: f64,
    /// Only these scenarios
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    pub(crate) only: Vec<String>,
    /// Connections of connect and idle
    #[arg(long, value_name = "N", default_value_t = 2000, value_parser = clap::value_parser!(u32).range(1..=25_000))]
    pub(crate) connections: u32,
    /// Also write all figures to this file
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    /// The broker to measure
    #[arg(long, value_name = "PATH", env = "SALURAN_BINARY", default_value = "target/release/saluran")]
    pub(crate) binary: PathBuf,
}

/// What the bench does otherwise; all but the first for its own use.
#[derive(Debug, Subcommand)]
pub(crate) enum Role {
    /// Prove that a server that drops, repeats or delays deliveries is found out
    Prove,
    /// Serve as the floor
    #[command(hide = true)]
    Floor {
        /// Spoil one delivery in a thousand
        #[arg(long)]
        fault: Option<Fault>,
    },
    /// Become another program, on one core, until the parent ends
    #[command(hide = true)]
    Launch {
        #[arg(long)]
        core: Option<usize>,
        #[arg(last = true, required = true)]
        words: Vec<OsString>,
    },
}

fn positive(text: &str) -> Result<f64, String> {
    let seconds = text.parse().ok().filter(|seconds| (0.1..=3600.0).contains(seconds));
    seconds.ok_or_else(|| String::from("a number from 0.1 to 3600 is needed"))
}
