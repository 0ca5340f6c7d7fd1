//! A command's documentation in COMMAND DOCS, in Redis 7's shape.

use pyredis_protocol::ReplyWriter;

use super::{reply_pair, subcommands};
use crate::command::error::CommandError;
use crate::command::spec::KeySpec;
use crate::command::syntax::{Argument, Kind};
use crate::command::table::{Command, CommandTable};

/// Writes one pair of a map: the full name and the documentation, that of its subcommands within it.
pub(super) fn reply_docs(reply: &mut ReplyWriter, table: &CommandTable, command: Command) -> Result<(), CommandError> {
    let spec = command.spec;
    let arguments = spec.arguments().map_err(CommandError::err)?;
    reply.bulk(command.full_name().as_bytes());
    reply.map(4 + usize::from(!arguments.is_empty()) + usize::from(!spec.subcommands.is_empty()));
    for (name, value) in [
        ("summary", spec.summary),
        ("since", spec.since),
        ("group", spec.group.name()),
        ("complexity", spec.complexity),
    ] {
        reply_pair(reply, name, value);
    }
    if !arguments.is_empty() {
        reply_arguments(reply, &arguments, &mut spec_indices(spec.keys));
    }
    if !spec.subcommands.is_empty() {
        reply.bulk(b"subcommands");
        reply.map(spec.subcommands.len());
        subcommands(table, command).try_for_each(|subcommand| reply_docs(reply, table, subcommand))?;
    }
    Ok(())
}

/// The key spec that each key of the syntax belongs to.
fn spec_indices(specs: &[KeySpec]) -> impl Iterator<Item = i64> {
    (0..).zip(specs).flat_map(|(index, spec)| std::iter::repeat_n(index, spec.named()))
}

/// Writes `arguments` and the list of them. `keys` gives the key specs of the keys to come.
fn reply_arguments(reply: &mut ReplyWriter, arguments: &[Argument<'_>], keys: &mut impl Iterator<Item = i64>) {
    reply.bulk(b"arguments");
    reply.array(arguments.len());
    for argument in arguments {
        reply_argument(reply, argument, keys);
    }
}

fn reply_argument(reply: &mut ReplyWriter, argument: &Argument<'_>, keys: &mut impl Iterator<Item = i64>) {
    let is_key = argument.kind == Kind::Key;
    let flags: Vec<&str> = [("optional", argument.optional), ("multiple", argument.multiple)]
        .into_iter()
        .filter_map(|(flag, is_set)| is_set.then_some(flag))
        .collect();
    let optional_fields = [is_key, argument.token.is_some(), !flags.is_empty(), !argument.children.is_empty()];
    reply.map(2 + optional_fields.into_iter().filter(|is_there| *is_there).count());
    reply_pair(reply, "name", &argument.name);
    reply_pair(reply, "type", argument.kind.name());
    if is_key {
        reply.bulk(b"key_spec_index");
        reply.int(keys.next().unwrap_or(0));
    }
    if let Some(token) = argument.token {
        reply_pair(reply, "token", token);
    }
    if !flags.is_empty() {
        reply.bulk(b"flags");
        reply.set(flags.len());
        flags.iter().for_each(|flag| reply.simple(flag));
    }
    if !argument.children.is_empty() {
        reply_arguments(reply, &argument.children, keys);
    }
}
