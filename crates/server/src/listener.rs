//! Listening: sockets bound as the configuration says, and the loop that accepts.

use std::future::poll_fn;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use socket2::{Domain, Protocol, SockRef, Socket, TcpKeepalive, Type};
use tokio::net::{TcpListener, TcpStream};

use crate::clients::Place;
use crate::config::Config;
use crate::connection::Connection;
use crate::connection::stream::{LocalStream, NO_PORT, Stream};
use crate::shared::Shared;
use crate::worker::{Pool, Seat};

/// How often TCP asks in vain before a client counts as gone, as in Redis: it is found after twice `tcp-keepalive`.
const KEEPALIVE_RETRIES: u32 = 3;

/// Binds a listening socket. With port 0 the system chooses a free one.
pub(crate) fn bind(ip: IpAddr, port: u16, backlog: u32) -> io::Result<std::net::TcpListener> {
    let address = SocketAddr::new(ip, port);
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    if ip.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    socket.bind(&address.into())?;
    socket.listen(i32::try_from(backlog).unwrap_or(i32::MAX))?;
    socket.set_nonblocking(true)?;
    Ok(socket.into())
}

/// Bytes that the runtime keeps of a connection's task and socket, and the blocks of its session; as measured.
const BESIDE_A_CONNECTION: usize = 464;

/// Accepts connections until the server ends. Runs on a worker.
pub(crate) async fn accept_all(shared: Arc<Shared>, listener: std::net::TcpListener, pool: Pool) {
    let listener = match TcpListener::from_std(listener) {
        Ok(listener) => listener,
        Err(error) => return tracing::error!("cannot listen: {error}"),
    };
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => admit(&shared, stream, peer, &pool),
            // The client has left before it was accepted: that says nothing about the next.
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
            // Out of descriptors, most likely: what is connected goes on, and ends.
            Err(error) => {
                tracing::warn!("cannot accept a connection: {error}");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

fn admit(shared: &Arc<Shared>, stream: TcpStream, peer: SocketAddr, pool: &Pool) {
    let config = shared.config.current();
    let Some(place) = shared.clients.admit(config.maxclients as usize) else {
        if let Some(stats) = shared.stats.workers.first() {
            stats.connections_rejected.add(1);
        }
        // A new socket has room for a line; if not, the client learns it from the close.
        SockRef::from(&stream).send(b"-ERR max number of clients reached\r\n").ok();
        return;
    };
    // As in Redis, a client is served even where the system does not take a value of tcp-keepalive.
    if let Err(error) = set_options(&stream, &config) {
        tracing::debug!("{peer}: cannot set socket options: {error}");
    }
    let Ok(stream) = stream.into_std() else { return };
    seat(shared, (Accepted::Tcp(stream), peer), place, pool);
}

/// Makes a connection within the process.
pub(crate) fn connect(shared: &Arc<Shared>, pool: &Pool) -> io::Result<LocalStream> {
    let Some(place) = shared.clients.admit(shared.config.current().maxclients as usize) else {
        if let Some(stats) = shared.stats.workers.first() {
            stats.connections_rejected.add(1);
        }
        return Err(io::Error::new(io::ErrorKind::QuotaExceeded, "max number of clients reached"));
    };
    let (stream, served) = LocalStream::pair();
    seat(shared, (Accepted::Local(served), NO_PORT), place, pool);
    Ok(stream)
}

/// A connection on its way to a worker, whose runtime a socket then belongs to.
enum Accepted {
    Tcp(std::net::TcpStream),
    Local(Stream),
}

impl Accepted {
    fn open(self) -> io::Result<Stream> {
        match self {
            Self::Tcp(stream) => TcpStream::from_std(stream).map(Stream::Tcp),
            Self::Local(stream) => Ok(stream),
        }
    }
}

fn seat(shared: &Arc<Shared>, accepted: (Accepted, SocketAddr), place: Place, pool: &Pool) {
    let shared = Arc::clone(shared);
    pool.seat(move |seat| {
        let served = serve(Arc::clone(&shared), accepted, Admission { place, seat });
        shared.memory.note_connection(size_of_val(&served) + BESIDE_A_CONNECTION);
        served
    });
}

fn set_options(stream: &TcpStream, config: &Config) -> io::Result<()> {
    stream.set_nodelay(true)?;
    if config.tcp_keepalive > 0 {
        let every = Duration::from_secs(u64::from(config.tcp_keepalive));
        let interval = (every / 3).max(Duration::from_secs(1));
        let keepalive = TcpKeepalive::new().with_time(every).with_interval(interval).with_retries(KEEPALIVE_RETRIES);
        SockRef::from(stream).set_tcp_keepalive(&keepalive)?;
    }
    Ok(())
}

/// What a connection holds until it ends: its place among the clients, and its seat on a worker.
struct Admission {
    #[expect(dead_code, reason = "held, and given back when dropped")]
    place: Place,
    seat: Seat,
}

/// Every connection keeps the whole of this function's variables, so there is one of each.
async fn serve(shared: Arc<Shared>, (accepted, peer): (Accepted, SocketAddr), admission: Admission) {
    let waker = poll_fn(|context| Poll::Ready(context.waker().clone())).await;
    let opened = |accepted: Accepted| Connection::new(shared, accepted.open()?, peer, admission.seat.worker, waker);
    let mut connection = match opened(accepted) {
        Ok(connection) => connection,
        Err(error) => return tracing::debug!("{peer}: {error}"),
    };
    if let Err(error) = connection.serve().await {
        tracing::debug!("{peer}: {error}");
    }
}
