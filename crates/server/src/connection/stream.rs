//! The two kinds of connections that are served: sockets, and pipes within the process.

use std::future::{pending, poll_fn};
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::os::fd::AsRawFd;
use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};

use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, Interest, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::oneshot;

/// What a closed socket shows, and one that has something to be read does not.
#[cfg(any(target_os = "linux", target_os = "android"))]
const CLOSED: Interest = Interest::PRIORITY;
/// Elsewhere a client that has left is found when it is answered, or when its connection is reset.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
const CLOSED: Interest = Interest::ERROR;

/// Bytes on their way in each direction of a pipe.
const PIPE_BYTES: usize = 64 * 1024;

/// What a pipe shows as both its addresses: it comes from this machine, and from no port.
pub(crate) const NO_PORT: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// The server's end of a connection.
pub(crate) enum Stream {
    Tcp(TcpStream),
    /// Behind a pointer: a connection is no larger for it.
    Local(Box<Pipe>),
}

/// The server's end of a connection within the process.
pub(crate) struct Pipe {
    stream: DuplexStream,
    /// Resolves when the client says no more.
    closed: oneshot::Receiver<()>,
}

/// A client's end of a connection to a server in this process, without a socket: see [`RunningServer::connect`](crate::RunningServer::connect).
///
/// It reads and writes as a socket does, on any runtime. The server holds up to 64 KB in each direction that were not read yet. Dropping it, or shutting it
/// down, is what closing a socket is.
#[derive(Debug)]
pub struct LocalStream {
    stream: DuplexStream,
    /// Dropped when nothing more is said.
    open: Option<oneshot::Sender<()>>,
}

impl LocalStream {
    /// Both ends of a new one.
    pub(crate) fn pair() -> (Self, Stream) {
        let (stream, served) = tokio::io::duplex(PIPE_BYTES);
        let (open, closed) = oneshot::channel();
        (Self { stream, open: Some(open) }, Stream::Local(Box::new(Pipe { stream: served, closed })))
    }
}

impl Stream {
    /// The server's address.
    pub(crate) fn local_addr(&self) -> io::Result<SocketAddr> {
        match self {
            Self::Tcp(stream) => stream.local_addr(),
            Self::Local(_) => Ok(NO_PORT),
        }
    }

    /// The socket's number in the process; -1 without one.
    pub(crate) fn descriptor(&self) -> i32 {
        match self {
            Self::Tcp(stream) => stream.as_raw_fd(),
            Self::Local(_) => -1,
        }
    }

    /// Writes what can be written at once. Nobody is woken for the rest.
    #[inline]
    pub(crate) fn try_write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.try_write(bytes),
            Self::Local(pipe) => {
                let mut context = Context::from_waker(Waker::noop());
                match Pin::new(&mut pipe.stream).poll_write(&mut context, bytes) {
                    Poll::Ready(written) => written,
                    Poll::Pending => Err(io::ErrorKind::WouldBlock.into()),
                }
            }
        }
    }

    /// Waits until the client has closed its side, as far as the system says so without a read. Once it has, not to be called again.
    pub(crate) async fn has_left(&mut self) {
        match self {
            Self::Tcp(stream) => {
                if let Ok(ready) = stream.ready(CLOSED).await
                    && !ready.is_read_closed()
                    && !ready.is_error()
                {
                    pending().await
                }
            }
            Self::Local(pipe) => poll_fn(|context| Pin::new(&mut pipe.closed).poll(context).map(drop)).await,
        }
    }
}

impl AsyncRead for Stream {
    #[inline]
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_read(context, buffer),
            Self::Local(pipe) => Pin::new(&mut pipe.stream).poll_read(context, buffer),
        }
    }
}

impl AsyncWrite for Stream {
    #[inline]
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_write(context, bytes),
            Self::Local(pipe) => Pin::new(&mut pipe.stream).poll_write(context, bytes),
        }
    }

    #[inline]
    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_write_vectored(context, slices),
            Self::Local(pipe) => Pin::new(&mut pipe.stream).poll_write_vectored(context, slices),
        }
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_flush(context),
            Self::Local(pipe) => Pin::new(&mut pipe.stream).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_shutdown(context),
            Self::Local(pipe) => Pin::new(&mut pipe.stream).poll_shutdown(context),
        }
    }
}

impl AsyncRead for LocalStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for LocalStream {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let done = ready!(Pin::new(&mut self.stream).poll_shutdown(context));
        self.open = None;
        Poll::Ready(done)
    }
}
