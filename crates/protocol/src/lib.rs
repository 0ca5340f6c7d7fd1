//! The protocol of Redis clients and servers: inline commands, RESP2 and RESP3, as [`tokio_util::codec`] codecs.
//!
//! - [`ServerCodec`] decodes [`Request`]s and encodes [`Frame`]s; [`ClientCodec`] does the reverse.
//! - [`cut_request`], [`RequestDecoder`] and [`ReplyWriter`] are what a server uses that wants more control: requests
//!   whose arguments are slices of the read buffer, and replies written straight into the output, without a tree of frames.
//! - [`split_words`] splits a line typed by a person, with the quoting rules of inline commands.
//! - [`number`] holds the rules for numbers that both sides must agree on.
//!
//! The crate knows no commands, no keys and no sockets. Behaviour and error texts are those of Redis 7.0.
//!
//! What it guarantees: input split at any byte gives the same frames; nothing is read twice; nothing is allocated
//! from an announced length alone; no input makes it panic; every size has a limit (see [`limits`]).
//!
//! ```
//! use bytes::BytesMut;
//! use pyredis_protocol::{ClientCodec, Frame, ServerCodec};
//! use tokio_util::codec::{Decoder, Encoder};
//!
//! let mut wire = BytesMut::new();
//! ClientCodec::default().encode(&["GET", "greeting"][..], &mut wire)?;
//! assert_eq!(&wire[..], b"*2\r\n$3\r\nGET\r\n$8\r\ngreeting\r\n");
//!
//! let mut server = ServerCodec::default();
//! let request = server.decode(&mut wire)?.expect("a whole request is there");
//! assert_eq!(request.args(), ["GET", "greeting"]);
//!
//! server.encode(Frame::Bulk("hello".into()), &mut wire)?;
//! assert_eq!(ClientCodec::default().decode(&mut wire)?, Some(Frame::Bulk("hello".into())));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod arg;
mod codec;
mod cut;
mod error;
mod frame;
mod inline;
pub mod limits;
mod line;
pub mod number;
mod output;
mod payload;
mod reply_decoder;
mod reply_writer;
mod request;
mod request_decoder;
mod version;
mod wire;

pub use arg::Arg;
pub use codec::{ClientCodec, ServerCodec};
pub use cut::cut_request;
pub use error::{DecodeError, ProtocolError};
pub use frame::Frame;
pub use inline::{UnbalancedQuotes, split_words, write_quoted};
pub use limits::{Limits, ReplyLimits};
pub use output::Mark;
pub use reply_decoder::ReplyDecoder;
pub use reply_writer::ReplyWriter;
pub use request::Request;
pub use request_decoder::RequestDecoder;
pub use version::RespVersion;
