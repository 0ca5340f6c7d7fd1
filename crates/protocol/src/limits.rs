//! How much of anything is accepted. All sizes are in bytes.

/// The longest argument, and the longest string in a reply: 512 MiB, Redis's `proto-max-bulk-len`.
pub const BULK_BYTES_MAX: usize = 512 * 1024 * 1024;
/// The most arguments of one request.
pub const ARGUMENTS_MAX: usize = 1024 * 1024;
/// The longest inline command, and the longest line with a count or a length.
pub const INLINE_BYTES_MAX: usize = 64 * 1024;
/// The most bytes of all arguments of one request together, Redis's `client-query-buffer-limit`.
pub const REQUEST_BYTES_MAX: usize = 1024 * 1024 * 1024;
/// The most arguments of a request whose sender has yet to authenticate.
pub const UNAUTHENTICATED_ARGUMENTS_MAX: usize = 10;
/// The longest argument whose sender has yet to authenticate.
pub const UNAUTHENTICATED_BULK_BYTES_MAX: usize = 16 * 1024;
/// How deep replies may lie inside replies.
pub const NESTING_MAX: usize = 128;
/// The most elements of one array, set or push in a reply; of one map, keys.
pub const REPLY_ITEMS_MAX: usize = u32::MAX as usize;
/// The longest status, error, number or header line in a reply.
pub const REPLY_LINE_BYTES_MAX: usize = 1024 * 1024;
/// An argument or a reply string of this length owns its memory; a shorter one is a slice of the read buffer.
pub const LARGE_BYTES_MIN: usize = 32 * 1024;
/// A value of this length is kept in the output by reference; a shorter one is copied.
pub const SHARED_BYTES_MIN: usize = 64 * 1024;

const _: () = assert!(BULK_BYTES_MAX <= REQUEST_BYTES_MAX);
const _: () = assert!(INLINE_BYTES_MAX <= REQUEST_BYTES_MAX);
const _: () = assert!(UNAUTHENTICATED_ARGUMENTS_MAX <= ARGUMENTS_MAX);
const _: () = assert!(UNAUTHENTICATED_BULK_BYTES_MAX < LARGE_BYTES_MIN, "before AUTH nothing gets memory of its own");
const _: () = assert!(LARGE_BYTES_MIN <= SHARED_BYTES_MIN, "what is shared in the output can own its memory");
const _: () = assert!(REPLY_ITEMS_MAX < usize::MAX / 2, "a map's keys and values are counted together");

/// What a server accepts in a request.
///
/// ```
/// use pyredis_protocol::{Limits, RequestDecoder};
/// let decoder = RequestDecoder::new(Limits { bulk_bytes: 1024 * 1024, ..Limits::default() });
/// # drop(decoder);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The longest argument; [`BULK_BYTES_MAX`] by default.
    pub bulk_bytes: usize,
    /// The most arguments; [`ARGUMENTS_MAX`] by default.
    pub arguments: usize,
    /// The longest inline command or header line; [`INLINE_BYTES_MAX`] by default.
    pub inline_bytes: usize,
    /// The longest request, all arguments together; [`REQUEST_BYTES_MAX`] by default.
    pub request_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            bulk_bytes: BULK_BYTES_MAX,
            arguments: ARGUMENTS_MAX,
            inline_bytes: INLINE_BYTES_MAX,
            request_bytes: REQUEST_BYTES_MAX,
        }
    }
}

/// What a client accepts in a reply.
///
/// ```
/// use pyredis_protocol::{ReplyDecoder, ReplyLimits};
/// let decoder = ReplyDecoder::new(ReplyLimits { nesting: 8, ..ReplyLimits::default() });
/// # drop(decoder);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReplyLimits {
    /// The longest string; [`BULK_BYTES_MAX`] by default.
    pub bulk_bytes: usize,
    /// The most elements of an aggregate; [`REPLY_ITEMS_MAX`] by default, and never above it.
    pub items: usize,
    /// The longest line; [`REPLY_LINE_BYTES_MAX`] by default.
    pub line_bytes: usize,
    /// The most aggregates around a frame; [`NESTING_MAX`] by default.
    pub nesting: usize,
}

impl Default for ReplyLimits {
    fn default() -> Self {
        Self {
            bulk_bytes: BULK_BYTES_MAX,
            items: REPLY_ITEMS_MAX,
            line_bytes: REPLY_LINE_BYTES_MAX,
            nesting: NESTING_MAX,
        }
    }
}
