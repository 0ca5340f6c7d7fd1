//! COMMAND GETKEYS and COMMAND GETKEYSANDFLAGS: which arguments of a command are keys.

use crate::command::context::Ctx;
use crate::command::error::CommandError;
use crate::outcome::Outcome;

/// Answers the keys of the command behind the subcommand's name, each with what is done to it if `with_flags`.
pub(super) fn reply_keys(ctx: &mut Ctx<'_, '_>, with_flags: bool) -> Result<Outcome, CommandError> {
    let args = ctx.args.get(2..).unwrap_or_default();
    let command = ctx.server.table.find(args).map_err(|_| CommandError::err("Invalid command specified"))?;
    let spec = command.spec;
    if spec.keys.is_empty() {
        return Err(CommandError::err("The command has no key arguments"));
    }
    if !spec.arity.allows(args.len()) {
        return Err(CommandError::err("Invalid number of arguments specified for command"));
    }
    let told = spec.key_flags.map(|of| of(args));
    let keys = spec.keys.iter().flat_map(|keys| {
        let flags = told.unwrap_or(keys.flags);
        keys.positions(args).filter_map(move |position| Some((args.get(position)?, flags)))
    });
    let keys: Vec<_> = keys.collect();
    ctx.reply.array(keys.len());
    for (key, flags) in keys {
        if with_flags {
            ctx.reply.array(2);
        }
        ctx.reply.bulk(key);
        if with_flags {
            ctx.reply.set(flags.len());
            flags.iter().for_each(|flag| ctx.reply.simple(flag));
        }
    }
    Ok(Outcome::Done)
}
