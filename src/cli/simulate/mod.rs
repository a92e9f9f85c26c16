//! `saluran simulate`: a whole contest without cameras, for demonstrations and for finding limits.

mod camera;
mod judge;
mod ledger;
mod motion;
mod watcher;

use std::cell::{Cell, RefCell};
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;
use std::rc::Rc;
use std::time::Duration;

use clap::{Args, Subcommand};
use serde_json::{Map, Value};
use tokio::time::{sleep, timeout};

use crate::auth::{Claims, issue, unix_now};
use crate::config::{self, Config, Source};
use crate::measurement::{Category, Frequency};

use super::client::{PATIENCE, Where, block_on};
use super::nearby::gateway;
use super::serve::fail;
use camera::{Camera, Studio};
use judge::Judge;
use ledger::{Ledger, Seen};
use watcher::Watcher;

/// A wrong command line or configuration; as `sysexits.h` has it.
const USAGE: u8 = 64;

/// Time for a simulation to end after its last run.
const FAREWELL: Duration = Duration::from_secs(30);

/// Time for the last points to arrive at the watchers.
const ARRIVAL: Duration = Duration::from_secs(5);

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Cameras on up to eight lanes, a judge who starts runs, and pages that watch
    Cameras(Cameras),
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  saluran simulate cameras                          a whole category: five runs of a minute
  saluran simulate cameras --frequencies 1.5 --watchers 17
  saluran simulate cameras --no-judge --seconds 600 cameras alone; the judge is you

Each point is acknowledged by the broker when it is safe on its disk. At the end stands what was sent,
acknowledged and refused, and how long points took to the watchers; the exit code is 1 when a watcher
missed a point that was acknowledged.")]
struct Cameras {
    /// Lanes with a camera
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u8).range(1..=8))]
    lanes: u8,
    /// Points a second and lane
    #[arg(long, default_value_t = 30.0, value_name = "HZ", value_parser = hertz)]
    hz: f64,
    /// Where cameras send [default: the configured gateway, on this machine]
    #[arg(long, value_name = "URL")]
    gateway: Option<String>,
    /// Category of the runs
    #[arg(long, default_value = "baja", value_name = "CATEGORY", value_parser = str::parse::<Category>)]
    category: Category,
    /// Frequencies of the runs, in their order [default: all five]
    #[arg(long, value_delimiter = ',', value_name = "HZ", value_parser = str::parse::<Frequency>)]
    frequencies: Vec<Frequency>,
    /// Runs altogether, the frequencies over and over [default: one of each]
    #[arg(long, value_name = "N")]
    runs: Option<usize>,
    /// Send for so long, and leave runs to others
    #[arg(long, requires = "seconds")]
    no_judge: bool,
    /// For how long, with --no-judge
    #[arg(long, value_name = "S")]
    seconds: Option<u64>,
    /// Pages that watch all lanes
    #[arg(long, default_value_t = 0, value_name = "N")]
    watchers: usize,
    /// A judge's token [default: one signed with the configured secret]
    #[arg(long, env = "SALURAN_TOKEN", hide_env_values = true)]
    token: Option<String>,
    /// Models move the same way for the same number
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Print the account as one JSON object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    target: Where,
}

fn hertz(text: &str) -> Result<f64, String> {
    let found: Option<f64> = text.parse().ok();
    found.filter(|hertz| (0.1..=1000.0).contains(hertz)).ok_or_else(|| "0.1 to 1000 are allowed".to_owned())
}

/// Simulates until all runs are over.
pub(super) fn run(arguments: &Arguments, path: Option<&Path>) -> ExitCode {
    let What::Cameras(cameras) = &arguments.what;
    let config = match config::load(Source::from(path), config::environment()) {
        Ok(loaded) => loaded.config,
        Err(error) => return fail(USAGE, &error),
    };
    let prepared = cameras.target.resolve(path).and_then(|target| Ok((cameras.gateway(&config)?, target)));
    let (gateway, target) = match prepared {
        Ok(prepared) => prepared,
        Err(reason) => return fail(USAGE, &reason),
    };
    let judge = match cameras.judge(&config, &target.base) {
        Ok(judge) => judge,
        Err(reason) => return fail(USAGE, &reason),
    };
    let ledger = Rc::new(RefCell::new(Ledger::default()));
    let ending = block_on(contest(cameras, Stage { config, gateway, target: Rc::new(target), judge }, ledger.clone()));
    let account = ledger.borrow().account();
    let text = if cameras.json { serde_json::json!(account).to_string() + "\n" } else { account.text() };
    if io::stdout().write_all(text.as_bytes()).is_err() || account.missing > 0 {
        return ExitCode::FAILURE;
    }
    ending
}

/// Where it all happens.
struct Stage {
    config: Config,
    gateway: String,
    target: Rc<super::client::Target>,
    judge: Option<Judge>,
}

async fn contest(arguments: &Cameras, stage: Stage, ledger: Rc<RefCell<Ledger>>) -> Result<(), String> {
    let length = match &stage.judge {
        Some(judge) => judge.open().await?,
        None => Duration::ZERO,
    };
    audience(arguments, &stage, &ledger).await?;
    let studio = Studio {
        ledger: ledger.clone(),
        gateway: stage.gateway.clone(),
        hertz: arguments.hz,
        seed: arguments.seed,
        shaking: Rc::new(RefCell::new(1.5)),
        over: Rc::new(RefCell::new(false)),
    };
    let key = |lane: u8| Some(stage.config.gateway.keys.get(usize::from(lane) - 1)?.expose().to_owned());
    let crew: Vec<_> = (1..=arguments.lanes)
        .map(|lane| actix_rt::spawn(Camera::new(studio.clone(), lane, key(lane)).film()))
        .collect();
    match &stage.judge {
        Some(judge) => judge_runs(arguments, judge, length, &studio).await?,
        None => sleep(Duration::from_secs(arguments.seconds.unwrap_or_default())).await,
    }
    *studio.over.borrow_mut() = true;
    for camera in crew {
        if timeout(FAREWELL, camera).await.is_err() {
            return Err("a camera's last points were not acknowledged in time".to_owned());
        }
    }
    settle(&ledger).await;
    Ok(())
}

/// Lets what was acknowledged last arrive at the watchers; what has not by then is missing.
async fn settle(ledger: &RefCell<Ledger>) {
    let seen = async {
        while ledger.borrow().missing() > 0 {
            sleep(Duration::from_millis(50)).await;
        }
    };
    // Late is as good as never to whoever watches.
    drop(timeout(ARRIVAL, seen).await);
}

async fn judge_runs(arguments: &Cameras, judge: &Judge, length: Duration, studio: &Studio) -> Result<(), String> {
    let all = if arguments.frequencies.is_empty() { &Frequency::ALL[..] } else { &arguments.frequencies };
    let runs = arguments.runs.unwrap_or(all.len());
    for (number, frequency) in all.iter().cycle().take(runs).enumerate() {
        *studio.shaking.borrow_mut() = frequency.hertz();
        let run = judge.start(arguments.category.as_str(), frequency.hertz()).await?;
        let id = run.get("session_id").and_then(Value::as_i64).unwrap_or_default();
        note(&format!("run {} of {runs}: session {id}, {} {frequency} Hz", number + 1, arguments.category));
        judge.end(length).await?;
        let ledger = studio.ledger.borrow();
        note(&format!(
            "run {} of {runs} is over: {} sent, {} safe",
            number + 1,
            ledger.sent,
            ledger.acknowledged.len()
        ));
    }
    Ok(())
}

/// Opens the watchers, and waits until each hears every lane.
async fn audience(arguments: &Cameras, stage: &Stage, ledger: &Rc<RefCell<Ledger>>) -> Result<(), String> {
    ledger.borrow_mut().watchers.resize_with(arguments.watchers, Seen::default);
    let ready = Rc::new(Cell::new(0));
    for number in 0..arguments.watchers {
        let (target, ledger, ready) = (stage.target.clone(), ledger.clone(), ready.clone());
        drop(actix_rt::spawn(Watcher { target, ledger, number, ready }.watch()));
    }
    let all = async {
        while ready.get() < arguments.watchers {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(PATIENCE, all).await.map_err(|_| super::client::unreachable(&stage.target.base, &"watchers hear nothing"))
}

impl Cameras {
    fn gateway(&self, config: &Config) -> Result<String, String> {
        if let Some(url) = &self.gateway {
            return Ok(url.clone());
        }
        let listening = gateway(config).ok_or("no gateway is configured: name one with --gateway ws://HOST:PORT")?;
        Ok(format!("ws://{}:{}", super::client::reachable(listening.ip()), listening.port()))
    }

    fn judge(&self, config: &Config, base: &str) -> Result<Option<Judge>, String> {
        if self.no_judge {
            return Ok(None);
        }
        let token = match &self.token {
            Some(token) => token.clone(),
            None => sign(config)?,
        };
        Ok(Some(Judge { base: base.to_owned(), token }))
    }
}

/// A judge's token for an hour and a day.
fn sign(config: &Config) -> Result<String, String> {
    let tokens = config.apps.first().and_then(|app| app.tokens.as_ref());
    let tokens = tokens.ok_or("no [app.tokens] is configured: give a judge's token with --token")?;
    let claims = Claims {
        subject: "simulation".to_owned(),
        name: None,
        roles: vec!["judge".to_owned()],
        lifetime: 90_000,
        extra: Map::new(),
    };
    issue(tokens, &claims, unix_now()).map_err(|reason| format!("{reason}; give a judge's token with --token"))
}

/// How it goes, apart from the account.
fn note(text: &str) {
    drop(writeln!(io::stderr(), "saluran: {text}"));
}
