//! Both directions of a connection in one codec, for `tokio_util::codec::Framed`.

use std::io;

use bytes::BytesMut;
use tokio_util::codec::{Decoder, Encoder};

use crate::error::DecodeError;
use crate::frame::Frame;
use crate::limits::{Limits, ReplyLimits};
use crate::reply_decoder::ReplyDecoder;
use crate::request::Request;
use crate::request_decoder::RequestDecoder;
use crate::version::RespVersion;
use crate::wire;

/// The server's side: decodes [`Request`]s, encodes [`Frame`]s in a version that can change.
///
/// ```
/// use bytes::BytesMut;
/// use pyredis_protocol::{Frame, RespVersion, ServerCodec};
/// use tokio_util::codec::Encoder;
///
/// let mut codec = ServerCodec::default();
/// let mut out = BytesMut::new();
/// codec.encode(Frame::Boolean(true), &mut out)?;
/// codec.set_version(RespVersion::Resp3);
/// codec.encode(Frame::Boolean(true), &mut out)?;
/// assert_eq!(&out[..], b":1\r\n#t\r\n");
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug, Default)]
pub struct ServerCodec {
    requests: RequestDecoder,
    version: RespVersion,
}

impl ServerCodec {
    /// A codec for one connection, in RESP2, whose client counts as authenticated.
    pub fn new(limits: Limits) -> Self {
        Self { requests: RequestDecoder::new(limits), version: RespVersion::default() }
    }

    /// The version that frames are encoded in.
    pub fn version(&self) -> RespVersion {
        self.version
    }

    /// Encodes what follows in `version`.
    pub fn set_version(&mut self, version: RespVersion) {
        self.version = version;
    }

    /// See [`RequestDecoder::set_authenticated`].
    pub fn set_authenticated(&mut self, authenticated: bool) {
        self.requests.set_authenticated(authenticated);
    }
}

impl Decoder for ServerCodec {
    type Item = Request;
    type Error = DecodeError;

    fn decode(&mut self, src: &mut BytesMut) -> Result<Option<Request>, DecodeError> {
        self.requests.decode(src)
    }

    fn decode_eof(&mut self, src: &mut BytesMut) -> Result<Option<Request>, DecodeError> {
        self.requests.decode_eof(src)
    }
}

impl Encoder<Frame> for ServerCodec {
    type Error = io::Error;

    fn encode(&mut self, frame: Frame, dst: &mut BytesMut) -> io::Result<()> {
        wire::frame(dst, self.version, &frame);
        Ok(())
    }
}

/// The client's side: encodes requests, decodes [`Frame`]s of either version.
///
/// ```
/// use bytes::BytesMut;
/// use pyredis_protocol::{ClientCodec, Frame};
/// use tokio_util::codec::{Decoder, Encoder};
///
/// let mut codec = ClientCodec::default();
/// let mut out = BytesMut::new();
/// codec.encode(&["HELLO", "3"][..], &mut out)?;
/// assert_eq!(&out[..], b"*2\r\n$5\r\nHELLO\r\n$1\r\n3\r\n");
///
/// let mut answer = BytesMut::from("%1\r\n+proto\r\n:3\r\n");
/// let map = Frame::Map(vec![(Frame::Simple("proto".into()), Frame::Integer(3))]);
/// assert_eq!(codec.decode(&mut answer)?, Some(map));
/// # Ok::<(), pyredis_protocol::DecodeError>(())
/// ```
#[derive(Debug, Default)]
pub struct ClientCodec {
    replies: ReplyDecoder,
}

impl ClientCodec {
    /// A codec for one connection.
    pub fn new(limits: ReplyLimits) -> Self {
        Self { replies: ReplyDecoder::new(limits) }
    }
}

impl Decoder for ClientCodec {
    type Item = Frame;
    type Error = DecodeError;

    fn decode(&mut self, src: &mut BytesMut) -> Result<Option<Frame>, DecodeError> {
        self.replies.decode(src)
    }

    fn decode_eof(&mut self, src: &mut BytesMut) -> Result<Option<Frame>, DecodeError> {
        self.replies.decode_eof(src)
    }
}

impl Encoder<Request> for ClientCodec {
    type Error = io::Error;

    fn encode(&mut self, request: Request, dst: &mut BytesMut) -> io::Result<()> {
        self.encode(request.args(), dst)
    }
}

/// A request's name and arguments. None at all is an error, `InvalidInput`.
impl<T: AsRef<[u8]>> Encoder<&[T]> for ClientCodec {
    type Error = io::Error;

    fn encode(&mut self, args: &[T], dst: &mut BytesMut) -> io::Result<()> {
        if args.is_empty() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "a request needs a command name"));
        }
        wire::number(dst, b'*', args.len());
        for arg in args {
            wire::text(dst, b'$', arg.as_ref());
        }
        Ok(())
    }
}
