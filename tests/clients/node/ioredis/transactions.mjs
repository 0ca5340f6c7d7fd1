// Transactions and pipelines over all types through ioredis.

import assert from "node:assert/strict";

const { deepEqual, equal, match, rejects } = assert;

/** Queues a write and a read of each type. */
function everyType(queue) {
  queue.set("string", "v").get("string");
  queue.hset("hash", "f", "v").hgetall("hash");
  queue.rpush("list", "a", "b").lrange("list", 0, -1);
  queue.sadd("set", "m").smembers("set");
  queue.zadd("zset", 1.5, "m").zrange("zset", 0, -1, "WITHSCORES");
  return queue.setbit("bits", 7, 1).get("bits");
}

const OUTCOME = ["OK", "v", 1, { f: "v" }, 2, ["a", "b"], 1, ["m"], 1, ["m", "1.5"], 0, "\x01"];

/** The replies, with what depends on the protocol made one. */
function plain(replies) {
  const values = replies.map(([error, value]) => error ?? value);
  values[7] = [...values[7]];
  values[9] = values[9].flat().map(String);
  return values;
}

export const transactions = {
  async "group transaction of every type"(redis) {
    deepEqual(plain(await everyType(redis.multi()).exec()), OUTCOME);
    await redis.flushall();
    deepEqual(plain(await everyType(redis.pipeline()).exec()), OUTCOME);
  },

  async "group transaction errors"(redis) {
    const replies = await redis.multi().rpush("list", "a").hset("list", "f", "v").llen("list").exec();
    match(replies[1][0].message, /^WRONGTYPE/);
    deepEqual([replies[0], replies[2]], [[null, 1], [null, 1]]);
    await rejects(redis.multi().rpush("list", "b").call("LPUSH", "list").exec(), /EXECABORT/);
    equal(await redis.llen("list"), 1);
  },

  async "group transaction watch"(redis, connect) {
    const other = await connect();
    const touches = [
      () => other.rpush("k", "x"),
      () => other.expire("k", 100),
      () => other.del("k"),
      () => other.flushall(),
    ];
    for (const touch of touches) {
      await redis.rpush("k", "a");
      await redis.watch("k", "another");
      await touch();
      equal(await redis.multi().set("done", "1").exec(), null);
      equal(await redis.exists("done"), 0);
    }
    await redis.watch("k");
    await redis.unwatch();
    await other.set("k", "v");
    deepEqual(await redis.multi().get("k").exec(), [[null, "v"]]);
  },

  async "group transaction discard"(redis) {
    await redis.multi({ pipeline: false });
    equal(await redis.set("k", "v"), "QUEUED");
    equal(await redis.discard(), "OK");
    equal(await redis.exists("k"), 0);
    await rejects(redis.exec(), /EXEC without MULTI/);
  },
};
