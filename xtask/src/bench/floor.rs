//! The floor: an epoll loop that answers +OK to every request and does nothing else. What it costs is the kernel's, not a server's.

use std::collections::HashMap;
use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::fd::AsFd;

use anyhow::Result;
use rustix::event::epoll::{self, CreateFlags, Event, EventData, EventFlags};

/// The key of the listener among the events; connections count from 1.
const LISTENER: u64 = 0;
const EVENTS_MAX: usize = 128;

/// Where to serve; the other options of a server are taken and mean nothing.
#[derive(clap::Args)]
pub(crate) struct Options {
    #[arg(long)]
    port: u16,
    #[arg(long)]
    bind: Ipv4Addr,
    #[arg(long)]
    dir: std::path::PathBuf,
}

/// Serves until it is killed.
pub(crate) fn serve(options: &Options) -> Result<bool> {
    let listener = TcpListener::bind((options.bind, options.port))?;
    listener.set_nonblocking(true)?;
    let poll = epoll::create(CreateFlags::CLOEXEC)?;
    epoll::add(&poll, &listener, EventData::new_u64(LISTENER), EventFlags::IN)?;
    let mut connections: HashMap<u64, TcpStream> = HashMap::new();
    let mut next = LISTENER;
    let mut input = vec![0; 64 * 1024];
    let mut output = Vec::new();
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
                epoll::add(&poll, stream.as_fd(), EventData::new_u64(next), EventFlags::IN)?;
                connections.insert(next, stream);
            } else if connections.get_mut(&key).is_some_and(|stream| !answer(stream, &mut input, &mut output)) {
                connections.remove(&key);
            }
        }
    }
}

/// Answers what has come. Returns whether the connection goes on.
fn answer(stream: &mut TcpStream, input: &mut [u8], output: &mut Vec<u8>) -> bool {
    let read = match stream.read(input) {
        Ok(0) => return false,
        Ok(read) => input.get(..read).unwrap_or_default(),
        Err(error) => return error.kind() == ErrorKind::WouldBlock,
    };
    // The load's keys and values have no asterisks; a line without one is an inline command.
    let requests = read.iter().filter(|byte| **byte == b'*').count().max(usize::from(!read.contains(&b'$')));
    output.clear();
    (0..requests).for_each(|_| output.extend_from_slice(b"+OK\r\n"));
    stream.write_all(output).is_ok()
}
