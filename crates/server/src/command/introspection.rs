//! COMMAND: what the server knows of its commands. All of it is derived from the table.

use pyredis_protocol::ReplyWriter;
use pyredis_store::glob_match;

use super::args::Args;
use super::context::Ctx;
use super::error::CommandError;
use super::help::reply_help;
use super::spec::{Arity, Categories, CommandSpec, Flags, Group, Locks};
use super::table::{Command, CommandTable};
use crate::outcome::Outcome;

mod docs;
mod info;
mod keys;

pub(super) const COMMANDS: &[&CommandSpec] = &[&COMMAND];

/// What the command and its subcommands share.
const INTROSPECTION: CommandSpec = CommandSpec {
    arity: Arity::AtLeast(2),
    flags: Flags::LOADING.union(Flags::STALE),
    locks: Locks::None,
    group: Group::Server,
    categories: Categories::CONNECTION,
    since: "2.8.13",
    complexity: "O(N) with N commands",
    tips: &["nondeterministic_output_order"],
    ..CommandSpec::BASE
};

const COMMAND: CommandSpec = CommandSpec {
    name: "command",
    arity: Arity::AtLeast(1),
    summary: "Returns what is known about all commands.",
    subcommands: &[&COUNT, &DOCS, &GETKEYS, &GETKEYSANDFLAGS, &INFO, &LIST, &HELP],
    run: |ctx| {
        info_of_all(ctx);
        Ok(Outcome::Done)
    },
    ..INTROSPECTION
};

const COUNT: CommandSpec = CommandSpec {
    name: "count",
    arity: Arity::Exactly(2),
    summary: "Returns the number of commands.",
    complexity: "O(1)",
    tips: &[],
    run: count,
    ..INTROSPECTION
};

fn count(ctx: &mut Ctx<'_, '_>) -> Result<Outcome, CommandError> {
    let count = commands(&ctx.server.table).count();
    ctx.reply.count(count);
    Ok(Outcome::Done)
}

const DOCS: CommandSpec = CommandSpec {
    name: "docs",
    syntax: "[command-name...]",
    summary: "Returns the documentation of some commands, or of all.",
    since: "7.0.0",
    run: docs,
    ..INTROSPECTION
};

fn docs(ctx: &mut Ctx<'_, '_>) -> Result<Outcome, CommandError> {
    let (table, names) = (&ctx.server.table, ctx.args.get(2..).unwrap_or_default());
    let named: Vec<Command> = if names.is_empty() {
        commands(table).collect()
    } else {
        names.iter().filter_map(|name| by_full_name(table, name)).collect()
    };
    ctx.reply.map(named.len());
    named.into_iter().try_for_each(|command| docs::reply_docs(ctx.reply, table, command))?;
    Ok(Outcome::Done)
}

const GETKEYS: CommandSpec = CommandSpec {
    name: "getkeys",
    arity: Arity::AtLeast(4),
    syntax: "command arg...",
    summary: "Returns the keys among the arguments of a command.",
    complexity: "O(N) with N arguments",
    tips: &[],
    run: |ctx| keys::reply_keys(ctx, false),
    ..INTROSPECTION
};

const GETKEYSANDFLAGS: CommandSpec = CommandSpec {
    name: "getkeysandflags",
    summary: "Returns the keys among the arguments of a command, and what it does to them.",
    since: "7.0.0",
    run: |ctx| keys::reply_keys(ctx, true),
    ..GETKEYS
};

const INFO: CommandSpec = CommandSpec {
    name: "info",
    syntax: "[command-name...]",
    summary: "Returns what is known about some commands, or about all.",
    run: info,
    ..INTROSPECTION
};

fn info(ctx: &mut Ctx<'_, '_>) -> Result<Outcome, CommandError> {
    let (table, names) = (&ctx.server.table, ctx.args.get(2..).unwrap_or_default());
    if names.is_empty() {
        info_of_all(ctx);
        return Ok(Outcome::Done);
    }
    ctx.reply.array(names.len());
    for name in names {
        match by_full_name(table, name) {
            Some(command) => info::reply_info(ctx.reply, table, command),
            None => ctx.reply.null(),
        }
    }
    Ok(Outcome::Done)
}

fn info_of_all(ctx: &mut Ctx<'_, '_>) {
    let table = &ctx.server.table;
    ctx.reply.array(commands(table).count());
    commands(table).for_each(|command| info::reply_info(ctx.reply, table, command));
}

const LIST: CommandSpec = CommandSpec {
    name: "list",
    syntax: "[FILTERBY (MODULE module-name | ACLCAT category | PATTERN pattern)]",
    summary: "Returns the names of all commands and subcommands, or of those that a filter lets pass.",
    since: "7.0.0",
    run: list,
    ..INTROSPECTION
};

fn list(ctx: &mut Ctx<'_, '_>) -> Result<Outcome, CommandError> {
    let filter = filter(Args::from(ctx.args, 2))?;
    let listed = ctx.server.table.all().iter().filter(|command| filter.admits(command));
    let names: Vec<String> = listed.map(Command::full_name).collect();
    ctx.reply.array(names.len());
    names.iter().for_each(|name| ctx.reply.bulk(name.as_bytes()));
    Ok(Outcome::Done)
}

/// Which commands LIST names.
enum Filter {
    All,
    /// Those of a module. There are no modules.
    Module,
    /// Those of a category; of one that does not exist, none.
    Category(Option<Categories>),
    /// Those whose full name matches, in any case.
    Pattern(Vec<u8>),
}

impl Filter {
    fn admits(&self, command: &Command) -> bool {
        match self {
            Self::All => true,
            Self::Module => false,
            Self::Category(category) => {
                category.is_some_and(|category| command.spec.all_categories().contains(category))
            }
            Self::Pattern(pattern) => glob_match(pattern, command.full_name().as_bytes()),
        }
    }
}

fn filter(mut args: Args<'_>) -> Result<Filter, CommandError> {
    if args.is_empty() {
        return Ok(Filter::All);
    }
    if !args.eat("FILTERBY") {
        return Err(CommandError::Syntax);
    }
    let filter = if args.eat("MODULE") {
        args.take()?;
        Filter::Module
    } else if args.eat("ACLCAT") {
        let name = args.take()?;
        Filter::Category(
            Categories::all()
                .iter_names()
                .find(|(known, _)| name.eq_ignore_ascii_case(known.as_bytes()))
                .map(|(_, found)| found),
        )
    } else if args.eat("PATTERN") {
        Filter::Pattern(args.take()?.to_ascii_lowercase())
    } else {
        return Err(CommandError::Syntax);
    };
    args.finish()?;
    Ok(filter)
}

const HELP: CommandSpec = CommandSpec {
    name: "help",
    arity: Arity::Exactly(2),
    summary: "Lists the subcommands.",
    since: "5.0.0",
    complexity: "O(1)",
    tips: &[],
    run: |ctx| reply_help(ctx, "COMMAND", HELP_LINES),
    ..INTROSPECTION
};

const HELP_LINES: &[&str] = &[
    "(no subcommand)",
    "    Return details about all commands.",
    "COUNT",
    "    Return the total number of commands.",
    "DOCS [<command-name> ...]",
    "    Return documentation of the named commands, or of all commands.",
    "GETKEYS <full-command>",
    "    Return the keys among the arguments of a command.",
    "GETKEYSANDFLAGS <full-command>",
    "    Return the keys among the arguments of a command, and what it does to them.",
    "INFO [<command-name> ...]",
    "    Return details about the named commands, or about all commands.",
    "LIST [FILTERBY MODULE <module-name>|ACLCAT <category>|PATTERN <pattern>]",
    "    Return the names of all commands, or of those that the filter lets pass.",
];

/// The commands, without their subcommands.
fn commands(table: &CommandTable) -> impl Iterator<Item = Command> {
    table.all().iter().filter(|command| command.container.is_none()).copied()
}

/// A command by its name, or a subcommand by `container|name`, in any case.
fn by_full_name(table: &CommandTable, name: &[u8]) -> Option<Command> {
    let mut parts = name.splitn(2, |byte| *byte == b'|');
    let command = table.by_name(parts.next()?)?;
    parts.next().map_or(Some(command), |subcommand| table.subcommand(command, subcommand))
}

/// The subcommands of a command, in the order of its spec.
fn subcommands(table: &CommandTable, command: Command) -> impl Iterator<Item = Command> {
    table.all().iter().skip(command.number + 1).take(command.spec.subcommands.len()).copied()
}

fn reply_pair(reply: &mut ReplyWriter, name: &str, value: &str) {
    reply.bulk(name.as_bytes());
    reply.bulk(value.as_bytes());
}
