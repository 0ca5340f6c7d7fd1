//! The connection itself: who the client is, which database and protocol it uses, and whether it is still there.

use pyredis_protocol::RespVersion;
use subtle::ConstantTimeEq;

use super::args::{Args, integer, text};
use super::context::Ctx;
use super::error::CommandError;
use super::spec::{Arity, CommandSpec, Flags, Group, Locks};
use crate::outcome::Outcome;
use crate::shared::REDIS_VERSION;

pub(super) const COMMANDS: &[&CommandSpec] = &[&AUTH, &ECHO, &HELLO, &PING, &QUIT, &RESET, &SELECT];

const CONNECTION: CommandSpec = CommandSpec {
    flags: Flags::LOADING.union(Flags::STALE).union(Flags::FAST),
    locks: Locks::None,
    group: Group::Connection,
    ..CommandSpec::BASE
};
/// What a client may call before it has authenticated.
const OPEN: Flags = CONNECTION.flags.union(Flags::NOSCRIPT).union(Flags::NO_AUTH).union(Flags::ALLOW_BUSY);

const PING: CommandSpec = CommandSpec {
    name: "ping",
    arity: Arity::AtLeast(1),
    flags: Flags::FAST.union(Flags::WHILE_LISTENING),
    syntax: "[message]",
    summary: "Answers, with PONG or with the message.",
    tips: &["request_policy:all_shards", "response_policy:all_succeeded"],
    run: ping,
    ..CONNECTION
};

fn ping(ctx: &mut Ctx<'_, '_>) -> Result<Outcome, CommandError> {
    if ctx.args.len() <= 2 && ctx.session.only_listens(ctx.reply.version()) {
        // In the form of a message, as nothing else is read there.
        ctx.reply.array(2);
        ctx.reply.bulk(b"pong");
        ctx.reply.bulk(ctx.arg(1));
        return Ok(Outcome::Done);
    }
    match ctx.args {
        [_] => ctx.reply.simple("PONG"),
        [_, message] => ctx.reply.bulk_shared(message.to_bytes()),
        _ => return Err(CommandError::WrongArity(ctx.command.full_name())),
    }
    Ok(Outcome::Done)
}

const ECHO: CommandSpec = CommandSpec {
    name: "echo",
    arity: Arity::Exactly(2),
    syntax: "message",
    summary: "Returns the message.",
    run: |ctx| {
        ctx.reply.bulk_shared(ctx.args.get(1).map(|message| message.to_bytes()).unwrap_or_default());
        Ok(Outcome::Done)
    },
    ..CONNECTION
};

const QUIT: CommandSpec = CommandSpec {
    name: "quit",
    arity: Arity::AtLeast(1),
    flags: OPEN.union(Flags::NOT_QUEUED).union(Flags::WHILE_LISTENING),
    summary: "Closes the connection.",
    run: |ctx| {
        ctx.reply.ok();
        Ok(Outcome::Close)
    },
    ..CONNECTION
};

const SELECT: CommandSpec = CommandSpec {
    name: "select",
    arity: Arity::Exactly(2),
    flags: CONNECTION.flags.union(Flags::SELECTS),
    syntax: "index",
    summary: "Changes the database that the connection works in.",
    run: select,
    ..CONNECTION
};

fn select(ctx: &mut Ctx<'_, '_>) -> Result<Outcome, CommandError> {
    let wanted = i32::try_from(integer(ctx.arg(1))?).map_err(|_| CommandError::IntRange)?;
    let db = u32::try_from(wanted).ok().filter(|db| *db < ctx.server.store.databases());
    ctx.session.db = db.ok_or(CommandError::DatabaseRange)?;
    ctx.reply.ok();
    Ok(Outcome::Done)
}

const AUTH: CommandSpec = CommandSpec {
    name: "auth",
    arity: Arity::AtLeast(2),
    flags: OPEN,
    syntax: "[username] password",
    summary: "Authenticates the connection.",
    complexity: "O(N) with N bytes of password",
    secrets: |args| 1..args.len(),
    run: auth,
    ..CONNECTION
};

fn auth(ctx: &mut Ctx<'_, '_>) -> Result<Outcome, CommandError> {
    match ctx.args {
        [_, password] => {
            if ctx.server.config.current().requirepass.is_none() {
                return Err(CommandError::NoPasswordSet);
            }
            authenticate(ctx, b"default", password)?;
        }
        [_, user, password] => authenticate(ctx, user, password)?,
        _ => return Err(CommandError::Syntax),
    }
    ctx.reply.ok();
    Ok(Outcome::Done)
}

/// There is one user, `default`, with the password of `requirepass`; without one any password is right.
fn authenticate(ctx: &mut Ctx<'_, '_>, user: &[u8], password: &[u8]) -> Result<(), CommandError> {
    let config = ctx.server.config.current();
    let is_right = config.requirepass.as_ref().is_none_or(|wanted| wanted.as_bytes().ct_eq(password).into());
    if user != b"default" || !is_right {
        return Err(CommandError::WrongPass);
    }
    ctx.session.is_authenticated = true;
    Ok(())
}

const HELLO: CommandSpec = CommandSpec {
    name: "hello",
    arity: Arity::AtLeast(1),
    flags: OPEN,
    syntax: "[protover [AUTH (username password)] [SETNAME clientname]]",
    summary: "Chooses the protocol version, authenticates and names the connection, and returns what the server is.",
    since: "6.0.0",
    secrets: |args| {
        let auth = args.iter().skip(2).position(|word| word.eq_ignore_ascii_case(b"AUTH"));
        auth.map_or(0..0, |place| (place + 3).min(args.len())..(place + 5).min(args.len()))
    },
    run: hello,
    ..CONNECTION
};

fn hello(ctx: &mut Ctx<'_, '_>) -> Result<Outcome, CommandError> {
    let mut args = Args::from(ctx.args, 1);
    let version = args.next().map(protocol_version).transpose()?;
    while let Some(option) = args.next() {
        if option.eq_ignore_ascii_case(b"AUTH") && args.len() >= 2 {
            authenticate(ctx, args.take()?, args.take()?)?;
        } else if option.eq_ignore_ascii_case(b"SETNAME") && !args.is_empty() {
            let name = checked_name(args.take()?)?;
            ctx.session.client.rename(|names| names.name = name);
        } else {
            return Err(CommandError::err(format_args!("Syntax error in HELLO option '{}'", text(option))));
        }
    }
    if !ctx.session.is_authenticated {
        return Err(CommandError::HelloNoAuth);
    }
    if let Some(version) = version {
        // Messages that have come are in the old one.
        ctx.collect_mail();
        ctx.reply.set_version(version);
        ctx.show();
    }
    introduce(ctx);
    Ok(Outcome::Done)
}

fn protocol_version(version: &[u8]) -> Result<RespVersion, CommandError> {
    match integer(version).map_err(|_| CommandError::ProtocolVersion)? {
        2 => Ok(RespVersion::Resp2),
        3 => Ok(RespVersion::Resp3),
        _ => Err(CommandError::NoProto),
    }
}

fn introduce(ctx: &mut Ctx<'_, '_>) {
    let reply = &mut *ctx.reply;
    reply.map(7);
    for (field, value) in [("server", "redis"), ("version", REDIS_VERSION)] {
        reply.bulk(field.as_bytes());
        reply.bulk(value.as_bytes());
    }
    reply.bulk(b"proto");
    reply.int(if reply.version() == RespVersion::Resp3 { 3 } else { 2 });
    reply.bulk(b"id");
    reply.int(i64::try_from(ctx.session.client.id).unwrap_or(i64::MAX));
    for (field, value) in [("mode", "standalone"), ("role", "master")] {
        reply.bulk(field.as_bytes());
        reply.bulk(value.as_bytes());
    }
    reply.bulk(b"modules");
    reply.array(0);
}

/// A name for a connection, without spaces, newlines or other special characters.
pub(super) fn checked_name(name: &[u8]) -> Result<Box<[u8]>, CommandError> {
    checked(name, "Client names cannot contain spaces, newlines or special characters.")
}

/// The bytes, copied out of the read buffer, if they are all printable and no spaces.
pub(super) fn checked(bytes: &[u8], otherwise: &'static str) -> Result<Box<[u8]>, CommandError> {
    if bytes.iter().all(u8::is_ascii_graphic) { Ok(bytes.into()) } else { Err(CommandError::err(otherwise)) }
}

const RESET: CommandSpec = CommandSpec {
    name: "reset",
    arity: Arity::Exactly(1),
    flags: OPEN.union(Flags::NOT_QUEUED).union(Flags::WHILE_LISTENING),
    summary: "Makes the connection as good as new: RESP2, database 0, no transaction, no name, not authenticated.",
    since: "6.2.0",
    run: reset,
    ..CONNECTION
};

fn reset(ctx: &mut Ctx<'_, '_>) -> Result<Outcome, CommandError> {
    ctx.session.reset(ctx.server);
    // What came before the client stopped listening comes before it is told so.
    ctx.collect_mail();
    ctx.reply.set_version(RespVersion::Resp2);
    ctx.reply.simple("RESET");
    Ok(Outcome::Done)
}
