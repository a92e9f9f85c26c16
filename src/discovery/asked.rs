//! What another program says, if it says so soon.

use std::io::Read;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// Time for a program to answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// Bytes of an answer that are read.
const ANSWER: u64 = 1024 * 1024;

/// Standard output of a program that succeeds in time; `None` when it is missing, late or fails.
pub(super) fn ask(program: &str, arguments: &[&str]) -> Option<String> {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().ok()?;
    let output = child.stdout.take()?;
    let (said, heard) = mpsc::sync_channel(1);
    let reading = thread::spawn(move || {
        let mut text = String::new();
        let read = output.take(ANSWER).read_to_string(&mut text);
        // Nobody listens any more when it came too late.
        drop(said.send(read.map(|_| text)));
    });
    let text = heard.recv_timeout(PATIENCE);
    if text.is_err() {
        // Its output ends with it, and the reading with that.
        drop(child.kill());
    }
    let is_success = child.wait().is_ok_and(|status| status.success());
    drop(reading.join());
    text.ok()?.ok().filter(|_| is_success)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_answer_in_time_counts() {
        assert_eq!(ask("echo", &["a", "b"]).as_deref(), Some("a b\n"));
        assert_eq!(ask("false", &[]), None);
        assert_eq!(ask("there-is-no-such-program", &[]), None);
        assert_eq!(ask("sleep", &["60"]), None);
    }
}
