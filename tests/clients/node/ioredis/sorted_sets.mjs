// The sorted set group through ioredis, but for what waits (`waiting.mjs`). Scores are texts in RESP2 and numbers in RESP3.

import assert from "node:assert/strict";
import { sorted } from "../harness.mjs";

const { deepEqual, equal, ok, rejects } = assert;

/** Members and scores in turn, whichever way this protocol has them. */
function flat(reply) {
  return reply.flat(2).map(String);
}

const filled = (redis) => redis.zadd("z", 1, "a", 2, "b", 3, "c", 4, "d");

export const sortedSets = {
  async "group sorted set members"(redis) {
    equal(await redis.zadd("z", 1, "a", 2.5, "b", "inf", "c"), 3);
    equal(await redis.zadd("z", "NX", 5, "a"), 0);
    equal(await redis.zadd("z", "GT", "CH", 0.5, "a", 3, "b"), 1);
    equal(await redis.zadd("z", "XX", "LT", "CH", 0.5, "a"), 1);
    equal(Number(await redis.zadd("z", "INCR", 1, "a")), 1.5);
    equal(await redis.zadd("z", "NX", "INCR", 1, "a"), null);
    equal(Number(await redis.zincrby("z", 0.25, "a")), 1.75);
    equal(Number(await redis.zscore("z", "a")), 1.75);
    equal(await redis.zscore("z", "missing"), null);
    deepEqual((await redis.zmscore("z", "a", "missing")).map(String), ["1.75", "null"]);
    equal(await redis.zcard("z"), 3);
    equal(await redis.zrank("z", "b"), 1);
    equal(await redis.zrevrank("z", "a"), 2);
    equal(await redis.zrank("z", "missing"), null);
    equal(await redis.zrem("z", "a", "missing"), 1);
    await rejects(redis.zincrby("z", "x", "b"), /not a valid float/);
  },

  async "group sorted set ranges"(redis) {
    await filled(redis);
    deepEqual(await redis.zrange("z", 0, -1), ["a", "b", "c", "d"]);
    deepEqual(flat(await redis.zrange("z", 0, 1, "WITHSCORES")), ["a", "1", "b", "2"]);
    deepEqual(await redis.zrange("z", "+inf", "(1", "BYSCORE", "REV", "LIMIT", 1, 1), ["c"]);
    deepEqual(await redis.zrevrange("z", 0, 0), ["d"]);
    deepEqual(flat(await redis.zrevrange("z", 0, 0, "WITHSCORES")), ["d", "4"]);
    deepEqual(await redis.zrangebyscore("z", 2, "(4"), ["b", "c"]);
    deepEqual(flat(await redis.zrangebyscore("z", "-inf", 2, "WITHSCORES", "LIMIT", 1, 5)), ["b", "2"]);
    deepEqual(await redis.zrevrangebyscore("z", "+inf", 3), ["d", "c"]);
    equal(await redis.zcount("z", "(2", "+inf"), 2);
    equal(await redis.zrangestore("to", "z", 0, 1, "REV"), 2);
    deepEqual(await redis.zrange("to", 0, -1), ["c", "d"]);
    equal(await redis.zremrangebyrank("z", 0, 0), 1);
    equal(await redis.zremrangebyscore("z", "(2", 3), 1);
    deepEqual(await redis.zrange("z", 0, -1), ["b", "d"]);
  },

  async "group sorted set lex"(redis) {
    await redis.zadd("z", 0, "a", 0, "b", 0, "c", 0, "d", 0, "e");
    deepEqual(await redis.zrangebylex("z", "[b", "(d"), ["b", "c"]);
    deepEqual(await redis.zrevrangebylex("z", "+", "[c", "LIMIT", 0, 2), ["e", "d"]);
    deepEqual(await redis.zrange("z", "-", "[b", "BYLEX"), ["a", "b"]);
    equal(await redis.zlexcount("z", "-", "+"), 5);
    equal(await redis.zremrangebylex("z", "[a", "(c"), 2);
    equal(await redis.zcard("z"), 3);
  },

  async "group sorted set pops"(redis) {
    await filled(redis);
    deepEqual(flat(await redis.zpopmin("z")), ["a", "1"]);
    deepEqual(flat(await redis.zpopmax("z", 2)), ["d", "4", "c", "3"]);
    const [name, popped] = await redis.zmpop(2, "missing", "z", "MAX", "COUNT", 5);
    deepEqual([name, flat(popped)], ["z", ["b", "2"]]);
    equal(await redis.zmpop(1, "missing", "MIN"), null);
    deepEqual(await redis.zpopmax("z"), []);
  },

  async "group sorted set operations"(redis) {
    await redis.zadd("one", 1, "a", 2, "b");
    await redis.zadd("two", 10, "b", 20, "c");
    deepEqual(await redis.zinter(2, "one", "two"), ["b"]);
    const weighted = await redis.zinter(2, "one", "two", "WEIGHTS", 2, 1, "AGGREGATE", "MAX", "WITHSCORES");
    deepEqual(flat(weighted), ["b", "10"]);
    equal(await redis.zintercard(2, "one", "two", "LIMIT", 1), 1);
    deepEqual(await redis.zunion(2, "one", "two"), ["a", "b", "c"]);
    deepEqual(flat(await redis.zdiff(2, "one", "two", "WITHSCORES")), ["a", "1"]);
    equal(await redis.zinterstore("to", 2, "one", "two", "WEIGHTS", 2, 0.5), 1);
    equal(Number(await redis.zscore("to", "b")), 9);
    equal(await redis.zunionstore("to", 2, "one", "two", "AGGREGATE", "MIN"), 3);
    equal(Number(await redis.zscore("to", "b")), 2);
    equal(await redis.zdiffstore("to", 2, "two", "one"), 1);
    deepEqual(await redis.zrange("to", 0, -1), ["c"]);
  },

  async "group sorted set random and scan"(redis) {
    const names = Array.from({ length: 700 }, (_, number) => `m${number}`);
    await redis.zadd("z", ...names.flatMap((name, number) => [number / 4, name]));
    ok(names.includes(await redis.zrandmember("z")));
    deepEqual(sorted(await redis.zrandmember("z", 1000)), sorted(names));
    const [member, score] = flat(await redis.zrandmember("z", 1, "WITHSCORES"));
    equal(score, String(names.indexOf(member) / 4));
    const found = new Map();
    for await (const batch of redis.zscanStream("z", { count: 30 })) {
      for (let at = 0; at < batch.length; at += 2) found.set(batch[at], Number(batch[at + 1]));
    }
    deepEqual(sorted(found.keys()), sorted(names));
    equal(found.get("m7"), 1.75);
    deepEqual(await redis.zscan("missing", 0), ["0", []]);
  },
};
