//! MEMORY: what takes memory, and giving back what is unused.

use super::args::Args;
use super::context::Ctx;
use super::error::CommandError;
use super::help::reply_help;
use super::spec::{Arity, CommandSpec, Flags, Group, KeySpec, Locks};
use crate::memory::{Footprint, ratio};
use crate::outcome::{Outcome, Wait};

pub(super) const COMMANDS: &[&CommandSpec] = &[&MEMORY];

const MEMORY: CommandSpec = CommandSpec {
    name: "memory",
    arity: Arity::AtLeast(2),
    locks: Locks::None,
    group: Group::Server,
    summary: "What takes memory, and giving back what is unused.",
    since: "4.0.0",
    complexity: "that of the subcommand",
    subcommands: &[&DOCTOR, &HELP, &MALLOC_STATS, &PURGE, &STATS, &USAGE],
    run: |ctx| Err(CommandError::WrongArity(ctx.command.full_name())),
    ..CommandSpec::BASE
};

const SUBCOMMAND: CommandSpec = CommandSpec {
    arity: Arity::Exactly(2),
    locks: Locks::None,
    group: Group::Server,
    since: "4.0.0",
    tips: &["nondeterministic_output", "request_policy:all_shards", "response_policy:special"],
    ..CommandSpec::BASE
};

const USAGE: CommandSpec = CommandSpec {
    name: "usage",
    arity: Arity::AtLeast(3),
    flags: Flags::READONLY,
    keys: &[KeySpec::at(2, &["RO"])],
    locks: Locks::Keys,
    syntax: "key [SAMPLES count]",
    summary: "Returns how many bytes a key and its value take, with what is kept of them.",
    tips: &[],
    run: usage,
    ..SUBCOMMAND
};

fn usage(ctx: &mut Ctx<'_, '_>) -> Result<Outcome, CommandError> {
    let mut args = Args::from(ctx.args, 3);
    while !args.is_empty() {
        // How many elements of a collection to look at; a string is counted as a whole.
        let samples = if args.len() > 1 && args.eat("SAMPLES") { args.take_int()? } else { -1 };
        if samples < 0 {
            return Err(CommandError::Syntax);
        }
    }
    let (key, view) = ctx.key_and_view(0)?;
    match view.memory_usage(key)? {
        Some(bytes) => ctx.reply.int(i64::try_from(bytes).unwrap_or(i64::MAX)),
        None => ctx.reply.null(),
    }
    Ok(Outcome::Done)
}

const STATS: CommandSpec = CommandSpec {
    name: "stats",
    summary: "Returns how much memory is used, and for what.",
    complexity: "O(S) with S shards",
    run: stats,
    ..SUBCOMMAND
};

/// A figure of MEMORY STATS.
enum Figure {
    Bytes(u64),
    Ratio(f64),
    /// Bytes of the table, and of the timers, locks and counters of a database.
    Database(u64, u64),
}

fn stats(ctx: &mut Ctx<'_, '_>) -> Result<Outcome, CommandError> {
    use Figure::{Bytes, Database, Ratio};
    let memory = footprint(ctx);
    let rss = ctx.server.system.rss_bytes();
    let mut figures: Vec<(String, Figure)> = Vec::new();
    let mut add = |name: &str, figure| figures.push((name.to_owned(), figure));
    add("peak.allocated", Bytes(memory.peak));
    add("total.allocated", Bytes(memory.used));
    add("startup.allocated", Bytes(memory.startup));
    add("clients.normal", Bytes(memory.clients));
    for database in memory.databases.iter().filter(|database| database.keys > 0) {
        add(&format!("db.{}", database.number), Database(database.table_bytes, database.other_bytes));
    }
    add("overhead.total", Bytes(memory.overhead));
    add("keys.count", Bytes(memory.keys));
    add("keys.bytes-per-key", Bytes(memory.beyond_startup().checked_div(memory.keys).unwrap_or(0)));
    add("dataset.bytes", Bytes(memory.dataset));
    add("dataset.percentage", Ratio(memory.dataset_percent()));
    add("peak.percentage", Ratio(100.0 * ratio(memory.used, memory.peak)));
    if ctx.server.memory.allocator.is_some() {
        add("allocator.allocated", Bytes(memory.used));
    }
    add("fragmentation", Ratio(ratio(rss, memory.used)));
    add("fragmentation.bytes", Bytes(rss.saturating_sub(memory.used)));
    ctx.reply.map(figures.len());
    for (name, figure) in figures {
        ctx.reply.bulk(name.as_bytes());
        match figure {
            Bytes(bytes) => int(ctx, bytes),
            Ratio(ratio) => ctx.reply.double(ratio),
            Database(table, other) => {
                ctx.reply.map(2);
                ctx.reply.bulk(b"overhead.hashtable.main");
                int(ctx, table);
                ctx.reply.bulk(b"overhead.hashtable.expires");
                int(ctx, other);
            }
        }
    }
    Ok(Outcome::Done)
}

fn int(ctx: &mut Ctx<'_, '_>, number: u64) {
    ctx.reply.int(i64::try_from(number).unwrap_or(i64::MAX));
}

/// The figures, with what the operating system says now.
fn footprint(ctx: &Ctx<'_, '_>) -> Footprint {
    if !ctx.in_exec {
        ctx.server.system.ask();
    }
    ctx.server.footprint(ctx.now)
}

const PURGE: CommandSpec = CommandSpec {
    name: "purge",
    summary: "Gives memory that is not used back to the operating system, on every thread, and answers when that is done.",
    complexity: "O(N) with N pages of memory",
    tips: &["request_policy:all_shards", "response_policy:all_succeeded"],
    run: purge,
    ..SUBCOMMAND
};

fn purge(ctx: &mut Ctx<'_, '_>) -> Result<Outcome, CommandError> {
    match ctx.server.memory.purge() {
        Some(purged) if !ctx.in_exec => return Ok(Outcome::Wait(Wait::Until(Box::pin(purged)))),
        // A transaction waits for nothing, and holds locks.
        Some(purged) => _ = ctx.server.memory.pool.get().map(|pool| pool.spawn(purged)),
        None => {}
    }
    ctx.reply.ok();
    Ok(Outcome::Done)
}

const DOCTOR: CommandSpec = CommandSpec {
    name: "doctor",
    summary: "Says in words whether something is odd about the memory.",
    complexity: "O(S) with S shards",
    run: doctor,
    ..SUBCOMMAND
};

fn doctor(ctx: &mut Ctx<'_, '_>) -> Result<Outcome, CommandError> {
    let memory = footprint(ctx);
    let report = diagnosis(&memory, ctx.server.system.rss_bytes());
    ctx.reply.verbatim("txt", report);
    Ok(Outcome::Done)
}

/// The bounds are Redis's.
fn diagnosis(memory: &Footprint, rss: u64) -> String {
    const TOO_LITTLE: u64 = 5 * 1024 * 1024;
    const UNUSED: u64 = 10 * 1024 * 1024;
    if memory.used < TOO_LITTLE {
        return "Hi Sam, this instance is empty or is using very little memory, my issues detector can't be used in these conditions. \
                Please, leave for your mission on Earth and fill it with some data. The new Sam and I will be back to our programming as \
                soon as I finished rebooting.\n"
            .to_owned();
    }
    let mut issues = String::new();
    if ratio(memory.peak, memory.used) > 1.5 {
        issues.push_str(
            " * Peak memory: this server has used more than one and a half times the memory that it uses now. What is unused goes back \
             to the operating system by and by; MEMORY PURGE gives it back at once.\n\n",
        );
    }
    if ratio(rss, memory.used) > 1.4 && rss.saturating_sub(memory.used) > UNUSED {
        issues.push_str(
            " * High fragmentation: the process takes more than 1.4 times the memory that is used (mem_fragmentation_ratio in INFO). After \
             many deletions MEMORY PURGE helps; where values of many sizes come and go, it may stay so.\n\n",
        );
    }
    if issues.is_empty() {
        return "Hi Sam, I can't find any memory issue in your instance. I can only account for what occurs on this base.\n".to_owned();
    }
    format!(
        "Sam, I detected a few issues in this Redis instance memory implants:\n\n{issues}I'm here to keep you safe, Sam. I want to help you.\n"
    )
}

const MALLOC_STATS: CommandSpec = CommandSpec {
    name: "malloc-stats",
    summary: "Returns what the allocator knows of itself, as it says it.",
    complexity: "depends on the allocator",
    run: |ctx| {
        match ctx.server.memory.allocator {
            Some(allocator) => ctx.reply.verbatim("txt", allocator.report()),
            None => ctx.reply.bulk(b"Stats not supported for the current allocator"),
        }
        Ok(Outcome::Done)
    },
    ..SUBCOMMAND
};

const HELP: CommandSpec = CommandSpec {
    name: "help",
    flags: Flags::LOADING.union(Flags::STALE),
    summary: "Lists the subcommands.",
    tips: &[],
    run: |ctx| {
        reply_help(
            ctx,
            "MEMORY",
            &[
                "DOCTOR",
                "    Return memory problems reports.",
                "MALLOC-STATS",
                "    Return internal statistics report from the memory allocator.",
                "PURGE",
                "    Attempt to purge dirty pages for reclamation by the allocator.",
                "STATS",
                "    Return information about the memory usage of the server.",
                "USAGE <key> [SAMPLES <count>]",
                "    Return memory in bytes used by <key> and its value. Nested values are",
                "    sampled up to <count> times (default: 5, 0 means sample all).",
            ],
        )
    },
    ..SUBCOMMAND
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_doctor_finds_what_is_odd_and_only_that() {
        const MB: u64 = 1024 * 1024;
        let memory = |used, peak| {
            let (startup, clients, overhead, dataset, keys) = (0, 0, 0, used, 1);
            Footprint { used, peak, startup, clients, overhead, dataset, keys, databases: Vec::new() }
        };
        for (used, peak, rss, begins, names) in [
            (4 * MB, 400 * MB, 400 * MB, "Hi Sam, this instance is empty", &[][..]),
            (100 * MB, 140 * MB, 130 * MB, "Hi Sam, I can't find", &[]),
            (100 * MB, 160 * MB, 130 * MB, "Sam, I detected", &["Peak memory"]),
            (100 * MB, 100 * MB, 150 * MB, "Sam, I detected", &["High fragmentation"]),
            (100 * MB, 300 * MB, 300 * MB, "Sam, I detected", &["Peak memory", "High fragmentation"]),
            // So little that it does not matter.
            (6 * MB, 6 * MB, 15 * MB, "Hi Sam, I can't find", &[]),
        ] {
            let report = diagnosis(&memory(used, peak), rss);
            assert!(report.starts_with(begins), "{report}");
            for name in ["Peak memory", "High fragmentation"] {
                assert_eq!(report.contains(name), names.contains(&name), "{name} in {report}");
            }
        }
    }
}
