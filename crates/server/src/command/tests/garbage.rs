//! Whatever the arguments of a command are, there is no panic, and exactly one well-formed reply.

use bytes::{Buf, Bytes, BytesMut};
use pyredis_protocol::{Arg, Frame, ReplyDecoder, ReplyWriter, RespVersion};
use pyredis_store::Residue;
use tokio_util::codec::Decoder;

use crate::command::spec::{Arity, Flags};
use crate::command::table::Command;
use crate::dispatch::{Batch, Dispatched};
use crate::outcome::Outcome;
use crate::session::Session;
use crate::shared::Shared;
use crate::stats::Timing;

/// What commands trip over. To these come the words of the command's own syntax.
const GARBAGE: [&[u8]; 16] = [
    b"",
    b"\0\r\n\xff",
    b"0",
    b"1",
    b"-1",
    b"+1",
    b"1.5",
    b"9223372036854775807",
    b"-9223372036854775808",
    b"18446744073709551616",
    b"*",
    b"[a-",
    b"a\\",
    b"|",
    b"client|",
    &[b'a'; 2000],
];

/// How often each command is called with each number of arguments.
const ROUNDS: usize = 40;

/// Numbers that look random and are the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % end
    }
}

/// One client of a server without a network.
pub(super) struct Client<'s> {
    server: &'s Shared,
    session: Session,
    reply: ReplyWriter,
}

impl<'s> Client<'s> {
    pub(super) fn new(server: &'s Shared, version: RespVersion) -> Self {
        let address = ([127, 0, 0, 1], 1).into();
        Self {
            server,
            session: Session::new(server, (address, address), -1, std::task::Waker::noop().clone()),
            reply: ReplyWriter::new(version),
        }
    }

    /// Adds what a command's work has written to what it had answered before.
    pub(super) fn append(&mut self, rest: Bytes) {
        self.reply.written(rest);
    }

    /// Calls a command. What it leaves to be awaited is not; a walk is only begun.
    pub(super) fn call(&mut self, request: &[Bytes]) -> Outcome {
        let mut batch = Batch {
            server: self.server,
            worker: &self.server.stats.workers[0],
            session: &mut self.session,
            reply: &mut self.reply,
            now: self.server.store.now(),
            residue: Residue::default(),
            timing: Timing::start(&self.server.stats.workers[0]),
        };
        let args: Vec<Arg<'_>> = request.iter().map(Arg::Owned).collect();
        match batch.dispatch_args(&args) {
            Dispatched::Ran(outcome) => outcome,
            Dispatched::Paused => panic!("{request:?} was put off"),
        }
    }

    /// All that was answered since the last time.
    pub(super) fn replies(&mut self) -> Vec<Frame> {
        let mut bytes = BytesMut::new();
        while self.reply.has_remaining() {
            let piece = self.reply.chunk().len();
            bytes.extend_from_slice(&self.reply.copy_to_bytes(piece));
        }
        let mut decoder = ReplyDecoder::default();
        let frames = std::iter::from_fn(|| decoder.decode(&mut bytes).unwrap()).collect();
        assert!(bytes.is_empty(), "half a reply is left: {bytes:?}");
        frames
    }
}

/// Calls `run` with every command, every number of arguments from none to two too many, and garbage for them.
fn with_garbage(server: &Shared, mut run: impl FnMut(&[Bytes])) {
    let mut numbers = Numbers(0x9E37_79B9_7F4A_7C15);
    for command in server.table.all() {
        let (Arity::Exactly(arity) | Arity::AtLeast(arity)) = command.spec.arity;
        let words: Vec<Bytes> = own_words(command).chain(GARBAGE.map(Bytes::from_static)).collect();
        for count in 0..=arity + 2 {
            for _ in 0..ROUNDS {
                let name = command
                    .container
                    .into_iter()
                    .chain([command.spec.name])
                    .map(|word| Bytes::from_static(word.as_bytes()));
                let arguments = (0..count).map(|_| words[numbers.below(words.len())].clone());
                run(&name.chain(arguments).collect::<Vec<_>>());
            }
        }
    }
}

fn own_words(command: &Command) -> impl Iterator<Item = Bytes> {
    let words = command.spec.syntax.split(|byte: char| !byte.is_ascii_uppercase());
    words.filter(|word| !word.is_empty()).map(|word| Bytes::from_static(word.as_bytes()))
}

fn server() -> Shared {
    Shared::for_tests()
}

/// Whether a command may have so many replies: one for each name that it is given, or none because the client wants none.
fn answers_otherwise(server: &Shared, request: &[Bytes], replies: usize) -> bool {
    let args: Vec<Arg<'_>> = request.iter().map(Arg::Owned).collect();
    server.table.find(&args).is_ok_and(|command| match replies {
        0 => command.full_name() == "client|reply",
        _ => command.spec.flags.contains(Flags::PUBSUB | Flags::WHILE_LISTENING),
    })
}

#[test]
fn garbage_gets_one_reply() {
    let server = server();
    with_garbage(&server, |request| {
        for version in [RespVersion::Resp2, RespVersion::Resp3] {
            let mut client = Client::new(&server, version);
            let outcome = client.call(request);
            let expected = usize::from(matches!(outcome, Outcome::Done | Outcome::Close));
            let replies = client.replies().len();
            let is_right = replies == expected || answers_otherwise(&server, request, replies);
            assert!(is_right, "{request:?}: {replies}");
            server.pause.end();
        }
    });
}

#[test]
fn garbage_gets_one_reply_in_a_transaction() {
    let server = server();
    with_garbage(&server, |garbage| {
        let mut client = Client::new(&server, RespVersion::Resp3);
        for request in [&[Bytes::from_static(b"MULTI")], garbage, &[Bytes::from_static(b"EXEC")]] {
            client.call(request);
            let replies = client.replies().len();
            assert!(replies == 1 || answers_otherwise(&server, garbage, replies), "{garbage:?}: {replies}");
            server.pause.end();
        }
    });
}
