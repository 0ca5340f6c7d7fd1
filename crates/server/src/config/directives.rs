//! Every directive, once. To add one, add a row here; everything else follows, and a test then asks for the new
//! `docs/configuration.md`.

use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use pyredis_protocol::limits::BULK_BYTES_MAX;

use super::codec::{Codec, FileName, Folder, Integer, Memory, OneOf, Password, PowerOfTwo, Seconds, YesNo};
use super::keyspace_events::{KeyspaceEvents, Letters};
use super::output_limit::{ByClass, OutputLimits};
use super::save::{SaveRule, SaveRules};
use super::table::{Change, Directive, directives};
use super::value::{AppendOnly, BindAddress, BindAddresses, LogLevel, MaxmemoryPolicy};

/// What Redis accepts where it says `int`.
const INT_MAX: i64 = i32::MAX as i64;
/// The store keeps a few words for each database, used or not.
const DATABASES_MAX: i64 = 65_536;
/// What the store can spread a database over.
const SHARDS_MAX: i64 = 65_536;
const IO_THREADS_MAX: usize = 128;

directives! {
    /// TCP port to listen on; 0 takes any free one
    "port" port: u16 = 6379, Integer { min: 0, max: 65_535 }, AtStart;

    /// Addresses to listen on; one with `-` in front may be missing on this machine
    "bind" bind: Vec<BindAddress> = vec![BindAddress::LOCALHOST], BindAddresses, AtStart;

    /// Connections that may wait to be accepted
    "tcp-backlog" tcp_backlog: u32 = 511, Integer { min: 0, max: INT_MAX }, AtStart;

    /// Seconds without traffic after which TCP asks whether a client is still there; 0 never asks
    "tcp-keepalive" tcp_keepalive: u32 = 300, Integer { min: 0, max: INT_MAX }, AtRunTime;

    /// Seconds after which an idle client is disconnected; 0 never does
    "timeout" timeout: Duration = Duration::ZERO, Seconds { max: INT_MAX }, AtRunTime;

    /// Clients that may be connected at the same time
    "maxclients" maxclients: u32 = 10_000, Integer { min: 1, max: u32::MAX as i64 }, AtRunTime;

    /// Bytes that a client may leave unread before it is disconnected: at once with more than the first number, after so many seconds with more than the second; 0 is no limit
    "client-output-buffer-limit" client_output_buffer_limit: OutputLimits = OutputLimits::default(), ByClass, AtRunTime;

    /// Password that AUTH asks for; empty lets everyone in
    "requirepass" requirepass: Option<String> = None, Password, AtRunTime { secret: true };

    /// Longest string in a request, in bytes
    "proto-max-bulk-len" proto_max_bulk_len: usize = BULK_BYTES_MAX,
        Memory { min: 1024 * 1024, max: BULK_BYTES_MAX as i64 }, AtStart;

    /// Folder of the snapshot, and of the lock that keeps a second server out
    "dir" dir: PathBuf = PathBuf::from("./"), Folder, Guarded;

    /// Name of the snapshot's file in `dir`
    "dbfilename" dbfilename: String = "dump.rdb".to_owned(), FileName, Guarded;

    /// When to save by itself: after so many seconds if there were so many changes; empty never does
    "save" save: Vec<SaveRule> = vec![SaveRule { seconds: 60, changes: 1 }], SaveRules, AtRunTime { adds_up: true };

    /// Refuse writes while the latest background save has failed
    "stop-writes-on-bgsave-error" stop_writes_on_bgsave_error: bool = true, YesNo, AtRunTime;

    /// Journal of every write; there is none yet, so `no` is the only value
    "appendonly" appendonly: AppendOnly = AppendOnly::No, AppendOnly::No, AtRunTime;

    /// What is kept of the use of keys: how often they are with an `lfu` policy, else when; nothing is evicted, as there is no `maxmemory` yet
    "maxmemory-policy" maxmemory_policy: MaxmemoryPolicy = MaxmemoryPolicy::NoEviction,
        OneOf(MaxmemoryPolicy::ALL), AtRunTime;

    /// Which events of keys are published, and whether by key (`K`), by event (`E`) or both; empty publishes none
    "notify-keyspace-events" notify_keyspace_events: KeyspaceEvents = KeyspaceEvents::empty(), Letters, AtRunTime;

    /// How much to log
    "loglevel" loglevel: LogLevel = LogLevel::Notice, OneOf(LogLevel::ALL), AtRunTime;

    /// Numbered databases that SELECT can choose from
    "databases" databases: u32 = 16, Integer { min: 1, max: DATABASES_MAX }, AtStart;

    /// Locks that each database is spread over; more let more clients write at once
    "shards" shards: usize = 1024, PowerOfTwo { min: 2, max: SHARDS_MAX }, AtStart;

    /// Threads that serve clients
    "io-threads" io_threads: usize = cores(), Integer { min: 1, max: IO_THREADS_MAX as i64 }, AtStart
        { default_called: Some("one per core") };

    /// Do without huge pages: they cost some 5 ms each when first written, and memory where they are not full
    "disable-thp" disable_thp: bool = true, YesNo, AtStart;

    /// Time stands still but for DEBUG ADVANCE; for tests
    "manual-clock" manual_clock: bool = false, YesNo, AtStart;
}

/// The cores this process may use, as far as `io-threads` goes.
fn cores() -> usize {
    thread::available_parallelism().map_or(1, usize::from).min(IO_THREADS_MAX)
}
