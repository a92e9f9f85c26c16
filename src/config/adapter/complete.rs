//! Makes one value of `[adapter]`: a place to go to, and no key that contradicts another.

use super::url::RedisUrl;
use super::{AdapterDraft, Mode};
use crate::config::files::Files;
use crate::config::measure::show_time;
use crate::config::model::{Adapter, AdapterKind, RedisMode, RedisServer};
use crate::config::problem::{Mistake, Problem};
use crate::config::reader::{Reader, Spot};

/// Renewals of a lease that fit into it.
const RENEWALS: u32 = 3;

/// The adapter; what is wrong with it has been reported.
pub(in crate::config) fn complete(mut draft: AdapterDraft, files: &mut Files, reader: &mut Reader<'_>) -> Adapter {
    let mut checks = Checks { reader };
    checks.lease(&draft.adapter);
    if draft.adapter.kind == AdapterKind::Redis {
        checks.require("url", "kind", "Add url = \"redis://host:6379\", or set SALURAN_ADAPTER_URL.");
    }
    if checks.reader.is_sound("adapter.mode") {
        checks.mode(&draft);
    }
    if let Some(path) = draft.tls_ca.take() {
        checks.certificates(&path, draft.url.as_ref(), files);
        draft.adapter.tls_ca = Some(files.beside(path.as_ref()));
    }
    assemble(draft)
}

fn assemble(draft: AdapterDraft) -> Adapter {
    let AdapterDraft { adapter, url, mode, master, .. } = draft;
    let mode = match (mode, master) {
        (Mode::Sentinel, Some(master)) => RedisMode::Sentinel { master },
        (Mode::Cluster, _) => RedisMode::Cluster,
        // Sentinels without a master have been reported.
        (Mode::Standalone | Mode::Sentinel, _) => RedisMode::Standalone,
    };
    let Some(RedisUrl { tls, username, password, hosts, database }) = url else { return Adapter { mode, ..adapter } };
    let usual = if matches!(mode, RedisMode::Sentinel { .. }) { 26379 } else { 6379 };
    let server = |(host, port): (String, Option<u16>)| RedisServer { host, port: port.unwrap_or(usual) };
    let servers = hosts.into_iter().map(server).collect();
    Adapter { servers, mode, tls, username, password, database: database.into(), ..adapter }
}

/// What is wrong, while it is found out.
struct Checks<'r, 'l> {
    reader: &'r mut Reader<'l>,
}

impl Checks<'_, '_> {
    fn mode(&mut self, draft: &AdapterDraft) {
        let mode = draft.mode;
        if mode == Mode::Sentinel {
            self.require("master", "mode", "Add master = \"…\", the name behind `sentinel monitor` in sentinel.conf.");
            if self.has("sentinel_username") {
                self.require(
                    "sentinel_password",
                    "sentinel_username",
                    "A user has a password: add sentinel_password = \"…\".",
                );
            }
        } else {
            let mut sentinels = vec!["master", "sentinel_username", "sentinel_password"];
            sentinels.retain(|name| self.has(name));
            for name in sentinels {
                let other = format!("mode = \"{}\"", mode.name());
                let problem = Problem::Together { found: name.to_owned(), other };
                self.reader.refuse(
                    &spot(name),
                    problem,
                    "It is for mode = \"sentinel\" alone: leave one out.".to_owned(),
                );
            }
        }
        let Some(url) = &draft.url else { return };
        if mode == Mode::Standalone && url.hosts.len() > 1 {
            let advice = "Keep one, or set mode = \"cluster\" or \"sentinel\", whichever they are.";
            self.refuse("url", format!("{} hosts", url.hosts.len()), "one, for mode = \"standalone\"", advice);
        }
        if mode == Mode::Cluster && url.database != 0 {
            let advice = "A Cluster has one database; for a part of your own set prefix.";
            self.refuse("url", format!("database {}", url.database), "0 or none, for mode = \"cluster\"", advice);
        }
    }

    /// A renewal that is answered late must not be a node that is gone.
    fn lease(&mut self, adapter: &Adapter) {
        let Adapter { lease, command_timeout, .. } = adapter;
        let is_sound = ["lease", "command_timeout"].iter().all(|name| self.reader.is_sound(&spot(name).path));
        let least = *command_timeout * RENEWALS;
        if *lease >= least || !is_sound {
            return;
        }
        if self.has("lease") {
            let advice = format!("It is {RENEWALS} times command_timeout or more, for a slow answer is no end.");
            self.refuse("lease", show_time(*lease), &format!("at least {}", show_time(least)), &advice);
        } else {
            let advice = format!("lease is {}, and {RENEWALS} answers fit into it.", show_time(*lease));
            self.refuse(
                "command_timeout",
                show_time(*command_timeout),
                &format!("at most {}", show_time(*lease / RENEWALS)),
                &advice,
            );
        }
    }

    fn certificates(&mut self, path: &str, url: Option<&RedisUrl>, files: &mut Files) {
        if url.is_some_and(|url| !url.tls) {
            let problem = Problem::Together { found: "tls_ca".to_owned(), other: "a url without TLS".to_owned() };
            self.reader.refuse(&spot("tls_ca"), problem, "Begin url with rediss://, or leave tls_ca out.".to_owned());
        }
        let (problem, advice) = match files.text(path) {
            Ok(text) if text.contains("-----BEGIN CERTIFICATE-----") => return,
            Ok(_) => (Problem::Unusable { reason: "no certificate in PEM is in it".to_owned() }, ""),
            Err(error) => (
                Problem::Unreadable { reason: error.to_string() },
                "Paths start at the folder of this file; check that this user may read it.",
            ),
        };
        self.reader.refuse(&spot("tls_ca"), problem, advice.to_owned());
    }

    fn has(&self, name: &str) -> bool {
        self.reader.place(&spot(name).path).is_some()
    }

    /// Reports the key `name` as missing, at the key that asks for it.
    fn require(&mut self, name: &str, asks: &str, advice: &str) {
        if self.has(name) {
            return;
        }
        let place = self.reader.place_of(&spot(asks));
        let key = spot(name).path;
        self.reader.report(Mistake { place, key, problem: Problem::Missing, advice: advice.to_owned() });
    }

    fn refuse(&mut self, name: &str, found: String, allowed: &str, advice: &str) {
        let problem = Problem::Value { found, allowed: allowed.to_owned() };
        self.reader.refuse(&spot(name), problem, advice.to_owned());
    }
}

fn spot(name: &str) -> Spot {
    Spot { path: format!("adapter.{name}"), part: String::new(), offset: None }
}
