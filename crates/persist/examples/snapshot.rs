//! Saves a store into a file, and loads it into another.

use std::error::Error;
use std::time::Duration;

use pyredis_persist::{Progress, load, save};
use pyredis_store::{SetOptions, Store};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("dump.rdb");

    let store = Store::new();
    store.set("user:1", "alice");
    store.incr_by("visits", 41)?;
    store.set_with("session:1", "token", SetOptions::default().ttl(Duration::from_secs(3600)))?;
    store.database(3)?.set(b"\x00\xff", "keys and values are bytes");

    let saved = save(&store, &path, &Progress::default())?;
    println!("saved {} keys, {} bytes", saved.keys, saved.bytes);

    let reloaded = Store::new();
    let Some(loaded) = load(&reloaded, &path, reloaded.now(), &Progress::default())? else {
        return Err("the file that was just saved is gone".into());
    };
    println!("loaded {} keys, dropped {} that had expired", loaded.keys_loaded, loaded.keys_expired);
    println!("user:1 = {:?}", reloaded.get("user:1").unwrap_or_default());
    println!("visits = {}", reloaded.incr_by("visits", 1)?);
    println!("session:1 has {:?}", reloaded.ttl("session:1"));
    println!("in database 3: {:?}", reloaded.database(3)?.get(b"\x00\xff").unwrap_or_default());
    Ok(())
}
