//! The closed loop: a connection sends a batch, waits for its replies, sends the next.
//!
//! A latency counts from the moment its batch was handed to the system.

use std::cell::RefCell;
use std::time::Duration;

use anyhow::{Result, ensure};
use bytes::BytesMut;
use futures_util::future::try_join_all;
use indicatif::ProgressBar;
use pyredis_protocol::ClientCodec;
use tokio::time::Instant;

use super::connection::{connect, exchange};
use super::outcome::Outcome;
use super::plan::{Plan, Share};
use super::workload::Workload;
use crate::clock;

/// How long after the end of a run replies may still come.
pub(super) const GRACE: Duration = Duration::from_secs(10);
/// How many SETs `--fill` sends at a time.
const FILL_BATCH: u64 = 500;
/// How long `--fill` may take.
const FILL_LIMIT: Duration = Duration::from_secs(600);

/// Runs one worker's connections, all on the present thread.
pub(super) async fn run(plan: &Plan, share: &Share, deadline: Instant, bar: &ProgressBar) -> Result<Outcome> {
    let total = RefCell::new(Outcome::new()?);
    let connections = share
        .connections
        .iter()
        .map(|&(number, count)| run_connection(plan, Workload::new(plan, number), count, deadline, bar, &total));
    try_join_all(connections).await?;
    Ok(total.into_inner())
}

async fn run_connection(
    plan: &Plan,
    mut workload: Workload,
    mut left: u64,
    deadline: Instant,
    bar: &ProgressBar,
    total: &RefCell<Outcome>,
) -> Result<()> {
    let (mut writer, mut replies) = connect(plan).await?;
    let (mut codec, mut output) = (ClientCodec::default(), BytesMut::new());
    while left > 0 && clock::now() < deadline.into_std() {
        let batch = left.min(u64::from(plan.pipeline));
        for _ in 0..batch {
            workload.encode_next(&mut codec, &mut output)?;
        }
        let sent = clock::now();
        exchange(&mut writer, &mut replies, &mut output, batch, deadline + GRACE, |reply| {
            total.borrow_mut().record(reply, clock::now() - sent);
            Ok(())
        })
        .await?;
        left -= batch;
        bar.inc(batch);
    }
    Ok(())
}

/// Sets every key once.
pub(super) async fn fill(plan: &Plan) -> Result<()> {
    let (mut writer, mut replies) = connect(plan).await?;
    let (mut codec, mut output) = (ClientCodec::default(), BytesMut::new());
    let mut workload = Workload::new(plan, 0);
    let deadline = Instant::from_std(clock::now() + FILL_LIMIT);
    let mut key = 0;
    while key < plan.keys.get() {
        let end = plan.keys.get().min(key + FILL_BATCH);
        for number in key..end {
            workload.encode_fill(number, &mut codec, &mut output)?;
        }
        exchange(&mut writer, &mut replies, &mut output, end - key, deadline, |reply| {
            ensure!(!reply.is_error(), "the server answered {reply:?}");
            Ok(())
        })
        .await?;
        key = end;
    }
    Ok(())
}
