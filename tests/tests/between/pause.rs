//! CLIENT PAUSE, CLIENT REPLY and MONITOR.

use anyhow::{Result, ensure};
use pyredis_tests::{Client, Reply, Server, render};

use super::{Case, field, numbered};

pub(super) const CASES: &[(&str, Case)] = &[
    ("a_pause_of_writes_lets_reads_through", a_pause_of_writes_lets_reads_through),
    ("a_pause_of_all_ends_by_itself", a_pause_of_all_ends_by_itself),
    ("a_killed_client_waits_no_more", a_killed_client_waits_no_more),
    ("replies_can_be_left_out", replies_can_be_left_out),
    ("a_monitor_sees_all_workers", a_monitor_sees_all_workers),
];

fn command(line: &str) -> Vec<Vec<u8>> {
    line.split(' ').map(|word| word.as_bytes().to_vec()).collect()
}

/// Waits until so many clients wait.
fn until_blocked(client: &mut Client, count: usize) -> Result<()> {
    let wanted = format!("blocked_clients:{count}\r");
    while !client.call("INFO clients")?.string().contains(&wanted) {}
    Ok(())
}

fn a_pause_of_writes_lets_reads_through(server: &Server) -> Result<()> {
    let ((mut one, _), (mut other, id)) = (numbered(server.address())?, numbered(server.address())?);
    one.ok("CLIENT PAUSE 100000 WRITE")?;
    other.send_commands(&[command("GET k"), command("SET k v"), command("GET k")])?;
    ensure!(other.reply()?.text().is_none(), "a read goes on");
    until_blocked(&mut one, 1)?;
    let line = one.call(&format!("CLIENT LIST ID {id}"))?.string();
    ensure!(field(&line, "flags") == Some("b"), "{line}");
    let (mut third, _) = numbered(server.address())?;
    third.send_commands(&[command("PUBLISH a b")])?;
    until_blocked(&mut one, 2)?;
    ensure!(one.call("GET k")?.text().is_none(), "nothing is written");
    one.ok("CLIENT UNPAUSE")?;
    ensure!(render(&other.reply()?) == "+OK" && other.reply()?.string() == "v");
    ensure!(third.reply()? == Reply::Int(0));
    until_blocked(&mut one, 0)
}

fn a_pause_of_all_ends_by_itself(server: &Server) -> Result<()> {
    let ((mut one, _), (mut other, _)) = (numbered(server.address())?, numbered(server.address())?);
    one.ok("CLIENT PAUSE 200 ALL")?;
    other.send_commands(&[command("GET k")])?;
    ensure!(other.reply()?.text().is_none());
    Ok(())
}

fn a_killed_client_waits_no_more(server: &Server) -> Result<()> {
    let ((mut one, _), (mut other, id)) = (numbered(server.address())?, numbered(server.address())?);
    one.ok("CLIENT PAUSE 100000 WRITE")?;
    other.send_commands(&[command("SET k v")])?;
    until_blocked(&mut one, 1)?;
    one.call(&format!("CLIENT KILL ID {id}"))?;
    other.expect_closed()?;
    until_blocked(&mut one, 0)?;
    one.ok("CLIENT UNPAUSE")?;
    ensure!(one.call("GET k")?.text().is_none(), "it has not run");
    Ok(())
}

fn replies_can_be_left_out(server: &Server) -> Result<()> {
    let mut client = Client::connect(server.address())?;
    client.send(b"CLIENT REPLY SKIP\r\nPING\r\nPING a\r\n")?;
    client.expect_bytes(b"$1\r\na\r\n")?;
    client.send(
        b"CLIENT REPLY OFF\r\nPING\r\nNOTHING\r\nKEYS *\r\nCLIENT REPLY SKIP\r\nPING\r\nCLIENT REPLY ON\r\nPING b\r\n",
    )?;
    client.expect_bytes(b"+OK\r\n$1\r\nb\r\n")?;
    client.send(b"CLIENT REPLY SKIP\r\nCLIENT REPLY ON\r\nPING c\r\n")?;
    client.expect_bytes(b"+OK\r\n$1\r\nc\r\n")?;
    client.send(b"CLIENT REPLY SKIP\r\nCLIENT REPLY SKIP\r\nPING\r\nPING d\r\n")?;
    client.expect_bytes(b"$1\r\nd\r\n")?;
    // Of listening all is heard.
    client.send(b"CLIENT REPLY OFF\r\nSUBSCRIBE q\r\nUNSUBSCRIBE q\r\nRESET\r\nPING e\r\n")?;
    client.expect_bytes(
        b"*3\r\n$9\r\nsubscribe\r\n$1\r\nq\r\n:1\r\n*3\r\n$11\r\nunsubscribe\r\n$1\r\nq\r\n:0\r\n+RESET\r\n$1\r\ne\r\n",
    )
}

fn a_monitor_sees_all_workers(server: &Server) -> Result<()> {
    let mut monitor = Client::connect(server.address())?;
    monitor.ok("MONITOR")?;
    let mut clients: Vec<_> = (0..8).map(|_| Client::connect(server.address())).collect::<Result<_>>()?;
    for (number, client) in clients.iter_mut().enumerate() {
        client.ok(&format!("SET k {number}"))?;
        let line = monitor.reply()?.string();
        ensure!(line.ends_with(&format!("\"SET\" \"k\" \"{number}\"")), "{line}");
    }
    Ok(())
}
