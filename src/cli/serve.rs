//! `saluran serve`: the broker, from start to drain.

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::MissedTickBehavior;

use crate::broker::Broker;
use crate::config::{self, Loaded, LogFormat, Source};
use crate::telemetry;

use super::nearby::Nearby;
use super::reload::Watched;

/// The configuration is wrong; as `sysexits.h` has it.
const USAGE: u8 = 64;

/// Time between two looks at the files of the configuration.
const LOOK: Duration = Duration::from_secs(1);

/// Something that the broker needs cannot be had.
const UNAVAILABLE: u8 = 69;

/// Runs the broker until SIGTERM or SIGINT, then drains it.
pub(super) fn run(path: Option<&Path>) -> ExitCode {
    let loaded = match config::load(Source::from(path), config::environment()) {
        Ok(loaded) => loaded,
        Err(error) => return fail(USAGE, &error),
    };
    let watched = Watched::new(path, &loaded);
    let Loaded { config, warnings, .. } = loaded;
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
    let broker = match Broker::start(&config) {
        Ok(broker) => broker,
        Err(error) => return fail(UNAVAILABLE, &error),
    };
    let nearby = Nearby::start(&config, &broker);
    match runtime.block_on(serve(broker, nearby, watched)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(UNAVAILABLE, &error),
    }
}

async fn serve(mut broker: Broker, nearby: Nearby, mut watched: Watched) -> io::Result<()> {
    // Before anybody can know that we run: a signal that comes at once must find us listening.
    let mut signals = Signals::new()?;
    let mut hangup = signal(SignalKind::hangup())?;
    let admin = broker.admin_address().map_or_else(|| "off".to_owned(), |address| address.to_string());
    let gateway = broker.gateway_address().map_or_else(|| "off".to_owned(), |address| address.to_string());
    tracing::info!(address = %broker.address(), %admin, %gateway, version = env!("BUILD_VERSION"), "listening");
    let mut looks = tokio::time::interval(LOOK);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let signal = loop {
        // Each branch waits for an event that stays where it is when another comes first.
        tokio::select! {
            signal = signals.next() => break signal,
            _ = hangup.recv() => watched.reload(&mut broker).await,
            _ = looks.tick() => if watched.has_changed() { watched.reload(&mut broker).await },
        }
    };
    tracing::info!(signal, "draining");
    let goodbye = tokio::task::spawn_blocking(move || drop(nearby));
    // A second signal ends the process at once: whoever sends two means it.
    tokio::select! {
        _ = async { tokio::join!(broker.shutdown(), goodbye) } => tracing::info!("stopped"),
        _ = signals.next() => tracing::warn!("stopped before the drain was over"),
    }
    Ok(())
}

/// The signals that end the broker.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn new() -> io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    /// Waits for one that ends the broker, and names it. Cancel-safe, as receiving is.
    async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
        }
    }
}

/// Says on standard error why not; whoever closed that has chosen not to know.
pub(super) fn fail(code: u8, reason: &dyn std::fmt::Display) -> ExitCode {
    drop(writeln!(io::stderr(), "saluran: {reason}"));
    ExitCode::from(code)
}
