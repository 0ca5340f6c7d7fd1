//! What is encoded decodes to the same, for any value, in both versions and both directions.

use bytes::{Buf, Bytes, BytesMut};
use proptest::prelude::*;
use pyredis_protocol::limits::SHARED_BYTES_MIN;
use pyredis_protocol::{ClientCodec, Frame, ReplyDecoder, ReplyWriter, Request, RespVersion, ServerCodec};
use tokio_util::codec::{Decoder, Encoder};

fn bytes() -> impl Strategy<Value = Bytes> {
    any::<Vec<u8>>().prop_map(Bytes::from)
}

/// Text of one line.
fn line() -> impl Strategy<Value = Bytes> {
    any::<Vec<u8>>().prop_map(|bytes| bytes.into_iter().filter(|byte| !b"\r\n".contains(byte)).collect())
}

/// Any frame that decodes to itself in RESP3: no NaN, and no `NullArray`, which RESP3 does not know.
fn frame() -> impl Strategy<Value = Frame> {
    let leaf = prop_oneof![
        line().prop_map(Frame::Simple),
        line().prop_map(Frame::Error),
        any::<i64>().prop_map(Frame::Integer),
        bytes().prop_map(Frame::Bulk),
        Just(Frame::Null),
        any::<f64>().prop_filter("a NaN differs from itself", |value| !value.is_nan()).prop_map(Frame::Double),
        any::<bool>().prop_map(Frame::Boolean),
        "-?[0-9]{1,40}".prop_map(|digits| Frame::BigNumber(digits.into())),
        bytes().prop_map(Frame::BulkError),
        (any::<[u8; 3]>(), bytes()).prop_map(|(format, text)| Frame::Verbatim { format, text }),
    ];
    leaf.prop_recursive(4, 64, 6, |inner| {
        let items = || prop::collection::vec(inner.clone(), 0..6);
        let pairs = || prop::collection::vec((inner.clone(), inner.clone()), 0..4);
        prop_oneof![
            items().prop_map(Frame::Array),
            items().prop_map(Frame::Set),
            items().prop_map(Frame::Push),
            pairs().prop_map(Frame::Map),
            (pairs(), inner.clone())
                .prop_map(|(attributes, frame)| Frame::Attribute { attributes, frame: Box::new(frame) }),
        ]
    })
}

/// What a client of RESP2 gets for `frame`.
fn in_resp2(frame: Frame) -> Frame {
    let flat =
        |pairs: Vec<(Frame, Frame)>| pairs.into_iter().flat_map(|(key, value)| [key, value]).map(in_resp2).collect();
    match frame {
        Frame::Double(value) => {
            Frame::Bulk(pyredis_protocol::number::DoubleText::new(value).as_str().to_owned().into())
        }
        Frame::Boolean(value) => Frame::Integer(value.into()),
        Frame::BigNumber(text) | Frame::Verbatim { text, .. } => Frame::Bulk(text),
        Frame::BulkError(text) => {
            let newlines = text.iter().rev().take_while(|byte| b"\r\n".contains(byte)).count();
            let line = text.iter().take(text.len() - newlines);
            Frame::Error(line.map(|byte| if b"\r\n".contains(byte) { b' ' } else { *byte }).collect())
        }
        Frame::Array(items) | Frame::Set(items) | Frame::Push(items) => {
            Frame::Array(items.into_iter().map(in_resp2).collect())
        }
        Frame::Map(pairs) => Frame::Array(flat(pairs)),
        Frame::Attribute { frame, .. } => in_resp2(*frame),
        other => other,
    }
}

/// Writes `frame` with the writer's typed methods.
fn write(replies: &mut ReplyWriter, frame: &Frame) {
    match frame {
        Frame::Simple(text) if text == "OK" => replies.ok(),
        Frame::Error(text) => replies.error(text),
        Frame::Integer(value) => replies.int(*value),
        Frame::Bulk(bytes) if bytes.len() % 2 == 0 => replies.bulk(bytes),
        Frame::Bulk(bytes) => replies.bulk_shared(bytes.clone()),
        Frame::Null => replies.null(),
        Frame::NullArray => replies.null_array(),
        Frame::Double(value) => replies.double(*value),
        Frame::Boolean(value) => replies.boolean(*value),
        Frame::Array(items) => {
            replies.array(items.len());
            items.iter().for_each(|item| write(replies, item));
        }
        Frame::Set(items) => {
            replies.set(items.len());
            items.iter().for_each(|item| write(replies, item));
        }
        Frame::Push(items) => {
            replies.push(items.len());
            items.iter().for_each(|item| write(replies, item));
        }
        Frame::Map(pairs) => {
            replies.map(pairs.len());
            for (key, value) in pairs {
                write(replies, key);
                write(replies, value);
            }
        }
        other => replies.frame(other),
    }
}

/// Takes everything out of the writer, `step` bytes at a time.
fn drain(replies: &mut ReplyWriter, step: usize) -> BytesMut {
    let mut wire = BytesMut::new();
    while replies.has_remaining() {
        let mut slices = [std::io::IoSlice::new(b""); 3];
        let filled = replies.chunks_vectored(&mut slices);
        assert_eq!(&slices[0][..], replies.chunk());
        let piece: Vec<u8> = slices.iter().take(filled).flat_map(|slice| slice.iter().copied()).take(step).collect();
        wire.extend_from_slice(&piece);
        replies.advance(piece.len());
    }
    wire
}

proptest! {
    #[test]
    fn frames_in_resp3(frame in frame()) {
        let mut codec = ServerCodec::default();
        codec.set_version(RespVersion::Resp3);
        let mut wire = BytesMut::new();
        codec.encode(frame.clone(), &mut wire)?;
        prop_assert_eq!(ReplyDecoder::default().decode(&mut wire)?, Some(frame));
        prop_assert!(wire.is_empty());
    }

    #[test]
    fn frames_in_resp2(frame in frame()) {
        let mut wire = BytesMut::new();
        ServerCodec::default().encode(frame.clone(), &mut wire)?;
        prop_assert_eq!(ClientCodec::default().decode(&mut wire)?, Some(in_resp2(frame)));
        prop_assert!(wire.is_empty());
    }

    #[test]
    fn arguments(args in prop::collection::vec(bytes(), 1..20)) {
        let mut wire = BytesMut::new();
        let request = Request::new(args).ok_or_else(|| TestCaseError::fail("no arguments"))?;
        ClientCodec::default().encode(request.clone(), &mut wire)?;
        prop_assert_eq!(ServerCodec::default().decode(&mut wire)?, Some(request));
        prop_assert!(wire.is_empty());
    }

    #[test]
    fn written_replies(frames in prop::collection::vec(frame(), 1..5), resp3: bool, step in 1_usize..100) {
        let version = if resp3 { RespVersion::Resp3 } else { RespVersion::Resp2 };
        let mut replies = ReplyWriter::new(version);
        frames.iter().for_each(|frame| write(&mut replies, frame));
        let announced = replies.len_bytes();
        let mut wire = drain(&mut replies, step);
        prop_assert_eq!(wire.len(), announced);
        for frame in frames {
            let expected = if resp3 { frame } else { in_resp2(frame) };
            prop_assert_eq!(ClientCodec::default().decode(&mut wire)?, Some(expected));
        }
        prop_assert!(wire.is_empty());
    }

    /// Writes, partial sends and rollbacks in any order, with values on both sides of sharing, against a plain buffer.
    #[test]
    fn the_output_is_a_byte_queue(steps in prop::collection::vec((0..5_u8, 0..100_usize), 1..60)) {
        let large = Bytes::from(vec![b'v'; SHARED_BYTES_MIN]);
        let mut replies = ReplyWriter::default();
        let (mut model, mut mark, mut marked) = (Vec::new(), replies.mark(), 0_usize);
        for (step, size) in steps {
            match step {
                0 => {
                    replies.bulk_int(size as i64);
                    model.extend_from_slice(format!("${}\r\n{size}\r\n", size.to_string().len()).as_bytes());
                }
                1 => {
                    replies.bulk_shared(large.clone());
                    model.extend_from_slice(format!("${}\r\n", large.len()).as_bytes());
                    model.extend_from_slice(&large);
                    model.extend_from_slice(b"\r\n");
                }
                2 => {
                    let count = replies.len_bytes() * size / 99;
                    prop_assert_eq!(&replies.copy_to_bytes(count)[..], &model[..count]);
                    model.drain(..count);
                    marked = marked.saturating_sub(count);
                }
                3 => {
                    mark = replies.mark();
                    marked = model.len();
                }
                _ => {
                    replies.truncate_to(mark);
                    model.truncate(marked);
                    if replies.is_empty()
                        && let Some(buffer) = replies.reclaim()
                    {
                        replies.lend(buffer);
                    }
                }
            }
            prop_assert_eq!(replies.len_bytes(), model.len());
            prop_assert_eq!(replies.is_empty(), model.is_empty());
        }
        prop_assert_eq!(drain(&mut replies, 40_000), model);
    }
}

#[test]
fn a_shared_value_is_not_copied() {
    let value = Bytes::from(vec![b'v'; SHARED_BYTES_MIN]);
    let mut replies = ReplyWriter::default();
    replies.bulk_shared(value.clone());
    replies.advance(b"$65536\r\n".len());
    assert_eq!(replies.chunk().as_ptr(), value.as_ptr());
    replies.advance(value.len() + 2);
    assert!(value.try_into_mut().is_ok(), "it is let go once sent");
}

#[test]
fn text_from_outside_forges_no_reply() {
    let mut replies = ReplyWriter::default();
    replies.error("ERR unknown command 'a\r\n+OK\r\nb'\r\n");
    replies.simple("a\nb");
    assert_eq!(replies.chunk(), b"-ERR unknown command 'a  +OK  b'\r\n+a b\r\n");
}

#[test]
fn each_type_in_both_versions() {
    let written = |version| {
        let mut replies = ReplyWriter::new(version);
        replies.null();
        replies.null_array();
        replies.map(1);
        replies.set(2);
        replies.push(3);
        replies.double(1.5);
        replies.double(f64::INFINITY);
        replies.double(f64::NAN);
        replies.boolean(true);
        replies.verbatim("txt", "hi");
        replies.verbatim("x", b"\xff");
        replies.big_number("12345678901234567890");
        String::from_utf8_lossy(replies.chunk()).into_owned()
    };
    assert_eq!(
        written(RespVersion::Resp2),
        "$-1\r\n*-1\r\n*2\r\n*2\r\n*3\r\n$3\r\n1.5\r\n$3\r\ninf\r\n$3\r\nnan\r\n:1\r\n$2\r\nhi\r\n$1\r\n\u{fffd}\r\n\
         $20\r\n12345678901234567890\r\n"
    );
    assert_eq!(
        written(RespVersion::Resp3),
        "_\r\n_\r\n%1\r\n~2\r\n>3\r\n,1.5\r\n,inf\r\n,nan\r\n#t\r\n=6\r\ntxt:hi\r\n=5\r\nx  :\u{fffd}\r\n\
         (12345678901234567890\r\n"
    );
}

#[test]
fn a_request_without_arguments_is_refused() {
    let error = ClientCodec::default().encode(&[] as &[&str], &mut BytesMut::new()).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput);
}
