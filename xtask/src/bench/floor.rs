//! The floor: an epoll loop that gives every request the same reply and does nothing else. What it costs is the kernel's, not a server's.
//!
//! It counts the requests and tells them as INFO does, since that is where the bench looks.

use std::collections::HashMap;
use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};

use anyhow::Result;
use rustix::event::epoll::{self, CreateFlags, Event, EventData, EventFlags};

/// The key of the listener among the events; connections count from 1.
const LISTENER: u64 = 0;
const EVENTS_MAX: usize = 128;
const INPUT_BYTES: usize = 64 * 1024;
/// As many replies as fit are written at once.
const REPLIES_BYTES: usize = 16 * 1024;

/// Where to serve; the other options of a server are taken and mean nothing.
#[derive(clap::Args)]
pub(crate) struct Options {
    #[arg(long)]
    port: u16,
    #[arg(long)]
    bind: Ipv4Addr,
    #[arg(long)]
    dir: std::path::PathBuf,
    /// Answer with a bulk string of so many bytes instead of +OK
    #[arg(long)]
    bulk_bytes: Option<usize>,
}

/// Serves until it is killed.
pub(crate) fn serve(options: &Options) -> Result<bool> {
    let listener = TcpListener::bind((options.bind, options.port))?;
    listener.set_nonblocking(true)?;
    let poll = epoll::create(CreateFlags::CLOEXEC)?;
    epoll::add(&poll, &listener, EventData::new_u64(LISTENER), EventFlags::IN)?;
    let mut server = Server::new(&reply(options.bulk_bytes));
    let mut connections: HashMap<u64, Connection> = HashMap::new();
    let mut next = LISTENER;
    let mut events: Vec<Event> = Vec::with_capacity(EVENTS_MAX);
    loop {
        events.clear();
        epoll::wait(&poll, rustix::buffer::spare_capacity(&mut events), None)?;
        for event in &events {
            let key = event.data.u64();
            if key == LISTENER {
                let Ok((stream, _)) = listener.accept() else { continue };
                stream.set_nonblocking(true)?;
                stream.set_nodelay(true)?;
                next += 1;
                epoll::add(&poll, &stream, EventData::new_u64(next), EventFlags::IN)?;
                connections.insert(next, Connection { stream, owed: 0, sent: 0 });
            } else if let Some(connection) = connections.get_mut(&key) {
                let was_full = connection.owed > 0;
                if !server.serve(connection) {
                    connections.remove(&key);
                } else if was_full != (connection.owed > 0) {
                    let wanted = if was_full { EventFlags::IN } else { EventFlags::OUT };
                    epoll::modify(&poll, &connection.stream, EventData::new_u64(key), wanted)?;
                }
            }
        }
    }
}

/// What every request is answered with.
fn reply(bulk_bytes: Option<usize>) -> Vec<u8> {
    match bulk_bytes {
        None => b"+OK\r\n".to_vec(),
        Some(bytes) => [format!("${bytes}\r\n").as_bytes(), &vec![b'x'; bytes], b"\r\n"].concat(),
    }
}

struct Connection {
    stream: TcpStream,
    /// Bytes of replies that are not written yet.
    owed: usize,
    /// Bytes of the current reply that are.
    sent: usize,
}

struct Server {
    /// The reply, over and over: any number of replies is a piece of it.
    replies: Vec<u8>,
    reply_bytes: usize,
    requests: u64,
    input: Vec<u8>,
}

impl Server {
    fn new(reply: &[u8]) -> Self {
        let replies = reply.repeat(REPLIES_BYTES.div_ceil(reply.len()));
        Self { replies, reply_bytes: reply.len(), requests: 0, input: vec![0; INPUT_BYTES] }
    }

    /// Writes what is owed, or else answers what has come. Returns whether the connection goes on.
    fn serve(&mut self, connection: &mut Connection) -> bool {
        if connection.owed == 0 {
            let read = match connection.stream.read(&mut self.input) {
                Ok(0) => return false,
                Ok(read) => self.input.get(..read).unwrap_or_default(),
                Err(error) => return error.kind() == ErrorKind::WouldBlock,
            };
            if read.starts_with(b"*2\r\n$4\r\nINFO") {
                return self.tell(&mut connection.stream);
            }
            // The load's keys and values have no asterisks.
            let requests = read.iter().filter(|byte| **byte == b'*').count();
            self.requests += requests as u64;
            connection.owed = requests * self.reply_bytes;
        }
        self.write(connection)
    }

    fn write(&self, connection: &mut Connection) -> bool {
        while connection.owed > 0 {
            let end = self.replies.len().min(connection.sent + connection.owed);
            let Some(piece) = self.replies.get(connection.sent..end) else { return false };
            match connection.stream.write(piece) {
                Ok(written) => {
                    connection.owed -= written;
                    connection.sent = (connection.sent + written) % self.reply_bytes;
                }
                Err(error) => return error.kind() == ErrorKind::WouldBlock,
            }
        }
        true
    }

    /// Answers INFO.
    fn tell(&self, stream: &mut TcpStream) -> bool {
        let text = format!("total_commands_processed:{}\r\n", self.requests);
        stream.write_all(format!("${}\r\n{text}\r\n", text.len()).as_bytes()).is_ok()
    }
}
