//! CLIENT KILL and CLIENT LIST.

use anyhow::{Context, Result, ensure};
use pyredis_tests::{Client, Flavour, Server};

use super::{Case, field, integer, numbered};

pub(super) const CASES: &[(&str, Case)] = &[
    ("list_has_everyone", list_has_everyone),
    ("kill_by_number", kill_by_number),
    ("kill_by_address", kill_by_address),
    ("kill_by_type_spares_this", kill_by_type_spares_this),
    ("kill_one_that_does_not_read", kill_one_that_does_not_read),
    ("kill_in_a_transaction", kill_in_a_transaction),
];

fn list_has_everyone(server: &Server) -> Result<()> {
    let (mut one, id) = numbered(server.address())?;
    let (mut other, other_id) = numbered(server.address())?;
    other.ok("CLIENT SETNAME other")?;
    other.ok("SELECT 7")?;
    let text = one.call("CLIENT LIST")?.string();
    let line = |id: i64| text.lines().find(|line| field(line, "id") == Some(&id.to_string()));
    let (mine, others) = (line(id).context("not listed")?, line(other_id).context("the other is not listed")?);
    ensure!(field(mine, "cmd") == Some("client|list"), "{mine}");
    ensure!(field(others, "name") == Some("other") && field(others, "db") == Some("7"), "{others}");
    ensure!(field(others, "cmd") == Some("select") && field(others, "flags") == Some("N"), "{others}");
    let only = one.call(&format!("CLIENT LIST ID {other_id} 99999 {other_id}"))?.string();
    ensure!(only.lines().count() == 2 && only.lines().all(|line| field(line, "name") == Some("other")), "{only}");
    ensure!(one.call("CLIENT LIST TYPE pubsub")?.string().is_empty());
    ensure!(one.call("CLIENT LIST TYPE NORMAL")?.string().lines().count() >= 2);
    drop(other);
    // The server learns of the end when it reads; until then it may be listed.
    while one.call("CLIENT LIST")?.string().contains("name=other") {}
    Ok(())
}

fn kill_by_number(server: &Server) -> Result<()> {
    let (mut one, id) = numbered(server.address())?;
    let (mut other, other_id) = numbered(server.address())?;
    ensure!(integer(&one.call(&format!("CLIENT KILL ID {id}"))?)? == 0, "this one is spared");
    ensure!(integer(&one.call(&format!("CLIENT KILL ID {other_id}"))?)? == 1);
    other.expect_closed()?;
    ensure!(integer(&one.call(&format!("CLIENT KILL ID {other_id}"))?)? == 0, "it is gone");
    ensure!(!one.call("CLIENT LIST")?.string().contains(&format!("id={other_id} ")));
    ensure!(integer(&one.call(&format!("CLIENT KILL ID {id} SKIPME no"))?)? == 1, "answered, and ended");
    one.expect_closed()
}

fn kill_by_address(server: &Server) -> Result<()> {
    let (mut one, _) = numbered(server.address())?;
    let (mut other, _) = numbered(server.address())?;
    let addresses = |client: &mut Client| -> Result<(String, String)> {
        let line = client.call("CLIENT INFO")?.string();
        let of = |name| field(&line, name).map(str::to_owned).with_context(|| format!("no {name}"));
        Ok((of("addr")?, of("laddr")?))
    };
    let ((own, local), (others, _)) = (addresses(&mut one)?, addresses(&mut other)?);
    ensure!(integer(&one.call(&format!("CLIENT KILL ADDR {local} LADDR {local}"))?)? == 0, "all filters have to fit");
    ensure!(integer(&one.call(&format!("CLIENT KILL ADDR {others} LADDR {local} USER default TYPE normal"))?)? == 1);
    other.expect_closed()?;
    let (mut third, _) = numbered(server.address())?;
    let (third_address, _) = addresses(&mut third)?;
    one.ok(&format!("CLIENT KILL {third_address}"))?;
    third.expect_closed()?;
    one.ok(&format!("CLIENT KILL {own}"))?;
    one.expect_closed()
}

fn kill_by_type_spares_this(server: &Server) -> Result<()> {
    let (mut one, _) = numbered(server.address())?;
    let mut others: Vec<_> = (0..5).map(|_| numbered(server.address())).collect::<Result<_>>()?;
    let killed = integer(&one.call("CLIENT KILL TYPE normal")?)?;
    ensure!(killed >= 5, "{killed}");
    others.iter_mut().try_for_each(|(other, _)| other.expect_closed())?;
    one.ok("SET still here")
}

/// It waits for room in a socket that nobody reads, not for a request.
fn kill_one_that_does_not_read(server: &Server) -> Result<()> {
    let (mut one, _) = numbered(server.address())?;
    let (mut other, other_id) = numbered(server.address())?;
    let value = vec![b'x'; 1024 * 1024];
    one.command(&[b"SET".as_slice(), b"long", &value])?;
    let get = vec![b"GET".to_vec(), b"long".to_vec()];
    other.send_commands(&vec![get; 64])?;
    ensure!(integer(&one.call(&format!("CLIENT KILL ID {other_id}"))?)? == 1);
    while one.call("CLIENT LIST")?.string().contains(&format!("id={other_id} ")) {}
    // What was under way may come still, but not all of it.
    let mut replies = 0;
    while other.reply().is_ok() {
        replies += 1;
    }
    ensure!(replies < 64, "{replies} replies");
    Ok(())
}

/// Redis ends in the middle of EXEC's reply.
fn kill_in_a_transaction(server: &Server) -> Result<()> {
    if server.flavour() == Flavour::Redis {
        return Ok(());
    }
    let (mut one, id) = numbered(server.address())?;
    one.ok("MULTI")?;
    one.call(&format!("CLIENT KILL ID {id} SKIPME no"))?;
    one.call("SET k v")?;
    let replies = one.call("EXEC")?;
    ensure!(pyredis_tests::render(&replies) == "[:1 +OK]", "{}", pyredis_tests::render(&replies));
    one.expect_closed()?;
    let (mut other, _) = numbered(server.address())?;
    ensure!(other.call("GET k")?.string() == "v");
    Ok(())
}
