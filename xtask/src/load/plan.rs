//! What to do: the options as given, checked, and cut into one share per worker.

use std::num::{NonZeroU32, NonZeroU64};
use std::time::Duration;

use anyhow::{Result, ensure};
use clap::{Args, ValueEnum};

/// Commands sent when neither a count nor a time is asked for.
const REQUESTS_DEFAULT: u64 = 100_000;
/// No run sends more commands than this.
const REQUESTS_MAX: u64 = 10_000_000_000;
/// A run that is bounded by its count ends after this many seconds all the same.
const SECONDS_DEFAULT: u64 = 300;
/// No run takes longer than this.
const SECONDS_MAX: u64 = 24 * 3600;
/// No run uses more connections than this.
const CLIENTS_MAX: u32 = 50_000;
/// No open loop is faster than this: its commands would be less than a few ticks of the clock apart.
const RATE_MAX: u32 = 1_000_000;
/// Commands that an open loop may be behind by, all connections together; the run fails when there are more.
const BACKLOG_MAX: usize = 10_000_000;
/// A value longer than this many bytes is refused by every server of this protocol.
const VALUE_BYTES_MAX: usize = 512 * 1024 * 1024;

/// Which commands to send.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Command {
    /// GET of a random key
    Get,
    /// SET of a random key
    Set,
    /// INCR of a random counter
    Incr,
    /// GET and SET, in the proportion of --reads
    Mixed,
}

/// Where to send what, how much of it, and how.
#[derive(Args)]
pub(crate) struct Options {
    /// The server's host
    #[arg(long, default_value = "127.0.0.1")]
    host: String,
    /// The server's port
    #[arg(long, default_value_t = 6379)]
    port: u16,
    /// What to send
    #[arg(long, value_enum, default_value_t = Command::Mixed)]
    command: Command,
    /// The share of GETs in a mixed load, in percent
    #[arg(long, value_name = "PERCENT", default_value_t = 80, value_parser = clap::value_parser!(u8).range(0..=100))]
    reads: u8,
    /// How many different keys to use
    #[arg(long, default_value = "100000")]
    keys: NonZeroU64,
    /// The length of values, in bytes
    #[arg(long, value_name = "BYTES", default_value_t = 64)]
    size: usize,
    /// Set every key once before the measured run
    #[arg(long)]
    pub(super) fill: bool,
    /// How many connections to use
    #[arg(long, default_value = "50")]
    clients: NonZeroU32,
    /// How many commands a connection sends before it waits for their replies (closed loop)
    #[arg(long, value_name = "DEPTH", default_value = "1", conflicts_with = "rate")]
    pipeline: NonZeroU32,
    /// How many threads to spread the connections over
    #[arg(long, default_value = "1")]
    threads: NonZeroU32,
    /// End after this many commands [default: 100000, without limit when --seconds is given]
    #[arg(long, value_name = "COUNT")]
    requests: Option<NonZeroU64>,
    /// End after this many seconds [default: 300]
    #[arg(long)]
    seconds: Option<NonZeroU64>,
    /// Open loop: send this many commands a second, all connections together
    #[arg(long, value_name = "PER_SECOND")]
    rate: Option<NonZeroU32>,
    /// What the random sequence begins with
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Print the report as JSON
    #[arg(long)]
    pub(super) json: bool,
}

/// A load, checked and complete.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) command: Command,
    pub(super) reads: u8,
    pub(super) keys: NonZeroU64,
    pub(super) size: usize,
    pub(super) clients: u32,
    pub(super) pipeline: u32,
    pub(super) threads: u32,
    /// Commands at most, all connections together.
    pub(super) requests: u64,
    /// Whether the count, rather than the time, is what the run is meant to end by.
    pub(super) is_counted: bool,
    /// Time at most.
    pub(super) limit: Duration,
    /// Commands per second of an open loop.
    pub(super) rate: Option<u32>,
    pub(super) seed: u64,
}

/// One worker's part of a plan.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Share {
    /// For each of its connections the connection's number, and the commands it may send.
    pub(super) connections: Vec<(u32, u64)>,
}

impl Options {
    /// The plan, or what is wrong with the options.
    pub(super) fn plan(&self) -> Result<Plan> {
        let clients = self.clients.get();
        let rate = self.rate.map(NonZeroU32::get);
        let seconds = self.seconds.map_or(SECONDS_DEFAULT, NonZeroU64::get);
        let unasked = if self.seconds.is_some() { REQUESTS_MAX } else { REQUESTS_DEFAULT };
        let requests = self.requests.map_or(unasked, NonZeroU64::get);
        ensure!(seconds <= SECONDS_MAX, "--seconds may be {SECONDS_MAX} at most");
        ensure!(requests <= REQUESTS_MAX, "--requests may be {REQUESTS_MAX} at most");
        ensure!(clients <= CLIENTS_MAX, "--clients may be {CLIENTS_MAX} at most");
        ensure!(rate.is_none_or(|rate| rate <= RATE_MAX), "--rate may be {RATE_MAX} at most");
        ensure!(self.size <= VALUE_BYTES_MAX, "--size may be {VALUE_BYTES_MAX} at most");
        Ok(Plan {
            host: self.host.clone(),
            port: self.port,
            command: self.command,
            reads: self.reads,
            keys: self.keys,
            size: self.size,
            clients,
            pipeline: self.pipeline.get(),
            threads: self.threads.get().min(clients),
            requests,
            is_counted: self.seconds.is_none() || self.requests.is_some(),
            limit: Duration::from_secs(seconds),
            rate,
            seed: self.seed,
        })
    }
}

impl Plan {
    /// How many due commands of one connection may be unanswered at a time.
    pub(super) fn backlog(&self) -> usize {
        BACKLOG_MAX / self.clients as usize
    }

    /// The shares of all workers: connections in turn, commands as evenly as they go.
    pub(super) fn shares(&self) -> Vec<Share> {
        let mut shares: Vec<Share> = (0..self.threads).map(|_| Share { connections: Vec::new() }).collect();
        let (each, left) = (self.requests / u64::from(self.clients), self.requests % u64::from(self.clients));
        let workers = shares.len();
        for (place, number) in (0..self.clients).enumerate() {
            let count = each + u64::from(u64::from(number) < left);
            if let Some(share) = shares.get_mut(place % workers) {
                share.connections.push((number, count));
            }
        }
        shares
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        options: Options,
    }

    fn plan(arguments: &[&str]) -> Result<Plan> {
        Line::try_parse_from([&["load"], arguments].concat())?.options.plan()
    }

    #[test]
    fn every_run_is_bounded() {
        let by_default = plan(&[]).unwrap();
        assert_eq!((by_default.requests, by_default.limit.as_secs()), (REQUESTS_DEFAULT, SECONDS_DEFAULT));
        let by_time = plan(&["--seconds", "2"]).unwrap();
        assert_eq!((by_time.requests, by_time.limit.as_secs(), by_time.is_counted), (REQUESTS_MAX, 2, false));
        assert!(plan(&["--seconds", "86401"]).is_err());
        assert!(plan(&["--requests", "10000000001"]).is_err());
        assert!(plan(&["--requests", "0"]).is_err());
        assert!(plan(&["--clients", "50001"]).is_err());
        assert!(plan(&["--rate", "1000001"]).is_err());
        assert!(plan(&["--rate", "1000000", "--clients", "50000"]).unwrap().backlog() > 0);
        assert!(plan(&["--rate", "5", "--pipeline", "2"]).is_err());
    }

    #[test]
    fn shares_add_up() {
        let plan = plan(&["--clients", "5", "--threads", "2", "--requests", "12"]).unwrap();
        let wanted = [vec![(0, 3), (2, 2), (4, 2)], vec![(1, 3), (3, 2)]].map(|connections| Share { connections });
        assert_eq!(plan.shares(), wanted);
    }
}
