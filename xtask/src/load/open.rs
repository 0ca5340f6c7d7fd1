//! The open loop: commands fall due at a fixed rate, and a latency counts from the moment its command was due.
//!
//! A thread beside the worker wakes for every due command, since the runtime's timers are a millisecond coarse and
//! would add as much to each latency. It only hands the moments over; sending and receiving never wait for each other,
//! so a server that stalls sees the commands pile up as it would from independent users.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant as StdInstant};

use anyhow::{Context, Result, anyhow, ensure};
use bytes::BytesMut;
use futures_util::future::try_join_all;
use indicatif::ProgressBar;
use pyredis_protocol::ClientCodec;
use tokio::io::AsyncWriteExt;
use tokio::net::tcp::OwnedWriteHalf;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::mpsc::{Receiver, Sender, UnboundedReceiver, channel, unbounded_channel};
use tokio::time::Instant;

use super::background::Watch;
use super::closed::GRACE;
use super::connection::{Replies, connect};
use super::outcome::Outcome;
use super::plan::{Plan, Share};
use super::workload::Workload;
use crate::clock;

/// How many due commands are written at once at most.
const BATCH_MAX: usize = 256;

/// What is said of a server that answers so much slower than commands fall due that keeping them would fill the memory.
const TOO_FAR_BEHIND: &str = "the server is too far behind the rate; ask for a lower one with --rate";

/// The moments at which the commands of one connection were due, sent but not answered yet.
type InFlight = RefCell<VecDeque<StdInstant>>;

/// Runs one worker's connections, all on the present thread, at their part of `rate`.
pub(super) async fn run(
    plan: &Plan,
    share: &Share,
    rate: u32,
    deadline: Instant,
    watch: &Arc<Watch>,
    bar: &ProgressBar,
) -> Result<Outcome> {
    let total = RefCell::new(Outcome::new()?);
    let mut lines = Vec::new();
    let mut connections = Vec::new();
    for &(number, count) in &share.connections {
        let halves = connect(plan).await?;
        let (sender, due) = channel(plan.backlog());
        lines.push((sender, count));
        let workload = Workload::new(plan, number);
        connections.push(run_connection(halves, workload, due, plan.backlog(), deadline + GRACE, bar, &total));
    }
    let part = f64::from(rate) * f64::from(u32::try_from(share.connections.len())?) / f64::from(plan.clients);
    let interval = Duration::from_secs_f64(1.0 / part);
    let watched = Arc::clone(watch);
    watch.begin();
    let pacer = thread::spawn(move || pace(lines, interval, deadline.into_std(), &watched));
    try_join_all(connections).await?;
    pacer.join().map_err(|_| anyhow!("the pacing thread panicked"))??;
    Ok(total.into_inner())
}

/// Hands out one due moment after the other, to each connection in turn, until all have what they may send, or are told to stop.
fn pace(
    mut lines: Vec<(Sender<StdInstant>, u64)>,
    interval: Duration,
    deadline: StdInstant,
    watch: &Watch,
) -> Result<()> {
    let start = clock::now();
    let mut elapsed = Duration::ZERO;
    while !lines.is_empty() {
        let mut is_too_far_behind = false;
        lines.retain_mut(|(line, left)| {
            let due = start + elapsed;
            if *left == 0 || due >= deadline || watch.stop.load(Ordering::Relaxed) {
                return false;
            }
            clock::wait_until(due);
            elapsed += interval;
            *left -= 1;
            let sent = line.try_send(due);
            is_too_far_behind |= matches!(sent, Err(TrySendError::Full(_)));
            sent.is_ok()
        });
        ensure!(!is_too_far_behind, TOO_FAR_BEHIND);
    }
    Ok(())
}

async fn run_connection(
    (writer, replies): (OwnedWriteHalf, Replies),
    workload: Workload,
    due: Receiver<StdInstant>,
    backlog: usize,
    deadline: Instant,
    bar: &ProgressBar,
    total: &RefCell<Outcome>,
) -> Result<()> {
    let in_flight = InFlight::default();
    let (answered, all_sent) = unbounded_channel();
    let sending = async {
        let sent = send(writer, workload, due, backlog, &in_flight).await;
        // The receiving side is gone only after a failure of its own, which is the one to report.
        let _ = answered.send(());
        sent
    };
    let receiving = receive(replies, all_sent, deadline, &in_flight, bar, total);
    tokio::try_join!(sending, receiving).map(|(_writer, ())| ())
}

/// Sends every command when it is due. Gives the writer back, since dropping it would end the connection.
async fn send(
    mut writer: OwnedWriteHalf,
    mut workload: Workload,
    mut due: Receiver<StdInstant>,
    backlog: usize,
    in_flight: &InFlight,
) -> Result<OwnedWriteHalf> {
    let (mut codec, mut output) = (ClientCodec::default(), BytesMut::new());
    let mut moments = Vec::with_capacity(BATCH_MAX);
    while due.recv_many(&mut moments, BATCH_MAX).await > 0 {
        ensure!(in_flight.borrow().len() + moments.len() <= backlog, TOO_FAR_BEHIND);
        for moment in moments.drain(..) {
            workload.encode_next(&mut codec, &mut output)?;
            in_flight.borrow_mut().push_back(moment);
        }
        writer.write_all_buf(&mut output).await?;
    }
    Ok(writer)
}

/// Receives replies until everything has been sent and answered.
async fn receive(
    mut replies: Replies,
    mut all_sent: UnboundedReceiver<()>,
    deadline: Instant,
    in_flight: &InFlight,
    bar: &ProgressBar,
    total: &RefCell<Outcome>,
) -> Result<()> {
    let mut is_all_sent = false;
    while !is_all_sent || !in_flight.borrow().is_empty() {
        tokio::select! {
            _ = all_sent.recv(), if !is_all_sent => is_all_sent = true,
            received = replies.receive(deadline) => received?,
        }
        let now = clock::now();
        while let Some(reply) = replies.next_arrived()? {
            let due = in_flight.borrow_mut().pop_front().context("a reply came that nothing asked for")?;
            total.borrow_mut().record(&reply, now - due);
            bar.inc(1);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the pacer says of a connection that takes nothing and has room for so many moments.
    fn pace_ten_into(room: usize, watch: &Watch) -> (Result<()>, usize) {
        let (sender, mut due) = channel(room);
        let now = clock::now();
        let outcome = pace(vec![(sender, 10)], Duration::from_nanos(1), now + Duration::from_secs(60), watch);
        (outcome, std::iter::from_fn(|| due.try_recv().ok()).count())
    }

    #[test]
    fn a_server_that_falls_too_far_behind_ends_the_run() {
        let (outcome, handed_out) = pace_ten_into(9, &Watch::default());
        assert_eq!((outcome.unwrap_err().to_string().as_str(), handed_out), (TOO_FAR_BEHIND, 9));
        let (outcome, handed_out) = pace_ten_into(10, &Watch::default());
        assert_eq!((outcome.is_ok(), handed_out), (true, 10));
    }
    #[test]
    fn a_loop_that_is_stopped_sends_no_more() {
        let watch = Watch::default();
        watch.stop.store(true, Ordering::Relaxed);
        let (outcome, handed_out) = pace_ten_into(10, &watch);
        assert_eq!((outcome.is_ok(), handed_out), (true, 0));
    }
}
