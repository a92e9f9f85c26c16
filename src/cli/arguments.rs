//! Commands, their arguments and their help.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use super::{check, links, plan, publish, schema, serve, simulate, tail, token};

/// A Pusher-protocol channel broker.
#[derive(Debug, Parser)]
#[command(
    name = "saluran",
    version = env!("BUILD_VERSION"),
    about = "A Pusher-protocol channel broker: stock Pusher clients and libraries, one binary, one file.",
    after_help = "Start here:
  saluran check                       is channels.toml right?
  saluran serve                       run the broker
  saluran tail my-channel             watch a channel in this terminal
  saluran publish my-channel greet '{\"hello\":\"world\"}'
  saluran token --role machine --sub rvm-3 --claim rvm_id=3
  saluran links --qr                  sign-in links for judge, viewers and cameras
  saluran simulate cameras            a whole contest without cameras
  saluran plan --connections 200000 --events 5000

Keys of channels.toml can be set by variables: server.port is SALURAN_SERVER_PORT.
`saluran check --keys` lists them all."
)]
struct Line {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    file: ConfigFile,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the broker until SIGTERM or Ctrl-C, then drain it
    Serve,
    /// Say all mistakes in channels.toml and the environment at once; exit code 64 if there are any
    Check {
        /// List every key with its variable, its default and what it means
        #[arg(long)]
        keys: bool,
    },
    /// Publish one event through the HTTP API, signed with the app's secret
    Publish(publish::Arguments),
    /// Subscribe to channels and print their events as they come
    Tail(tail::Arguments),
    /// Print what is declared: an AsyncAPI document, or TypeScript types
    Schema(schema::Arguments),
    /// Make a bearer token for a person or a machine, or say what is in one
    Token(token::Arguments),
    /// Print sign-in links for judge and viewers, with QR codes, and what each camera needs
    Links(links::Arguments),
    /// Play cameras, a judge and an audience, for demonstrations and for finding limits
    Simulate(simulate::Arguments),
    /// Say how many nodes and how much Redis a load takes
    Plan(plan::Arguments),
}

#[derive(Debug, Args)]
struct ConfigFile {
    /// The configuration file; without it, ./channels.toml if there is one
    #[arg(long, global = true, env = "SALURAN_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
}

/// Where a configuration is looked for when none is named.
const DEFAULT_FILE: &str = "channels.toml";

impl ConfigFile {
    /// The named file, or the default one if it exists.
    fn path(self) -> Option<PathBuf> {
        self.config.or_else(|| Some(PathBuf::from(DEFAULT_FILE)).filter(|path| path.exists()))
    }
}

/// Reads the command line and does what it says.
#[must_use]
pub fn run() -> ExitCode {
    let Line { command, file } = Line::parse();
    match command.unwrap_or(Command::Serve) {
        Command::Serve => serve::run(file.path().as_deref()),
        Command::Check { keys } => check::run(file.path().as_deref(), keys),
        Command::Publish(arguments) => publish::run(&arguments, file.path().as_deref()),
        Command::Tail(arguments) => tail::run(&arguments, file.path().as_deref()),
        Command::Schema(arguments) => schema::run(&arguments, file.path().as_deref()),
        Command::Token(arguments) => token::run(&arguments, file.path().as_deref()),
        Command::Links(arguments) => links::run(&arguments, file.path().as_deref()),
        Command::Simulate(arguments) => simulate::run(&arguments, file.path().as_deref()),
        Command::Plan(arguments) => plan::run(&arguments),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent_and_everything_has_help() {
        let command = Line::command();
        command.clone().debug_assert();
        for sub in command.get_subcommands() {
            assert!(sub.get_about().is_some(), "{}", sub.get_name());
            for argument in sub.get_arguments() {
                assert!(argument.get_help().is_some(), "{} {}", sub.get_name(), argument.get_id());
            }
        }
    }
}
