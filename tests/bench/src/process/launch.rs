//! Becoming another program on a given core, which ends when the bench does, however that ends.

use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use rustix::process::{Signal, set_parent_process_death_signal};

use super::cores;
use crate::error::Error;

/// The command that starts `program` through this one.
pub(super) fn through(bench: &Path, core: Option<usize>, program: &Path) -> Command {
    let mut command = Command::new(bench);
    command.arg("launch");
    if let Some(core) = core {
        command.arg("--core").arg(core.to_string());
    }
    command.arg("--").arg(program);
    command
}

/// Pins this process, ties its life to its parent's, and becomes `words`: a program and its arguments.
///
/// # Errors
/// Returns only if that is not possible.
pub(crate) fn become_program(core: Option<usize>, words: &[OsString]) -> Result<(), Error> {
    set_parent_process_death_signal(Some(Signal::KILL)).map_err(Error::system("tie a process to its parent"))?;
    if let Some(core) = core {
        cores::pin(core)?;
    }
    let Some((program, arguments)) = words.split_first() else { return Ok(()) };
    let source = Command::new(program).args(arguments).exec();
    Err(Error::Start { what: program.to_string_lossy().into_owned(), source })
}
