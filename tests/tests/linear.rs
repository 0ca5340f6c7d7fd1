//! Many clients on few keys: some order of the commands explains every answer, and where a server is unsound, that is
//! found.

use std::iter;

use anyhow::{Context, Result, bail, ensure};
use fastrand::Rng;
use libtest_mimic::Trial;
use pyredis_tests::linear::{
    Fault, Faulty, Keyspace, Link, Lists, SharedCache, check, plan_lists, record, record_plan, report, report_lists,
};
use pyredis_tests::{Client, Flavour, Server};

use crate::oracle::needs_redis;
use crate::trial;

/// How many histories are recorded, unless `PYREDIS_HISTORIES` says another number.
const HISTORIES: u64 = 600;
/// How many of lists.
const LIST_HISTORIES: u64 = 300;
/// How many connections each has.
const CONNECTIONS: usize = 4;
/// Within so many histories each fault must be found.
const FAULTY_HISTORIES: u64 = 400;
/// How many other keys come or go beside each history, so that tables grow and shrink under it.
const NEIGHBOURS: u64 = 40;
/// Each so many histories a snapshot begins, which moves the entries that are changed.
const SNAPSHOT_EVERY: u64 = 25;

pub(crate) fn trials() -> Vec<Trial> {
    let on = |flavour: Flavour, directives: &'static [&'static str]| {
        let test = move || histories_are_linearizable(&Server::start_with(flavour, directives)?);
        trial(format!("linear::histories::{flavour}"), test)
    };
    // The real server is here to judge the judge. A worker for each connection, whatever the machine.
    let mut trials = vec![needs_redis(on(Flavour::Redis, &[])), on(Flavour::Pyredis, &["--io-threads", "4"])];
    let on = |flavour: Flavour, directives: &'static [&'static str]| {
        let test = move || lists_are_linearizable(&Server::start_with(flavour, directives)?);
        trial(format!("linear::lists::{flavour}"), test)
    };
    // Who has waited long enough is looked for by a timer: let that be often.
    trials.extend([needs_redis(on(Flavour::Redis, &["--hz", "500"])), on(Flavour::Pyredis, &["--io-threads", "4"])]);
    for (name, fault) in [
        ("a_stale_read", Fault::StaleRead),
        ("a_lost_update", Fault::LostUpdate),
        ("a_torn_write", Fault::TornWrite),
        ("a_check_before_a_write", Fault::CheckThenSet),
    ] {
        trials.push(trial(format!("linear::{name}_is_found"), move || is_found(fault)));
    }
    trials
}

fn histories_are_linearizable(server: &Server) -> Result<()> {
    let count = from_outside("PYREDIS_HISTORIES")?.unwrap_or(HISTORIES);
    let first_seed = from_outside("PYREDIS_SEED")?.unwrap_or_else(|| fastrand::u64(..));
    let mut links: Vec<Client> = connect(server)?;
    let mut neighbour = Client::connect(server.address())?;
    for number in 0..count {
        let traffic = neighbours(number, count);
        neighbour.send_commands(&traffic)?;
        let seed = first_seed.wrapping_add(number);
        if let Some(report) = judge(&mut links, number, seed)? {
            bail!(
                "no order of these commands explains their answers. PYREDIS_SEED={seed} asks the same again; what the \
                 server makes of it is a matter of time.\n{report}"
            );
        }
        traffic.iter().try_for_each(|_| neighbour.reply().map(drop))?;
    }
    Ok(())
}

/// Elements that are pushed, moved and waited for: each goes to one, in order, under renames and swaps of databases.
fn lists_are_linearizable(server: &Server) -> Result<()> {
    let count = from_outside("PYREDIS_HISTORIES")?.unwrap_or(LIST_HISTORIES);
    let first_seed = from_outside("PYREDIS_SEED")?.unwrap_or_else(|| fastrand::u64(..));
    let mut links: Vec<Client> = connect(server)?;
    for number in 0..count {
        let seed = first_seed.wrapping_add(number);
        let (names, mut rng) = (["a", "b", "c"].map(|name| format!("{number}:{name}")), Rng::with_seed(seed));
        let plans = plan_lists(CONNECTIONS, &mut rng);
        let history = record_plan(&mut links, &names, plans, &mut rng)?;
        if let Err(stuck) = check(Lists::default(), &history) {
            bail!(
                "no order of these commands explains their answers. PYREDIS_SEED={seed} asks the same again; what the \
                 server makes of it is a matter of time.\n{}",
                report_lists(&history, &stuck)
            );
        }
        if number % 500 == 499 {
            ensure!(!links.iter_mut().map(|link| link.call("FLUSHALL")).any(|reply| reply.is_err()));
        }
    }
    Ok(())
}

/// A sound server behind a fault: the first histories must give it away.
fn is_found(fault: Fault) -> Result<()> {
    let server = Server::start(Flavour::Pyredis)?;
    let cache = SharedCache::default();
    let mut links: Vec<Faulty> =
        connect(&server)?.into_iter().map(|client| Faulty::new(client, fault, cache.clone())).collect();
    for number in 0..FAULTY_HISTORIES {
        if judge(&mut links, number, number)?.is_some() {
            return Ok(());
        }
    }
    bail!("{FAULTY_HISTORIES} histories of a server with a fault were explained: {fault:?}");
}

fn connect(server: &Server) -> Result<Vec<Client>> {
    iter::repeat_with(|| Client::connect(server.address())).take(CONNECTIONS).collect()
}

/// Records one history on keys of its own, and reports it if nothing explains it.
fn judge(links: &mut [impl Link], number: u64, seed: u64) -> Result<Option<String>> {
    let names = ["a", "b", "c"].map(|name| format!("{number}:{name}"));
    let history = record(links, &names, seed).with_context(|| format!("the history of seed {seed}"))?;
    ensure!(history.iter().all(|events| !events.is_empty()), "a connection asked nothing");
    Ok(check(Keyspace::default(), &history).err().map(|stuck| report(&history, &stuck)))
}

/// What happens beside a history: in the first half of all of them keys come, in the second they go.
fn neighbours(number: u64, count: u64) -> Vec<Vec<Vec<u8>>> {
    let half = count.div_ceil(2);
    let words = |line: String| line.split(' ').map(|word| word.as_bytes().to_vec()).collect();
    let mut commands: Vec<_> = (0..NEIGHBOURS)
        .map(|index| {
            let key = number % half * NEIGHBOURS + index;
            words(if number < half { format!("SET neighbour:{key} {key}") } else { format!("DEL neighbour:{key}") })
        })
        .collect();
    if number.is_multiple_of(SNAPSHOT_EVERY) {
        // An error while the one before is still being written.
        commands.push(words("BGSAVE".to_owned()));
    }
    commands
}

/// The number in this variable of the environment.
fn from_outside(variable: &str) -> Result<Option<u64>> {
    let Ok(text) = std::env::var(variable) else { return Ok(None) };
    text.parse().map(Some).with_context(|| format!("{variable}={text} is no number"))
}
