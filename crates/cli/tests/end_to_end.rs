//! The built program against a server that follows a script: one-shot, piped, and when the connection is lost.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

use bytes::BytesMut;
use pyredis_protocol::ServerCodec;
use tokio_util::codec::Decoder;

/// A server that answers each command by its name, and what it was sent.
struct Server {
    port: u16,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// It serves until the test ends; then it has nobody to serve.
    fn start() -> std::io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let server = Self { port: listener.local_addr()?.port(), seen: Arc::default() };
        let seen = Arc::clone(&server.seen);
        std::thread::spawn(move || {
            // A client that goes away ends its connection only.
            listener.incoming().flatten().for_each(|stream| drop(serve(stream, &seen)));
        });
        Ok(server)
    }

    /// The commands since the last call.
    fn seen(&self) -> Vec<String> {
        self.seen.lock().map(|mut seen| std::mem::take(&mut *seen)).unwrap_or_default()
    }
}

fn serve(mut stream: TcpStream, seen: &Mutex<Vec<String>>) -> std::io::Result<()> {
    let (mut codec, mut buffer, mut chunk) = (ServerCodec::default(), BytesMut::new(), [0; 4096]);
    loop {
        while let Ok(Some(request)) = codec.decode(&mut buffer) {
            let words: Vec<_> = request.args().iter().map(|arg| arg.escape_ascii().to_string()).collect();
            if let Ok(mut seen) = seen.lock() {
                seen.push(words.join(" "));
            }
            let reply: &[u8] = match words.first().map(String::as_str) {
                Some("CLOSE" | "SHUTDOWN") => return Ok(()),
                Some("GET") => b"$5\r\nhello\r\n",
                Some("LIST") => b"*2\r\n:1\r\n$-1\r\n",
                Some("INFO") => b"=11\r\ntxt:a:1\r\n\r\n\r\n",
                Some("BAD") => b"-ERR bad\r\n",
                Some("AUTH") => b"-WRONGPASS no\r\n",
                Some("NOISE") => b"@\r\n",
                Some("PUSHED") => b">1\r\n+news\r\n+OK\r\n",
                _ => b"+OK\r\n",
            };
            stream.write_all(reply)?;
        }
        match stream.read(&mut chunk)? {
            0 => return Ok(()),
            count => buffer.extend_from_slice(chunk.get(..count).unwrap_or_default()),
        }
    }
}

fn program(port: u16, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pyredis-cli"));
    command.args(["-p", &port.to_string()]).args(args).env_remove("REDISCLI_AUTH");
    command
}

/// Runs the program with this input; its status, standard output and standard error.
fn run(port: u16, args: &[&str], input: &str) -> std::io::Result<(Option<i32>, String, String)> {
    let mut child = program(port, args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        // It may end without reading its input.
        let _ = stdin.write_all(input.as_bytes());
    }
    let output = child.wait_with_output()?;
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    Ok((output.status.code(), text(&output.stdout), text(&output.stderr)))
}

/// Runs the program and compares all it gives.
#[track_caller]
fn assert_run(server: &Server, args: &[&str], input: &str, expected: (i32, &str, &str)) {
    let (status, stdout, stderr) = expected;
    let expected = (Some(status), stdout.to_owned(), stderr.to_owned());
    assert_eq!(run(server.port, args, input).map_err(|error| error.to_string()), Ok(expected), "{args:?}");
}

#[test]
fn one_command() {
    let server = Server::start().unwrap();
    assert_run(&server, &["GET", "a key", "-x"], "", (0, "hello\n", ""));
    assert_eq!(server.seen(), ["GET a key -x"]);
    assert_run(&server, &["--no-raw", "LIST"], "", (0, "1) (integer) 1\n2) (nil)\n", ""));
    assert_run(&server, &["LIST"], "", (0, "1\n\n", ""));
    assert_run(&server, &["-r", "2", "GET", "k"], "", (0, "hello\nhello\n", ""));
    assert_run(&server, &["PUSHED"], "", (0, "OK\n", ""));
    assert_run(&server, &["-r", "5", "-r", "1", "GET", "k"], "", (0, "hello\n", ""));
    assert_run(&server, &["INFO"], "", (0, "a:1\r\n\r\n", ""));
    assert_run(&server, &["--no-raw", "INFO"], "", (0, "a:1\r\n\r\n", ""));
    server.seen();
    assert_run(&server, &["-x", "SET", "k"], "a\nb\n", (0, "OK\n", ""));
    assert_eq!(server.seen(), ["SET k a\\nb\\n"]);
}

#[test]
fn errors_and_the_status() {
    let server = Server::start().unwrap();
    assert_run(&server, &["BAD"], "", (0, "ERR bad\n\n", ""));
    assert_run(&server, &["--no-raw", "BAD"], "", (0, "(error) ERR bad\n", ""));
    assert_run(&server, &["-e", "BAD"], "", (1, "", "ERR bad\n"));
    assert_run(&server, &["CLOSE"], "", (1, "", "Error: Server closed the connection\n"));
    assert_run(&server, &["NOISE"], "", (1, "", "Error: Protocol error: unknown reply type '@'\n"));
    assert_run(&server, &["SHUTDOWN"], "", (0, "", ""));
    let (status, _, stderr) = run(server.port, &["-u", "http://x", "PING"], "").unwrap();
    assert_eq!((status, stderr.as_str()), (Some(1), "bad URI 'http://x': it must begin with redis://\n"));
    assert_eq!(run(server.port, &["--nosuch"], "").unwrap().0, Some(1));
    assert_eq!(run(server.port, &["--version"], "").unwrap().0, Some(0));
}

#[test]
fn help_from_a_pipe() {
    let server = Server::start().unwrap();
    let (status, stdout, _) = run(server.port, &[], "help\nGET k\n").unwrap();
    assert_eq!(status, Some(0));
    assert!(stdout.starts_with("pyredis-cli ") && stdout.ends_with("\nhello\n"), "{stdout}");
    assert_eq!(server.seen(), ["COMMAND DOCS", "GET k"]);
}

#[test]
fn the_handshake() {
    let server = Server::start().unwrap();
    assert_run(&server, &["-3", "-n", "4", "-a", "pw", "PING"], "", (0, "OK\n", "AUTH failed: WRONGPASS no\n"));
    assert_eq!(server.seen(), ["AUTH pw", "SELECT 4", "HELLO 3", "PING"]);
    let mut with_environment = program(server.port, &["PING"]);
    assert!(with_environment.env("REDISCLI_AUTH", "secret").output().unwrap().status.success());
    assert_eq!(server.seen(), ["AUTH secret", "PING"]);
    let uri = format!("redis://u%20x:p@127.0.0.1:{}/2", server.port);
    assert_run(&server, &["-u", &uri, "PING"], "", (0, "OK\n", "AUTH failed: WRONGPASS no\n"));
    assert_eq!(server.seen(), ["AUTH u x p", "SELECT 2", "PING"]);
}

#[test]
fn commands_from_a_pipe() {
    let server = Server::start().unwrap();
    let input = "\nSET 'a b' \"\\x41\"\r\n BAD\nGET \"k\n2 GET k\nexit\nGET k\n";
    assert_run(&server, &[], input, (0, "OK\nERR bad\n\nInvalid argument(s)\nhello\nhello\n", ""));
    assert_eq!(server.seen(), ["SET a b A", "BAD", "GET k", "GET k"]);
    assert_run(&server, &["-e"], "BAD\nGET k\n", (1, "ERR bad\n\nhello\n", ""));
    assert_run(&server, &[], "GET k", (0, "hello\n", ""));
}

/// After a lost connection the next command makes a new one, as the same user, in the same database and version.
#[test]
fn a_lost_connection_is_made_again() {
    let server = Server::start().unwrap();
    let input = "SELECT 3\nHELLO 3\nMULTI\nSELECT 5\nCLOSE\nGET k\n";
    let lost = "Error: Server closed the connection\n";
    assert_run(&server, &[], input, (1, "OK\nOK\nOK\nOK\nhello\n", lost));
    let expected = ["SELECT 3", "HELLO 3", "MULTI", "SELECT 5", "CLOSE", "SELECT 3", "HELLO 3", "GET k"];
    assert_eq!(server.seen(), expected);
}

#[test]
fn nobody_listens() {
    // The port of a connection: taken, so that nobody gets it meanwhile, and nobody listens there.
    let server = Server::start().unwrap();
    let held = TcpStream::connect(("127.0.0.1", server.port)).unwrap();
    let port = held.local_addr().unwrap().port();
    let message = format!("Could not connect to Redis at 127.0.0.1:{port}: Connection refused\n");
    assert_eq!(run(port, &["PING"], "").unwrap(), (Some(1), String::new(), message.clone()));
    assert_eq!(run(port, &[], "PING\nPING\n").unwrap(), (Some(1), String::new(), message.repeat(2)));
}
