//! What a process used: processor time and memory, from `/proc` (proc(5)).

use std::collections::BTreeMap;
use std::fs;

use crate::clock::{self, Nanos};
use crate::error::Error;

/// Processor time of a process so far.
#[derive(Debug)]
pub(crate) struct Cpu {
    /// utime + stime of `/proc/PID/stat`: exact for the past, in steps of a tick (10 ms).
    ticks: u64,
    /// Nanoseconds by thread, of `/proc/PID/task/*/schedstat`: fine, but only of living threads.
    threads: BTreeMap<u64, u64>,
}

impl Cpu {
    /// Reads the time of process `pid`.
    pub(crate) fn of(pid: u32) -> Result<Self, Error> {
        let path = format!("/proc/{pid}/stat");
        let stat = fs::read_to_string(&path).unwrap_or_default();
        // Fields count from the parenthesis that ends the name, which may hold spaces: utime is the 12th.
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        let (Some(user), Some(system)) = (number(fields.get(11).copied()), number(fields.get(12).copied())) else {
            return Err(Error::Proc { path });
        };
        Ok(Self { ticks: user + system, threads: threads(pid) })
    }

    /// Seconds since `earlier`: by thread, unless one ended meanwhile or the kernel does not tell.
    pub(crate) fn since(&self, earlier: &Self) -> f64 {
        let ended = earlier.threads.keys().any(|thread| !self.threads.contains_key(thread));
        if ended || self.threads.is_empty() {
            return (self.ticks - earlier.ticks) as f64 / rustix::param::clock_ticks_per_second() as f64;
        }
        clock::seconds(self.threads.values().sum::<u64>() - earlier.threads.values().sum::<u64>())
    }
}

/// Bytes of process `pid` that are in memory.
pub(crate) fn resident_bytes(pid: u32) -> Result<u64, Error> {
    let path = format!("/proc/{pid}/statm");
    let text = fs::read_to_string(&path).unwrap_or_default();
    let pages = number(text.split_whitespace().nth(1)).ok_or(Error::Proc { path })?;
    Ok(pages * rustix::param::page_size() as u64)
}

/// Measures server and generator over a stretch of work.
#[derive(Debug)]
pub(crate) struct Meter {
    pid: u32,
    server: Cpu,
    generator: Cpu,
    started: Nanos,
}

/// What a stretch of work took.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reading {
    /// Processor seconds of the server.
    pub(crate) server_cpu: f64,
    /// Share of its core that the generator used.
    pub(crate) generator_busy: f64,
    /// Seconds that passed.
    pub(crate) wall: f64,
}

impl Meter {
    /// Starts measuring the server `pid` and this process.
    pub(crate) fn start(pid: u32) -> Result<Self, Error> {
        let generator = Cpu::of(std::process::id())?;
        Ok(Self { pid, server: Cpu::of(pid)?, generator, started: clock::now() })
    }

    /// What was used since.
    pub(crate) fn stop(&self) -> Result<Reading, Error> {
        let wall = clock::seconds(clock::now() - self.started);
        let server_cpu = Cpu::of(self.pid)?.since(&self.server);
        let generator = Cpu::of(std::process::id())?.since(&self.generator);
        Ok(Reading { server_cpu, generator_busy: generator / wall, wall })
    }
}

fn threads(pid: u32) -> BTreeMap<u64, u64> {
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    tasks
        .filter_map(|task| {
            let text = fs::read_to_string(task.path().join("schedstat")).ok()?;
            Some((number(task.file_name().to_str())?, number(text.split_whitespace().next())?))
        })
        .collect()
}

fn number(text: Option<&str>) -> Option<u64> {
    text?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_that_works_uses_time_and_memory() {
        let pid = std::process::id();
        let before = Cpu::of(pid).unwrap();
        let until = clock::now() + 50 * clock::MILLISECOND;
        while clock::now() < until {}
        assert!(Cpu::of(pid).unwrap().since(&before) > 0.0);
        assert!(resident_bytes(pid).unwrap() > 0);
    }
}
