//! What the operating system says of this process and its machine. Zero where it does not say.

use std::fs;
use std::sync::{Mutex, PoisonError};

/// What the operating system has said. INFO may run in a transaction, whose locks nothing that asks the system may hold up: so it shows what
/// was said last, and is asked outside.
pub(crate) struct System {
    pub(super) name: String,
    pub(super) executable: String,
    pub(super) memory_bytes: u64,
    usage: Mutex<ProcessUsage>,
}

impl System {
    pub(crate) fn new() -> Self {
        let uname = rustix::system::uname();
        let name = [uname.sysname(), uname.release(), uname.machine()].map(|part| part.to_string_lossy()).join(" ");
        let executable = std::env::current_exe().unwrap_or_default().display().to_string();
        Self { name, executable, memory_bytes: total_memory(), usage: Mutex::new(ProcessUsage::read()) }
    }

    /// Asks again what the process has used. For where no lock is held.
    pub(crate) fn ask(&self) {
        let usage = ProcessUsage::read();
        *self.usage.lock().unwrap_or_else(PoisonError::into_inner) = usage;
    }

    /// Bytes of memory that the process takes, as was last heard.
    pub(crate) fn rss_bytes(&self) -> u64 {
        self.usage().rss_bytes
    }

    pub(super) fn usage(&self) -> ProcessUsage {
        *self.usage.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Memory and time that the process has used.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct ProcessUsage {
    pub(super) rss_bytes: u64,
    /// Seconds in the kernel and outside it.
    pub(super) cpu_sys: f64,
    pub(super) cpu_user: f64,
}

impl ProcessUsage {
    /// Reads Linux's `/proc`.
    fn read() -> Self {
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        let kilobytes = |field: &str| -> u64 {
            let line = status.lines().find_map(|line| line.strip_prefix(field));
            line.and_then(|rest| rest.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
        };
        let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
        // The name in parentheses may hold anything; user and system time are the 12th and 13th fields behind it.
        let mut times = stat.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11);
        let mut seconds =
            || times.next().and_then(|ticks| ticks.parse::<f64>().ok()).unwrap_or(0.0) / ticks_per_second();
        let (cpu_user, cpu_sys) = (seconds(), seconds());
        Self { rss_bytes: kilobytes("VmRSS:") * 1024, cpu_sys, cpu_user }
    }
}

#[expect(clippy::cast_precision_loss, reason = "a hundred, usually")]
fn ticks_per_second() -> f64 {
    rustix::param::clock_ticks_per_second() as f64
}

/// The machine's memory in bytes.
fn total_memory() -> u64 {
    let info = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let total = info.lines().find_map(|line| line.strip_prefix("MemTotal:"));
    total.and_then(|rest| rest.trim().trim_end_matches(" kB").parse::<u64>().ok()).unwrap_or(0) * 1024
}
