//! One connection to the server: the two halves of its socket, and decoding with the project's own codec.

use anyhow::{Context, Result, bail};
use bytes::BytesMut;
use pyredis_protocol::{ClientCodec, Frame};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::time::{Instant, timeout_at};
use tokio_util::codec::Decoder;

use super::plan::Plan;

/// The receiving half.
pub(super) struct Replies {
    socket: OwnedReadHalf,
    codec: ClientCodec,
    input: BytesMut,
}

/// Connects, without delay of small packets.
pub(super) async fn connect(plan: &Plan) -> Result<(OwnedWriteHalf, Replies)> {
    let stream = TcpStream::connect((plan.host.as_str(), plan.port))
        .await
        .with_context(|| format!("can't connect to {}:{}; is a server running there?", plan.host, plan.port))?;
    stream.set_nodelay(true)?;
    let (socket, writer) = stream.into_split();
    Ok((writer, Replies { socket, codec: ClientCodec::default(), input: BytesMut::with_capacity(64 * 1024) }))
}

impl Replies {
    /// The next reply that has arrived already, if one has.
    pub(super) fn next_arrived(&mut self) -> Result<Option<Frame>> {
        self.codec.decode(&mut self.input).context("the server broke the protocol")
    }

    /// Waits until more bytes have arrived; fails at `deadline`, and when the server closes the connection.
    pub(super) async fn receive(&mut self, deadline: Instant) -> Result<()> {
        self.input.reserve(16 * 1024);
        match timeout_at(deadline, self.socket.read_buf(&mut self.input)).await {
            Err(_) => bail!("the server did not answer in time"),
            Ok(Ok(0)) => bail!("the server closed the connection"),
            Ok(read) => read.map(|_| ()).context("can't read from the server"),
        }
    }
}

/// Sends `output` and gives the next `count` replies to `each`, reading while it writes: a server whose replies are not
/// read may stop reading in turn.
pub(super) async fn exchange(
    writer: &mut OwnedWriteHalf,
    replies: &mut Replies,
    output: &mut BytesMut,
    count: u64,
    deadline: Instant,
    mut each: impl FnMut(&Frame) -> Result<()>,
) -> Result<()> {
    let sending = async { writer.write_all_buf(output).await.context("can't write to the server") };
    let receiving = async {
        let mut awaited = count;
        while awaited > 0 {
            replies.receive(deadline).await?;
            while let Some(reply) = replies.next_arrived()? {
                awaited = awaited.checked_sub(1).context("a reply came that nothing asked for")?;
                each(&reply)?;
            }
        }
        Ok(())
    };
    tokio::try_join!(sending, receiving).map(|_| ())
}
