//! Ten thousand clients that wait: nothing looks at them meanwhile, which is counted in how often threads are woken, and each is served in its turn.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use pyredis_tests::{Client, Flavour, Server};

use super::{blocked_are, connect, expect};

const CLIENTS: usize = 10_000;
/// Some wait for ever, some for long, and all of these in vain.
const WAITS: [&str; 3] =
    ["BLPOP crowd 0\r\n", "BLPOP crowd other 3600\r\n", "BLMOVE crowd crowd:target LEFT RIGHT 4000.5\r\n"];
/// How often the threads of the server may be woken while one client waits for half a second to pass. Each of them sleeps until something happens,
/// but for tasks that look around now and then.
const WAKEUPS_MAX: u64 = 100;

pub(super) fn ten_thousand_cost_nothing() -> Result<()> {
    let limit = (CLIENTS + 1_000).to_string();
    let server = Server::start_with(Flavour::Pyredis, &["--io-threads", "2", "--maxclients", &limit])?;
    let pid = server.process().context("it was started here")?.id();
    let mut writer = connect(&server)?;
    // This process, too, needs a descriptor for each.
    let mut crowd = Vec::with_capacity(CLIENTS);
    for number in 0..CLIENTS {
        let mut client = Client::connect(server.address())
            .with_context(|| format!("client {number}; `ulimit -n` has to allow some more than {CLIENTS}"))?;
        client.send(WAITS.iter().cycle().nth(number).copied().unwrap_or_default().as_bytes())?;
        crowd.push(client);
        if number % 100 == 99 {
            blocked_are(&mut writer, number + 1)?;
        }
        // Few as well as all: where all of them were looked at now and then, threads would not sleep at all.
        if [99, CLIENTS - 1].contains(&number) {
            let before = wakeups(pid)?;
            expect(&mut writer, "BLPOP nothing 0.5", "nil-array")?;
            let woken = wakeups(pid)? - before;
            ensure!(woken < WAKEUPS_MAX, "{} waiting clients woke the server {woken} times", number + 1);
        }
    }
    // In the order in which they came, as far as that is known: hundreds after hundreds.
    for hundred in 0..CLIENTS / 100 {
        let elements: Vec<String> = (0..100).map(|number| format!("e{}", hundred * 100 + number)).collect();
        expect(&mut writer, &format!("RPUSH crowd {}", elements.join(" ")), ":100")?;
        expect(&mut writer, "EXISTS crowd", ":0")?;
        for client in crowd.iter_mut().skip(hundred * 100).take(100) {
            let reply = client.reply()?;
            let element = reply.items().and_then(|items| items.last().cloned()).unwrap_or(reply).string();
            ensure!(elements.contains(&element), "{element} is not of the hundred of {}", hundred * 100);
        }
    }
    blocked_are(&mut writer, 0)
}

/// How often the threads of a process were woken after they had waited.
fn wakeups(pid: u32) -> Result<u64> {
    let mut all = 0;
    for thread in std::fs::read_dir(Path::new("/proc").join(pid.to_string()).join("task"))? {
        let status = std::fs::read_to_string(thread?.path().join("status"))?;
        let line = status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
        all += line.context("no voluntary_ctxt_switches")?.trim().parse::<u64>()?;
    }
    Ok(all)
}
