//! The requests that lie in the read buffer, taken together: cut out, looked up, their keys hashed and fetched, and then run one after the other.
//!
//! Guarantee: the replies are those of running each request by itself. What is done ahead of time depends on bytes alone: which command a name
//! is, where its keys are, what they hash to. Whatever an earlier request may change (the database, a transaction, whether the
//! client may do this) is looked at when the request runs.

use std::ops::Range;

use pyredis_protocol::{Arg, Limits, cut_request};
use pyredis_store::Key;
use smallvec::SmallVec;

use crate::command::error::CommandError;
use crate::command::table::Command;
use crate::dispatch::{Batch, Dispatched, Request, keys_of};

/// How many requests are looked at together: enough to hide the wait for memory, few enough that what was fetched is still near.
pub(crate) const REQUESTS_TOGETHER: usize = 32;

/// What came of the requests at the front of a buffer.
pub(crate) struct Ran {
    /// Bytes of the requests that have run.
    pub(crate) bytes: usize,
    /// How many those were.
    pub(crate) requests: usize,
    /// What the last of them left to be done, or that the one behind it has to wait.
    pub(crate) last: Dispatched,
}

/// A request that was cut out.
struct Cut {
    /// Its arguments among those of all, and its keys.
    args: Range<usize>,
    keys: Range<usize>,
    command: Result<Command, CommandError>,
    /// Where in the buffer it ends.
    end: usize,
}

impl Batch<'_> {
    /// Runs up to `most` of the requests that lie whole and plain at the front of `input`, until one leaves something to be done. The rest is
    /// for the decoder.
    pub(crate) fn run_plain(&mut self, input: &[u8], limits: &Limits, most: usize) -> Ran {
        let mut args = Vec::new();
        let (cuts, keys) = self.look_ahead(input, limits, most, &mut args);
        if cuts.len() > 1 {
            self.server.store.prefetch(&keys);
        }
        let mut ran = Ran { bytes: 0, requests: 0, last: Dispatched::DONE };
        for Cut { args: its_args, keys: its_keys, command, end } in cuts {
            let args = args.get(its_args).unwrap_or_default();
            let keys = keys.get(its_keys).unwrap_or_default();
            ran.last = self.dispatch(Request { args, command, keys });
            if matches!(ran.last, Dispatched::Paused) {
                return ran;
            }
            (ran.bytes, ran.requests) = (end, ran.requests + 1);
            if !ran.last.is_done() {
                return ran;
            }
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
        let (mut cuts, mut keys) = (SmallVec::new(), Vec::new());
        let mut end = 0;
        while cuts.len() < most {
            let (first_arg, first_key) = (args.len(), keys.len());
            let Some(taken) = input.get(end..).and_then(|rest| cut_request(rest, limits, args)) else { break };
            end += taken;
            let its_args = args.get(first_arg..).unwrap_or_default();
            let command = self.server.table.find(its_args);
            if let Ok(command) = &command {
                keys.extend(keys_of(self.server, command.spec, its_args, self.session.db));
            }
            cuts.push(Cut { args: first_arg..args.len(), keys: first_key..keys.len(), command, end });
        }
        (cuts, keys)
    }
}
