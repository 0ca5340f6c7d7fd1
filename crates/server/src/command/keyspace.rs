//! The keyspace as a whole: KEYS, SCAN, DBSIZE, RANDOMKEY, FLUSHDB, FLUSHALL, SWAPDB.

use bytes::Bytes;
use pyredis_protocol::number::parse_i64;
use pyredis_protocol::{Arg, ReplyWriter};
use pyredis_store::{Cursor, KeyWalk, Store, View, glob_match};

use super::args::Args;
use super::context::Ctx;
use super::error::CommandError;
use super::member_scan::parse_cursor;
use super::pieces::Pieces;
use super::spec::{Arity, Categories, CommandSpec, Flags, Group, Locks, Walk};
use crate::outcome::Outcome;

pub(super) const COMMANDS: &[&CommandSpec] = &[&DBSIZE, &FLUSHALL, &FLUSHDB, &KEYS, &RANDOMKEY, &SCAN, &SWAPDB];

/// How many keys a walk looks at under one lock.
const KEYS_PER_LOCK: usize = 256;

const DBSIZE: CommandSpec = CommandSpec {
    name: "dbsize",
    flags: Flags::READONLY.union(Flags::FAST),
    locks: Locks::Walk,
    group: Group::Server,
    categories: Categories::KEYSPACE,
    summary: "Returns the number of keys in the selected database.",
    complexity: "O(S) with S shards",
    tips: &["request_policy:all_shards", "response_policy:agg_sum"],
    run: dbsize,
    ..CommandSpec::BASE
};

fn dbsize(ctx: &mut Ctx<'_, '_>) -> Result<Outcome, CommandError> {
    let keys = ctx.server.store.database(ctx.session.db)?.len();
    ctx.reply.count(keys);
    Ok(Outcome::Done)
}

const FLUSHDB: CommandSpec = CommandSpec {
    name: "flushdb",
    arity: Arity::AtLeast(1),
    flags: Flags::WRITE,
    locks: Locks::Database,
    group: Group::Server,
    categories: Categories::KEYSPACE.union(Categories::DANGEROUS),
    syntax: "[ASYNC | SYNC]",
    summary: "Removes every key of the selected database; the memory is freed in the background either way.",
    complexity: "O(S) with S shards",
    tips: &["request_policy:all_shards", "response_policy:all_succeeded"],
    run: flushdb,
    ..CommandSpec::BASE
};

fn flushdb(ctx: &mut Ctx<'_, '_>) -> Result<Outcome, CommandError> {
    check_flush_mode(ctx)?;
    let db = ctx.session.db;
    ctx.view()?.flush(db);
    ctx.reply.ok();
    Ok(Outcome::Done)
}

const FLUSHALL: CommandSpec = CommandSpec {
    name: "flushall",
    locks: Locks::Everything,
    summary: "Removes every key of every database; the memory is freed in the background either way.",
    run: flushall,
    ..FLUSHDB
};

fn flushall(ctx: &mut Ctx<'_, '_>) -> Result<Outcome, CommandError> {
    check_flush_mode(ctx)?;
    let databases = ctx.server.store.databases();
    let view = ctx.view()?;
    (0..databases).for_each(|db| view.flush(db));
    ctx.reply.ok();
    Ok(Outcome::Done)
}

fn check_flush_mode(ctx: &Ctx<'_, '_>) -> Result<(), CommandError> {
    let mut args = Args::from(ctx.args, 1);
    if !args.is_empty() && !args.eat("ASYNC") && !args.eat("SYNC") {
        return Err(CommandError::Syntax);
    }
    args.finish()
}

const SWAPDB: CommandSpec = CommandSpec {
    name: "swapdb",
    arity: Arity::Exactly(3),
    flags: Flags::WRITE.union(Flags::FAST),
    locks: Locks::TwoDatabases(|args| Some([database_number(args.get(1)?)?, database_number(args.get(2)?)?])),
    group: Group::Server,
    categories: Categories::KEYSPACE.union(Categories::DANGEROUS),
    syntax: "index1 index2",
    summary: "Swaps two databases: who has one selected finds the other's keys in it.",
    since: "4.0.0",
    complexity: "O(S+W) with S shards and W watched keys",
    run: swapdb,
    ..CommandSpec::BASE
};

fn swapdb(ctx: &mut Ctx<'_, '_>) -> Result<Outcome, CommandError> {
    let index = |arg: &[u8]| parse_i64(arg).and_then(|index| i32::try_from(index).ok());
    let first = index(ctx.arg(1)).ok_or_else(|| CommandError::err("invalid first DB index"))?;
    let second = index(ctx.arg(2)).ok_or_else(|| CommandError::err("invalid second DB index"))?;
    let in_range = |index| u32::try_from(index).ok().filter(|db| *db < ctx.server.store.databases());
    let (Some(first), Some(second)) = (in_range(first), in_range(second)) else {
        return Err(CommandError::DatabaseRange);
    };
    // One and the same needs no locks.
    if first != second {
        ctx.view()?.swap_databases(first, second)?;
    }
    ctx.reply.ok();
    Ok(Outcome::Done)
}

fn database_number(arg: &Arg<'_>) -> Option<u32> {
    parse_i64(arg.as_slice()).and_then(|index| u32::try_from(index).ok())
}

const KEYS: CommandSpec = CommandSpec {
    name: "keys",
    arity: Arity::Exactly(2),
    flags: Flags::READONLY,
    locks: Locks::Walk,
    categories: Categories::DANGEROUS,
    syntax: "pattern",
    summary: "Returns all keys that match a pattern.",
    complexity: "O(N) with N keys in the database",
    tips: &["request_policy:all_shards", "nondeterministic_output_order"],
    run: keys,
    ..CommandSpec::BASE
};

fn keys(ctx: &mut Ctx<'_, '_>) -> Result<Outcome, CommandError> {
    let walk = KeyWalk::new(&ctx.server.store, ctx.session.db, ctx.arg(1));
    Ok(Outcome::More(Box::new(Keys { walk, found: Pieces::default() })))
}

struct Keys {
    walk: KeyWalk,
    found: Pieces,
}

impl Walk for Keys {
    fn shard(&self) -> Option<usize> {
        self.walk.shard()
    }

    fn step(&mut self, view: &View<'_>) {
        self.walk.step(view, KEYS_PER_LOCK);
    }

    fn digest(&mut self) {
        self.walk.take_found().iter().for_each(|key| self.found.add(key));
    }

    fn reply(self: Box<Self>, reply: &mut ReplyWriter) {
        self.found.reply_array(reply);
    }
}

const RANDOMKEY: CommandSpec = CommandSpec {
    name: "randomkey",
    flags: Flags::READONLY,
    locks: Locks::Walk,
    summary: "Returns a key picked at random.",
    complexity: "O(S) with S shards",
    tips: &["request_policy:all_shards", "nondeterministic_output"],
    run: |ctx| {
        let (store, db) = (&ctx.server.store, ctx.session.db);
        let (first, shards) = store.random_shard(db).map_or((0, 0), |first| (first, store.shard_count()));
        Ok(Outcome::More(Box::new(RandomKey { db, first, passed: 0, shards, key: None })))
    },
    ..CommandSpec::BASE
};

/// Looks for a key in one shard, and in those that follow it where all keys of the first have expired.
struct RandomKey {
    db: u32,
    first: usize,
    passed: usize,
    /// How many to look at in all: none where there are no keys.
    shards: usize,
    key: Option<Bytes>,
}

impl Walk for RandomKey {
    fn shard(&self) -> Option<usize> {
        (self.key.is_none() && self.passed < self.shards).then(|| (self.first + self.passed) % self.shards)
    }

    fn step(&mut self, view: &View<'_>) {
        if let Some(shard) = self.shard() {
            self.key = view.random_key(self.db, shard).map(Bytes::copy_from_slice);
            self.passed += 1;
        }
    }

    fn reply(self: Box<Self>, reply: &mut ReplyWriter) {
        match self.key {
            Some(key) => reply.bulk_shared(key),
            None => reply.null(),
        }
    }
}

const SCAN: CommandSpec = CommandSpec {
    name: "scan",
    arity: Arity::AtLeast(2),
    flags: Flags::READONLY,
    locks: Locks::Walk,
    syntax: "cursor [MATCH pattern] [COUNT count] [TYPE type]",
    summary: "Returns some of the keys, and the cursor to go on with; what is there all the time is returned for sure.",
    since: "2.8.0",
    complexity: "O(COUNT) a call, O(N) for all N keys",
    tips: &["nondeterministic_output", "request_policy:special"],
    run: scan,
    ..CommandSpec::BASE
};

fn scan(ctx: &mut Ctx<'_, '_>) -> Result<Outcome, CommandError> {
    let cursor = parse_cursor(ctx.arg(1)).ok_or(CommandError::InvalidCursor)?;
    let mut args = Args::from(ctx.args, 2);
    let (mut pattern, mut type_name, mut count) = (None, None, 10);
    while !args.is_empty() {
        if args.len() > 1 && args.eat("COUNT") {
            let wanted = args.take_int()?;
            count = usize::try_from(wanted).ok().filter(|count| *count > 0).ok_or(CommandError::Syntax)?;
        } else if args.len() > 1 && args.eat("MATCH") {
            pattern = Some(Bytes::copy_from_slice(args.take()?));
        } else if args.len() > 1 && args.eat("TYPE") {
            type_name = Some(args.take()?.to_ascii_lowercase());
        } else {
            return Err(CommandError::Syntax);
        }
    }
    let (store, db) = (ctx.server.store.clone(), ctx.session.db);
    let cursor = store.skip_empty_shards(db, Cursor::from_u64(cursor));
    Ok(Outcome::More(Box::new(Scan {
        store,
        db,
        cursor,
        pattern,
        type_name,
        count,
        looked_at: 0,
        found: Pieces::default(),
    })))
}

/// One SCAN call on its way through the shards.
struct Scan {
    store: Store,
    db: u32,
    cursor: Option<Cursor>,
    pattern: Option<Bytes>,
    type_name: Option<Vec<u8>>,
    count: usize,
    looked_at: usize,
    found: Pieces,
}

impl Walk for Scan {
    fn shard(&self) -> Option<usize> {
        self.cursor.filter(|_| self.looked_at < self.count).map(Cursor::shard)
    }

    fn step(&mut self, view: &View<'_>) {
        let Some(cursor) = self.cursor else { return };
        let slice = (self.count - self.looked_at).min(KEYS_PER_LOCK);
        let mut seen = 0;
        let next = view.scan_shard(self.db, cursor, slice, |key, value| {
            seen += 1;
            let is_wanted = self.pattern.as_ref().is_none_or(|pattern| glob_match(pattern, key))
                && self.type_name.as_ref().is_none_or(|name| name == value.value_type().name().as_bytes());
            if is_wanted {
                self.found.add(key);
            }
        });
        // A stretch of empty homes is work too: a call's cost is bounded by COUNT whatever the table looks like.
        self.looked_at += if next.shard() == cursor.shard() { seen.max(slice) } else { seen };
        self.cursor = self.store.skip_empty_shards(self.db, next);
    }

    fn reply(self: Box<Self>, reply: &mut ReplyWriter) {
        reply.array(2);
        reply.bulk(self.cursor.map_or(0, Cursor::to_u64).to_string().as_bytes());
        self.found.reply_array(reply);
    }
}
