//! The sequence of commands that one connection sends.

use std::fmt::Write;

use anyhow::Result;
use bytes::{Bytes, BytesMut};
use pyredis_protocol::ClientCodec;
use tokio_util::codec::Encoder;

use super::plan::{Command, Plan};

/// A sequence without end, the same for the same plan and connection number.
pub(super) struct Workload {
    random: SplitMix,
    command: Command,
    reads: u64,
    keys: u64,
    value: Bytes,
    key: String,
}

impl Workload {
    /// The sequence of the connection with this number.
    pub(super) fn new(plan: &Plan, connection: u32) -> Self {
        let mut random = SplitMix(plan.seed);
        random.0 ^= SplitMix(u64::from(connection)).next();
        let value = (0..plan.size).map(|place| b'a' + u8::try_from(place % 26).unwrap_or_default()).collect();
        let reads = u64::from(plan.reads);
        Self { random, command: plan.command, reads, keys: plan.keys.get(), value, key: String::new() }
    }

    /// Appends the next command to `output`.
    pub(super) fn encode_next(&mut self, codec: &mut ClientCodec, output: &mut BytesMut) -> Result<()> {
        let key = self.random.next() % self.keys;
        let command = match self.command {
            Command::Mixed if self.random.next() % 100 < self.reads => Command::Get,
            Command::Mixed => Command::Set,
            other => other,
        };
        let prefix = if command == Command::Incr { "counter" } else { "key" };
        self.name_key(prefix, key)?;
        match command {
            Command::Incr => codec.encode(&[b"INCR".as_slice(), self.key.as_bytes()][..], output)?,
            Command::Set => self.encode_set(codec, output)?,
            _ => codec.encode(&[b"GET".as_slice(), self.key.as_bytes()][..], output)?,
        }
        Ok(())
    }

    /// Appends the SET of one key, as `--fill` needs it.
    pub(super) fn encode_fill(&mut self, key: u64, codec: &mut ClientCodec, output: &mut BytesMut) -> Result<()> {
        self.name_key("key", key)?;
        self.encode_set(codec, output)
    }

    fn name_key(&mut self, prefix: &str, key: u64) -> Result<()> {
        self.key.clear();
        Ok(write!(self.key, "{prefix}:{key:012}")?)
    }

    fn encode_set(&self, codec: &mut ClientCodec, output: &mut BytesMut) -> Result<()> {
        Ok(codec.encode(&[b"SET".as_slice(), self.key.as_bytes(), &self.value][..], output)?)
    }
}

/// The generator SplitMix64: small, fast, and good enough to spread keys.
struct SplitMix(u64);

impl SplitMix {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU64;
    use std::time::Duration;

    use super::*;

    fn sequence(command: Command, seed: u64, connection: u32) -> String {
        let plan = Plan {
            host: "127.0.0.1".into(),
            port: 0,
            command,
            reads: 50,
            keys: NonZeroU64::new(100).unwrap(),
            size: 30,
            clients: 1,
            pipeline: 1,
            threads: 1,
            requests: 1,
            is_counted: true,
            limit: Duration::from_secs(1),
            rate: None,
            seed,
        };
        let (mut codec, mut output) = (ClientCodec::default(), BytesMut::new());
        let mut workload = Workload::new(&plan, connection);
        for _ in 0..200 {
            workload.encode_next(&mut codec, &mut output).unwrap();
        }
        String::from_utf8(output.to_vec()).unwrap()
    }

    #[test]
    fn the_seed_fixes_the_sequence() {
        let one = sequence(Command::Mixed, 1, 0);
        assert_eq!(one, sequence(Command::Mixed, 1, 0));
        assert_ne!(one, sequence(Command::Mixed, 2, 0));
        assert_ne!(one, sequence(Command::Mixed, 1, 1));
    }

    #[test]
    fn commands_are_as_asked() {
        let mixed = sequence(Command::Mixed, 1, 0);
        let (gets, sets) = (mixed.matches("\r\nGET\r\n").count(), mixed.matches("\r\nSET\r\n").count());
        assert_eq!(gets + sets, 200);
        assert!((70..=130).contains(&gets), "{gets} of 200 are GETs");
        assert!(mixed.contains("\r\n$30\r\nabcdefghijklmnopqrstuvwxyzabcd\r\n"));
        assert_eq!(sequence(Command::Get, 1, 0).matches("\r\nGET\r\n$16\r\nkey:0000000000").count(), 200);
        assert_eq!(sequence(Command::Incr, 1, 0).matches("\r\nINCR\r\n$20\r\ncounter:0000000000").count(), 200);
    }
}
