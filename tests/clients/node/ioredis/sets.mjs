// The set group through ioredis.

import assert from "node:assert/strict";
import { sorted } from "../harness.mjs";

const { deepEqual, equal, ok } = assert;

export const sets = {
  async "group set members"(redis) {
    const bytes = Buffer.from([0, 255, 13, 10]);
    equal(await redis.sadd("s", "a", "b", bytes, "a"), 3);
    equal(await redis.scard("s"), 3);
    equal(await redis.sismember("s", bytes), 1);
    equal(await redis.sismember("s", "z"), 0);
    deepEqual(await redis.smismember("s", "a", "z"), [1, 0]);
    equal(await redis.smove("s", "t", "a"), 1);
    equal(await redis.smove("s", "t", "z"), 0);
    equal(await redis.srem("s", "b", "z"), 1);
    deepEqual([...(await redis.smembersBuffer("s"))], [bytes]);
    deepEqual(await redis.spopBuffer("s"), bytes);
    equal(await redis.spop("s"), null);
    await redis.sadd("t", "b", "c");
    deepEqual(sorted(await redis.spop("t", 5)), ["a", "b", "c"]);
    equal(await redis.exists("t"), 0);
  },

  async "group set operations"(redis) {
    await redis.sadd("one", 1, 2, 3);
    await redis.sadd("two", 3, 4);
    deepEqual(sorted(await redis.sinter("one", "two")), ["3"]);
    deepEqual(sorted(await redis.sunion("one", "two")), ["1", "2", "3", "4"]);
    deepEqual(sorted(await redis.sdiff("one", "two")), ["1", "2"]);
    equal(await redis.sintercard(2, "one", "two", "LIMIT", 5), 1);
    equal(await redis.sinterstore("to", "one", "two"), 1);
    equal(await redis.sunionstore("to", "one", "two"), 4);
    equal(await redis.sdiffstore("to", "one", "two"), 2);
    deepEqual(sorted(await redis.smembers("to")), ["1", "2"]);
    equal(await redis.sdiffstore("to", "one", "one"), 0);
    equal(await redis.exists("to"), 0);
  },

  async "group set random and scan"(redis) {
    const names = Array.from({ length: 1000 }, (_, number) => `m${number}`);
    await redis.sadd("s", names);
    ok(names.includes(await redis.srandmember("s")));
    deepEqual(sorted(await redis.srandmember("s", 2000)), sorted(names));
    equal((await redis.srandmember("s", -2000)).length, 2000);
    const found = new Set();
    for await (const batch of redis.sscanStream("s", { count: 25 })) batch.forEach((member) => found.add(member));
    deepEqual(sorted(found), sorted(names));
    deepEqual(await redis.sscan("missing", 0), ["0", []]);
  },
};
