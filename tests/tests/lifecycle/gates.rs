//! Who is let in: passwords and the number of clients, alike on both servers; and that one client's sleep is its own.

use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use libtest_mimic::Trial;
use pyredis_tests::{Client, Flavour, Server, pyredis_command};
use tempfile::TempDir;

use super::{expect, wait_info};
use crate::oracle::needs_redis;
use crate::trial;

/// A test of either server, and its name.
type Named = (&'static str, fn(Flavour) -> Result<()>);

pub(super) fn trials() -> Vec<Trial> {
    let tests: [Named; 9] = [
        ("no_password_no_data", no_password_no_data),
        ("auth", auth),
        ("hello_auth", hello_auth),
        ("password_set_later", password_set_later),
        ("strangers_are_kept_short", strangers_are_kept_short),
        ("maxclients", maxclients),
        ("maxclients_changed", maxclients_changed),
        ("silent_clients_are_dropped", silent_clients_are_dropped),
        ("clients_that_do_not_read_are_dropped", clients_that_do_not_read_are_dropped),
    ];
    let mut trials = Vec::new();
    for (name, test) in tests {
        let on = |flavour| trial(format!("lifecycle::gates::{name}::{flavour}"), move || test(flavour));
        trials.extend([needs_redis(on(Flavour::Redis)), on(Flavour::Pyredis)]);
    }
    trials.push(trial("lifecycle::gates::one_sleeps_others_do_not::pyredis", one_sleeps_others_do_not));
    trials.push(trial("lifecycle::gates::clients_fit_the_descriptors::pyredis", clients_fit_the_descriptors));
    trials
}

const NOAUTH: &str = "-NOAUTH Authentication required.";
const WRONGPASS: &str = "-WRONGPASS invalid username-password pair or user is disabled.";

fn guarded(flavour: Flavour) -> Result<(Server, Client)> {
    let server = Server::start_with(flavour, &["--requirepass", "s3cret"])?;
    let client = Client::connect(server.address())?;
    Ok((server, client))
}

fn no_password_no_data(flavour: Flavour) -> Result<()> {
    let (_server, mut client) = guarded(flavour)?;
    for line in ["GET k", "SET k v", "PING", "INFO", "MULTI", "COMMAND COUNT", "CLIENT ID", "SHUTDOWN NOSAVE"] {
        expect(&mut client, line, NOAUTH)?;
    }
    expect(&mut client, "EXEC", "-EXECABORT Transaction discarded because of: NOAUTH Authentication required.")?;
    // What cannot be a command is said before.
    expect(&mut client, "NOSUCH", "-\"ERR unknown command 'NOSUCH', with args beginning with: \"")?;
    expect(&mut client, "GET", "-ERR wrong number of arguments for 'get' command")?;
    expect(&mut client, "RESET", "+RESET")?;
    expect(&mut client, "QUIT", "+OK")?;
    client.expect_closed()
}

fn auth(flavour: Flavour) -> Result<()> {
    let (server, mut client) = guarded(flavour)?;
    for line in ["AUTH wrong", "AUTH S3CRET", "AUTH s3cret1", "AUTH s3cre", "AUTH default wrong", "AUTH nobody s3cret"]
    {
        expect(&mut client, line, WRONGPASS)?;
    }
    expect(&mut client, "GET k", NOAUTH)?;
    client.ok("AUTH s3cret")?;
    client.ok("SET k v")?;
    // A later mistake takes nothing away.
    expect(&mut client, "AUTH wrong", WRONGPASS)?;
    expect(&mut client, "GET k", "$v")?;
    // RESET does.
    expect(&mut client, "RESET", "+RESET")?;
    expect(&mut client, "GET k", NOAUTH)?;
    client.ok("AUTH default s3cret")?;
    expect(&mut client, "GET k", "$v")?;
    // Every connection for itself.
    expect(&mut Client::connect(server.address())?, "GET k", NOAUTH)
}

fn hello_auth(flavour: Flavour) -> Result<()> {
    let (_server, mut client) = guarded(flavour)?;
    let text = "-NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO AUTH <user> \
                <pass> option can be used to authenticate the client and select the RESP protocol version at the same \
                time";
    expect(&mut client, "HELLO", text)?;
    expect(&mut client, "HELLO 3", text)?;
    expect(&mut client, "HELLO 3 SETNAME me", text)?;
    expect(&mut client, "HELLO 3 AUTH default wrong", WRONGPASS)?;
    ensure!(client.version() == 2, "a refused HELLO changed the protocol");
    expect(&mut client, "HELLO 3 AUTH default s3cret SETNAME me", "{$server $redis $version $* $proto :3 ...}")?;
    expect(&mut client, "CLIENT GETNAME", "$me")?;
    expect(&mut client, "GET k", "nil")
}

/// Those who are in stay in.
fn password_set_later(flavour: Flavour) -> Result<()> {
    let server = Server::start(flavour)?;
    let (mut early, mut admin) = (Client::connect(server.address())?, Client::connect(server.address())?);
    expect(&mut early, "PING", "+PONG")?;
    admin.ok("CONFIG SET requirepass s3cret")?;
    expect(&mut early, "GET k", "nil")?;
    let mut late = Client::connect(server.address())?;
    expect(&mut late, "GET k", NOAUTH)?;
    admin.ok("CONFIG SET requirepass changed")?;
    expect(&mut late, "AUTH s3cret", WRONGPASS)?;
    late.ok("AUTH changed")?;
    admin.command(&["CONFIG", "SET", "requirepass", ""])?;
    expect(&mut Client::connect(server.address())?, "GET k", "nil")
}

/// Before they have said who they are, clients may send ten arguments of 16 KB, and no more.
fn strangers_are_kept_short(flavour: Flavour) -> Result<()> {
    let (server, mut client) = guarded(flavour)?;
    client.send(b"*11\r\n")?;
    client.expect_bytes(b"-ERR Protocol error: unauthenticated multibulk length\r\n")?;
    client.expect_closed()?;
    let mut client = Client::connect(server.address())?;
    client.send(b"*1\r\n$16385\r\n")?;
    client.expect_bytes(b"-ERR Protocol error: unauthenticated bulk length\r\n")?;
    client.expect_closed()?;
    let mut client = Client::connect(server.address())?;
    client.ok("AUTH s3cret")?;
    client.send(b"*11\r\n$3\r\nDEL\r\n")?;
    client.send(&b"$1\r\nk\r\n".repeat(10))?;
    client.expect_bytes(b":0\r\n")
}

const FULL: &[u8] = b"-ERR max number of clients reached\r\n";

fn maxclients(flavour: Flavour) -> Result<()> {
    let server = Server::start_with(flavour, &["--maxclients", "2"])?;
    let (mut first, mut second) = (Client::connect(server.address())?, Client::connect(server.address())?);
    expect(&mut first, "PING", "+PONG")?;
    expect(&mut second, "PING", "+PONG")?;
    let mut third = Client::connect(server.address())?;
    third.expect_bytes(FULL)?;
    third.expect_closed()?;
    expect(&mut first, "PING", "+PONG")?;
    drop(second);
    admitted(&server)
}

fn maxclients_changed(flavour: Flavour) -> Result<()> {
    let server = Server::start_with(flavour, &["--maxclients", "1"])?;
    let mut first = Client::connect(server.address())?;
    expect(&mut first, "PING", "+PONG")?;
    Client::connect(server.address())?.expect_bytes(FULL)?;
    first.ok("CONFIG SET maxclients 2")?;
    admitted(&server)
}

/// Somebody gets in, if not the first who tries: a place is free only when the server has noticed a farewell.
fn admitted(server: &Server) -> Result<()> {
    let mut last = String::new();
    for _ in 0..10_000 {
        let mut client = Client::connect(server.address())?;
        match client.call("PING") {
            Ok(reply) if !reply.is_error() => return Ok(()),
            Ok(reply) => last = reply.string(),
            Err(error) => last = format!("{error:#}"),
        }
    }
    bail!("nobody is let in: {last}")
}

/// Proved without a clock: the sleeper would not wake within anybody's patience.
fn one_sleeps_others_do_not() -> Result<()> {
    let server = Server::start(Flavour::Pyredis)?;
    let mut others = Vec::new();
    for _ in 0..8 {
        others.push(Client::connect(server.address())?);
    }
    // Whichever worker the sleeper is on, some of the others share it.
    let mut sleeper = Client::connect(server.address())?;
    sleeper.send(b"DEBUG SLEEP 3600\r\nPING\r\n")?;
    for (index, client) in others.iter_mut().enumerate() {
        expect(client, "SET k v", "+OK").with_context(|| format!("client {index} waits for the sleeper"))?;
    }
    Ok(())
}

/// With 100 descriptors there is room for 60 clients: 32 are set aside, and four for each of two workers.
fn clients_fit_the_descriptors() -> Result<()> {
    let folder = TempDir::new()?;
    let mut limited = Command::new("sh");
    limited.args(["-c", "ulimit -n 100 && exec \"$@\"", "sh"]);
    let command = pyredis_command(folder.path())?;
    limited.arg(command.get_program()).args(command.get_args());
    let server = Server::start_pyredis(limited, Some(folder))?;
    let mut client = Client::connect(server.address())?;
    expect(&mut client, "CONFIG GET maxclients", "{$maxclients $60}")?;
    expect(
        &mut client,
        "CONFIG SET maxclients 61",
        "-ERR CONFIG SET failed (possibly related to argument 'maxclients') - The operating system is not able to \
         handle the specified number of clients, try with 60",
    )?;
    client.ok("CONFIG SET maxclients 60")
}

fn silent_clients_are_dropped(flavour: Flavour) -> Result<()> {
    let server = Server::start_with(flavour, &["--timeout", "1"])?;
    let mut client = Client::connect(server.address())?;
    expect(&mut client, "PING", "+PONG")?;
    client.expect_closed()
}

/// What the client leaves unread is more than the kernel keeps for it.
fn clients_that_do_not_read_are_dropped(flavour: Flavour) -> Result<()> {
    let server = Server::start_with(flavour, &[])?;
    let mut client = Client::connect(server.address())?;
    let value = vec![b'x'; 16 << 20];
    let reply = client.command(&[b"SET".as_slice(), b"k", &value])?;
    ensure!(!reply.is_error(), "SET: {}", reply.string());
    let mut witness = Client::connect(server.address())?;
    // Only now: preparing all that, on a busy machine, may leave the client idle for longer.
    witness.ok("CONFIG SET timeout 1")?;
    client.send(&b"GET k\r\n".repeat(8))?;
    wait_info(&mut witness, "connected_clients", "1")
}
