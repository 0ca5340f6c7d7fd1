//! A port behind which every connection goes to a server within the process, one without a port of its own: byte for byte what clients get that
//! connect by `RunningServer::connect`, for programs that can connect to ports only. The black-box tests look through this door, too.
//!
//! Takes the server's directives; `--port` and `--bind` are the bridge's. Without any it says so.
//! Run it with `cargo run -p pyredis-server --example bridge -- --port 0 --save ""`, and end it with SHUTDOWN.

#[path = "../src/counted_mimalloc.rs"]
mod counted_mimalloc;

use std::error::Error;
use std::sync::Arc;

use counted_mimalloc::CountedMiMalloc;
use pyredis_server::config::{Command, from_command_line};
use pyredis_server::{RunningServer, Server};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};

/// That of `pyredis-server`, so that MEMORY has as much to say.
#[global_allocator]
static ALLOCATOR: CountedMiMalloc = CountedMiMalloc;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    if std::env::args().len() == 1 {
        println!("usage: bridge --port PORT [directives of pyredis-server]");
        return Ok(());
    }
    let config = match from_command_line(std::env::args_os().skip(1))? {
        Command::Run(config) => *config,
        Command::Print(text) => {
            print!("{text}");
            return Ok(());
        }
    };
    let listener = TcpListener::bind(("127.0.0.1", config.port)).await?;
    let server = Arc::new(Server::builder().config(config).allocator(&ALLOCATOR).unbound().start().await?);
    println!("listening on {}", listener.local_addr()?);
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let (stream, _) = accepted?;
                stream.set_nodelay(true)?;
                tokio::spawn(bridge(stream, Arc::clone(&server)));
            }
            () = server.finished() => return Ok(()),
        }
    }
}

/// Passes on what both sides say until both have said all. Who breaks off has ended the connection, as it would have ended a socket.
async fn bridge(mut client: TcpStream, server: Arc<RunningServer>) {
    match server.connect() {
        Ok(mut served) => _ = copy_bidirectional(&mut client, &mut served).await,
        Err(error) => eprintln!("not connected: {error}"),
    }
}
