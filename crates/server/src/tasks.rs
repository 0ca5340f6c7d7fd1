//! What goes on beside the connections: expiring keys, saving by rule, giving memory back. Both sleep until there is something to do.

use std::sync::Arc;
use std::time::Duration;

use pyredis_store::HighWater;
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use crate::lifecycle::Phase;
use crate::shared::Shared;
use crate::stopwatch::Stopwatch;

/// How many timers the expirer deals with before the worker's connections have their turn.
const TIMERS_PER_TURN: usize = 1024;
/// How often the rules for saving are looked at.
const RULES_EVERY: Duration = Duration::from_secs(1);
/// How often it is looked whether a great deletion is over.
const EBB_EVERY: Duration = Duration::from_millis(500);
/// What lay between entries that were moved together is given back in so many parts.
const PARTS: usize = 16;
/// And after so many entries at the earliest.
const PART_ENTRIES_MIN: usize = 16 * 1024;

/// Removes keys when their time has come.
pub(crate) async fn expire(shared: Arc<Shared>) {
    let due = Arc::new(Notify::new());
    let rings = Arc::clone(&due);
    shared.store.on_expiry_due(move || rings.notify_one());
    loop {
        let now = shared.store.now();
        let step = shared.store.expire_step(now, TIMERS_PER_TURN);
        if step.more {
            tokio::task::yield_now().await;
            continue;
        }
        match step.next_wake {
            // On a manual clock this waits in real time; moving the clock rings.
            Some(wake) => {
                tokio::time::timeout(wake.saturating_since(now), due.notified()).await.ok();
            }
            None => due.notified().await,
        }
    }
}

/// Starts a snapshot when a rule of the `save` directive asks for one, takes the figures that change by themselves, and gives much freed memory
/// back.
pub(crate) async fn keep_house(shared: Arc<Shared>) {
    let (mut since_rate, mut since_look) = (Stopwatch::start(), Stopwatch::start());
    let mut high_water = HighWater::default();
    let (mut compacting, mut giving_back): (Option<JoinHandle<()>>, Option<JoinHandle<()>>) = (None, None);
    let is_free = |task: &Option<JoinHandle<()>>| task.as_ref().is_none_or(JoinHandle::is_finished);
    loop {
        if since_rate.elapsed() >= RULES_EVERY {
            shared.stats.take_rate(since_rate.lap());
            shared.system.ask();
            // Not awaited: it comes after all that the freeing threads have to do, and the rules for saving are looked at meanwhile.
            if is_free(&giving_back) && shared.memory.look() {
                giving_back = shared.memory.give_back().map(tokio::spawn);
            }
        }
        // Moving pays with the allocator that we were told of. With another, nobody knows.
        if since_look.elapsed() >= look_every(&high_water) && shared.memory.allocator.is_some() && is_free(&compacting)
        {
            since_look.lap();
            if high_water.has_ebbed(shared.store.memory()) {
                compacting = Some(tokio::spawn(compact(Arc::clone(&shared))));
            }
        }
        // Made before the look, so that nothing that happens after it is missed.
        let (jumped, changed) = (shared.jumped.notified(), shared.saver.changed());
        let rules = &shared.config.current().save;
        if shared.lifecycle.phase() == Phase::Ready && shared.saver.is_due(rules, shared.store.now()) {
            shared.saver.start().ok();
        }
        tokio::select! {
            () = tokio::time::sleep(look_every(&high_water)) => {}
            () = jumped => {}
            () = changed => {}
        }
    }
}

/// How often it is looked how much there is.
const fn look_every(high_water: &HighWater) -> Duration {
    if high_water.is_ebbing() { EBB_EVERY } else { RULES_EVERY }
}

/// Moves all entries together, and gives what lay between them back. The worker's connections have their turn after every step.
async fn compact(shared: Arc<Shared>) {
    let keys: usize = shared.store.stats(shared.store.now()).iter().map(|database| database.keys).sum();
    let part = (keys / PARTS).max(PART_ENTRIES_MIN);
    let (mut compaction, begun, mut moved, mut next_part) = (shared.store.compaction(), Stopwatch::start(), 0, part);
    loop {
        let step = compaction.step();
        moved += step.moved;
        // In parts: mimalloc would give back all at once when it finds the time has come, and keep the worker for that.
        if (moved >= next_part || !step.more)
            && let Some(given_back) = shared.memory.give_back()
        {
            given_back.await;
            next_part = moved + part;
        }
        if !step.more {
            break;
        }
        tokio::task::yield_now().await;
    }
    tracing::debug!("moved {moved} entries together in {:.3} s", begun.elapsed().as_secs_f64());
}
