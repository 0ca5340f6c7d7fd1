//! The binary's allocator: mimalloc, with the bytes that are in use counted.
//!
//! mimalloc as it is built for use keeps no such count. Each thread counts for itself, in a place of its own, so that counting takes no atomic
//! read-modify-write; the sum is taken when somebody asks. A block counts with the size that mimalloc gave it, when it is made as when it goes, so
//! the sum is exact while nothing is allocated, and off by what is under way while something is. A thread that frees what another has allocated counts below
//! zero; only the sum means something.
//!
//! Alignments that every block has are not asked for. Asked for one, mimalloc takes a slower way, and where a block's size is not a power of two, often a block
//! of the next size: it cannot tell that the one at hand is aligned. (That is what the crate's own `MiMalloc` does.)
//!
//! # Unsafe
//! `GlobalAlloc` is unsafe to implement, and this passes every call on as it came. Beside that there are two calls of mimalloc: the size of a block that
//! is alive, and its collection of what is free, which asks nothing of the caller.
#![expect(unsafe_code, reason = "implements GlobalAlloc and calls mimalloc, see the module's documentation")]

use std::alloc::{GlobalAlloc, Layout};
use std::cell::Cell;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use mimalloc::MiMalloc;
use pyredis_server::Allocator;

/// mimalloc, counted.
pub(crate) struct CountedMiMalloc;

/// mimalloc aligns every block of as many bytes at least to so many (`MI_MAX_ALIGN_SIZE`), and smaller ones to their size.
const EVERY_BLOCK_ALIGN: usize = 16;

/// Whether any block of the layout's size is aligned as it asks.
const fn is_aligned_anyway(layout: Layout) -> bool {
    layout.align() <= EVERY_BLOCK_ALIGN && layout.align() <= layout.size()
}

/// Threads that count in a place of their own: the workers are among the first that there are. Later ones share the last place.
const OWN_PLACES: usize = 255;

/// Where a thread counts; apart from the others, so that no cache line is written by two.
#[repr(align(128))]
struct Place(AtomicU64);

static PLACES: [Place; OWN_PLACES + 1] = [const { Place(AtomicU64::new(0)) }; OWN_PLACES + 1];
static PLACES_TAKEN: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    /// This thread's place. Needs no destructor, so it can be used as long as the thread allocates.
    static PLACE: Cell<Option<&'static Place>> = const { Cell::new(None) };
}

/// Adds to the count; what was freed is added as its complement.
fn count(bytes: u64) {
    match PLACE.get() {
        Some(Place(count)) => count.store(count.load(Ordering::Relaxed).wrapping_add(bytes), Ordering::Relaxed),
        None => count_without_a_place(bytes),
    }
}

#[cold]
fn count_without_a_place(bytes: u64) {
    // Threads beyond the last place come here each time, and the number stays behind it.
    let mine = PLACES_TAKEN
        .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |taken| (taken < OWN_PLACES).then_some(taken + 1));
    match mine.ok().and_then(|mine| PLACES.get(mine)) {
        Some(place) => {
            PLACE.set(Some(place));
            count(bytes);
        }
        None => _ = PLACES.last().map(|Place(shared)| shared.fetch_add(bytes, Ordering::Relaxed)),
    }
}

/// The size of a block; 0 of none.
fn size_of_block(block: *const u8) -> u64 {
    // SAFETY: only called for blocks that mimalloc has just given out, or that are about to be given back, or null.
    unsafe { MiMalloc.usable_size(block) as u64 }
}

// SAFETY: every call is passed on to mimalloc as it came, but for alignments that its answer has anyway, and the answer given back as it is.
unsafe impl GlobalAlloc for CountedMiMalloc {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let block = if is_aligned_anyway(layout) {
            // SAFETY: it may be called with any size.
            unsafe { libmimalloc_sys::mi_malloc(layout.size()) }.cast()
        } else {
            // SAFETY: the caller's word.
            unsafe { MiMalloc.alloc(layout) }
        };
        count(size_of_block(block));
        block
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        count(size_of_block(block).wrapping_neg());
        // SAFETY: the caller's word.
        unsafe { MiMalloc.dealloc(block, layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        let block = if is_aligned_anyway(layout) {
            // SAFETY: it may be called with any size.
            unsafe { libmimalloc_sys::mi_zalloc(layout.size()) }.cast()
        } else {
            // SAFETY: the caller's word.
            unsafe { MiMalloc.alloc_zeroed(layout) }
        };
        count(size_of_block(block));
        block
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        let before = size_of_block(block);
        let moved = if is_aligned_anyway(layout) && layout.align() <= new_size {
            // SAFETY: the caller's word that the block is alive, and was given out here.
            unsafe { libmimalloc_sys::mi_realloc(block.cast(), new_size) }.cast()
        } else {
            // SAFETY: the caller's word.
            unsafe { MiMalloc.realloc(block, layout, new_size) }
        };
        // Where there was no memory for it, the block is as it was.
        if !moved.is_null() {
            count(size_of_block(moved).wrapping_sub(before));
        }
        moved
    }
}

impl Allocator for CountedMiMalloc {
    fn name(&self) -> String {
        // Two digits each for minor version and patch.
        let version = MiMalloc.version();
        format!("mimalloc-{}.{}.{}", version / 10_000, version / 100 % 100, version % 100)
    }

    fn allocated(&self) -> u64 {
        let sum = PLACES.iter().fold(0, |sum: u64, Place(count)| sum.wrapping_add(count.load(Ordering::Relaxed)));
        // The places are read one after the other: a block that moved on meanwhile may be missing, and even all there is.
        if sum > u64::MAX / 2 { 0 } else { sum }
    }

    fn report(&self) -> String {
        MiMalloc::stats_json().map_or_else(str::to_owned, |json| json.to_string_lossy().into_owned())
    }

    fn collect(&self) {
        // Without force it puts no free lists together, for which it would look at every free block, and gives no memory back itself.
        // SAFETY: as below.
        unsafe { libmimalloc_sys::mi_collect(false) }
    }

    fn purge(&self) {
        // SAFETY: it may be called at any time, and touches only what is free.
        unsafe { libmimalloc_sys::mi_collect(true) }
    }
}
