//! Every kind of write serves who waits, and nobody sees what was theirs.

use anyhow::Result;
use pyredis_tests::Server;

use super::{Case, Waiting, blocked_are, connect, expect};

pub(super) const CASES: &[(&str, Case)] = &[
    ("each_command_is_served", each_command_is_served),
    ("every_write_serves", every_write_serves),
    ("a_transaction_is_one", a_transaction_is_one),
    ("other_types_are_ignored", other_types_are_ignored),
    ("a_chain_of_moves", a_chain_of_moves),
    ("resp3", resp3),
];

/// A command that waits, what is written, its reply, and what is left of the keys.
const SERVED: &[(&str, &str, &str, &str)] = &[
    ("BLPOP k 0", "RPUSH k a b c", "[$k $a]", "LRANGE k 0 -1 => [$b $c]"),
    ("BRPOP none k 0", "RPUSH k a b c", "[$k $c]", "LRANGE k 0 -1 => [$a $b]"),
    ("BLMOVE k t LEFT LEFT 0", "RPUSH k a b", "$a", "LRANGE t 0 -1 => [$a]"),
    ("BLMOVE k t RIGHT RIGHT 0", "RPUSH k a b", "$b", "LRANGE k 0 -1 => [$a]"),
    ("BLMOVE k k LEFT RIGHT 0", "RPUSH k a b", "$a", "LRANGE k 0 -1 => [$b $a]"),
    ("BLMOVE k k RIGHT LEFT 0", "RPUSH k a", "$a", "LRANGE k 0 -1 => [$a]"),
    ("BRPOPLPUSH k t 0", "RPUSH k a b", "$b", "LRANGE t 0 -1 => [$b]"),
    ("BLMPOP 0 2 none k LEFT", "RPUSH k a b c", "[$k [$a]]", "LLEN k => :2"),
    ("BLMPOP 0 2 none k LEFT COUNT 2", "RPUSH k a b c", "[$k [$a $b]]", "LLEN k => :1"),
    ("BLMPOP 0 1 k RIGHT COUNT 10", "RPUSH k a b c", "[$k [$c $b $a]]", "EXISTS k => :0"),
    ("BZPOPMIN none k 0", "ZADD k 1 a 2.5 b", "[$k $a $1]", "ZRANGE k 0 -1 => [$b]"),
    ("BZPOPMAX k none 0", "ZADD k 1 a 2.5 b", "[$k $b $2.5]", "ZRANGE k 0 -1 => [$a]"),
    ("BZMPOP 0 1 k MIN COUNT 2", "ZADD k 1 a 2 b 3 c", "[$k [[$a $1] [$b $2]]]", "ZCARD k => :1"),
    ("BZMPOP 0 1 k MAX COUNT 2", "ZADD k 1 a 2 b 3 c", "[$k [[$c $3] [$b $2]]]", "ZCARD k => :1"),
    ("BLPOP k 100", "RPUSH k a", "[$k $a]", "EXISTS k => :0"),
];

fn each_command_is_served(server: &Server) -> Result<()> {
    let mut writer = connect(server)?;
    for (command, write, reply, left) in SERVED {
        let mut waiting = Waiting::begin(server, command)?;
        expect(&mut writer, write, ":*")?;
        let (look, expected) = left.split_once(" => ").unwrap_or((left, "*"));
        expect(&mut writer, look, expected)?;
        waiting.gets(reply)?;
        writer.ok("FLUSHALL")?;
    }
    Ok(())
}

/// A command that makes the list or the sorted set `k`, and what is done before.
const WRITES: &[(&str, &[&str], &str)] = &[
    ("BLPOP k 0", &[], "LPUSH k x"),
    ("BLPOP k 0", &["RPUSH o x"], "RENAME o k"),
    ("BLPOP k 0", &["RPUSH o x"], "RENAMENX o k"),
    ("BLPOP k 0", &["RPUSH o x"], "COPY o k"),
    ("BLPOP k 0", &["SET k s", "RPUSH o x"], "COPY o k REPLACE"),
    ("BLPOP k 0", &["SET k s", "RPUSH o x"], "RENAME o k"),
    ("BLPOP k 0", &["SELECT 1", "RPUSH k x"], "MOVE k 0"),
    ("BLPOP k 0", &["SELECT 1", "RPUSH k x"], "SWAPDB 0 1"),
    ("BLPOP k 0", &["SELECT 1", "RPUSH o x"], "COPY o k DB 0"),
    ("BLPOP k 0", &["RPUSH o x"], "LMOVE o k LEFT LEFT"),
    ("BLPOP k 0", &["RPUSH o x"], "RPOPLPUSH o k"),
    ("BLPOP k 0", &["RPUSH o x"], "BLMOVE o k LEFT LEFT 0"),
    ("BLPOP k 0", &["RPUSH o x"], "SORT o ALPHA STORE k"),
    ("BZPOPMIN k 0", &[], "ZADD k 1 x"),
    ("BZPOPMIN k 0", &[], "ZADD k INCR 1 x"),
    ("BZPOPMIN k 0", &[], "ZINCRBY k 1 x"),
    ("BZPOPMIN k 0", &["ZADD o 1 x"], "ZUNIONSTORE k 1 o"),
    ("BZPOPMIN k 0", &["ZADD o 1 x"], "ZINTERSTORE k 1 o"),
    ("BZPOPMIN k 0", &["ZADD o 1 x"], "ZDIFFSTORE k 1 o"),
    ("BZPOPMIN k 0", &["ZADD o 1 x"], "ZRANGESTORE k o 0 -1"),
    ("BZPOPMIN k 0", &["ZADD o 1 x"], "RENAME o k"),
    ("BZPOPMIN k 0", &["SELECT 1", "ZADD k 1 x"], "SWAPDB 1 0"),
];

fn every_write_serves(server: &Server) -> Result<()> {
    let mut looker = connect(server)?;
    for (command, before, write) in WRITES {
        let mut writer = connect(server)?;
        // A string at the key has to come after the wait has begun: who finds one there does not wait.
        let (later, before): (Vec<&str>, Vec<&str>) = before.iter().partition(|line| line.starts_with("SET k"));
        for line in before {
            writer.call(line)?;
        }
        let mut waiting = Waiting::begin(server, command)?;
        for line in later {
            writer.call(line)?;
        }
        expect(&mut writer, write, "*")?;
        expect(&mut looker, "EXISTS k", ":0")?;
        waiting.gets(if command.starts_with("BLPOP") { "[$k $x]" } else { "[$k $x $1]" })?;
        writer.ok("FLUSHALL")?;
    }
    Ok(())
}

fn a_transaction_is_one(server: &Server) -> Result<()> {
    let (mut writer, mut waiting) = (connect(server)?, Waiting::begin(server, "BLPOP a b 0")?);
    for line in ["MULTI", "RPUSH b 1", "RPUSH a 2", "LPUSH a 3", "LLEN a", "LPOP b", "RPUSH b 4", "EXEC"] {
        let reply = if line == "EXEC" { "[:1 :1 :2 :2 $1 :1]" } else { "+*" };
        expect(&mut writer, line, reply)?;
    }
    waiting.gets("[$b $4]")?;
    expect(&mut writer, "LRANGE a 0 -1", "[$3 $2]")?;

    let mut waiting = Waiting::begin(server, "BLPOP c 0")?;
    for line in ["MULTI", "RPUSH c 1", "DEL c", "EXEC"] {
        expect(&mut writer, line, "*")?;
    }
    blocked_are(&mut writer, 1)?;
    expect(&mut writer, "RPUSH c 2 3", ":2")?;
    waiting.gets("[$c $2]")?;
    expect(&mut writer, "LLEN c", ":1")
}

fn other_types_are_ignored(server: &Server) -> Result<()> {
    let mut writer = connect(server)?;
    let (mut list, mut set) = (Waiting::begin(server, "BLPOP k 0")?, Waiting::begin(server, "BZPOPMIN k 0")?);
    for line in ["SET k s", "DEL k", "SADD k a", "DEL k", "HSET k f v", "DEL k"] {
        expect(&mut writer, line, "*")?;
    }
    blocked_are(&mut writer, 2)?;
    expect(&mut writer, "ZADD k 1 a 2 b", ":2")?;
    set.gets("[$k $a $1]")?;
    expect(&mut writer, "ZCARD k", ":1")?;
    blocked_are(&mut writer, 1)?;
    expect(&mut writer, "DEL k", ":1")?;
    expect(&mut writer, "RPUSH k x", ":1")?;
    list.gets("[$k $x]")?;
    // A target of another type: an error, and the turn is the next one's.
    let mut bad = Waiting::begin(server, "BLMOVE k t LEFT LEFT 0")?;
    let mut good = Waiting::begin(server, "BLPOP k 0")?;
    writer.ok("SET t s")?;
    expect(&mut writer, "RPUSH k y", ":1")?;
    bad.gets("-WRONGTYPE Operation against a key holding the wrong kind of value")?;
    good.gets("[$k $y]")
}

fn a_chain_of_moves(server: &Server) -> Result<()> {
    let mut writer = connect(server)?;
    let mut last = Waiting::begin(server, "BLPOP e 0")?;
    let mut moves = Vec::new();
    for (from, to) in [("d", "e"), ("c", "d"), ("b", "c"), ("a", "b")] {
        moves.push(Waiting::begin(server, &format!("BLMOVE {from} {to} LEFT RIGHT 0"))?);
    }
    expect(&mut writer, "RPUSH a x", ":1")?;
    expect(&mut writer, "EXISTS a b c d e", ":0")?;
    for waiting in &mut moves {
        waiting.gets("$x")?;
    }
    last.gets("[$e $x]")
}

fn resp3(server: &Server) -> Result<()> {
    let mut writer = connect(server)?;
    for (command, write, reply) in [
        ("BZPOPMIN k 0", "ZADD k 1.5 a", "[$k $a ,1.5]"),
        ("BZMPOP 0 1 k MIN", "ZADD k 1.5 a", "[$k [[$a ,1.5]]]"),
        ("BLPOP k 0", "RPUSH k a", "[$k $a]"),
        ("BLMPOP 0 1 k LEFT", "RPUSH k a", "[$k [$a]]"),
    ] {
        let client = pyredis_tests::Client::connect_version(server.address(), 3)?;
        let mut waiting = Waiting::begin_on(server, client, command)?;
        expect(&mut writer, write, ":1")?;
        waiting.gets(reply)?;
    }
    Ok(())
}
