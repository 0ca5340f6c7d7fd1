//! The store inside a program, without a server: values, counters, deadlines, transactions, scans, and a thread that expires keys.
//!
//! Run it with `cargo run -p pyredis-store --example embedded`.

use std::error::Error;
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

use pyredis_store::{Clock, Effect, EffectSink, Expirer, ManualClock, SetOptions, Store, Timestamp, Ttl, TxError};

/// Listens to every change of the store, and passes on the names of keys that have expired.
struct ExpiredKeys(Sender<String>);

impl EffectSink for ExpiredKeys {
    fn accept(&self, _sequence: u64, effects: Vec<Effect>) {
        for effect in effects.iter().filter(|effect| effect.event == "expired") {
            self.0.send(String::from_utf8_lossy(&effect.key).into_owned()).ok();
        }
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    // A clock that we move ourselves, so that an hour passes at once. Leave it out, and time is the system's.
    let clock = ManualClock::starting_at(Timestamp::from_millis(1_700_000_000_000));
    let (sender, expired) = channel();
    let store = Store::builder().clock(Clock::Manual(clock.clone())).effect_sink(Arc::new(ExpiredKeys(sender))).build();

    store.set("user:1", "alice");
    let user = store.get("user:1");
    println!("user:1 is {:?}", user.as_deref().map(String::from_utf8_lossy));
    assert_eq!(user.as_deref(), Some(&b"alice"[..]));

    let hits = (0..3).try_fold(0, |_, _| store.incr_by("hits", 1))?;
    println!("hits: {hits}");
    assert_eq!(hits, 3);

    store.set_with("session", "token", SetOptions::default().ttl(Duration::from_secs(3600)).if_absent())?;
    if let Ttl::Until(deadline) = store.ttl("session") {
        let left = deadline.saturating_since(store.now());
        println!("the session has {left:?} left");
        assert_eq!(left, Duration::from_secs(3600));
    }

    transfer(&store)?;
    work(&store)?;
    scan(&store);

    // A thread frees the memory of keys whose time has come. Without it they would be invisible all the same.
    let expirer = Expirer::spawn(&store)?;
    clock.advance(Duration::from_secs(3601));
    assert!(!store.exists("session"));
    store.wake_expirer();
    let key = expired.recv()?;
    println!("an hour later {key:?} has expired; {} keys are left", store.len());
    assert_eq!((key.as_str(), store.len()), ("session", 4));
    drop(expirer);
    Ok(())
}

/// Several keys at one instant: nobody sees the money in neither account, or in both.
fn transfer(store: &Store) -> Result<(), TxError> {
    store.set("account:a", "100");
    let (a, b) = store.transaction(["account:a", "account:b"], |tx| {
        let a = tx.incr_by("account:a", -30)?;
        let b = tx.incr_by("account:b", 30)?;
        Ok::<_, TxError>((a, b))
    })?;
    println!("after the transfer: {a} and {b}");
    assert_eq!((a, b), (70, 30));
    Ok(())
}

/// A queue of jobs, who does them and how often: a list, a hash and a sorted set, changed together.
fn work(store: &Store) -> Result<(), TxError> {
    let jobs = store.list("jobs");
    jobs.push_back("resize")?;
    jobs.push_back("rotate")?;
    while !jobs.is_empty()? {
        store.transaction(["jobs", "done-by", "score"], |tx| {
            if let Some(job) = tx.list("jobs").pop_front::<String>()? {
                tx.hash("done-by").set(job, "worker:1")?;
                tx.sorted_set("score").incr_by("worker:1", 1.0)?;
            }
            Ok::<_, TxError>(())
        })?;
    }
    let best: Vec<(String, f64)> = store.sorted_set("score").pop_max(1)?;
    println!("the best worker: {best:?}");
    assert_eq!(best, [("worker:1".to_owned(), 2.0)]);
    assert_eq!(store.hash("done-by").get::<String>("rotate")?.as_deref(), Some("worker:1"));

    // What is stored as one type cannot be taken for another, and the error says which.
    if let Err(error) = store.list("done-by").len() {
        println!("but: {error}");
    }
    store.del("done-by");
    Ok(())
}

/// Keys by pattern, while others may change the store.
fn scan(store: &Store) {
    let mut accounts: Vec<_> = store.scan("account:*").collect();
    accounts.sort_unstable();
    println!("accounts: {:?}", accounts.iter().map(|key| String::from_utf8_lossy(key)).collect::<Vec<_>>());
    assert_eq!(accounts, ["account:a", "account:b"]);
}
