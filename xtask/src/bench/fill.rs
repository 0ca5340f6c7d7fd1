//! Keys in a server: named and set as the load generator expects them.

use std::io::Write;

use anyhow::Result;

use super::wire::{BATCH, Wire};

/// `key:` and twelve digits.
pub(super) const KEY_BYTES: usize = 16;
pub(super) const VALUE_BYTES: usize = 64;
pub(super) const VALUE: [u8; VALUE_BYTES] = [b'x'; VALUE_BYTES];

/// The name of a key.
pub(super) fn key(number: u64) -> [u8; KEY_BYTES] {
    let mut name = [0; KEY_BYTES];
    // A number of more digits does not fit, and no load has that many keys.
    let _ = write!(name.as_mut_slice(), "key:{number:012}");
    name
}

/// Sets the keys of these numbers, over a connection that is closed again. `options` stand at the end of each SET.
pub(super) fn fill(port: u16, numbers: impl Iterator<Item = u64>, options: &[&str]) -> Result<()> {
    fill_by(BATCH, port, numbers, options)
}

/// The same with so many SETs at a time.
pub(super) fn fill_by(batch: u64, port: u16, numbers: impl Iterator<Item = u64>, options: &[&str]) -> Result<()> {
    Wire::connect(port)?.send_all(batch, numbers, |wire, number| {
        let (key, options) = (key(number), options.iter().map(|option| option.as_bytes()));
        let set = [b"SET".as_slice(), &key, &VALUE];
        wire.push(&set.into_iter().chain(options).collect::<Vec<_>>())
    })
}

#[cfg(test)]
mod tests {
    use super::key;

    #[test]
    fn keys_are_those_of_the_load_generator() {
        assert_eq!(&key(42), b"key:000000000042");
    }
}
