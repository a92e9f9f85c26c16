//! A broker in a process of its own, configured by variables alone, as a container is.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;

use rustix::process::{Pid, Signal, kill_process};
use tokio::time::Instant;

use super::{APP, Client, DEADLINE, Dial};

/// `saluran serve` with one worker; ends with its test.
#[derive(Debug)]
pub(crate) struct Served {
    process: Child,
    pub(crate) address: SocketAddr,
    /// Where cameras connect, if they may.
    pub(crate) gateway: Option<SocketAddr>,
    /// Lines of its log, from a thread that reads on, so that the broker never waits for a full pipe.
    log: Receiver<String>,
    /// Those taken from there so far.
    lines: Vec<String>,
}

impl Served {
    pub(crate) fn start(settings: &[(&str, &str)]) -> Self {
        Self::run(Command::new(env!("CARGO_BIN_EXE_saluran")).arg("serve"), settings)
    }

    /// With a configuration file.
    pub(crate) fn start_with_file(file: &Path) -> Self {
        Self::run(Command::new(env!("CARGO_BIN_EXE_saluran")).arg("serve").arg("--config").arg(file), &[])
    }

    /// With a configuration file, and what overrides it.
    pub(crate) fn start_with(file: &Path, settings: &[(&str, &str)]) -> Self {
        Self::run(Command::new(env!("CARGO_BIN_EXE_saluran")).arg("serve").arg("--config").arg(file), settings)
    }

    /// With at most so many file descriptors.
    pub(crate) fn start_with_descriptors(limit: u32, settings: &[(&str, &str)]) -> Self {
        let script = format!("ulimit -n {limit} && exec {} serve", env!("CARGO_BIN_EXE_saluran"));
        Self::run(Command::new("/bin/sh").args(["-c", &script]), settings)
    }

    fn run(command: &mut Command, settings: &[(&str, &str)]) -> Self {
        let mut process = command
            .current_dir(std::env::temp_dir())
            .env_clear()
            .envs([("SALURAN_SERVER_HOST", "127.0.0.1"), ("SALURAN_SERVER_PORT", "0")])
            .envs([("SALURAN_SERVER_ADMIN", "off"), ("SALURAN_SERVER_WORKERS", "1")])
            .envs([("SALURAN_APP_ID", APP.id), ("SALURAN_APP_KEY", APP.key)])
            .env("SALURAN_APP_SECRET", APP.secret)
            .envs(settings.iter().copied())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary runs");
        let mut log = BufReader::new(process.stderr.take().expect("stderr is piped"));
        // It says so, or it ends: either way there is a next line or an end.
        let lines = lines_up_to(" listening address=", &mut log);
        let address = address(&lines, "address").unwrap_or_else(|| panic!("no address in {lines:?}"));
        let gateway = self::address(&lines, "gateway");
        let (said, heard) = mpsc::channel();
        thread::spawn(move || log.lines().map_while(Result::ok).try_for_each(|line| said.send(line)));
        Self { process, address, gateway, log: heard, lines }
    }

    pub(crate) async fn client(&self) -> Client {
        let mut client = Dial::query("protocol=7").send(self.address, &[]).await;
        client.established(120).await;
        client
    }

    pub(crate) async fn subscriber(&self) -> Client {
        let mut client = self.client().await;
        client.subscribe("chat").await;
        client
    }

    /// Seconds of processor time, user and system, so far.
    pub(crate) fn processor_time(&self) -> f64 {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.process.id())).unwrap();
        // Fields 14 and 15, in hundredths; the second may hold spaces, but ends with a bracket.
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
        [fields[11], fields[12]].map(|ticks| ticks.parse::<f64>().unwrap() / 100.0).iter().sum()
    }

    /// Open file descriptors.
    pub(crate) fn descriptors(&self) -> usize {
        fs::read_dir(format!("/proc/{}/fd", self.process.id())).unwrap().count()
    }

    /// Waits until a line with `words` has been logged.
    pub(crate) fn logs(&mut self, words: &str) {
        let until = Instant::now() + DEADLINE;
        while !self.lines.iter().any(|line| line.contains(words)) {
            let left = until.saturating_duration_since(Instant::now());
            let line = self.log.recv_timeout(left).unwrap_or_else(|_| panic!("waited in vain for {words:?}"));
            self.lines.push(line);
        }
    }

    /// Asks it to read its configuration again.
    pub(crate) fn hang_up(&self) {
        kill_process(Pid::from_child(&self.process), Signal::HUP).expect("it runs");
    }

    pub(crate) fn terminate(&self) {
        self.signal(Signal::TERM);
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.process), signal).expect("it runs");
    }

    /// Waits for its end; whether that was a success, and what it logged after the first line.
    pub(crate) fn wait(mut self) -> (bool, String) {
        let status = self.process.wait().expect("it can be waited for");
        // The pipe ends with the process.
        self.lines.extend(self.log.iter());
        (status.success(), std::mem::take(&mut self.lines).join("\n"))
    }
}

/// All lines up to the first with this word, which is the last.
fn lines_up_to(word: &str, log: &mut BufReader<ChildStderr>) -> Vec<String> {
    let mut lines = Vec::new();
    while !lines.last().is_some_and(|line: &String| line.contains(word)) {
        let mut line = String::new();
        assert!(log.read_line(&mut line).expect("the log is text") > 0, "it ended before {word:?}: {lines:?}");
        lines.push(line);
    }
    lines
}

/// The address in this field of the last line.
fn address(lines: &[String], field: &str) -> Option<SocketAddr> {
    let rest = lines.last()?.split(&format!(" {field}=")).nth(1)?;
    rest.split_whitespace().next()?.parse().ok()
}

impl Drop for Served {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to end.
        let _ended = self.process.kill().and_then(|()| self.process.wait());
    }
}
