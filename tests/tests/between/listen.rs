//! Publishing to many.

use anyhow::{Result, bail, ensure};
use pyredis_tests::{Client, Reply, Server};

use super::{Case, integer, numbered};

pub(super) const CASES: &[(&str, Case)] = &[
    ("all_hear_all_in_one_order", all_hear_all_in_one_order),
    ("a_slow_listener_is_closed", a_slow_listener_is_closed),
    ("a_killed_listener_is_none", a_killed_listener_is_none),
    ("listeners_may_differ_in_their_protocol", listeners_may_differ_in_their_protocol),
];

/// The text of a message.
fn heard(client: &mut Client) -> Result<String> {
    let reply = client.reply()?;
    match &reply {
        Reply::Array(items) | Reply::Push(items) => Ok(items.last().map(Reply::string).unwrap_or_default()),
        _ => bail!("no message: {}", pyredis_tests::render(&reply)),
    }
}

fn all_hear_all_in_one_order(server: &Server) -> Result<()> {
    const LISTENERS: usize = 40;
    const MESSAGES: usize = 300;
    let mut listeners: Vec<Client> = (0..LISTENERS)
        .map(|index| Client::connect_version(server.address(), if index % 2 == 0 { 2 } else { 3 }))
        .collect::<Result<_>>()?;
    for client in &mut listeners {
        client.call("SUBSCRIBE news")?;
    }
    let address = server.address();
    let publishers: Vec<_> = ["a", "b"]
        .into_iter()
        .map(|name| {
            std::thread::spawn(move || -> Result<()> {
                let mut client = Client::connect(address)?;
                let publish =
                    |number| vec![b"PUBLISH".to_vec(), b"news".to_vec(), format!("{name}{number}").into_bytes()];
                client.send_commands(&(0..MESSAGES).map(publish).collect::<Vec<_>>())?;
                for _ in 0..MESSAGES {
                    ensure!(integer(&client.reply()?)? == i64::try_from(LISTENERS)?);
                }
                Ok(())
            })
        })
        .collect();
    let mut orders = Vec::new();
    for client in &mut listeners {
        orders.push((0..2 * MESSAGES).map(|_| heard(client)).collect::<Result<Vec<_>>>()?);
    }
    for publisher in publishers {
        publisher.join().map_err(|_| anyhow::anyhow!("a publisher has failed"))??;
    }
    let first = orders.first().cloned().unwrap_or_default();
    for name in ["a", "b"] {
        let its: Vec<_> = first.iter().filter(|message| message.starts_with(name)).cloned().collect();
        ensure!(its == (0..MESSAGES).map(|number| format!("{name}{number}")).collect::<Vec<_>>(), "{name}: {its:?}");
    }
    ensure!(orders.iter().all(|order| *order == first), "they disagree about the order");
    Ok(())
}

fn a_slow_listener_is_closed(server: &Server) -> Result<()> {
    let (mut publisher, _) = numbered(server.address())?;
    publisher.command(&["CONFIG", "SET", "client-output-buffer-limit", "pubsub 1mb 0 0"])?;
    let mut slow = Client::connect(server.address())?;
    slow.call("SUBSCRIBE news")?;
    let mut quick = Client::connect(server.address())?;
    quick.call("SUBSCRIBE news")?;
    let message = vec![b'x'; 64 * 1024];
    // What the two sockets hold is some megabytes.
    for _ in 0..1000 {
        let heard_by = integer(&publisher.command(&[b"PUBLISH".as_slice(), b"news", &message])?)?;
        quick.reply()?;
        if heard_by == 1 {
            while slow.reply().is_ok() {}
            return Ok(());
        }
    }
    bail!("it is still there");
}

fn a_killed_listener_is_none(server: &Server) -> Result<()> {
    let (mut publisher, _) = numbered(server.address())?;
    let (mut listener, _) = numbered(server.address())?;
    listener.call("SUBSCRIBE news")?;
    ensure!(publisher.call("CLIENT LIST TYPE pubsub")?.string().contains(" flags=P "));
    ensure!(integer(&publisher.call("CLIENT KILL TYPE pubsub")?)? == 1);
    listener.expect_closed()?;
    while integer(&publisher.call("PUBLISH news x")?)? != 0 {}
    ensure!(publisher.call("PUBSUB CHANNELS")?.items().is_some_and(<[Reply]>::is_empty));
    Ok(())
}

fn listeners_may_differ_in_their_protocol(server: &Server) -> Result<()> {
    let mut two = Client::connect_version(server.address(), 2)?;
    let mut three = Client::connect_version(server.address(), 3)?;
    // In one piece: the version counts from where it was chosen.
    let mut switching = Client::connect(server.address())?;
    switching.send(b"HELLO 3\r\nPSUBSCRIBE n*\r\n")?;
    switching.reply()?;
    switching.reply()?;
    two.call("SUBSCRIBE news")?;
    three.call("SUBSCRIBE news")?;
    let (mut publisher, _) = numbered(server.address())?;
    ensure!(integer(&publisher.call("PUBLISH news hi")?)? == 3);
    two.expect_bytes(b"*3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n$2\r\nhi\r\n")?;
    three.expect_bytes(b">3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n$2\r\nhi\r\n")?;
    switching.expect_bytes(b">4\r\n$8\r\npmessage\r\n$2\r\nn*\r\n$4\r\nnews\r\n$2\r\nhi\r\n")
}
