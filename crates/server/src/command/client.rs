//! CLIENT: what the server knows of this connection.

use super::args::text;
use super::connection::{checked, checked_name};
use super::context::Ctx;
use super::error::CommandError;
use super::help::reply_help;
use super::spec::{Arity, CommandSpec, Flags, Group, Locks};
use crate::outcome::Outcome;

pub(super) const COMMANDS: &[&CommandSpec] = &[&CLIENT];

const CLIENT: CommandSpec = CommandSpec {
    name: "client",
    arity: Arity::AtLeast(2),
    locks: Locks::None,
    group: Group::Connection,
    summary: "Connections and what is known of them.",
    since: "2.4.0",
    complexity: "that of the subcommand",
    subcommands: &[&GETNAME, &HELP, &ID, &INFO, &SETINFO, &SETNAME],
    run: |ctx| Err(CommandError::WrongArity(ctx.command.full_name())),
    categories: super::spec::Categories::empty(),
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
    if ctx.session.name.is_empty() {
        ctx.reply.null();
    } else {
        ctx.reply.bulk(&ctx.session.name);
    }
    Ok(Outcome::Done)
}

const ID: CommandSpec = CommandSpec {
    name: "id",
    summary: "Returns the number of the connection; numbers are never used again.",
    since: "5.0.0",
    run: |ctx| {
        ctx.reply.int(i64::try_from(ctx.session.id).unwrap_or(i64::MAX));
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
    let session = &ctx.session;
    let age = ctx.now.saturating_since(session.connected_at).as_secs();
    let resp = if ctx.reply.version() == pyredis_protocol::RespVersion::Resp3 { 3 } else { 2 };
    let command = session.last_command.map_or_else(|| "NULL".to_owned(), |command| command.full_name());
    // Of a transaction that runs: while one is being queued this is not answered.
    let multi = session.executing.map_or(-1, |commands| i64::try_from(commands).unwrap_or(i64::MAX));
    let line = format!(
        "id={} addr={} laddr={} fd={} name={} age={age} idle=0 flags={} db={} sub=0 psub=0 ssub=0 multi={multi} \
         watch={} events=r cmd={command} user=default redir=-1 resp={resp} lib-name={} lib-ver={}\n",
        session.id,
        session.peer,
        session.local,
        session.descriptor,
        text(&session.name),
        if session.executing.is_some() { "x" } else { "N" },
        session.db,
        session.watched.keys().count(),
        text(&session.library.name),
        text(&session.library.version),
    );
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
    ctx.session.name = checked_name(ctx.arg(2))?;
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
    let library = &mut ctx.session.library;
    let (name, field): (_, &mut Box<[u8]>) = if attribute.eq_ignore_ascii_case(b"lib-name") {
        ("lib-name", &mut library.name)
    } else if attribute.eq_ignore_ascii_case(b"lib-ver") {
        ("lib-ver", &mut library.version)
    } else {
        return Err(CommandError::err(format_args!("Unrecognized option '{}'", text(attribute))));
    };
    let refusal = match name {
        "lib-name" => "lib-name cannot contain spaces, newlines or special characters.",
        _ => "lib-ver cannot contain spaces, newlines or special characters.",
    };
    *field = checked(value, refusal)?;
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
                "GETNAME",
                "    Return the name of the current connection.",
                "ID",
                "    Return the ID of the current connection.",
                "INFO",
                "    Return information about the current client connection.",
                "SETINFO <option> <value>",
                "    Set client meta attr. Options are LIB-NAME and LIB-VER.",
                "SETNAME <name>",
                "    Assign the name <name> to the current connection.",
            ],
        )
    },
    ..SUBCOMMAND
};
