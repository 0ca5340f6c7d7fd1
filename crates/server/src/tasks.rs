//! What goes on beside the connections: expiring keys, saving by rule, giving memory back. Both sleep until there is something to do.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;

use crate::lifecycle::Phase;
use crate::shared::Shared;
use crate::stopwatch::Stopwatch;

/// How many timers the expirer deals with before the worker's connections have their turn.
const TIMERS_PER_TURN: usize = 1024;
/// How often the rules for saving are looked at.
const RULES_EVERY: Duration = Duration::from_secs(1);

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
    let mut since_rate = Stopwatch::start();
    loop {
        if since_rate.elapsed() >= RULES_EVERY {
            shared.stats.take_rate(since_rate.lap());
            shared.system.ask();
            if shared.memory.look()
                && let Some(purged) = shared.memory.purge()
            {
                purged.await;
            }
        }
        // Made before the look, so that nothing that happens after it is missed.
        let (jumped, changed) = (shared.jumped.notified(), shared.saver.changed());
        let rules = &shared.config.current().save;
        if shared.lifecycle.phase() == Phase::Ready && shared.saver.is_due(rules, shared.store.now()) {
            shared.saver.start().ok();
        }
        tokio::select! {
            () = tokio::time::sleep(RULES_EVERY) => {}
            () = jumped => {}
            () = changed => {}
        }
    }
}
