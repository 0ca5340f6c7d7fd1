//! Publish and subscribe. The registry and the way of a message are in `pubsub.rs`.

use std::sync::Arc;

use bytes::Bytes;
use pyredis_protocol::{Arg, ReplyWriter};
use pyredis_store::View;

use super::context::Ctx;
use super::error::CommandError;
use super::help::reply_help;
use super::spec::{Arity, CommandSpec, Flags, Group, KeySpec, Locks};
use super::work::{Ended, Work};
use crate::outcome::Outcome;
use crate::pubsub::{Kind, PARTS, PubSub};
use crate::session::Publication;

pub(super) const COMMANDS: &[&CommandSpec] =
    &[&PSUBSCRIBE, &PUBLISH, &PUBSUB, &PUNSUBSCRIBE, &SPUBLISH, &SSUBSCRIBE, &SUBSCRIBE, &SUNSUBSCRIBE, &UNSUBSCRIBE];

const FAMILY: CommandSpec = CommandSpec {
    flags: Flags::PUBSUB.union(Flags::LOADING).union(Flags::STALE),
    locks: Locks::None,
    group: Group::Pubsub,
    since: "2.0.0",
    ..CommandSpec::BASE
};
/// What begins or ends listening may be called by a client of RESP2 that listens.
const LISTENING: CommandSpec =
    CommandSpec { flags: FAMILY.flags.union(Flags::NOSCRIPT).union(Flags::WHILE_LISTENING), ..FAMILY };
const PUBLISHING: CommandSpec = CommandSpec {
    arity: Arity::Exactly(3),
    flags: FAMILY.flags.union(Flags::FAST).union(Flags::PAUSED_AS_WRITE),
    ..FAMILY
};
/// The channels of a cluster are where its keys of these names would be.
const SHARD_CHANNEL: &[&str] = &["not_key"];

const SUBSCRIBE: CommandSpec = CommandSpec {
    name: "subscribe",
    arity: Arity::AtLeast(2),
    syntax: "channel...",
    summary: "Listens to channels.",
    complexity: "O(N) with N channels",
    run: |ctx| Ok(subscribe(ctx, Kind::Channel)),
    ..LISTENING
};

const PSUBSCRIBE: CommandSpec = CommandSpec {
    name: "psubscribe",
    arity: Arity::AtLeast(2),
    syntax: "pattern...",
    summary: "Listens to all channels whose names match one of the patterns.",
    complexity: "O(N) with N patterns",
    run: |ctx| Ok(subscribe(ctx, Kind::Pattern)),
    ..LISTENING
};

const SSUBSCRIBE: CommandSpec = CommandSpec {
    name: "ssubscribe",
    arity: Arity::AtLeast(2),
    keys: &[KeySpec::all(SHARD_CHANNEL)],
    syntax: "shardchannel...",
    summary: "Listens to sharded channels.",
    since: "7.0.0",
    complexity: "O(N) with N channels",
    run: |ctx| Ok(subscribe(ctx, Kind::Sharded)),
    ..LISTENING
};

const UNSUBSCRIBE: CommandSpec = CommandSpec {
    name: "unsubscribe",
    arity: Arity::AtLeast(1),
    syntax: "[channel...]",
    summary: "Stops listening to channels, or to all.",
    complexity: "O(N) with N channels",
    run: |ctx| Ok(unsubscribe(ctx, Kind::Channel)),
    ..LISTENING
};

const PUNSUBSCRIBE: CommandSpec = CommandSpec {
    name: "punsubscribe",
    arity: Arity::AtLeast(1),
    syntax: "[pattern...]",
    summary: "Stops listening to patterns, or to all.",
    complexity: "O(N) with N patterns",
    run: |ctx| Ok(unsubscribe(ctx, Kind::Pattern)),
    ..LISTENING
};

const SUNSUBSCRIBE: CommandSpec = CommandSpec {
    name: "sunsubscribe",
    arity: Arity::AtLeast(1),
    keys: &[KeySpec::all(SHARD_CHANNEL)],
    syntax: "[shardchannel...]",
    summary: "Stops listening to sharded channels, or to all.",
    since: "7.0.0",
    complexity: "O(N) with N channels",
    run: |ctx| Ok(unsubscribe(ctx, Kind::Sharded)),
    ..LISTENING
};

/// Each name is answered, as one message.
fn subscribe(ctx: &mut Ctx<'_, '_>, kind: Kind) -> Outcome {
    // Messages come in the version that is shown.
    ctx.show();
    for name in ctx.args.iter().skip(1) {
        let name = Bytes::copy_from_slice(name);
        let (client, subscriptions) = (&ctx.session.client, ctx.session.subscriptions.get_or_insert_default());
        if subscriptions.add(kind, name.clone()) {
            ctx.server.pubsub.subscribe(kind, &name, client);
        }
        client.shown.set_subscriptions(subscriptions.counts());
        let word: &[u8] = match kind {
            Kind::Channel => b"subscribe",
            Kind::Pattern => b"psubscribe",
            Kind::Sharded => b"ssubscribe",
        };
        acknowledge(ctx, kind, word, Some(&name));
    }
    Outcome::Done
}

fn unsubscribe(ctx: &mut Ctx<'_, '_>, kind: Kind) -> Outcome {
    let word: &[u8] = match kind {
        Kind::Channel => b"unsubscribe",
        Kind::Pattern => b"punsubscribe",
        Kind::Sharded => b"sunsubscribe",
    };
    let named = ctx.args.iter().skip(1).map(|name| Bytes::copy_from_slice(name));
    let mut names: Vec<Bytes> = named.collect();
    if names.is_empty() {
        names = ctx.session.subscriptions.iter().flat_map(|all| all.of(kind)).cloned().collect();
    }
    for name in &names {
        if ctx.session.unsubscribe(kind, name, ctx.server) {
            // What came before is not to come behind the answer.
            ctx.collect_mail();
        }
        acknowledge(ctx, kind, word, Some(name));
    }
    if names.is_empty() {
        acknowledge(ctx, kind, word, None);
    }
    Outcome::Done
}

/// Says what the client listens to now. Sharded channels are counted apart from the rest.
fn acknowledge(ctx: &mut Ctx<'_, '_>, kind: Kind, word: &[u8], name: Option<&Bytes>) {
    let [channels, patterns, sharded] = ctx.session.client.shown.subscriptions();
    ctx.reply.push(3);
    ctx.reply.bulk(word);
    match name {
        Some(name) => ctx.reply.bulk(name),
        None => ctx.reply.null(),
    }
    ctx.reply.count(if kind == Kind::Sharded { sharded } else { channels + patterns });
}

const PUBLISH: CommandSpec = CommandSpec {
    name: "publish",
    syntax: "channel message",
    summary: "Sends a message to all who listen to the channel.",
    complexity: "O(N + M) with N receivers and M patterns that anybody listens to",
    run: |ctx| Ok(publish(ctx, false)),
    ..PUBLISHING
};

const SPUBLISH: CommandSpec = CommandSpec {
    name: "spublish",
    keys: &[KeySpec::first(SHARD_CHANNEL)],
    syntax: "shardchannel message",
    summary: "Sends a message to all who listen to the sharded channel.",
    since: "7.0.0",
    complexity: "O(N) with N receivers",
    run: |ctx| Ok(publish(ctx, true)),
    ..PUBLISHING
};

fn publish(ctx: &mut Ctx<'_, '_>, is_sharded: bool) -> Outcome {
    let (channel, message) = (ctx.arg(1), ctx.arg(2));
    let pubsub = &ctx.server.pubsub;
    let receivers = match (ctx.in_exec, is_sharded) {
        (false, false) => pubsub.publish(channel, message),
        (false, true) => pubsub.publish_sharded(channel, message),
        // The transaction's locks are held: the message leaves when they are not.
        (true, _) => {
            let own = |bytes| Bytes::copy_from_slice(bytes);
            let publication = Publication { channel: own(channel), message: own(message), is_sharded };
            ctx.session.publications.push(publication);
            if is_sharded { pubsub.listeners(Kind::Sharded, channel) } else { pubsub.receivers(channel) }
        }
    };
    ctx.answer_count(receivers)
}

const PUBSUB: CommandSpec = CommandSpec {
    name: "pubsub",
    arity: Arity::AtLeast(2),
    flags: Flags::empty(),
    summary: "What is listened to.",
    since: "2.8.0",
    complexity: "that of the subcommand",
    subcommands: &[&CHANNELS, &HELP, &NUMPAT, &NUMSUB, &SHARDCHANNELS, &SHARDNUMSUB],
    run: |ctx| Err(CommandError::WrongArity(ctx.command.full_name())),
    ..FAMILY
};

const CHANNELS: CommandSpec = CommandSpec {
    name: "channels",
    arity: Arity::AtLeast(2),
    syntax: "[pattern]",
    summary: "Lists the channels that somebody listens to.",
    since: "2.8.0",
    complexity: "O(N) with N channels",
    run: |ctx| channels(ctx, Kind::Channel),
    ..FAMILY
};

const SHARDCHANNELS: CommandSpec = CommandSpec {
    name: "shardchannels",
    arity: Arity::AtLeast(2),
    syntax: "[pattern]",
    summary: "Lists the sharded channels that somebody listens to.",
    since: "7.0.0",
    complexity: "O(N) with N channels",
    run: |ctx| channels(ctx, Kind::Sharded),
    ..FAMILY
};

fn channels(ctx: &mut Ctx<'_, '_>, kind: Kind) -> Result<Outcome, CommandError> {
    let pattern = match ctx.args {
        [_, _] => None,
        [_, _, pattern] => Some(Bytes::copy_from_slice(pattern)),
        [_, word, ..] => return Err(CommandError::unknown_form(word, "PUBSUB")),
        _ => return Err(CommandError::Syntax),
    };
    let pubsub = Arc::clone(&ctx.server.pubsub);
    Ok(Outcome::Work(Box::new(Channels { pubsub, kind, pattern, part: 0, found: Vec::new() })))
}

/// Gathers names, a part of the registry in each step.
struct Channels {
    pubsub: Arc<PubSub>,
    kind: Kind,
    pattern: Option<Bytes>,
    part: usize,
    found: Vec<Bytes>,
}

impl Work for Channels {
    fn step(&mut self) -> bool {
        self.pubsub.names(self.kind, self.part, self.pattern.as_deref(), &mut self.found);
        self.part += 1;
        self.part < PARTS
    }

    fn end(self: Box<Self>, _: Option<&mut View<'_>>, reply: &mut ReplyWriter) -> Result<Ended, CommandError> {
        reply.array(self.found.len());
        self.found.iter().for_each(|name| reply.bulk(name));
        Ok(Ended::Answered)
    }
}

const NUMSUB: CommandSpec = CommandSpec {
    name: "numsub",
    arity: Arity::AtLeast(2),
    syntax: "[channel...]",
    summary: "Returns how many listen to each of the channels, patterns not counted.",
    since: "2.8.0",
    complexity: "O(N) with N channels",
    run: |ctx| Ok(numsub(ctx, Kind::Channel)),
    ..FAMILY
};

const SHARDNUMSUB: CommandSpec = CommandSpec {
    name: "shardnumsub",
    arity: Arity::AtLeast(2),
    syntax: "[shardchannel...]",
    summary: "Returns how many listen to each of the sharded channels.",
    since: "7.0.0",
    complexity: "O(N) with N channels",
    run: |ctx| Ok(numsub(ctx, Kind::Sharded)),
    ..FAMILY
};

fn numsub(ctx: &mut Ctx<'_, '_>, kind: Kind) -> Outcome {
    let names: &[Arg<'_>] = ctx.args.get(2..).unwrap_or_default();
    ctx.reply.array(names.len() * 2);
    for name in names {
        ctx.reply.bulk(name);
        ctx.reply.count(ctx.server.pubsub.listeners(kind, name));
    }
    Outcome::Done
}

const NUMPAT: CommandSpec = CommandSpec {
    name: "numpat",
    arity: Arity::Exactly(2),
    summary: "Returns how many patterns somebody listens to.",
    since: "2.8.0",
    run: |ctx| Ok(ctx.answer_count(ctx.server.pubsub.count(Kind::Pattern))),
    ..FAMILY
};

const HELP: CommandSpec = CommandSpec {
    name: "help",
    arity: Arity::Exactly(2),
    flags: Flags::LOADING.union(Flags::STALE),
    summary: "Lists the subcommands.",
    since: "6.2.0",
    run: |ctx| {
        reply_help(
            ctx,
            "PUBSUB",
            &[
                "CHANNELS [<pattern>]",
                "    Return the currently active channels matching a <pattern> (default: '*').",
                "NUMPAT",
                "    Return number of subscriptions to patterns.",
                "NUMSUB [<channel> ...]",
                "    Return the number of subscribers for the specified channels, excluding",
                "    pattern subscriptions(default: no channels).",
                "SHARDCHANNELS [<pattern>]",
                "    Return the currently active shard level channels matching a <pattern> (default: '*').",
                "SHARDNUMSUB [<shardchannel> ...]",
                "    Return the number of subscribers for the specified shard level channel(s)",
            ],
        )
    },
    ..FAMILY
};
