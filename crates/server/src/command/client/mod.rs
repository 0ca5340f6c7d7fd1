//! CLIENT: what the server knows of its connections, and what can be done to them.

mod kill;
mod line;
mod list;
mod pause;
mod switch;
mod tracking;
mod unblock;

use crate::clients::client::Client;
use crate::clients::shown::State;
use crate::command::args::text;
use crate::command::connection::{checked, checked_name};
use crate::command::context::Ctx;
use crate::command::error::CommandError;
use crate::command::help::reply_help;
use crate::command::spec::{Arity, CommandSpec, Flags, Group, Locks};
use crate::outcome::Outcome;
use line::describe;

pub(in crate::command) const COMMANDS: &[&CommandSpec] = &[&CLIENT];

const CLIENT: CommandSpec = CommandSpec {
    name: "client",
    arity: Arity::AtLeast(2),
    locks: Locks::None,
    group: Group::Connection,
    summary: "Connections and what is known of them.",
    since: "2.4.0",
    complexity: "that of the subcommand",
    subcommands: &[
        &tracking::CACHING,
        &GETNAME,
        &tracking::GETREDIR,
        &HELP,
        &ID,
        &INFO,
        &kill::KILL,
        &list::LIST,
        &switch::NO_EVICT,
        &switch::NO_TOUCH,
        &pause::PAUSE,
        &switch::REPLY,
        &SETINFO,
        &SETNAME,
        &tracking::TRACKING,
        &tracking::TRACKINGINFO,
        &unblock::UNBLOCK,
        &pause::UNPAUSE,
    ],
    run: |ctx| Err(CommandError::WrongArity(ctx.command.full_name())),
    categories: crate::command::spec::Categories::empty(),
    ..CommandSpec::BASE
};

const SUBCOMMAND: CommandSpec = CommandSpec {
    arity: Arity::Exactly(2),
    flags: Flags::NOSCRIPT.union(Flags::LOADING).union(Flags::STALE),
    locks: Locks::None,
    group: Group::Connection,
    ..CommandSpec::BASE
};

const GETNAME: CommandSpec = CommandSpec {
    name: "getname",
    summary: "Returns the name of the connection.",
    since: "2.6.9",
    run: getname,
    ..SUBCOMMAND
};

fn getname(ctx: &mut Ctx<'_, '_>) -> Result<Outcome, CommandError> {
    let name = ctx.session.client.names().name;
    if name.is_empty() {
        ctx.reply.null();
    } else {
        ctx.reply.bulk(&name);
    }
    Ok(Outcome::Done)
}

const ID: CommandSpec = CommandSpec {
    name: "id",
    summary: "Returns the number of the connection; numbers are never used again.",
    since: "5.0.0",
    run: |ctx| {
        ctx.reply.int(i64::try_from(ctx.session.client.id).unwrap_or(i64::MAX));
        Ok(Outcome::Done)
    },
    ..SUBCOMMAND
};

const INFO: CommandSpec = CommandSpec {
    name: "info",
    summary: "Returns what is known of this connection, in the form of a line of CLIENT LIST.",
    since: "6.2.0",
    tips: &["nondeterministic_output"],
    run: info,
    ..SUBCOMMAND
};

fn info(ctx: &mut Ctx<'_, '_>) -> Result<Outcome, CommandError> {
    ctx.show();
    let mut line = String::new();
    describe(&ctx.session.client, &ctx.server.table, ctx.now, &mut line);
    ctx.reply.verbatim("txt", line);
    Ok(Outcome::Done)
}

const SETNAME: CommandSpec = CommandSpec {
    name: "setname",
    arity: Arity::Exactly(3),
    syntax: "connection-name",
    summary: "Names the connection; an empty name takes the name away.",
    since: "2.6.9",
    run: setname,
    ..SUBCOMMAND
};

fn setname(ctx: &mut Ctx<'_, '_>) -> Result<Outcome, CommandError> {
    let name = checked_name(ctx.arg(2))?;
    ctx.session.client.rename(|names| names.name = name);
    ctx.reply.ok();
    Ok(Outcome::Done)
}

const SETINFO: CommandSpec = CommandSpec {
    name: "setinfo",
    arity: Arity::Exactly(4),
    syntax: "(LIB-NAME libname | LIB-VER libver)",
    summary: "Says which client library the connection uses, and in which version.",
    since: "7.2.0",
    run: setinfo,
    ..SUBCOMMAND
};

fn setinfo(ctx: &mut Ctx<'_, '_>) -> Result<Outcome, CommandError> {
    let (attribute, value) = (ctx.arg(2), ctx.arg(3));
    if attribute.eq_ignore_ascii_case(b"lib-name") {
        let name = checked(value, "lib-name cannot contain spaces, newlines or special characters.")?;
        ctx.session.client.rename(|names| names.library = name);
    } else if attribute.eq_ignore_ascii_case(b"lib-ver") {
        let version = checked(value, "lib-ver cannot contain spaces, newlines or special characters.")?;
        ctx.session.client.rename(|names| names.library_version = version);
    } else {
        return Err(CommandError::err(format_args!("Unrecognized option '{}'", text(attribute))));
    }
    ctx.reply.ok();
    Ok(Outcome::Done)
}

const HELP: CommandSpec = CommandSpec {
    name: "help",
    flags: Flags::LOADING.union(Flags::STALE),
    summary: "Lists the subcommands.",
    since: "5.0.0",
    run: |ctx| {
        reply_help(
            ctx,
            "CLIENT",
            &[
                "CACHING (YES|NO)",
                "    Enable/disable tracking of the keys for next command in OPTIN/OPTOUT modes.",
                "GETREDIR",
                "    Return the client ID we are redirecting to when tracking is enabled.",
                "GETNAME",
                "    Return the name of the current connection.",
                "ID",
                "    Return the ID of the current connection.",
                "INFO",
                "    Return information about the current client connection.",
                "KILL <ip:port>",
                "    Kill connection made from <ip:port>.",
                "KILL <option> <value> [<option> <value> [...]]",
                "    Kill connections. Options are:",
                "    * ADDR (<ip:port>|<unixsocket>:0)",
                "      Kill connections made from the specified address",
                "    * LADDR (<ip:port>|<unixsocket>:0)",
                "      Kill connections made to specified local address",
                "    * TYPE (NORMAL|MASTER|REPLICA|PUBSUB)",
                "      Kill connections by type.",
                "    * USER <username>",
                "      Kill connections authenticated by <username>.",
                "    * SKIPME (YES|NO)",
                "      Skip killing current connection (default: yes).",
                "LIST [options ...]",
                "    Return information about client connections. Options:",
                "    * TYPE (NORMAL|MASTER|REPLICA|PUBSUB)",
                "      Return clients of specified type.",
                "UNPAUSE",
                "    Stop the current client pause, resuming traffic.",
                "PAUSE <timeout> [WRITE|ALL]",
                "    Suspend all, or just write, clients for <timeout> milliseconds.",
                "REPLY (ON|OFF|SKIP)",
                "    Control the replies sent to the current connection.",
                "SETINFO <option> <value>",
                "    Set client meta attr. Options are LIB-NAME and LIB-VER.",
                "SETNAME <name>",
                "    Assign the name <name> to the current connection.",
                "UNBLOCK <clientid> [TIMEOUT|ERROR]",
                "    Unblock the specified blocked client.",
                "TRACKING (ON|OFF) [REDIRECT <id>] [BCAST] [PREFIX <prefix> [...]]",
                "         [OPTIN] [OPTOUT] [NOLOOP]",
                "    Control server assisted client side caching.",
                "TRACKINGINFO",
                "    Report tracking status for the current connection.",
                "NO-EVICT (ON|OFF)",
                "    Protect current client connection from eviction.",
                "NO-TOUCH (ON|OFF)",
                "    Will not touch LRU/LFU stats when this mode is on.",
            ],
        )
    },
    ..SUBCOMMAND
};

/// Kinds of clients that LIST and KILL tell apart. There are no masters and no replicas yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Type {
    Normal,
    Master,
    Replica,
    Pubsub,
}

impl Type {
    fn is_of(self, client: &Client) -> bool {
        let listens = client.shown.get().state.contains(State::PUBSUB);
        match self {
            Self::Normal => !listens,
            Self::Pubsub => listens,
            Self::Master | Self::Replica => false,
        }
    }
}
