//! Asking the processor to fetch memory that is looked at soon, so that many lookups wait for it together and not one after the other.
//!
//! A lookup among a million keys reads a group of control bytes, the slot, and the entry, each in a cache line that is nowhere near. What is
//! fetched early is not waited for. A fetch is a hint: it reads nothing, and any address is allowed.
#![expect(unsafe_code, reason = "the processor's instruction is only reachable as an unsafe function")]

/// How many bytes one fetch brings.
pub(crate) const LINE_BYTES: usize = 64;

/// Asks for the `bytes` bytes from `start` on. Does nothing on processors for which there is no such instruction in stable Rust.
#[inline]
pub(crate) fn fetch(start: *const u8, bytes: usize) {
    for offset in (0..bytes).step_by(LINE_BYTES) {
        fetch_line(start.wrapping_add(offset));
    }
}

#[cfg(all(target_arch = "x86_64", not(miri)))]
#[inline]
fn fetch_line(address: *const u8) {
    use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
    // SAFETY: the instruction is part of every x86-64 processor, and never faults, whatever the address.
    unsafe { _mm_prefetch::<_MM_HINT_T0>(address.cast()) }
}

#[cfg(not(all(target_arch = "x86_64", not(miri))))]
#[inline]
fn fetch_line(_: *const u8) {}
