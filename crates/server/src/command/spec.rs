//! What a command is: one constant with everything that is known about it, next to the function that runs it.

use std::ops::Range;

use bitflags::bitflags;
use pyredis_protocol::Arg;
use pyredis_store::View;

use super::args::integer;
use super::context::Ctx;
use super::error::CommandError;
use super::syntax::{Argument, Kind, SyntaxError, parse};
use crate::outcome::Outcome;

/// The whole of a command. The table, COMMAND, COMMAND DOCS, the lock sets, the gates and `docs/commands.md` are derived from it.
pub(crate) struct CommandSpec {
    /// Lower case; of a subcommand, its own name only.
    pub(crate) name: &'static str,
    pub(crate) arity: Arity,
    pub(crate) flags: Flags,
    /// Where its keys are among its arguments.
    pub(crate) keys: &'static [KeySpec],
    /// What is done to its keys, where that depends on the arguments.
    pub(crate) key_flags: Option<KeyFlags>,
    /// Which locks its function finds taken.
    pub(crate) locks: Locks,
    pub(crate) group: Group,
    /// Categories beside those that follow from the flags and the group.
    pub(crate) categories: Categories,
    /// The arguments as a person writes them; see `syntax.rs` for the grammar.
    pub(crate) syntax: &'static str,
    /// What arguments of these names are, where their names alone say something else.
    pub(crate) kinds: &'static [(&'static str, Kind)],
    pub(crate) summary: &'static str,
    /// The Redis version that has it first.
    pub(crate) since: &'static str,
    pub(crate) complexity: &'static str,
    /// Redis's hints for proxies and clients.
    pub(crate) tips: &'static [&'static str],
    pub(crate) subcommands: &'static [&'static CommandSpec],
    /// Which of its arguments nobody else may see.
    pub(crate) secrets: fn(&[Arg<'_>]) -> Range<usize>,
    pub(crate) run: Run,
}

/// A command's function. It cannot lock, wait, or reach the store but through the context's view.
pub(crate) type Run = fn(&mut Ctx<'_, '_>) -> Result<Outcome, CommandError>;

/// Says what a command does to its keys, in COMMAND INFO's words.
pub(crate) type KeyFlags = fn(&[Arg<'_>]) -> &'static [&'static str];

impl CommandSpec {
    /// What most commands share; a spec names the rest.
    pub(crate) const BASE: Self = Self {
        name: "",
        arity: Arity::Exactly(1),
        flags: Flags::empty(),
        keys: &[],
        key_flags: None,
        locks: Locks::Keys,
        group: Group::Generic,
        categories: Categories::empty(),
        syntax: "",
        kinds: &[],
        summary: "",
        since: "1.0.0",
        complexity: "O(1)",
        tips: &[],
        subcommands: &[],
        secrets: |_| 0..0,
        run: |_| Err(CommandError::Syntax),
    };

    /// The arguments, as a tree.
    pub(super) fn arguments(&self) -> Result<Vec<Argument<'static>>, SyntaxError> {
        let mut arguments = parse(self.syntax)?;
        arguments.iter_mut().for_each(|argument| argument.set_kinds(self.kinds));
        Ok(arguments)
    }

    /// All categories: those that are said, and those that follow from group and flags as in Redis.
    pub(crate) fn all_categories(&self) -> Categories {
        let mut all = self.categories;
        // What only holds subcommands does nothing itself.
        let is_container = !self.subcommands.is_empty() && self.flags.is_empty();
        // Redis counts what works on several types with these, and not with what works on any.
        let is_of_types = self.categories.intersects(Categories::SET | Categories::SORTEDSET | Categories::LIST);
        if !is_container && !is_of_types {
            all |= self.group.category();
        }
        for (flag, category) in [
            (Flags::WRITE, Categories::WRITE),
            (Flags::READONLY, Categories::READ),
            (Flags::ADMIN, Categories::ADMIN | Categories::DANGEROUS),
            (Flags::FAST, Categories::FAST),
            (Flags::PUBSUB, Categories::PUBSUB),
            (Flags::BLOCKING, Categories::BLOCKING),
        ] {
            if self.flags.contains(flag) {
                all |= category;
            }
        }
        all.set(Categories::SLOW, !self.flags.contains(Flags::FAST));
        all
    }
}

/// How many arguments a command takes, its name (and a subcommand's) counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Arity {
    Exactly(usize),
    AtLeast(usize),
}

impl Arity {
    pub(crate) const fn allows(self, arguments: usize) -> bool {
        match self {
            Self::Exactly(count) => arguments == count,
            Self::AtLeast(count) => arguments >= count,
        }
    }

    /// As COMMAND INFO has it: negative for "at least".
    pub(crate) fn to_signed(self) -> i64 {
        let (Self::Exactly(count) | Self::AtLeast(count)) = self;
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        if matches!(self, Self::AtLeast(_)) { -count } else { count }
    }
}

/// Which locks the dispatcher takes before it calls a command's function.
#[derive(Clone, Copy)]
pub(crate) enum Locks {
    /// Those of its keys, if it has any.
    Keys,
    /// Those of its keys, and that of the last of them in the database that this reads from the arguments, if they name one.
    KeysAndTarget(fn(&[Arg<'_>]) -> Option<i64>),
    /// That of the key at the argument that this names, if it names one: of a command that COMMAND does not know to have keys.
    KeyNamed(fn(&[Arg<'_>]) -> Option<usize>),
    /// Every shard of the two databases that this reads from the arguments, if they name two that there are.
    TwoDatabases(fn(&[Arg<'_>]) -> Option<[u32; 2]>),
    /// Those of its keys. In EXEC, where this says that values name keys, every shard of the session's database: there nothing more can be locked.
    KeysAndNamed(fn(&[Arg<'_>]) -> bool),
    /// None: the function works on the session or the server, and may lock what it needs itself.
    None,
    /// Outside EXEC none, and the function goes through the database shard by shard ([`Outcome::More`]); in EXEC the whole database.
    Walk,
    /// Every shard of the session's database.
    Database,
    /// Every shard of every database.
    Everything,
}

/// Where keys are: from argument `first` to `last`, every `step`-th; or as many as an argument says, behind it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct KeySpec {
    pub(crate) first: usize,
    /// How many arguments behind `first` the last one is; negative counts from the end of the arguments.
    pub(crate) last: i64,
    pub(crate) step: usize,
    /// Argument `first` says how many keys there are, which follow it.
    pub(crate) counted: bool,
    /// What is done to the key, in COMMAND INFO's words.
    pub(crate) flags: &'static [&'static str],
    /// What COMMAND INFO remarks on the flags, if anything.
    pub(crate) notes: &'static str,
    /// Where no position says which they are.
    pub(crate) hidden: Option<Hidden>,
}

/// Keys that no position names.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Hidden {
    /// Values name them.
    InValues,
    /// This finds the argument, if it is there.
    Argument(fn(&[Arg<'_>]) -> Option<usize>),
}

impl KeySpec {
    /// One key, the first argument.
    pub(crate) const fn first(flags: &'static [&'static str]) -> Self {
        Self { first: 1, last: 0, step: 1, counted: false, flags, notes: "", hidden: None }
    }

    /// Every argument is a key.
    pub(crate) const fn all(flags: &'static [&'static str]) -> Self {
        Self { first: 1, last: -1, step: 1, counted: false, flags, notes: "", hidden: None }
    }

    /// One key, the argument at `first`.
    pub(crate) const fn at(first: usize, flags: &'static [&'static str]) -> Self {
        Self { first, ..Self::first(flags) }
    }

    /// As many keys as the argument at `first` says, behind it.
    pub(crate) const fn counted(first: usize, flags: &'static [&'static str]) -> Self {
        Self { first, last: -1, counted: true, ..Self::first(flags) }
    }

    /// Keys that no position names.
    pub(crate) const fn hidden(hidden: Hidden, flags: &'static [&'static str], notes: &'static str) -> Self {
        Self { hidden: Some(hidden), notes, ..Self::first(flags) }
    }

    /// How many keys of the syntax it stands for: keys that may be any number are one.
    pub(crate) fn named(&self) -> usize {
        if matches!(self.hidden, Some(Hidden::InValues)) {
            return 0;
        }
        usize::try_from(self.last).map_or(1, |behind| behind / self.step.max(1) + 1)
    }

    /// The positions of the keys among a command's arguments. A count that is no number, or larger than what follows it, is the command's function's
    /// to refuse: there are as many keys as arguments then.
    pub(crate) fn positions(&self, args: &[Arg<'_>]) -> impl Iterator<Item = usize> + use<> {
        if let Some(hidden) = self.hidden {
            let found = if let Hidden::Argument(find) = hidden { find(args) } else { None };
            let (first, last) = found.map_or((1, 0), |position| (position, position));
            return (first..=last).step_by(1);
        }
        let end = args.len().saturating_sub(1);
        let last = match usize::try_from(self.last) {
            Ok(behind) => (self.first + behind).min(end),
            Err(_) => args.len().saturating_sub(usize::try_from(self.last.unsigned_abs()).unwrap_or(usize::MAX)),
        };
        if !self.counted {
            return (self.first..=last).step_by(self.step);
        }
        let count = args.get(self.first).and_then(|count| integer(count.as_slice()).ok());
        let count = count.and_then(|count| usize::try_from(count).ok()).unwrap_or(0);
        (self.first + 1..=self.first.saturating_add(count).min(end)).step_by(self.step)
    }
}

bitflags! {
    /// What a command is like, in Redis's terms, and behind them those of our own.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub(crate) struct Flags: u32 {
        const WRITE = 1;
        const READONLY = 1 << 1;
        const DENYOOM = 1 << 2;
        const ADMIN = 1 << 3;
        const PUBSUB = 1 << 4;
        const NOSCRIPT = 1 << 5;
        const BLOCKING = 1 << 6;
        const LOADING = 1 << 7;
        const STALE = 1 << 8;
        const SKIP_MONITOR = 1 << 9;
        const SKIP_SLOWLOG = 1 << 10;
        const ASKING = 1 << 11;
        const FAST = 1 << 12;
        const NO_AUTH = 1 << 13;
        const MAY_REPLICATE = 1 << 14;
        const NO_MANDATORY_KEYS = 1 << 15;
        const PROTECTED = 1 << 16;
        const MODULE = 1 << 17;
        const NO_ASYNC_LOADING = 1 << 18;
        const NO_MULTI = 1 << 19;
        const ALLOW_BUSY = 1 << 20;
        /// Ours: runs at once in a transaction instead of being queued.
        const NOT_QUEUED = 1 << 30;
        /// Ours: ends the transaction even when it is refused.
        const ENDS_TRANSACTION = 1 << 29;
        /// Ours: a client of RESP2 that listens to channels may call it.
        const WHILE_LISTENING = 1 << 28;
        /// Ours: what pauses writes pauses it too, as it says something to others.
        const PAUSED_AS_WRITE = 1 << 27;
        /// Ours: using keys is what it is for.
        const TOUCHES = 1 << 26;
        /// Ours: its first argument is the database that the commands after it run in.
        const SELECTS = 1 << 31;
    }
}

impl Flags {
    /// The names that COMMAND INFO prints, in Redis's order; ours have none.
    pub(crate) fn names(self) -> impl Iterator<Item = String> {
        let ours = Self::NOT_QUEUED
            | Self::SELECTS
            | Self::ENDS_TRANSACTION
            | Self::WHILE_LISTENING
            | Self::PAUSED_AS_WRITE
            | Self::TOUCHES;
        (self - ours).iter_names().map(|(name, _)| name.to_lowercase()).collect::<Vec<_>>().into_iter()
    }
}

bitflags! {
    /// ACL categories, in the order of COMMAND INFO.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub(crate) struct Categories: u32 {
        const KEYSPACE = 1;
        const READ = 1 << 1;
        const WRITE = 1 << 2;
        const SET = 1 << 3;
        const SORTEDSET = 1 << 4;
        const LIST = 1 << 5;
        const HASH = 1 << 6;
        const STRING = 1 << 7;
        const BITMAP = 1 << 8;
        const PUBSUB = 1 << 20;
        const ADMIN = 1 << 9;
        const FAST = 1 << 10;
        const SLOW = 1 << 11;
        const BLOCKING = 1 << 12;
        const DANGEROUS = 1 << 13;
        const CONNECTION = 1 << 14;
        const TRANSACTION = 1 << 15;
    }
}

/// Families of commands, as COMMAND DOCS groups them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Group {
    Generic,
    String,
    Bitmap,
    Hash,
    List,
    Set,
    SortedSet,
    Connection,
    Server,
    Transactions,
    Pubsub,
}

impl Group {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Generic => "generic",
            Self::String => "string",
            Self::Bitmap => "bitmap",
            Self::Hash => "hash",
            Self::List => "list",
            Self::Set => "set",
            Self::SortedSet => "sorted-set",
            Self::Connection => "connection",
            Self::Server => "server",
            Self::Transactions => "transactions",
            Self::Pubsub => "pubsub",
        }
    }

    const fn category(self) -> Categories {
        match self {
            Self::Generic => Categories::KEYSPACE,
            Self::String => Categories::STRING,
            Self::Bitmap => Categories::BITMAP,
            Self::Hash => Categories::HASH,
            Self::List => Categories::LIST,
            Self::Set => Categories::SET,
            Self::SortedSet => Categories::SORTEDSET,
            Self::Connection => Categories::CONNECTION,
            Self::Server | Self::Pubsub => Categories::empty(),
            Self::Transactions => Categories::TRANSACTION,
        }
    }
}

/// A command that goes through a database in slices, each under one shard's lock.
pub(crate) trait Walk: Send {
    /// The shard that the next step needs; `None` when the walk is over.
    fn shard(&self) -> Option<usize>;
    /// Does a slice of the work.
    fn step(&mut self, view: &View<'_>);
    /// Works up what the last slice has brought, without a lock.
    fn digest(&mut self) {}
    /// Answers, once the walk is over.
    fn reply(self: Box<Self>, reply: &mut pyredis_protocol::ReplyWriter);
}
