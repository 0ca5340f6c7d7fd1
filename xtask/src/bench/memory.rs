//! Memory a key, beyond the key and the value themselves.

use anyhow::{Context, Result};
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};

use super::contender::{Contender, Program};
use super::report::{Report, Unit};

/// A table's load differs with the number of keys, so several are measured.
const KEYS: [u32; 5] = [1_000_000, 1_250_000, 1_500_000, 1_750_000, 2_000_000];
const KEY_BYTES: usize = 16;
const VALUE_BYTES: usize = 64;
const COMMANDS_PER_BATCH: u32 = 1_000;

/// Measures the rows whose names contain `filter`.
pub(super) fn measure(programs: &[Program], filter: &str, report: &mut Report) -> Result<()> {
    for (name, expiry) in [("memory per key", None), ("memory per key with TTL", Some("EX 100000"))] {
        if !name.contains(filter) {
            continue;
        }
        for keys in KEYS {
            eprintln!("{name}: {keys} keys");
            for program in programs {
                report.add(name, Unit::BytesPerKey, &program.name, overhead(&program.start()?, keys, expiry)?);
            }
        }
    }
    Ok(())
}

/// RSS with the keys less RSS without, less keys and values, by key.
fn overhead(server: &Contender, keys: u32, expiry: Option<&str>) -> Result<f64> {
    let empty = server.rss()?;
    fill(server.port(), keys, expiry).context("can't fill the server")?;
    // Not every server has it; what it gives back is counted where it is known.
    server.call("MEMORY PURGE")?;
    let full = server.rss()?;
    let payload = u64::from(keys) * (KEY_BYTES + VALUE_BYTES) as u64;
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52 bytes")]
    let overhead = full.saturating_sub(empty + payload) as f64;
    Ok(overhead / f64::from(keys))
}

/// Sets keys 0 to `keys`, in batches, over a connection that is closed again.
fn fill(port: u16, keys: u32, expiry: Option<&str>) -> Result<()> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    let value = "x".repeat(VALUE_BYTES);
    let mut replies = vec![0; b"+OK\r\n".len() * COMMANDS_PER_BATCH as usize];
    for first in (0..keys).step_by(COMMANDS_PER_BATCH as usize) {
        let mut batch = String::new();
        for key in first..first + COMMANDS_PER_BATCH {
            batch.push_str(&format!("SET key:{key:012} {value} {}\r\n", expiry.unwrap_or("")));
        }
        stream.write_all(batch.as_bytes())?;
        stream.read_exact(&mut replies)?;
    }
    Ok(())
}
