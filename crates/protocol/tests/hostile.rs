//! Hostile input: an exact error or silence, never a panic, never memory for what has only been announced.
//!
//! The texts were taken from redis-server 7.0.15. Where we differ it says so.

use bytes::BytesMut;
use pyredis_protocol::limits::{INLINE_BYTES_MAX, LARGE_BYTES_MIN, NESTING_MAX};
use pyredis_protocol::{Frame, Limits, ReplyDecoder, ReplyLimits, RequestDecoder};
use tokio_util::codec::Decoder;

const PING: &[u8] = b"*1\r\n$4\r\nPING\r\n";

/// What `input` leads to with a live PING behind it: the words of each request, or the error at the end.
fn requests(mut decoder: RequestDecoder, input: &[u8]) -> (Vec<Vec<String>>, Option<String>) {
    let mut buffer = BytesMut::from(input);
    buffer.extend_from_slice(PING);
    let mut requests = Vec::new();
    loop {
        match decoder.decode(&mut buffer) {
            Ok(Some(request)) => {
                requests.push(request.args().iter().map(|arg| arg.escape_ascii().to_string()).collect());
            }
            Ok(None) => return (requests, None),
            Err(error) => return (requests, Some(error.to_string())),
        }
    }
}

#[track_caller]
fn assert_error(input: &[u8], error: &str) {
    let (requests, actual) = requests(RequestDecoder::default(), input);
    assert_eq!(actual.as_deref(), Some(error), "after {requests:?}");
    assert!(requests.is_empty(), "{requests:?}");
}

#[track_caller]
fn assert_words(input: &[u8], words: &[&str]) {
    let (requests, error) = requests(RequestDecoder::default(), input);
    assert_eq!(error, None);
    assert_eq!(requests.concat(), [words, &["PING"]].concat());
}

#[test]
fn empty_requests_are_passed_over() {
    for input in ["*0\r\n", "*-1\r\n", "*-5\r\n", "\r\n", "\n", "  \r\n", "\t\x0b\x0c\r\n"] {
        assert_words(input.as_bytes(), &[]);
    }
    assert_words("\r\n*0\r\n".repeat(10_000).as_bytes(), &[]);
}

#[test]
fn bad_counts() {
    let counts = ["", "a", "+1", "01", " 1", "-0", "1 ", "2147483648", "99999999999999999999", "-9223372036854775809"];
    for count in counts {
        assert_error(format!("*{count}\r\n").as_bytes(), "Protocol error: invalid multibulk length");
    }
    // Redis allows up to 2^31 - 1.
    assert_error(b"*1048577\r\n", "Protocol error: invalid multibulk length");
    assert_error(b"*1048576\r\n:", "Protocol error: expected '$', got ':'");
    assert_error(b"*1\n$4\nPING\n", "Protocol error: invalid multibulk length");
}

#[test]
fn bad_lengths() {
    for length in ["", "-1", "a", "+1", "01", "536870913", "9223372036854775808"] {
        assert_error(format!("*1\r\n${length}\r\n").as_bytes(), "Protocol error: invalid bulk length");
    }
}

#[test]
fn bad_headers() {
    assert_error(b"*1\r\nPING\r\n", "Protocol error: expected '$', got 'P'");
    assert_error(b"*1\r\n:5\r\n", "Protocol error: expected '$', got ':'");
    assert_error(b"*1\r\n\r\n", "Protocol error: expected '$', got ' '");
    assert_error(b"*1\r\n'\r\n", "Protocol error: expected '$', got '''");
    // Redis sends such a byte as it is, and nothing for NUL.
    assert_error(b"*1\r\n\xff\r\n", "Protocol error: expected '$', got '\\xff'");
}

#[test]
fn line_ends_are_not_looked_at_closely() {
    assert_words(b"*1\rx$4\rxPINGxx", &["PING"]);
}

#[test]
fn inline_words() {
    assert_words(b"SET \"a b\" 'c d'\r\n", &["SET", "a b", "c d"]);
    assert_words(b"ECHO \"\\x41\\n\\r\\t\\b\\a\\q\\\"\\x4\"\n", &["ECHO", "A\\n\\r\\t\\x08\\x07q\\\"x4"]);
    assert_words(b"ECHO '\\'\\n'\r\n", &["ECHO", "\\'\\\\n"]);
    assert_words(b"ECHO a\"b c\"\r\n", &["ECHO", "ab c"]);
    assert_words(b"ECHO a\x0bb\r\n", &["ECHO", "a\\x0bb"]);
    assert_words(b"ECHO a\rb\r\n", &["ECHO", "a", "b"]);
    assert_words(b"PING\r\r\n", &["PING"]);
    assert_words(b"\"\" ''\r\n", &["", ""]);
    assert_words(b"$5\r\nhello\r\n", &["$5", "hello"]);
    // Redis does not see the end of a line behind a NUL.
    assert_words(b"ECHO a\0b\r\n", &["ECHO", "a\\x00b"]);
}

#[test]
fn unbalanced_quotes() {
    for input in ["PING \"\r\n", "PING 'a\r\n", "PING \"a\"b\r\n", "PING 'a'b\r\n", "ECHO \"a\\\"\r\n", "ECHO \"a\\"] {
        let line = format!("{input}\n");
        assert_error(line.as_bytes(), "Protocol error: unbalanced quotes in request");
    }
}

#[test]
fn lines_that_are_too_long() {
    let long = "1".repeat(INLINE_BYTES_MAX + 1);
    assert_error(long.as_bytes(), "Protocol error: too big inline request");
    assert_error(format!("*{long}").as_bytes(), "Protocol error: too big mbulk count string");
    assert_error(format!("*1\r\n${long}").as_bytes(), "Protocol error: too big bulk count string");
    let longest = "1".repeat(INLINE_BYTES_MAX);
    assert_words(format!("{longest}\n").as_bytes(), &[&longest]);
}

#[test]
fn before_authentication_little_is_accepted() {
    let decoder = |authenticated| {
        let mut decoder = RequestDecoder::default();
        decoder.set_authenticated(authenticated);
        decoder
    };
    let many = format!("*11\r\n{}", "$1\r\na\r\n".repeat(11));
    let long = format!("*1\r\n$16385\r\n{}\r\n", "a".repeat(16385));
    let allowed = format!("*10\r\n{}$16384\r\n{}\r\n", "$1\r\na\r\n".repeat(9), "a".repeat(16384));
    let error = |input: &str| requests(decoder(false), input.as_bytes()).1;
    assert_eq!(error(&many).as_deref(), Some("Protocol error: unauthenticated multibulk length"));
    assert_eq!(error(&long).as_deref(), Some("Protocol error: unauthenticated bulk length"));
    assert_eq!(error(&allowed), None);
    for input in [many, long] {
        assert_eq!(requests(decoder(true), input.as_bytes()).1, None);
    }
}

#[test]
fn all_arguments_together_have_a_limit() {
    let limited = || RequestDecoder::new(Limits { request_bytes: 10, ..Limits::default() });
    let pairs = |count: usize| format!("*{count}\r\n{}", "$2\r\nab\r\n".repeat(count));
    let (requests_before, error) = requests(limited(), format!("{0}{0}{1}", pairs(5), pairs(6)).as_bytes());
    assert_eq!(requests_before.len(), 2);
    assert_eq!(error.as_deref(), Some("Protocol error: too big request"));
}

#[test]
fn an_announced_length_gets_little_memory() {
    for mut input in [
        BytesMut::from(&b"*1048576\r\n"[..]),
        BytesMut::from(&b"*1\r\n$536870912\r\n"[..]),
        BytesMut::from(&b"*1048576\r\n$536870912\r\nabc"[..]),
    ] {
        let mut decoder = RequestDecoder::default();
        assert!(decoder.decode(&mut input).unwrap().is_none());
        assert!(decoder.is_mid_request());
        assert!(input.capacity() <= LARGE_BYTES_MIN, "{}", input.capacity());
    }
    let mut input = BytesMut::from(&b"$536870912\r\nabc"[..]);
    assert!(ReplyDecoder::default().decode(&mut input).unwrap().is_none());
    assert!(input.capacity() <= LARGE_BYTES_MIN, "{}", input.capacity());
}

/// A large argument arrives through few copies and then holds its own memory only.
#[test]
fn a_large_argument_owns_its_memory() {
    let len = 3 * 1024 * 1024 + 5;
    let mut buffer = BytesMut::from(format!("*2\r\n$4\r\nECHO\r\n${len}\r\nabc").as_bytes());
    let (mut decoder, mut grown, mut sent) = (RequestDecoder::default(), 0, 3);
    let mut address;
    let request = loop {
        let before = buffer.capacity();
        address = buffer.as_ptr();
        if let Some(request) = decoder.decode(&mut buffer).unwrap() {
            break request;
        }
        grown += usize::from(buffer.capacity() > before);
        // What a reader does: fill the room there is.
        let room = (buffer.capacity() - buffer.len()).min(len + 2 - sent);
        assert!(room > 0);
        buffer.resize(buffer.len() + room, b'x');
        sent += room;
    };
    assert!(grown <= 5, "{grown}");
    assert_eq!(buffer.capacity(), 0);
    let large = request.into_args().pop().unwrap();
    assert_eq!(large.len(), len);
    assert_eq!(large.as_ptr(), address, "it lies where it was read to");
    assert!(large.try_into_mut().unwrap().capacity() <= len + 2);
}

/// A large argument that was read together with others is copied out, so that it does not keep them.
#[test]
fn a_large_argument_does_not_keep_its_neighbours() {
    let value = "v".repeat(LARGE_BYTES_MIN);
    let mut buffer =
        BytesMut::from(format!("*1\r\n${LARGE_BYTES_MIN}\r\n{value}\r\n{}", "PING\n".repeat(50_000)).as_bytes());
    let request = RequestDecoder::default().decode(&mut buffer).unwrap().unwrap();
    let large = request.into_args().pop().unwrap();
    assert_eq!(large, value);
    assert_eq!(large.try_into_mut().unwrap().capacity(), LARGE_BYTES_MIN);
}

/// A short argument is a slice of the buffer, where it was.
#[test]
fn a_short_argument_is_not_copied() {
    let mut buffer = BytesMut::from(&b"*2\r\n$3\r\nGET\r\n$3\r\nkey\r\n"[..]);
    let start = buffer.as_ptr() as usize;
    let request = RequestDecoder::default().decode(&mut buffer).unwrap().unwrap();
    let offsets: Vec<usize> = request.args().iter().map(|arg| arg.as_ptr() as usize - start).collect();
    assert_eq!(offsets, [8, 17]);
}

fn reply(decoder: &mut ReplyDecoder, input: &[u8]) -> Result<Option<Frame>, String> {
    decoder.decode(&mut BytesMut::from(input)).map_err(|error| error.to_string())
}

#[test]
fn bad_replies() {
    for (input, error) in [
        ("@\r\n", "Protocol error: unknown reply type '@'"),
        ("\r\n", "Protocol error: unknown reply type ' '"),
        (":x\r\n", "Protocol error: invalid reply of type ':'"),
        (":\r\n", "Protocol error: invalid reply of type ':'"),
        ("$-2\r\n", "Protocol error: invalid reply of type '$'"),
        ("$536870913\r\n", "Protocol error: invalid reply of type '$'"),
        ("*99999999999999999\r\n", "Protocol error: invalid reply of type '*'"),
        ("%9223372036854775807\r\n", "Protocol error: invalid reply of type '%'"),
        ("~-1\r\n", "Protocol error: invalid reply of type '~'"),
        (",1x\r\n", "Protocol error: invalid reply of type ','"),
        ("(12a\r\n", "Protocol error: invalid reply of type '('"),
        ("(-\r\n", "Protocol error: invalid reply of type '('"),
        ("#y\r\n", "Protocol error: invalid reply of type '#'"),
        ("_x\r\n", "Protocol error: invalid reply of type '_'"),
        ("=3\r\ntxt\r\n", "Protocol error: invalid reply of type '='"),
        ("$1\r\nabc", "Protocol error: expected CRLF in reply"),
        ("+OK\n", "Protocol error: expected CRLF in reply"),
        ("*?\r\n", "Protocol error: streamed replies are not supported"),
        (".\r\n", "Protocol error: streamed replies are not supported"),
    ] {
        assert_eq!(reply(&mut ReplyDecoder::default(), input.as_bytes()), Err(error.to_owned()), "{input:?}");
    }
}

#[test]
fn replies_have_limits() {
    let nested = |depth: usize| format!("{}:1\r\n", "*1\r\n".repeat(depth));
    let deep = reply(&mut ReplyDecoder::default(), nested(NESTING_MAX).as_bytes());
    assert!(deep.unwrap().is_some());
    let deeper = reply(&mut ReplyDecoder::default(), nested(NESTING_MAX + 1).as_bytes());
    assert_eq!(deeper.unwrap_err(), "Protocol error: reply nested too deeply");

    let limits = ReplyLimits { bulk_bytes: 3, items: 2, line_bytes: 5, nesting: 1 };
    for (input, error) in [
        ("$4\r\n", "Protocol error: invalid reply of type '$'"),
        ("*3\r\n", "Protocol error: invalid reply of type '*'"),
        ("%3\r\n", "Protocol error: invalid reply of type '%'"),
        ("*1\r\n*1\r\n", "Protocol error: reply nested too deeply"),
        ("+123456", "Protocol error: too big reply line"),
    ] {
        assert_eq!(reply(&mut ReplyDecoder::new(limits), input.as_bytes()), Err(error.to_owned()), "{input:?}");
    }
    assert!(reply(&mut ReplyDecoder::new(limits), b"*2\r\n*0\r\n$3\r\nabc\r\n").unwrap().is_some());
}

#[test]
fn a_stream_that_ends_inside_a_frame_is_an_error() {
    for input in ["PING", "*2\r\n$4\r\nECHO\r\n", "*1\r\n$4\r\nPI"] {
        let error = RequestDecoder::default().decode_eof(&mut BytesMut::from(input)).unwrap_err();
        assert_eq!(error.to_string(), "connection closed in the middle of a request");
    }
    for input in ["+OK", "*1\r\n", "$4\r\n", "$4\r\nab"] {
        let error = ReplyDecoder::default().decode_eof(&mut BytesMut::from(input)).unwrap_err();
        assert_eq!(error.to_string(), "connection closed in the middle of a reply");
    }
    assert!(RequestDecoder::default().decode_eof(&mut BytesMut::from("\r\n*0\r\n")).unwrap().is_none());
}

/// Ten thousand clients that send half a request and wait must not hold ten thousand read buffers.
#[test]
fn half_a_request_does_not_keep_the_buffer_that_it_came_in() {
    let (mut decoder, mut buffer) = (RequestDecoder::default(), BytesMut::with_capacity(64 * 1024));
    buffer.extend_from_slice(b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n");
    assert!(decoder.decode(&mut buffer).unwrap().is_none());
    assert!(!buffer.try_reclaim(64 * 1024), "the arguments are slices of it");
    decoder.detach();
    assert!(buffer.try_reclaim(64 * 1024), "and now they are not");
    assert!(decoder.is_mid_request() && !decoder.is_in_large_argument());
    buffer.extend_from_slice(b"$1\r\nv\r\n");
    assert_eq!(decoder.decode(&mut buffer).unwrap().unwrap().args(), ["SET", "k", "v"]);
    buffer.extend_from_slice(format!("*2\r\n$3\r\nGET\r\n${LARGE_BYTES_MIN}\r\nhalf").as_bytes());
    assert!(decoder.decode(&mut buffer).unwrap().is_none());
    assert!(decoder.is_in_large_argument());
}
