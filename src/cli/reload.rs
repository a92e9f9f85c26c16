//! Going on by a changed `channels.toml`: all of it, or nothing.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::broker::Broker;
use crate::config::{self, Change, Config, Loaded, Source};

/// The files that the running configuration came from, and when they are read again.
pub(super) struct Watched {
    path: Option<PathBuf>,
    config: Config,
    files: Vec<PathBuf>,
    /// What the files were when they were read last, sound or not.
    read: Vec<Print>,
    /// What they were at the last look.
    seen: Vec<Print>,
}

/// What tells a file from what it was; a file that is not there has none.
type Print = Option<(SystemTime, u64, u64)>;

impl Watched {
    /// Begins with what has just been read from `path`.
    pub(super) fn new(path: Option<&Path>, loaded: &Loaded) -> Self {
        let files = loaded.files.clone();
        let prints: Vec<_> = files.iter().map(|file| print(file)).collect();
        Self {
            path: path.map(ToOwned::to_owned),
            config: loaded.config.clone(),
            files,
            read: prints.clone(),
            seen: prints,
        }
    }

    /// Whether a file has changed since it was read, and not since the last look: whoever writes it
    /// has done so.
    pub(super) fn has_changed(&mut self) -> bool {
        let now: Vec<_> = self.files.iter().map(|file| print(file)).collect();
        let is_at_rest = now == self.seen;
        self.seen = now;
        is_at_rest && self.seen != self.read
    }

    /// Reads the files and the environment again; the broker goes on by them if they have no mistake.
    pub(super) async fn reload(&mut self, broker: &mut Broker) {
        self.read = self.files.iter().map(|file| print(file)).collect();
        self.seen = self.read.clone();
        let loaded = match config::load(Source::from(self.path.as_deref()), config::environment()) {
            Ok(loaded) => loaded,
            Err(error) => {
                tracing::error!(mistakes = %error, "configuration not reloaded, going on as before");
                return;
            }
        };
        let changes = config::changes(&self.config, &loaded.config);
        if let Err(error) = broker.reload(&loaded.config).await {
            tracing::error!(%error, "configuration not reloaded, going on as before");
            return;
        }
        report(&changes);
        for warning in &loaded.warnings {
            tracing::warn!("{warning}");
        }
        let path = self.path.take();
        *self = Self::new(path.as_deref(), &loaded);
    }
}

fn report(changes: &[Change]) {
    let list = |restart: bool| {
        let those = changes.iter().filter(|change| change.needs_restart == restart);
        those.map(ToString::to_string).collect::<Vec<_>>().join("; ")
    };
    let (now, later) = (list(false), list(true));
    let changes = if now.is_empty() { "none" } else { &now };
    tracing::info!(changes, "configuration reloaded");
    if !later.is_empty() {
        tracing::warn!(changes = later, "configuration changed where only a restart helps");
    }
}

fn print(file: &Path) -> Print {
    // Follows links: a mounted ConfigMap changes by pointing its link elsewhere.
    let metadata = fs::metadata(file).ok()?;
    Some((metadata.modified().ok()?, metadata.len(), metadata.ino()))
}
