//! The sorted set group through the `redis` crate, but for what waits (`waiting`).

use std::collections::BTreeMap;

use anyhow::{Result, ensure};
use redis::{Client, Commands, Connection, RedisResult, SortedSetAddOptions, TypedCommands, UpdateCheck};

use crate::integration::checks::equal;

/// Members with their scores.
type Pairs = Vec<(String, f64)>;

fn pairs(members: &[(&str, f64)]) -> Pairs {
    members.iter().map(|(member, score)| ((*member).to_owned(), *score)).collect()
}

fn fill(c: &mut Connection) -> Result<()> {
    equal(TypedCommands::zadd_multiple(c, "z", &[(1, "a"), (2, "b"), (3, "c"), (4, "d")])?, 4)
}

pub(super) fn members(_: &Client, c: &mut Connection) -> Result<()> {
    equal(TypedCommands::zadd(c, "z", "a", 1)?, 1)?;
    equal(TypedCommands::zadd_multiple(c, "z", &[(2.5, "b"), (f64::INFINITY, "c")])?, 2)?;
    equal(TypedCommands::zadd_options(c, "z", "a", 5, &SortedSetAddOptions::add_only())?, 0)?;
    let greater = SortedSetAddOptions::update_only(Some(UpdateCheck::GT)).include_changed_count();
    equal(TypedCommands::zadd_multiple_options(c, "z", &[(0.5, "a"), (3.0, "b")], &greater)?, 1)?;
    equal(TypedCommands::zincr(c, "z", "a", 0.75)?.to_bits(), 1.75_f64.to_bits())?;
    equal(TypedCommands::zscore(c, "z", "a")?, Some(1.75))?;
    equal(TypedCommands::zscore(c, "z", "c")?, Some(f64::INFINITY))?;
    equal(TypedCommands::zscore(c, "z", "missing")?, None)?;
    equal(TypedCommands::zscore_multiple(c, "z", &["a", "b"])?, Some(vec![1.75, 3.0]))?;
    equal(TypedCommands::zcard(c, "z")?, 3)?;
    equal(TypedCommands::zrank(c, "z", "b")?, Some(1))?;
    equal(TypedCommands::zrevrank(c, "z", "a")?, Some(2))?;
    equal(TypedCommands::zrank(c, "z", "missing")?, None)?;
    equal(TypedCommands::zrem(c, "z", &["a", "missing"])?, 1)
}

pub(super) fn ranges(_: &Client, c: &mut Connection) -> Result<()> {
    fill(c)?;
    equal(TypedCommands::zrange(c, "z", 0, -1)?, ["a", "b", "c", "d"])?;
    equal(TypedCommands::zrange_withscores(c, "z", 0, 1)?, pairs(&[("a", 1.0), ("b", 2.0)]))?;
    equal(TypedCommands::zrevrange(c, "z", 0, 1)?, ["d", "c"])?;
    equal(Commands::zrevrange_withscores::<_, Pairs>(c, "z", 0, 0)?, pairs(&[("d", 4.0)]))?;
    equal(TypedCommands::zrangebyscore(c, "z", 2, "(4")?, ["b", "c"])?;
    equal(TypedCommands::zrangebyscore_limit(c, "z", "-inf", 2, 1, 5)?, ["b"])?;
    let with_scores: Pairs = Commands::zrangebyscore_withscores(c, "z", "(1", 2)?;
    equal(with_scores, pairs(&[("b", 2.0)]))?;
    equal(TypedCommands::zrevrangebyscore(c, "z", "+inf", 3)?, ["d", "c"])?;
    equal(TypedCommands::zcount(c, "z", "(2", "+inf")?, 2)?;
    equal(TypedCommands::zremrangebyrank(c, "z", 0, 0)?, 1)?;
    equal(TypedCommands::zrembyscore(c, "z", "(2", 3)?, 1)?;
    equal(TypedCommands::zrange(c, "z", 0, -1)?, ["b", "d"])
}

pub(super) fn lex(_: &Client, c: &mut Connection) -> Result<()> {
    TypedCommands::zadd_multiple(c, "z", &["a", "b", "c", "d", "e"].map(|member| (0, member)))?;
    equal(TypedCommands::zrangebylex(c, "z", "[b", "(d")?, ["b", "c"])?;
    equal(TypedCommands::zrevrangebylex_limit(c, "z", "+", "[c", 0, 2)?, ["e", "d"])?;
    equal(TypedCommands::zlexcount(c, "z", "-", "+")?, 5)?;
    equal(TypedCommands::zrembylex(c, "z", "[a", "(c")?, 2)?;
    equal(TypedCommands::zcard(c, "z")?, 3)
}

pub(super) fn pops(_: &Client, c: &mut Connection) -> Result<()> {
    fill(c)?;
    equal(Commands::zpopmin::<_, Pairs>(c, "z", 1)?, pairs(&[("a", 1.0)]))?;
    equal(Commands::zpopmax::<_, Pairs>(c, "z", 2)?, pairs(&[("d", 4.0), ("c", 3.0)]))?;
    let popped: Option<(String, Pairs)> = Commands::zmpop_min(c, &["missing", "z"], 5)?;
    equal(popped, Some(("z".to_owned(), pairs(&[("b", 2.0)]))))?;
    equal(Commands::zmpop_max::<_, Option<(String, Pairs)>>(c, "missing", 1)?, None)
}

pub(super) fn operations(_: &Client, c: &mut Connection) -> Result<()> {
    TypedCommands::zadd_multiple(c, "one", &[(1, "a"), (2, "b")])?;
    TypedCommands::zadd_multiple(c, "two", &[(10, "b"), (20, "c")])?;
    equal(TypedCommands::zinterstore_weights(c, "to", &[("one", 2.0), ("two", 0.5)])?, 1)?;
    equal(TypedCommands::zscore(c, "to", "b")?, Some(9.0))?;
    equal(TypedCommands::zunionstore(c, "to", &["one", "two"])?, 3)?;
    equal(TypedCommands::zscore(c, "to", "b")?, Some(12.0))?;
    equal(TypedCommands::zunionstore_min(c, "to", &["one", "two"])?, 3)?;
    equal(TypedCommands::zscore(c, "to", "b")?, Some(2.0))
}

pub(super) fn random_and_scan(_: &Client, c: &mut Connection) -> Result<()> {
    let scores: BTreeMap<String, f64> =
        (0..700).map(|number| (format!("m{number}"), f64::from(number) / 4.0)).collect();
    TypedCommands::zadd_multiple(c, "z", &scores.iter().map(|(member, score)| (score, member)).collect::<Vec<_>>())?;
    let member: String = Commands::zrandmember(c, "z", None)?;
    ensure!(scores.contains_key(&member), "{member} is no member");
    let some: Pairs = Commands::zrandmember_withscores(c, "z", 5)?;
    equal(some.iter().map(|(member, _)| scores.get(member).copied()).collect::<Vec<_>>(), some_scores(&some))?;
    equal(Commands::zscan::<_, (String, f64)>(c, "z")?.collect::<RedisResult<BTreeMap<_, _>>>()?, scores)?;
    let found: Pairs = Commands::zscan_match(c, "z", "m99")?.collect::<RedisResult<_>>()?;
    equal(found, pairs(&[("m99", 24.75)]))
}

fn some_scores(pairs: &[(String, f64)]) -> Vec<Option<f64>> {
    pairs.iter().map(|(_, score)| Some(*score)).collect()
}
