// Transactions and pipelines over all types through node-redis.

import assert from "node:assert/strict";
import { WatchError } from "redis";

const { deepEqual, equal, rejects } = assert;

/** Queues a write and a read of each type. */
function everyType(queue) {
  return queue
    .set("string", "v").get("string")
    .hSet("hash", { f: "v" }).hGetAll("hash")
    .rPush("list", ["a", "b"]).lRange("list", 0, -1)
    .sAdd("set", "m").sMembers("set")
    .zAdd("zset", { value: "m", score: 1.5 }).zRangeWithScores("zset", 0, -1)
    .setBit("bits", 7, 1).get("bits");
}

const OUTCOME = ["OK", "v", 1, { f: "v" }, 2, ["a", "b"], 1, ["m"], 1, [{ value: "m", score: 1.5 }], 0, "\x01"];

/** Replies as plain values, since objects come without a prototype. */
const plain = (replies) => JSON.parse(JSON.stringify(replies));

export const transactions = {
  async "group transaction of every type"(client) {
    deepEqual(plain(await everyType(client.multi()).exec()), OUTCOME);
    await client.flushAll();
    deepEqual(plain(await everyType(client.multi()).execAsPipeline()), OUTCOME);
  },

  async "group transaction errors"(client) {
    const failing = client.multi().rPush("list", "a").hSet("list", "f", "v").lLen("list").exec();
    await rejects(failing, (error) => {
      deepEqual(error.errorIndexes, [1]);
      deepEqual([error.replies[0], error.replies[2]], [1, 1]);
      return /WRONGTYPE/.test(error.replies[1].message);
    });
    await rejects(client.multi().rPush("list", "b").addCommand(["LPUSH", "list"]).exec());
    equal(await client.lLen("list"), 1);
  },

  async "group transaction watch"(client, connect) {
    const other = await connect();
    const touches = [
      () => other.rPush("k", "x"),
      () => other.expire("k", 100),
      () => other.del("k"),
      () => other.flushAll(),
    ];
    for (const touch of touches) {
      await client.rPush("k", "a");
      await client.watch(["k", "another"]);
      await touch();
      await rejects(client.multi().set("done", "1").exec(), WatchError);
      equal(await client.exists("done"), 0);
    }
    await client.watch("k");
    await client.unwatch();
    await other.set("k", "v");
    deepEqual(await client.multi().get("k").exec(), ["v"]);
  },
};
