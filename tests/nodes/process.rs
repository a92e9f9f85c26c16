//! Processes that end with this one, whatever way it ends, and a folder that goes with them.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use rustix::process::{Pid, Signal, kill_process};

/// Starts a program, says its id if somebody still wants to know, and ends it when nobody holds the other end of our
/// input any more.
const GUARD: &str = r#"trap '' PIPE HUP INT TERM; log=$1; shift; "$@" </dev/null >>"$log" 2>&1 & echo $!; cat >/dev/null; kill -9 $!; wait"#;

/// Removes a folder when nobody holds the other end of our input any more.
const BROOM: &str = r#"trap '' HUP INT TERM; cat >/dev/null; sleep 0.2; rm -rf "$1""#;

/// A process; killed when dropped.
#[derive(Debug)]
pub(crate) struct Process {
    guard: Child,
    id: Pid,
    log: PathBuf,
}

impl Process {
    /// Starts `program` with nothing of our environment but where programs are.
    pub(crate) fn start(log: PathBuf, program: &str, arguments: &[String], variables: &[(String, String)]) -> Self {
        let mut guard = guard(GUARD)
            .arg(&log)
            .arg(program)
            .args(arguments)
            .env_clear()
            .env("PATH", path())
            .envs(variables.iter().map(|(name, value)| (name, value)))
            .spawn()
            .expect("a shell can be run");
        let mut line = String::new();
        let output = guard.stdout.take().expect("its output is piped");
        BufReader::new(output).read_line(&mut line).expect("the guard says an id");
        let id = line.trim().parse().ok().and_then(Pid::from_raw).expect("an id is a number");
        Self { guard, id, log }
    }

    /// Stops it in the middle of whatever it does, or lets it go on.
    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(self.id, signal).expect("the process is ours, and its guard keeps its id");
    }

    /// What it has said so far.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    pub(crate) fn has_ended(&self) -> bool {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.id.as_raw_nonzero())).unwrap_or_default();
        stat.rsplit(')').next().is_none_or(|rest| rest.trim_start().starts_with('Z') || rest.is_empty())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.guard.stdin.take());
        drop(self.guard.wait());
    }
}

/// A folder for what a test writes.
#[derive(Debug)]
pub(crate) struct Folder {
    pub(crate) path: PathBuf,
    broom: Child,
}

impl Folder {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("saluran-nodes-{}-{number}", std::process::id()));
        fs::create_dir_all(&path).expect("a folder");
        let broom = guard(BROOM).arg(&path).spawn().expect("a shell can be run");
        Self { path, broom }
    }

    /// A folder in it.
    pub(crate) fn part(&self, name: &str) -> PathBuf {
        let path = self.path.join(name);
        fs::create_dir_all(&path).expect("a folder");
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(self.broom.stdin.take());
        drop(self.broom.wait());
    }
}

/// What the keyboard tells our process group does not reach it: it has to outlive us.
fn guard(script: &str) -> Command {
    let mut guard = Command::new("/bin/sh");
    guard.args(["-c", script, "guard"]).process_group(0).stdin(Stdio::piped()).stdout(Stdio::piped());
    guard.stderr(Stdio::null());
    guard
}

#[expect(clippy::disallowed_methods, reason = "programs are where they are")]
fn path() -> String {
    std::env::var("PATH").unwrap_or_default()
}

/// Copies what is worth reading after a failure to where it stays.
pub(crate) fn keep_logs(folder: &Path, to: &Path) {
    fs::create_dir_all(to).ok();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.path().extension().is_some_and(|kind| kind == "log") {
            fs::copy(entry.path(), to.join(entry.file_name())).ok();
        }
    }
}
