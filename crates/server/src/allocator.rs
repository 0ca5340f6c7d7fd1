//! What the server asks of the allocator. Only a program chooses one, so the library has to be given it
//! ([`ServerBuilder::allocator`](crate::ServerBuilder::allocator)), and does without.

/// The allocator of the process that the server runs in: what INFO and MEMORY show of it, and how it gives memory back.
pub trait Allocator: Send + Sync {
    /// Name and version, such as `mimalloc-3.3.2`.
    fn name(&self) -> String;

    /// Bytes in the blocks that are in use, each as large as it was made. Asked every second, and by each INFO.
    fn allocated(&self) -> u64;

    /// What the allocator knows of itself, for people: the text of MEMORY MALLOC-STATS.
    fn report(&self) -> String;

    /// Takes notice of what other threads have freed of the calling thread's, so that a [`purge`](Self::purge) on any thread can give it back. Called on
    /// threads that serve clients, when much was freed: it must not take long. Does nothing unless implemented.
    fn collect(&self) {}

    /// Gives the operating system what the calling thread has and does not use. MEMORY PURGE calls it on every thread of the server.
    fn purge(&self);
}
