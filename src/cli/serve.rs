//! `saluran serve`: the broker, from start to drain.

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use tokio::signal::unix::{SignalKind, signal};

use crate::broker::Broker;
use crate::config::{self, Loaded, LogFormat, Source};
use crate::telemetry;

/// The configuration is wrong; as `sysexits.h` has it.
const USAGE: u8 = 64;

/// Something that the broker needs cannot be had.
const UNAVAILABLE: u8 = 69;

/// Runs the broker until SIGTERM or SIGINT, then drains it.
pub(super) fn run(path: Option<&Path>) -> ExitCode {
    let Loaded { config, warnings } = match config::load(Source::from(path), config::environment()) {
        Ok(loaded) => loaded,
        Err(error) => return fail(USAGE, &error),
    };
    if let Err(error) = telemetry::start(&config.log.level, config.log.format == LogFormat::Json) {
        return fail(USAGE, &error);
    }
    for warning in warnings {
        tracing::warn!("{warning}");
    }
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(UNAVAILABLE, &error),
    };
    let broker = match Broker::start(config) {
        Ok(broker) => broker,
        Err(error) => return fail(UNAVAILABLE, &error),
    };
    runtime.block_on(serve(broker))
}

async fn serve(broker: Broker) -> ExitCode {
    let admin = broker.admin_address().map_or_else(|| "off".to_owned(), |address| address.to_string());
    tracing::info!(address = %broker.address(), %admin, version = env!("SALURAN_VERSION"), "listening");
    let name = match stop_signal().await {
        Ok(name) => name,
        Err(error) => return fail(UNAVAILABLE, &error),
    };
    tracing::info!(signal = name, "draining");
    // A second signal ends the process at once: whoever sends two means it.
    tokio::select! {
        () = broker.shutdown() => tracing::info!("stopped"),
        _ = stop_signal() => tracing::warn!("stopped before the drain was over"),
    }
    ExitCode::SUCCESS
}

/// Waits for a signal that ends the broker.
async fn stop_signal() -> io::Result<&'static str> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = terminate.recv() => Ok("SIGTERM"),
        _ = interrupt.recv() => Ok("SIGINT"),
    }
}

/// Says on standard error why not; whoever closed that has chosen not to know.
pub(super) fn fail(code: u8, reason: &dyn std::fmt::Display) -> ExitCode {
    drop(writeln!(io::stderr(), "saluran: {reason}"));
    ExitCode::from(code)
}
