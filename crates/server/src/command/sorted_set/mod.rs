//! Sorted sets: ZADD, ZRANGE and their relatives.

mod blocking;
mod bounds;
mod combine;
mod combine_work;
mod members;
mod pop;
mod put;
mod random;
mod range;
mod read;
mod remove;
mod remove_work;
mod scan;

use super::spec::CommandSpec;

pub(super) const COMMANDS: &[&CommandSpec] = &[
    &blocking::BZMPOP,
    &blocking::BZPOPMAX,
    &blocking::BZPOPMIN,
    &put::ZADD,
    &read::ZCARD,
    &read::ZCOUNT,
    &combine::ZDIFF,
    &combine::ZDIFFSTORE,
    &put::ZINCRBY,
    &combine::ZINTER,
    &combine::ZINTERCARD,
    &combine::ZINTERSTORE,
    &read::ZLEXCOUNT,
    &pop::ZMPOP,
    &read::ZMSCORE,
    &pop::ZPOPMAX,
    &pop::ZPOPMIN,
    &random::ZRANDMEMBER,
    &range::ZRANGE,
    &range::ZRANGEBYLEX,
    &range::ZRANGEBYSCORE,
    &range::ZRANGESTORE,
    &read::ZRANK,
    &remove::ZREM,
    &remove::ZREMRANGEBYLEX,
    &remove::ZREMRANGEBYRANK,
    &remove::ZREMRANGEBYSCORE,
    &range::ZREVRANGE,
    &range::ZREVRANGEBYLEX,
    &range::ZREVRANGEBYSCORE,
    &read::ZREVRANK,
    &scan::ZSCAN,
    &read::ZSCORE,
    &combine::ZUNION,
    &combine::ZUNIONSTORE,
];
