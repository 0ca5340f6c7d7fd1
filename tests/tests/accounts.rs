//! Money that goes between accounts, by MULTI/EXEC and by WATCH and another try, from several threads on several workers: none is lost or made, whoever looks at
//! all accounts at once sees all of it, and in the end each account holds what its transfers come to.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::thread;

use anyhow::{Context, Result, bail, ensure};
use fastrand::Rng;
use libtest_mimic::Trial;
use pyredis_tests::{Client, Flavour, Reply, Server, render};

use crate::oracle::needs_redis;
use crate::trial;

const ACCOUNTS: usize = 6;
const AT_FIRST: i64 = 1000;
/// Threads of each kind.
const THREADS: usize = 2;
/// What each thread does, unless `PYREDIS_TRANSFERS` says another number.
const TRANSFERS: usize = 400;

pub(crate) fn trials() -> Vec<Trial> {
    let on = |flavour: Flavour, directives: &'static [&'static str]| {
        let test = move || accounts_add_up(&Server::start_with(flavour, directives)?);
        trial(format!("accounts::add_up::{flavour}"), test)
    };
    vec![needs_redis(on(Flavour::Redis, &[])), on(Flavour::Pyredis, &["--io-threads", "4"])]
}

/// What the transfers of a thread come to, account by account.
type Sums = [i64; ACCOUNTS];
type Transfer = fn(&mut Client, &Order) -> Result<bool>;

struct Order {
    from: String,
    to: String,
    amount: i64,
}

fn accounts_add_up(server: &Server) -> Result<()> {
    let transfers = match std::env::var("PYREDIS_TRANSFERS") {
        Ok(text) => text.parse().with_context(|| format!("PYREDIS_TRANSFERS={text} is no number"))?,
        Err(_) => TRANSFERS,
    };
    let (address, mut client) = (server.address(), Client::connect(server.address())?);
    for account in 0..ACCOUNTS {
        client.ok(&format!("SET {} {AT_FIRST}", name(account)))?;
    }
    let mut threads = Vec::new();
    for number in 0..2 * THREADS {
        let transfer: Transfer = if number % 2 == 0 { by_exec } else { by_watch };
        threads.push(thread::spawn(move || pay(address, transfer, transfers, Rng::with_seed(number as u64))));
    }
    let auditors: Vec<_> =
        (0..THREADS).map(|number| thread::spawn(move || audit(address, transfers, number == 0))).collect();
    let mut expected = [AT_FIRST; ACCOUNTS];
    for thread in threads {
        let sums = thread.join().map_err(|_| anyhow::anyhow!("a payer panicked"))??;
        expected.iter_mut().zip(sums).for_each(|(account, sum)| *account += sum);
    }
    let mut seen = 0;
    for auditor in auditors {
        seen += auditor.join().map_err(|_| anyhow::anyhow!("an auditor panicked"))??;
    }
    ensure!(seen > 1, "the auditors saw nothing change");
    ensure!(balances(&client.call(&everything())?)? == expected, "an account has lost a transfer");
    Ok(())
}

fn name(account: usize) -> String {
    format!("account:{account}")
}

fn everything() -> String {
    format!("MGET {}", (0..ACCOUNTS).map(name).collect::<Vec<_>>().join(" "))
}

fn balances(reply: &Reply) -> Result<Vec<i64>> {
    let items = reply.items().with_context(|| format!("expected balances, got {}", render(reply)))?;
    items.iter().map(|item| item.string().parse().with_context(|| format!("no balance: {}", render(item)))).collect()
}

fn pay(address: SocketAddr, transfer: Transfer, transfers: usize, mut rng: Rng) -> Result<Sums> {
    let (mut client, mut sums) = (Client::connect(address)?, Sums::default());
    for _ in 0..transfers {
        let (from, amount) = (rng.usize(0..ACCOUNTS), rng.i64(1..50));
        let to = (from + rng.usize(1..ACCOUNTS)) % ACCOUNTS;
        let order = Order { from: name(from), to: name(to), amount };
        while !transfer(&mut client, &order)? {}
        for (account, by) in [(from, -amount), (to, amount)] {
            sums.iter_mut().skip(account).take(1).for_each(|sum| *sum += by);
        }
    }
    Ok(sums)
}

fn by_exec(client: &mut Client, Order { from, to, amount }: &Order) -> Result<bool> {
    client.ok("MULTI")?;
    client.call(&format!("DECRBY {from} {amount}"))?;
    client.call(&format!("INCRBY {to} {amount}"))?;
    let reply = client.call("EXEC")?;
    ensure!(balances_are_ints(&reply), "EXEC answered {}", render(&reply));
    Ok(true)
}

fn balances_are_ints(reply: &Reply) -> bool {
    reply.items().is_some_and(|items| items.iter().all(|item| matches!(item, Reply::Int(_))))
}

/// Reads, and writes if nothing has changed since. Returns whether it has written.
fn by_watch(client: &mut Client, Order { from, to, amount }: &Order) -> Result<bool> {
    client.ok(&format!("WATCH {from} {to}"))?;
    let held = balances(&client.call(&format!("MGET {from} {to}"))?)?;
    let [from_held, to_held] = held[..] else { bail!("MGET of two answered {held:?}") };
    client.ok("MULTI")?;
    client.call(&format!("SET {from} {}", from_held - amount))?;
    client.call(&format!("SET {to} {}", to_held + amount))?;
    match client.call("EXEC")? {
        Reply::NullArray => Ok(false),
        reply if reply.items().is_some_and(|items| items.len() == 2) => Ok(true),
        reply => bail!("EXEC answered {}", render(&reply)),
    }
}

/// Looks at all accounts, in a transaction of single reads or by MGET, and says how many different states that were.
fn audit(address: SocketAddr, looks: usize, by_transaction: bool) -> Result<usize> {
    let (mut client, mut states) = (Client::connect(address)?, HashSet::new());
    for _ in 0..looks {
        let reply = if by_transaction {
            client.ok("MULTI")?;
            for account in 0..ACCOUNTS {
                client.call(&format!("GET {}", name(account)))?;
            }
            client.call("EXEC")?
        } else {
            client.call(&everything())?
        };
        let state = balances(&reply)?;
        ensure!(state.iter().sum::<i64>() == AT_FIRST * ACCOUNTS as i64, "there is more or less money: {state:?}");
        states.insert(state);
    }
    Ok(states.len())
}
