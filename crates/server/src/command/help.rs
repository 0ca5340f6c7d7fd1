//! The HELP of commands with subcommands: a heading, the lines of each subcommand, and HELP itself.

use super::context::Ctx;
use super::error::CommandError;
use crate::outcome::Outcome;

/// Answers a container's HELP. `lines` are those of its subcommands: a line with the syntax, then its text, indented by
/// four spaces. The heading and the lines about HELP itself are added here, as they are the same everywhere.
pub(super) fn reply_help(ctx: &mut Ctx<'_, '_>, container: &str, lines: &[&str]) -> Result<Outcome, CommandError> {
    const OWN_LINES: [&str; 2] = ["HELP", "    Prints this help."];
    ctx.reply.array(1 + lines.len() + OWN_LINES.len());
    ctx.reply.simple(&format!("{container} <subcommand> [<arg> [value] [opt] ...]. Subcommands are:"));
    lines.iter().chain(&OWN_LINES).for_each(|line| ctx.reply.simple(line));
    Ok(Outcome::Done)
}
