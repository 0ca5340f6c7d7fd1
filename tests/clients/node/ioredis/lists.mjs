// The list group through ioredis, but for what waits (`waiting.mjs`).

import assert from "node:assert/strict";

const { deepEqual, equal, rejects } = assert;

export const lists = {
  async "group list ends"(redis) {
    const bytes = Buffer.from([0, 255, 13, 10]);
    equal(await redis.lpushx("l", "x"), 0);
    equal(await redis.rpushx("l", "x"), 0);
    equal(await redis.rpush("l", "b", bytes), 2);
    equal(await redis.lpush("l", "a"), 3);
    equal(await redis.lpushx("l", "first"), 4);
    equal(await redis.rpushx("l", "last"), 5);
    equal(await redis.llen("l"), 5);
    deepEqual(await redis.lrangeBuffer("l", 3, 3), [bytes]);
    deepEqual(await redis.lrange("l", 0, 2), ["first", "a", "b"]);
    equal(await redis.lpop("l"), "first");
    equal(await redis.rpop("l"), "last");
    deepEqual(await redis.lpop("l", 2), ["a", "b"]);
    deepEqual(await redis.rpopBuffer("l", 5), [bytes]);
    equal(await redis.lpop("l"), null);
    equal(await redis.rpop("l"), null);
    equal(await redis.exists("l"), 0);
  },

  async "group list middle"(redis) {
    await redis.rpush("l", "a", "b", "c", "b", "a");
    equal(await redis.lindex("l", -2), "b");
    equal(await redis.lindex("l", 9), null);
    equal(await redis.lpos("l", "b"), 1);
    equal(await redis.lpos("l", "a", "RANK", -1), 4);
    deepEqual(await redis.lpos("l", "b", "COUNT", 0, "MAXLEN", 10), [1, 3]);
    equal(await redis.linsert("l", "BEFORE", "c", "new"), 6);
    equal(await redis.linsert("l", "AFTER", "z", "new"), -1);
    equal(await redis.lset("l", 0, "A"), "OK");
    await rejects(redis.lset("l", 99, "v"), /index out of range/);
    equal(await redis.lrem("l", -1, "b"), 1);
    equal(await redis.ltrim("l", 1, -2), "OK");
    deepEqual(await redis.lrange("l", 0, -1), ["b", "new", "c"]);
  },

  async "group list moves"(redis) {
    await redis.rpush("from", "a", "b", "c", "d");
    equal(await redis.lmove("from", "to", "LEFT", "RIGHT"), "a");
    equal(await redis.rpoplpush("from", "to"), "d");
    equal(await redis.rpoplpush("missing", "to"), null);
    deepEqual(await redis.lmpop(2, "missing", "to", "RIGHT", "COUNT", 5), ["to", ["a", "d"]]);
    equal(await redis.lmpop(1, "missing", "LEFT"), null);
    await redis.set("s", "v");
    await rejects(redis.lmove("from", "s", "LEFT", "LEFT"), /WRONGTYPE/);
    deepEqual(await redis.lrange("from", 0, -1), ["b", "c"]);
  },
};
