//! `saluran schema`: what is declared, as a document for others.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, ValueEnum};

use crate::config::{self, App, Config, Source};
use crate::document;

use super::serve::fail;

/// As `sysexits.h` has them: the configuration is wrong; a file cannot be written.
const USAGE: u8 = 64;
const CANNOT_CREATE: u8 = 73;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  saluran schema asyncapi --out asyncapi.json       for AsyncAPI Studio and generators
  saluran schema typescript --out src/contract.ts   types that a page compiles against
  saluran schema typescript --app 1001 | diff src/contract.ts -
                                                    are the types of this page still right?

In a page, with stock pusher-js:
  import Pusher from \"pusher-js\";
  import type { TypedPusher } from \"./contract.ts\";
  const pusher = new Pusher(key, options) as TypedPusher;
  pusher.subscribe(\"rvm-status\").bind(\"status-updated\", (data) => show(data.status));

The same declarations always give the same text. No secret is in it.")]
pub(super) struct Arguments {
    /// What to make of the declarations
    #[arg(value_name = "FORM")]
    form: Form,
    /// Id of the app; needed when several are configured
    #[arg(long, value_name = "ID")]
    app: Option<String>,
    /// File to write, in place of standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Form {
    /// An AsyncAPI 3.0.0 document, as JSON
    Asyncapi,
    /// A TypeScript module with types only
    Typescript,
}

/// Makes the document and writes it.
pub(super) fn run(arguments: &Arguments, path: Option<&Path>) -> ExitCode {
    let config = match config::load(Source::from(path), config::environment()) {
        Ok(loaded) => loaded.config,
        Err(error) => return fail(USAGE, &error),
    };
    let app = match app(&config.apps, arguments.app.as_deref()) {
        Ok(app) => app,
        Err(reason) => return fail(USAGE, &reason),
    };
    let text = text(arguments.form, &config, app);
    match &arguments.out {
        Some(file) => match fs::write(file, text) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => fail(CANNOT_CREATE, &format!("cannot write {}: {error}", file.display())),
        },
        // Whoever closed our output has seen enough, but must not take it for the whole.
        None if io::stdout().write_all(text.as_bytes()).is_ok() => ExitCode::SUCCESS,
        None => ExitCode::FAILURE,
    }
}

fn text(form: Form, config: &Config, app: &App) -> String {
    match form {
        Form::Asyncapi => format!("{:#}\n", document::asyncapi(config, app, env!("BUILD_VERSION"))),
        Form::Typescript => document::typescript(config, app),
    }
}

/// The app that is named, or the only one.
fn app<'a>(apps: &'a [App], id: Option<&str>) -> Result<&'a App, String> {
    let known = || apps.iter().map(|app| app.id.as_str()).collect::<Vec<_>>().join(", ");
    match (apps, id) {
        ([only], None) => Ok(only),
        (_, None) => Err(format!("there are several apps: say which with --app ({})", known())),
        (_, Some(id)) => apps
            .iter()
            .find(|app| app.id.as_str() == id)
            .ok_or_else(|| format!("no app {id:?} is configured; there are: {}", known())),
    }
}
