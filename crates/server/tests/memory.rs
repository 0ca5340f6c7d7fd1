//! A server inside another program: what it says of memory with and without that program's allocator.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context, Result};
use pyredis_server::{Allocator, Server};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::time::timeout;

/// One that says what it is told to, and notes who asks it to purge.
#[derive(Default)]
struct Told(Mutex<Vec<String>>);

impl Allocator for Told {
    fn name(&self) -> String {
        "told-1.0.0".to_owned()
    }

    fn allocated(&self) -> u64 {
        123_456_789
    }

    fn report(&self) -> String {
        "all is well".to_owned()
    }

    fn purge(&self) {
        let name = std::thread::current().name().unwrap_or_default().to_owned();
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(name);
    }
}

/// Sends one inline command; returns the line, or the text, that it gets.
fn ask(address: SocketAddr, line: &str) -> Result<String> {
    let mut stream = TcpStream::connect(address)?;
    stream.write_all(format!("{line}\r\n").as_bytes())?;
    let (mut reader, mut first) = (BufReader::new(stream), String::new());
    reader.read_line(&mut first)?;
    let Some(length) = first.strip_prefix('$') else { return Ok(first.trim_end().to_owned()) };
    let mut text = vec![0; length.trim_end().parse()?];
    reader.read_exact(&mut text)?;
    Ok(String::from_utf8(text)?)
}

fn field(info: &str, name: &str) -> Result<u64> {
    let value = info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    Ok(value.with_context(|| format!("no {name}"))?.parse()?)
}

/// One of whose memory ever more is freed, from a gigabyte on.
struct Shrinking {
    allocated: AtomicU64,
    purged: UnboundedSender<()>,
}

impl Allocator for Shrinking {
    fn name(&self) -> String {
        "shrinking".to_owned()
    }

    fn allocated(&self) -> u64 {
        self.allocated.fetch_sub(100_000_000, Ordering::Relaxed)
    }

    fn report(&self) -> String {
        String::new()
    }

    fn purge(&self) {
        self.purged.send(()).ok();
    }
}

#[tokio::test]
async fn without_an_allocator_its_own_count_is_shown() -> Result<()> {
    let server = Server::builder().ephemeral().start().await?;
    server.store().set("key", vec![b'v'; 100_000]);
    let info = ask(server.local_addr(), "INFO memory")?;
    assert!(field(&info, "used_memory_dataset")? > 100_000);
    let parts = field(&info, "used_memory_dataset")? + field(&info, "used_memory_overhead")?;
    assert_eq!(field(&info, "used_memory")?, parts);
    assert!(!info.contains("allocator"), "{info}");
    assert_eq!(ask(server.local_addr(), "MEMORY PURGE")?, "+OK");
    assert_eq!(ask(server.local_addr(), "MEMORY MALLOC-STATS")?, "Stats not supported for the current allocator");
    Ok(())
}

#[tokio::test]
async fn with_one_it_is_asked() -> Result<()> {
    let told: &'static Told = Box::leak(Box::default());
    let server = Server::builder().ephemeral().allocator(told).start().await?;
    let info = ask(server.local_addr(), "INFO memory")?;
    assert_eq!(field(&info, "used_memory")?, 123_456_789);
    assert!(info.contains("\r\nmem_allocator:told-1.0.0\r\n"), "{info}");
    assert_eq!(ask(server.local_addr(), "MEMORY MALLOC-STATS")?, "all is well");
    assert_eq!(told.0.lock().unwrap().len(), 0);
    assert_eq!(ask(server.local_addr(), "MEMORY PURGE")?, "+OK");
    let threads = told.0.lock().unwrap().clone();
    // An ephemeral server has one worker; the thread that frees for it comes first.
    assert_eq!(threads.len(), 2, "{threads:?}");
    assert_eq!(threads.last().map(String::as_str), Some("pyredis-io-0"));
    Ok(())
}

#[tokio::test]
async fn much_that_was_freed_is_given_back_unasked() -> Result<()> {
    let (purged, mut told) = unbounded_channel();
    let allocator = Box::leak(Box::new(Shrinking { allocated: AtomicU64::new(1_000_000_000), purged }));
    let _server = Server::builder().ephemeral().allocator(allocator).start().await?;
    // Looked at each second; the bound only keeps a server that never does from holding up the tests.
    timeout(Duration::from_secs(60), told.recv()).await?.context("nobody purges")
}

/// One that tells whenever it is asked something.
struct Telling(UnboundedSender<Asked>);

#[derive(Debug, PartialEq, Eq)]
enum Asked {
    Allocated,
    Purge,
}

impl Allocator for Telling {
    fn name(&self) -> String {
        "telling".to_owned()
    }

    fn allocated(&self) -> u64 {
        self.0.send(Asked::Allocated).ok();
        100_000_000
    }

    fn report(&self) -> String {
        String::new()
    }

    fn purge(&self) {
        self.0.send(Asked::Purge).ok();
    }
}

/// By the allocator's figure nothing ever goes, so it is asked to purge only after entries were moved.
#[tokio::test]
async fn what_is_left_of_many_keys_is_moved_together() -> Result<()> {
    const KEYS: usize = 100_000;
    let (tell, mut told) = unbounded_channel();
    let server = Server::builder().ephemeral().allocator(Box::leak(Box::new(Telling(tell)))).start().await?;
    (0..KEYS).for_each(|number| server.store().set(format!("key:{number}"), vec![b'v'; 100]));
    while told.try_recv().is_ok() {}
    // Twice: the first look may have begun before all keys were there.
    for _ in 0..2 {
        assert_eq!(timeout(Duration::from_secs(60), told.recv()).await?, Some(Asked::Allocated), "a look each second");
    }
    (0..KEYS).filter(|number| number % 10 != 0).for_each(|number| _ = server.store().del(format!("key:{number}")));
    timeout(Duration::from_secs(60), async { while told.recv().await.is_some_and(|asked| asked != Asked::Purge) {} })
        .await?;
    server.store().debug_check();
    assert_eq!(server.store().len(), KEYS / 10);
    assert_eq!(server.store().get("key:99990").map(|value| value.len()), Some(100));
    Ok(())
}
