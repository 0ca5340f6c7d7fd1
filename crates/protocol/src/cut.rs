//! The short way for a request that lies in the buffer as a whole, which nearly all do: its arguments are slices of the buffer, and nothing is
//! allocated, counted or remembered.
//!
//! Guarantee: what is cut out here is what [`RequestDecoder`](crate::RequestDecoder) would have decoded, and takes as many bytes. Whatever
//! is not plain (an inline command, a request that is not all there, a large argument, a fault) is left to the decoder, which has the
//! last word on it.

use crate::arg::Arg;
use crate::limits::{LARGE_BYTES_MIN, Limits};
use crate::payload::NEWLINE_BYTES;

/// A count or a length of more digits is the decoder's: no argument that is cut out here is so long.
const DIGITS_MAX: usize = 7;

/// Cuts a request out of the front of `input`: adds its arguments to `args` and returns how many bytes it took. `None`, and nothing is
/// added, where the request is one for the decoder. For clients that have authenticated.
///
/// ```
/// use pyredis_protocol::{Limits, cut_request};
///
/// let (input, mut args) = (b"*2\r\n$3\r\nGET\r\n$1\r\nk\r\n*1\r\n$4\r\nPI", Vec::new());
/// let taken = cut_request(input, &Limits::default(), &mut args).expect("the first is all there");
/// assert_eq!((args[0].as_slice(), args[1].as_slice(), taken), (&b"GET"[..], &b"k"[..], 20));
/// assert_eq!(cut_request(&input[taken..], &Limits::default(), &mut args), None);
/// ```
#[inline]
pub fn cut_request<'a>(input: &'a [u8], limits: &Limits, args: &mut Vec<Arg<'a>>) -> Option<usize> {
    let before = args.len();
    let taken = cut(input, limits, args);
    if taken.is_none() {
        args.truncate(before);
    }
    taken
}

fn cut<'a>(input: &'a [u8], limits: &Limits, args: &mut Vec<Arg<'a>>) -> Option<usize> {
    let (count, mut rest) = header(b'*', input)?;
    if count == 0 || count > limits.arguments {
        return None;
    }
    let (bulk_bytes_end, mut bytes_left) = (LARGE_BYTES_MIN.min(limits.bulk_bytes + 1), limits.request_bytes);
    for _ in 0..count {
        let (len, behind) = header(b'$', rest)?;
        if len >= bulk_bytes_end {
            return None;
        }
        bytes_left = bytes_left.checked_sub(len)?;
        let (arg, behind) = behind.split_at_checked(len)?;
        // Two bytes follow, whichever they are: neither Redis nor the decoder looks.
        rest = behind.get(NEWLINE_BYTES..)?;
        args.push(Arg::InBuffer(arg));
    }
    Some(input.len() - rest.len())
}

/// `kind`, digits and two bytes of which the first is CR: the number, and what is behind. Only what is plain: no sign, no leading zero.
#[inline]
fn header(kind: u8, input: &[u8]) -> Option<(usize, &[u8])> {
    let (first, digits) = input.split_first()?;
    if *first != kind {
        return None;
    }
    let mut number = 0;
    for (index, byte) in digits.iter().enumerate().take(DIGITS_MAX + 1) {
        match byte {
            b'0'..=b'9' if index == 0 || number > 0 => number = number * 10 + usize::from(byte - b'0'),
            b'\r' if index > 0 => return Some((number, digits.get(index + NEWLINE_BYTES..)?)),
            _ => return None,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use bytes::BytesMut;
    use proptest::prelude::*;
    use tokio_util::codec::Decoder;

    use super::*;
    use crate::request_decoder::RequestDecoder;

    type Words = Vec<Vec<u8>>;

    /// What is cut out of `input`, and what the decoder makes of the bytes that it took.
    fn both(input: &[u8], limits: Limits) -> Option<(Words, Words, usize)> {
        let mut args = Vec::new();
        let taken = cut_request(input, &limits, &mut args)?;
        let mut source = BytesMut::from(input);
        let decoded = RequestDecoder::new(limits).decode(&mut source).unwrap().unwrap();
        let decoded = decoded.args().iter().map(|arg| arg.to_vec()).collect();
        assert_eq!(input.len() - source.len(), taken, "both take the same bytes");
        Some((args.iter().map(|arg| arg.to_vec()).collect(), decoded, taken))
    }

    #[test]
    fn what_is_not_plain_is_left_to_the_decoder() {
        let large = format!("*1\r\n${LARGE_BYTES_MIN}\r\n{}\r\n", "x".repeat(LARGE_BYTES_MIN));
        for input in [
            "",
            "*",
            "*1",
            "*1\r",
            "*1\r\n",
            "*1\r\n$",
            "*1\r\n$4\r\nPING",
            "*1\r\n$4\r\nPING\r",
            "PING\r\n",
            "*0\r\n",
            "*-1\r\n",
            "*01\r\n$4\r\nPING\r\n",
            "*1\r\n$04\r\nPING\r\n",
            "*1\r\n$-1\r\n",
            "*1\r\n:1\r\n",
            "*1\r\n$ 4\r\nPING\r\n",
            "*\r\n",
            "*1\r\n$\r\n",
            "*12345678\r\n",
            &large,
        ] {
            let mut args = vec![Arg::InBuffer(b"before")];
            assert_eq!(cut_request(input.as_bytes(), &Limits::default(), &mut args), None, "{input:?}");
            assert_eq!(args.len(), 1, "{input:?} adds nothing");
        }
        let limits = Limits { bulk_bytes: 3, arguments: 2, request_bytes: 5, ..Limits::default() };
        for input in
            ["*1\r\n$4\r\nPING\r\n", "*3\r\n$0\r\n\r\n$0\r\n\r\n$0\r\n\r\n", "*2\r\n$3\r\nGET\r\n$3\r\nkey\r\n"]
        {
            assert_eq!(cut_request(input.as_bytes(), &limits, &mut Vec::new()), None, "{input:?} is above a limit");
        }
        assert!(both(b"*2\r\n$3\r\nGET\r\n$2\r\nke\r\n", limits).is_some(), "at the limits");
    }

    proptest! {
        #[test]
        fn what_is_cut_is_what_the_decoder_decodes(
            args in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 1..5),
            behind in prop::collection::vec(any::<u8>(), 0..20),
        ) {
            let mut input = format!("*{}\r\n", args.len()).into_bytes();
            for arg in &args {
                input.extend_from_slice(format!("${}\r\n", arg.len()).as_bytes());
                input.extend_from_slice(arg);
                input.extend_from_slice(b"\r\n");
            }
            let whole = input.len();
            input.extend_from_slice(&behind);
            let (cut, decoded, taken) = both(&input, Limits::default()).unwrap();
            prop_assert_eq!((&cut, &decoded, taken), (&args, &args, whole));
            for end in 0..whole {
                prop_assert!(cut_request(&input[..end], &Limits::default(), &mut Vec::new()).is_none());
            }
        }

        #[test]
        fn noise_is_never_cut_otherwise_than_decoded(noise in "[*$0-9\r\nA-C]{0,40}") {
            if let Some((cut, decoded, _)) = both(noise.as_bytes(), Limits::default()) {
                prop_assert_eq!(cut, decoded);
            }
        }
    }
}
