//! What the client commands share: which broker, as which app.

use std::future::Future;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;

use crate::config::{self, App, Config, Source};
use crate::protocol::Signer;

use super::serve::fail;

/// Time for the broker to take a connection and to answer.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

/// The broker cannot be reached, or said no.
pub(super) const UNAVAILABLE: u8 = 69;

/// Which broker, as which app; what is not given comes from the configuration.
#[derive(Debug, Args)]
pub(super) struct Where {
    /// Address of the broker's main listener [default: this machine, at the configured port]
    #[arg(long, value_name = "HOST:PORT")]
    broker: Option<String>,
    /// Id of the app [default: the first configured app]
    #[arg(long, value_name = "ID")]
    app_id: Option<String>,
    /// Key of the app, if not the configured one
    #[arg(long, requires = "secret")]
    key: Option<String>,
    /// Secret of the app; better in `SALURAN_APP_SECRET`, where other users of this machine do not see it
    #[arg(long, requires = "key", hide_env_values = true)]
    secret: Option<String>,
}

/// A broker and an app on it.
#[derive(Debug)]
pub(super) struct Target {
    /// Host, port and path prefix.
    pub(super) base: String,
    pub(super) app_id: String,
    pub(super) key: String,
    pub(super) signer: Signer,
}

impl Where {
    /// Completes what was given with what is configured.
    ///
    /// # Errors
    /// A text for the person who typed.
    pub(super) fn resolve(&self, path: Option<&Path>) -> Result<Target, String> {
        let loaded = config::load(Source::from(path), config::environment());
        let config = match (loaded, self.is_complete()) {
            (Ok(loaded), _) => loaded.config,
            (Err(_), true) => Config::default(),
            (Err(error), false) => {
                return Err(format!("{error}\nOr name the app with --app-id, --key and --secret."));
            }
        };
        let (app_id, key, signer) = self.app(&config.apps)?;
        let local = SocketAddr::new(reachable(config.server.host), config.server.port).to_string();
        let broker = self.broker.as_deref().map_or(&*local, bare);
        let base = format!("{broker}{}", config.server.path_prefix);
        Ok(Target { base, app_id, key, signer })
    }

    const fn is_complete(&self) -> bool {
        self.app_id.is_some() && self.key.is_some() && self.secret.is_some()
    }

    fn app(&self, apps: &[App]) -> Result<(String, String, Signer), String> {
        if let (Some(id), Some(key), Some(secret)) = (&self.app_id, &self.key, &self.secret) {
            return Ok((id.clone(), key.clone(), Signer::new(secret)));
        }
        let is_wanted = |app: &&App| self.app_id.as_ref().is_none_or(|id| app.id.as_str() == id);
        let Some(app) = apps.iter().find(is_wanted) else {
            let known: Vec<&str> = apps.iter().map(|app| app.id.as_str()).collect();
            return Err(format!("no such app is configured; there are: {}", known.join(", ")));
        };
        let configured = app.credentials.first().ok_or("the app has no key")?;
        let key = self.key.clone().unwrap_or_else(|| configured.key.clone());
        let signer = Signer::new(self.secret.as_deref().unwrap_or_else(|| configured.secret.expose()));
        Ok((app.id.to_string(), key, signer))
    }
}

/// Host and port of what may be copied from a browser.
fn bare(broker: &str) -> &str {
    broker.strip_prefix("http://").unwrap_or(broker).trim_end_matches('/')
}

/// An address that listens everywhere, in both families, is reached on this machine.
pub(super) const fn reachable(host: IpAddr) -> IpAddr {
    if host.is_unspecified() { IpAddr::V4(Ipv4Addr::LOCALHOST) } else { host }
}

/// Runs a client command to its end.
pub(super) fn block_on(command: impl Future<Output = Result<(), String>>) -> ExitCode {
    match actix_rt::System::new().block_on(command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => fail(UNAVAILABLE, &reason),
    }
}

/// What to do when nobody answers at `base`.
pub(super) fn unreachable(base: &str, error: &dyn std::fmt::Display) -> String {
    format!(
        "cannot reach a broker at {base}: {error}\nIs it running there? Start it with `saluran serve`, or name another with --broker HOST:PORT."
    )
}
