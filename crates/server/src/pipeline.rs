//! The requests that lie in the read buffer, taken together: cut out, looked up, their keys hashed and fetched, and then run one after the other.
//!
//! Guarantee: the replies are those of running each request by itself. What is done ahead of time depends on bytes alone: which command a name
//! is, where its keys are, what they hash to. Whatever an earlier request may change (the database, a transaction, whether the
//! client may do this) is looked at when the request runs. Only the size of what may be sent before AUTH is not: a client that was let in and
//! pipelines RESET may send up to 31 requests more of any size, and is told to authenticate.

use pyredis_protocol::{Arg, Limits, cut_request};
use pyredis_store::Key;
use smallvec::SmallVec;

use crate::command::table::Command;
use crate::dispatch::{Batch, Dispatched, Request, keys_of};

/// How many requests are looked at together: enough to hide the wait for memory, few enough that what was fetched is still near.
pub(crate) const REQUESTS_TOGETHER: usize = 32;

/// What a request takes at least, about, and how many arguments most have: room for them is made once, and grows where it must.
const REQUEST_BYTES: usize = 32;
const ARGS_EXPECTED: usize = 3;
/// How many keys are fetched at once, however many the requests have: what is fetched too early is gone when it is looked at.
const KEYS_FETCHED_MAX: usize = 2 * REQUESTS_TOGETHER;
/// How many bytes of replies pile up before they are sent.
pub(crate) const REPLY_BYTES_PER_TURN: usize = 1024 * 1024;

/// What came of the requests at the front of a buffer.
pub(crate) struct Ran {
    /// Bytes of the requests that have run.
    pub(crate) bytes: usize,
    /// How many those were.
    pub(crate) requests: usize,
    /// What the last of them left to be done, or that the one behind it has to wait.
    pub(crate) last: Dispatched,
}

/// A request that was cut out: where its arguments end among those of all, its keys, and its bytes. Each begins where the one before ends.
struct Cut {
    args_end: usize,
    keys_end: usize,
    bytes_end: usize,
    /// None where there is no command of that name.
    command: Option<Command>,
}

impl Batch<'_> {
    /// Runs up to `most` of the requests that lie whole and plain at the front of `input`, until one leaves something to be done. The rest is
    /// for the decoder.
    pub(crate) fn run_plain(&mut self, input: &[u8], limits: &Limits, most: usize) -> Ran {
        let mut args = Vec::with_capacity(most.min(input.len() / REQUEST_BYTES) * ARGS_EXPECTED);
        let (cuts, keys) = self.look_ahead(input, limits, most, &mut args);
        if cuts.len() > 1 {
            self.server.store.prefetch(keys.get(..KEYS_FETCHED_MAX).unwrap_or(&keys));
        }
        let mut ran = Ran { bytes: 0, requests: 0, last: Dispatched::DONE };
        let (mut first_arg, mut first_key) = (0, 0);
        for cut in &cuts {
            let args = args.get(first_arg..cut.args_end).unwrap_or_default();
            let keys = keys.get(first_key..cut.keys_end).unwrap_or_default();
            let dispatched = self.dispatch(&Request { args, command: cut.command, keys });
            if matches!(dispatched, Dispatched::Paused) {
                ran.last = dispatched;
                break;
            }
            (ran.bytes, ran.requests) = (cut.bytes_end, ran.requests + 1);
            if !dispatched.is_done() {
                ran.last = dispatched;
                break;
            }
            if self.reply.len_bytes() >= REPLY_BYTES_PER_TURN {
                break;
            }
            (first_arg, first_key) = (cut.args_end, cut.keys_end);
        }
        ran
    }

    fn look_ahead<'i>(
        &self,
        input: &'i [u8],
        limits: &Limits,
        most: usize,
        args: &mut Vec<Arg<'i>>,
    ) -> (SmallVec<[Cut; REQUESTS_TOGETHER]>, Vec<Key<'i>>) {
        let (mut cuts, mut keys) = (SmallVec::new(), Vec::with_capacity(args.capacity() / ARGS_EXPECTED));
        let (mut bytes_end, mut known) = (0, None);
        while cuts.len() < most {
            let first_arg = args.len();
            let Some(taken) = input.get(bytes_end..).and_then(|rest| cut_request(rest, limits, args)) else { break };
            bytes_end += taken;
            let its_args = args.get(first_arg..).unwrap_or_default();
            let command = self.find_like(known, its_args);
            known = its_args.first().map(|name| name.as_slice()).zip(command);
            if let Some(command) = command {
                keys.extend(keys_of(self.server, command.spec, its_args, self.session.db));
            }
            cuts.push(Cut { args_end: args.len(), keys_end: keys.len(), bytes_end, command });
        }
        (cuts, keys)
    }

    /// The command that a request names. Who pipelines often sends the same command many times: then it is the one before, and not looked up.
    fn find_like(&self, known: Option<(&[u8], Command)>, args: &[Arg<'_>]) -> Option<Command> {
        let is_it = |(name, command): &(&[u8], Command)| {
            command.container.is_none()
                && command.spec.subcommands.is_empty()
                && args.first().is_some_and(|arg| arg.as_slice() == *name)
        };
        known.filter(is_it).map(|(_, command)| command).or_else(|| self.server.table.find(args).ok())
    }
}

#[cfg(test)]
#[path = "pipeline_tests.rs"]
mod tests;
