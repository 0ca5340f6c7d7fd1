// The hash group through ioredis.

import assert from "node:assert/strict";
import { sorted } from "../harness.mjs";

const { deepEqual, equal, ok, rejects } = assert;

export const hashes = {
  async "group hash fields"(redis) {
    const bytes = Buffer.from([0, 255, 13, 10]);
    equal(await redis.hset("h", "a", "1"), 1);
    equal(await redis.hset("h", { a: "2", b: "3" }), 1);
    equal(await redis.hset("h", "c", bytes), 1);
    equal(await redis.hget("h", "a"), "2");
    equal(await redis.hget("h", "missing"), null);
    deepEqual(await redis.hgetBuffer("h", "c"), bytes);
    deepEqual(await redis.hmget("h", "a", "missing", "b"), ["2", null, "3"]);
    deepEqual(Object.entries(await redis.hgetallBuffer("h")).length, 3);
    equal(await redis.hmset("h", { c: "4", d: "5" }), "OK");
    deepEqual(await redis.hgetall("h"), { a: "2", b: "3", c: "4", d: "5" });
    deepEqual(await redis.hgetall("missing"), {});
    equal(await redis.hsetnx("h", "d", "6"), 0);
    equal(await redis.hsetnx("h", "e", "6"), 1);
    equal(await redis.hexists("h", "e"), 1);
    equal(await redis.hlen("h"), 5);
    equal(await redis.hstrlen("h", "a"), 1);
    equal(await redis.hdel("h", "e", "d", "missing"), 2);
    deepEqual(sorted(await redis.hkeys("h")), ["a", "b", "c"]);
    deepEqual(sorted(await redis.hvals("h")), ["2", "3", "4"]);
    equal(await redis.hdel("h", "a", "b", "c"), 3);
    equal(await redis.exists("h"), 0);
  },

  async "group hash numbers"(redis) {
    equal(await redis.hincrby("h", "n", 5), 5);
    equal(await redis.hincrbyfloat("h", "n", 2.25), "7.25");
    await redis.hset("h", "word", "w");
    await rejects(redis.hincrby("h", "word", 1), /hash value is not an integer/);
    await redis.set("s", "v");
    await rejects(redis.hlen("s"), /^ReplyError: WRONGTYPE/);
  },

  async "group hash random and scan"(redis) {
    const names = Array.from({ length: 700 }, (_, number) => `f${number}`);
    await redis.hset("h", Object.fromEntries(names.map((name) => [name, `of ${name}`])));
    ok(names.includes(await redis.hrandfield("h")));
    deepEqual(sorted(await redis.hrandfield("h", 1000)), sorted(names));
    const some = (await redis.hrandfield("h", 2, "WITHVALUES")).flat();
    equal(some.length, 4);
    equal(some[1], `of ${some[0]}`);
    const found = new Map();
    for await (const batch of redis.hscanStream("h", { count: 30 })) {
      for (let at = 0; at < batch.length; at += 2) found.set(batch[at], batch[at + 1]);
    }
    deepEqual(sorted(found.keys()), sorted(names));
    equal(found.get("f7"), "of f7");
    deepEqual(await redis.hscan("missing", 0), ["0", []]);
  },
};
