//! Input split at any byte gives the same frames and the same error, in both directions.

use bytes::BytesMut;
use proptest::prelude::*;
use pyredis_protocol::limits::LARGE_BYTES_MIN;
use pyredis_protocol::{ClientCodec, DecodeError, Frame, ReplyDecoder, RequestDecoder};
use tokio_util::codec::{Decoder, Encoder};

/// All frames that `chunks` hold when they arrive one after another, and the error that ended them.
fn decode<D>(mut decoder: D, chunks: &[&[u8]]) -> (Vec<D::Item>, Option<String>)
where
    D: Decoder<Error = DecodeError>,
{
    let (mut buffer, mut frames) = (BytesMut::new(), Vec::new());
    for chunk in chunks {
        buffer.extend_from_slice(chunk);
        loop {
            match decoder.decode(&mut buffer) {
                Ok(Some(frame)) => frames.push(frame),
                Ok(None) => break,
                Err(error) => return (frames, Some(error.to_string())),
            }
        }
    }
    (frames, None)
}

/// Splits `input` in two at each index, and into single bytes; all must give what the whole gives.
fn assert_same_at_every_split<D>(input: &[u8], splits: impl Iterator<Item = usize>)
where
    D: Decoder<Error = DecodeError> + Default,
    D::Item: PartialEq + std::fmt::Debug,
{
    let whole = decode(D::default(), &[input]);
    for split in splits {
        let (left, right) = input.split_at(split);
        assert_eq!(decode(D::default(), &[left, right]), whole, "{} split at {split}", input.escape_ascii());
    }
    let single: Vec<&[u8]> = input.chunks(1).collect();
    assert_eq!(decode(D::default(), &single), whole, "{} in single bytes", input.escape_ascii());
}

const REQUESTS: &[&str] = &[
    "PING\r\n*2\r\n$3\r\nGET\r\n$4\r\na\r\nb\r\n\r\n*0\r\n*-1\r\nSET \"a b\" 'c'\n*1\r\n$0\r\n\r\n",
    "PING\r\n*1\r\n$4\r\nPING\r\n*1\r\nPING\r\n",
    "*2\r\n$1\r\na\r\n$-1\r\n",
    "*1\r\n$536870913\r\n",
    "*+1\r\nPING\r\n",
    "PING\r\nGET \"a\r\nPING\r\n",
    "*1\rx$4\rxPINGxxPING\n",
];

const REPLIES: &[&str] = &[
    "+OK\r\n-ERR no\r\n:-12\r\n$5\r\na\r\nbc\r\n$-1\r\n*-1\r\n*0\r\n*2\r\n:1\r\n*1\r\n$0\r\n\r\n",
    "_\r\n,1.5\r\n,-inf\r\n#t\r\n#f\r\n(123456789012345678901234567890\r\n!5\r\nERR x\r\n=6\r\ntxt:ab\r\n",
    "%1\r\n+a\r\n*2\r\n:1\r\n:2\r\n~2\r\n:1\r\n:2\r\n>2\r\n+message\r\n+x\r\n|1\r\n+ttl\r\n:9\r\n$1\r\na\r\n%0\r\n",
    "*2\r\n+a\r\n$?\r\n",
    "$3\r\nabcde\r\n",
    "+a\n",
    "*1\r\n*1\r\n@\r\n",
];

#[test]
fn requests_are_the_same_at_every_split() {
    for input in REQUESTS {
        assert_same_at_every_split::<RequestDecoder>(input.as_bytes(), 0..=input.len());
    }
}

#[test]
fn replies_are_the_same_at_every_split() {
    for input in REPLIES {
        assert_same_at_every_split::<ReplyDecoder>(input.as_bytes(), 0..=input.len());
    }
}

/// Strings around the length from which they own their memory, with something before and after them.
#[test]
fn large_strings_are_the_same_at_many_splits() {
    for len in [LARGE_BYTES_MIN - 1, LARGE_BYTES_MIN, LARGE_BYTES_MIN + 1, 5 * LARGE_BYTES_MIN] {
        let value: String = ('a'..='z').cycle().take(len).collect();
        let request = format!("PING\r\n*3\r\n$3\r\nSET\r\n$1\r\nk\r\n${len}\r\n{value}\r\n*1\r\n$4\r\nPING\r\n");
        let splits = (0..64).chain((64..request.len()).step_by(1021)).chain(request.len() - 40..request.len());
        assert_same_at_every_split::<RequestDecoder>(request.as_bytes(), splits);
        let reply = format!("+OK\r\n*2\r\n${len}\r\n{value}\r\n!{len}\r\n{value}\r\n:1\r\n");
        let splits = (0..64).chain((64..reply.len()).step_by(1021)).chain(reply.len() - 40..reply.len());
        assert_same_at_every_split::<ReplyDecoder>(reply.as_bytes(), splits);
    }
}

/// A line is too long or not by its length, however much of it has arrived when it is looked at.
#[test]
fn the_limit_of_a_line_does_not_depend_on_the_split() {
    for (start, end) in [("", "\r\n"), ("*", "\r\n"), ("*1\r\n$", "\r\n")] {
        for digits in 65534..=65540 {
            let input = format!("{start}{}{end}", "1".repeat(digits));
            let whole = decode(RequestDecoder::default(), &[input.as_bytes()]);
            for split in input.len() - 8..input.len() {
                let (left, right) = input.as_bytes().split_at(split);
                assert_eq!(decode(RequestDecoder::default(), &[left, right]), whole, "{start} {digits} at {split}");
            }
        }
    }
}

proptest! {
    #[test]
    fn any_requests_are_the_same_however_they_are_cut(
        requests in prop::collection::vec(prop::collection::vec(any::<Vec<u8>>(), 1..6), 1..8),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
    ) {
        let mut wire = BytesMut::new();
        for request in &requests {
            ClientCodec::default().encode(&request[..], &mut wire)?;
        }
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(wire.len())).collect();
        cuts.sort_unstable();
        let mut chunks = Vec::new();
        let mut start = 0;
        for cut in cuts {
            chunks.push(&wire[start..cut]);
            start = cut;
        }
        chunks.push(&wire[start..]);
        let (decoded, error) = decode(RequestDecoder::default(), &chunks);
        prop_assert_eq!(error, None);
        let decoded: Vec<Vec<Vec<u8>>> =
            decoded.into_iter().map(|request| request.args().iter().map(|arg| arg.to_vec()).collect()).collect();
        prop_assert_eq!(decoded, requests);
    }

    #[test]
    fn noise_is_the_same_however_it_is_cut(
        noise in prop::collection::vec(prop::sample::select(&b"*$+-:,#_%~>|=!(.?\r\n\r\n\r\n0123\"' x"[..]), 0..60),
        cut in any::<prop::sample::Index>(),
    ) {
        let cut = if noise.is_empty() { 0 } else { cut.index(noise.len()) };
        assert_same_at_every_split::<RequestDecoder>(&noise, std::iter::once(cut));
        assert_same_at_every_split::<ReplyDecoder>(&noise, std::iter::once(cut));
    }
}

#[test]
fn the_cases_hold_what_they_are_meant_to_hold() {
    let whole = |index: usize| decode(RequestDecoder::default(), &[REQUESTS[index].as_bytes()]);
    assert_eq!(whole(0).0.len(), 4);
    assert_eq!(whole(1).1.as_deref(), Some("Protocol error: expected '$', got 'P'"));
    let reply = |index: usize| decode(ReplyDecoder::default(), &[REPLIES[index].as_bytes()]);
    assert_eq!(reply(0).0.len(), 8);
    assert_eq!(reply(1).0.len(), 8);
    assert!(matches!(reply(2).0[3], Frame::Attribute { .. }));
    assert_eq!(reply(3).1.as_deref(), Some("Protocol error: streamed replies are not supported"));
}
