//! What the operating system says of this process. Zero where it does not say.

use std::fs;

/// Memory and time that the process has used.
#[derive(Debug, Default)]
pub(super) struct ProcessUsage {
    pub(super) rss_bytes: u64,
    pub(super) rss_peak_bytes: u64,
    /// Seconds in the kernel and outside it.
    pub(super) cpu_sys: f64,
    pub(super) cpu_user: f64,
}

impl ProcessUsage {
    /// Reads Linux's `/proc`.
    pub(super) fn read() -> Self {
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
        Self { rss_bytes: kilobytes("VmRSS:") * 1024, rss_peak_bytes: kilobytes("VmHWM:") * 1024, cpu_sys, cpu_user }
    }
}

#[expect(clippy::cast_precision_loss, reason = "a hundred, usually")]
fn ticks_per_second() -> f64 {
    rustix::param::clock_ticks_per_second() as f64
}

/// The machine's memory in bytes.
pub(super) fn total_memory() -> u64 {
    let info = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let total = info.lines().find_map(|line| line.strip_prefix("MemTotal:"));
    total.and_then(|rest| rest.trim().trim_end_matches(" kB").parse::<u64>().ok()).unwrap_or(0) * 1024
}
