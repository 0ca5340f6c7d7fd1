//! What a command's function sees: its arguments, its keys, the locked view, its session, the server, and where to answer.

use pyredis_protocol::{Arg, ReplyWriter, RespVersion};
use pyredis_store::{Key, NewValue, Timestamp, View};

use super::args::value;
use super::error::CommandError;
use super::table::Command;
use crate::outcome::Outcome;
use crate::session::{Buffered, Session};
use crate::shared::Shared;

/// The world of one command while it runs.
pub(crate) struct Ctx<'c, 's> {
    pub(crate) command: Command,
    /// Name and arguments; as many as the command's arity asks for.
    pub(crate) args: &'c [Arg<'c>],
    /// The keys among them, in order.
    pub(crate) keys: &'c [Key<'c>],
    view: Option<&'c mut View<'s>>,
    pub(crate) session: &'c mut Session,
    pub(crate) server: &'c Shared,
    pub(crate) reply: &'c mut ReplyWriter,
    /// The batch's instant; the view's, where there is one.
    pub(crate) now: Timestamp,
    pub(crate) in_exec: bool,
}

impl<'c, 's> Ctx<'c, 's> {
    pub(crate) fn new(
        call: Call<'c>,
        view: Option<&'c mut View<'s>>,
        session: &'c mut Session,
        out: Surroundings<'c>,
    ) -> Self {
        let Call { command, args, keys, in_exec } = call;
        let Surroundings { server, reply, now } = out;
        Self { command, args, keys, view, session, server, reply, now, in_exec }
    }

    /// The view that the dispatcher locked for this command.
    pub(crate) fn view(&mut self) -> Result<&mut View<'s>, CommandError> {
        self.view.as_deref_mut().ok_or_else(without_locks)
    }

    /// The argument at `index`; empty where the arity does not promise one.
    pub(crate) fn arg(&self, index: usize) -> &'c [u8] {
        self.args.get(index).map_or(b"", |arg| arg.as_slice())
    }

    /// The argument at `index` as a value for the store.
    pub(crate) fn value(&self, index: usize) -> NewValue<'c> {
        self.args.get(index).copied().map_or(NewValue::Copied(b""), value)
    }

    /// Shows others, and whoever lists this client, how the session is now.
    pub(crate) fn show(&self) {
        let reply = &self.reply;
        let buffered = Buffered { reply: reply.len_bytes(), ..Buffered::default() };
        self.session.show(self.now, reply.version() == RespVersion::Resp3, buffered);
    }

    /// Puts messages that have come in front of what is answered next. Not in EXEC, whose replies are in one.
    pub(crate) fn collect_mail(&mut self) {
        if !self.in_exec {
            self.session.collect_mail(usize::MAX, self.reply);
        }
    }

    /// Answers with a number of things.
    pub(crate) fn answer_count(&mut self, things: usize) -> Outcome {
        self.reply.count(things);
        Outcome::Done
    }

    /// The key at `index` of the command's keys.
    pub(crate) fn key(&self, index: usize) -> Result<&'c Key<'c>, CommandError> {
        self.keys.get(index).ok_or(CommandError::Syntax)
    }

    /// The key at `index`, the view to read it in, and where to answer: for a reply that is written straight from the store.
    pub(crate) fn key_view_reply(
        &mut self,
        index: usize,
    ) -> Result<(&'c Key<'c>, &View<'s>, &mut ReplyWriter), CommandError> {
        let key = self.key(index)?;
        let view = self.view.as_deref().ok_or_else(without_locks)?;
        Ok((key, view, self.reply))
    }

    /// The same with a view to change the key in.
    pub(crate) fn key_view_mut_reply(
        &mut self,
        index: usize,
    ) -> Result<(&'c Key<'c>, &mut View<'s>, &mut ReplyWriter), CommandError> {
        let key = self.key(index)?;
        let view = self.view.as_deref_mut().ok_or_else(without_locks)?;
        Ok((key, view, self.reply))
    }

    /// The key at `index` and the view to use it with.
    pub(crate) fn key_and_view(&mut self, index: usize) -> Result<(&'c Key<'c>, &mut View<'s>), CommandError> {
        Ok((self.key(index)?, self.view()?))
    }
}

fn without_locks() -> CommandError {
    CommandError::err("the command was run without its locks")
}

/// What is called.
#[derive(Clone, Copy)]
pub(crate) struct Call<'c> {
    pub(crate) command: Command,
    pub(crate) args: &'c [Arg<'c>],
    pub(crate) keys: &'c [Key<'c>],
    pub(crate) in_exec: bool,
}

/// Where it is called.
pub(crate) struct Surroundings<'c> {
    pub(crate) server: &'c Shared,
    pub(crate) reply: &'c mut ReplyWriter,
    pub(crate) now: Timestamp,
}
