//! MONITOR: clients that see what all clients do.

use std::net::SocketAddr;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use bytes::{BufMut, Bytes};
use pyredis_protocol::{Arg, write_quoted};
use pyredis_store::Timestamp;

use super::{PubSub, Sleepers};
use crate::clients::client::Client;

impl PubSub {
    /// From here on the client sees all commands.
    pub(crate) fn watch_all(&self, client: &Arc<Client>) {
        if self.monitors.lock().insert(client.id, Arc::clone(client)).is_none() {
            self.monitor_count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// From here on it does not.
    pub(crate) fn stop_watching(&self, id: u64) {
        if self.monitors.lock().remove(&id).is_some() {
            self.monitor_count.fetch_sub(1, Ordering::Relaxed);
        }
    }

    /// Whether anybody does.
    #[inline]
    pub(crate) fn has_monitors(&self) -> bool {
        self.monitor_count.load(Ordering::Relaxed) > 0
    }

    /// Shows what was done, with no lock of the store held. O(deeds times monitors).
    pub(crate) fn show_deeds(&self, deeds: &mut Vec<Bytes>) {
        let (limit, now) = self.terms();
        let mut sleepers = Sleepers::default();
        let monitors = self.monitors.lock();
        for deed in deeds.drain(..) {
            monitors.values().for_each(|client| sleepers.post(client, deed.clone(), limit, now));
        }
        drop(monitors);
        sleepers.wake();
    }
}

/// A command as MONITOR shows it: time, database, address, and the quoted arguments, those that are secret left out.
pub(crate) fn deed(now: Timestamp, db: u32, peer: SocketAddr, args: &[Arg<'_>], secrets: Range<usize>) -> Bytes {
    let (seconds, millis) = (now.as_millis() / 1000, now.as_millis() % 1000);
    let mut line = format!("+{seconds}.{millis:03}000 [{db} {peer}]").into_bytes();
    for (place, arg) in args.iter().enumerate() {
        line.put_u8(b' ');
        write_quoted(if secrets.contains(&place) { b"(redacted)" } else { arg }, &mut line);
    }
    line.put_slice(b"\r\n");
    line.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deed_is_one_line_without_secrets() {
        let args = [Arg::InBuffer(b"AUTH"), Arg::InBuffer(b"\"a\\\x00\xff\r\n\t\x07\x08 b"), Arg::InBuffer(b"hush")];
        let line = deed(Timestamp::from_millis(1_795_577_923_092), 3, ([127, 0, 0, 1], 80).into(), &args, 2..3);
        let expected = r#"+1795577923.092000 [3 127.0.0.1:80] "AUTH" "\"a\\\x00\xff\r\n\t\a\b b" "(redacted)""#;
        assert_eq!(line, format!("{expected}\r\n"));
    }
}
