// ioredis as a whole: connecting, pipelines, transactions, streams of keys, errors.

import assert from "node:assert/strict";
import { event, eventually } from "../harness.mjs";

export const general = {
  async strings(redis) {
    assert.equal(await redis.ping(), "PONG");
    assert.equal(await redis.set("k", "v"), "OK");
    assert.equal(await redis.get("k"), "v");
    assert.equal(await redis.get("missing"), null);
    assert.equal(await redis.append("k", "w"), 2);
    assert.equal(await redis.strlen("k"), 2);
    assert.equal(await redis.getset("k", "x"), "vw");
    assert.equal(await redis.getdel("k"), "x");
    assert.equal(await redis.mset({ a: "1", b: "2" }), "OK");
    assert.deepEqual(await redis.mget("a", "missing", "b"), ["1", null, "2"]);
    assert.equal(await redis.setnx("a", "3"), 0);
    assert.equal(await redis.del("a", "b", "missing"), 2);
    assert.equal(await redis.echo("hello"), "hello");
  },

  async counters(redis) {
    assert.equal(await redis.incr("n"), 1);
    assert.equal(await redis.incrby("n", 41), 42);
    assert.equal(await redis.decr("n"), 41);
    assert.equal(await redis.decrby("n", 50), -9);
  },

  async expiry(redis) {
    assert.equal(await redis.ttl("missing"), -2);
    assert.equal(await redis.set("k", "v", "EX", 100), "OK");
    const left = await redis.pttl("k");
    assert.ok(left > 90_000 && left <= 100_000, `PTTL is ${left}`);
    assert.equal(await redis.persist("k"), 1);
    assert.equal(await redis.ttl("k"), -1);
    assert.equal(await redis.expireat("k", 4_102_444_800), 1);
    assert.equal(await redis.expiretime("k"), 4_102_444_800);
    assert.equal(await redis.set("k", "w", "NX"), null);
    assert.equal(await redis.set("k", "w", "KEEPTTL"), "OK");
    assert.equal(await redis.pexpiretime("k"), 4_102_444_800_000);
    assert.equal(await redis.set("short", "v", "PX", 20), "OK");
    await eventually(async () => (await redis.get("short")) === null, "the end of a 20 ms key");
  },

  async keyspace(redis) {
    await redis.mset({ "user:1": "a", "user:2": "b", other: "c" });
    assert.equal(await redis.dbsize(), 3);
    assert.deepEqual((await redis.keys("user:*")).sort(), ["user:1", "user:2"]);
    assert.equal(await redis.type("other"), "string");
    assert.equal(await redis.rename("other", "another"), "OK");
    assert.equal(await redis.exists("other", "another"), 1);
    assert.equal(await redis.flushdb(), "OK");
    assert.equal(await redis.dbsize(), 0);
  },

  async binary(redis) {
    const bytes = Buffer.from(Array.from({ length: 65_536 }, (_, index) => index % 256));
    assert.equal(await redis.set(bytes, bytes), "OK");
    assert.deepEqual(await redis.getBuffer(bytes), bytes);
    assert.equal(await redis.set("name", "Zo\u00eb \u2603"), "OK");
    assert.equal(await redis.get("name"), "Zo\u00eb \u2603");
  },

  async pipeline(redis) {
    const pipeline = redis.pipeline();
    for (let number = 0; number < 1000; number += 1) pipeline.set(`k${number}`, number).get(`k${number}`);
    const replies = await pipeline.exec();
    assert.equal(replies.length, 2000);
    replies.forEach(([error, value], index) => {
      assert.equal(error, null);
      assert.equal(value, index % 2 === 0 ? "OK" : String((index - 1) / 2));
    });
    const mixed = await redis.pipeline().set("s", "text").incr("s").get("s").exec();
    assert.match(mixed[1][0].message, /not an integer/);
    assert.deepEqual(mixed[2], [null, "text"]);
  },

  async multi(redis) {
    assert.deepEqual(await redis.multi().set("a", 1).incr("a").get("a").exec(), [
      [null, "OK"],
      [null, 2],
      [null, "2"],
    ]);
    await redis.multi({ pipeline: false });
    assert.equal(await redis.set("b", "1"), "QUEUED");
    assert.deepEqual(await redis.exec(), [[null, "OK"]]);
    await redis.multi({ pipeline: false });
    await redis.set("b", "2");
    assert.equal(await redis.discard(), "OK");
    assert.equal(await redis.get("b"), "1");
    await assert.rejects(redis.multi().set("a", 5).call("nosuch").exec(), /EXECABORT/);
    assert.equal(await redis.get("a"), "2");
  },

  async watch(redis, connect) {
    const other = await connect();
    await redis.set("n", 1);
    await redis.watch("n");
    await other.set("n", 5);
    assert.equal(await redis.multi().set("n", 2).exec(), null);
    assert.equal(await redis.get("n"), "5");
    await redis.watch("n");
    await redis.unwatch();
    await other.set("n", 6);
    assert.deepEqual(await redis.multi().incr("n").exec(), [[null, 7]]);
  },

  async "watch retry loop"(redis, connect) {
    const addTen = async () => {
      const client = await connect();
      for (let round = 0; round < 10; round += 1) {
        for (let done = false; !done; ) {
          await client.watch("n");
          const value = Number((await client.get("n")) ?? 0);
          done = (await client.multi().set("n", value + 1).exec()) !== null;
        }
      }
    };
    await Promise.all([addTen(), addTen(), addTen(), addTen()]);
    assert.equal(await redis.get("n"), "40");
  },

  async "scan stream"(redis) {
    const names = Array.from({ length: 1000 }, (_, number) => `key:${number}`);
    await redis.mset(Object.fromEntries(names.map((name) => [name, "v"])));
    await redis.set("another", "v");
    const found = new Set();
    for await (const batch of redis.scanStream({ match: "key:*", count: 37 })) batch.forEach((key) => found.add(key));
    assert.deepEqual([...found].sort(), names.sort());
  },

  async "ready check"(redis, connect) {
    assert.equal(redis.status, "ready");
    assert.match(await redis.info(), /\r\nloading:0\r\n/);
    const unchecked = await connect({ enableReadyCheck: false });
    assert.equal(await unchecked.ping(), "PONG");
  },

  async "maps as objects"(redis, connect) {
    const typed = await connect({ protocol: 3, replyMapping: "resp3" });
    assert.deepEqual(await typed.config("GET", "dbfilename"), { dbfilename: "dump.rdb" });
    const hello = await typed.call("HELLO", "3");
    assert.equal(hello.proto, 3);
  },

  async "automatic pipelining"(redis, connect) {
    const client = await connect({ enableAutoPipelining: true });
    const numbers = Array.from({ length: 500 }, (_, number) => number);
    await Promise.all(numbers.map((number) => client.set(`k${number}`, number)));
    const values = await Promise.all(numbers.map((number) => client.get(`k${number}`)));
    assert.deepEqual(values, numbers.map(String));
  },

  async reconnecting(redis, connect) {
    const client = await connect({ retryStrategy: () => 1 });
    await client.select(1);
    await client.set("k", "v");
    client.disconnect(true);
    await event(client, "ready");
    assert.equal(await client.get("k"), "v", "the database is selected again");
    client.stream.destroy();
    await event(client, "ready");
    assert.equal(await client.get("k"), "v");
  },

  async errors(redis) {
    await redis.set("s", "text");
    await assert.rejects(redis.incr("s"), { name: "ReplyError", message: /^ERR value is not an integer/ });
    await assert.rejects(redis.call("nosuch", "x"), { name: "ReplyError", message: /^ERR unknown command/ });
    await assert.rejects(redis.call("get"), /wrong number of arguments for 'get' command/);
    await assert.rejects(redis.set("s", "v", "NX", "XX"), /^ReplyError: ERR syntax error/);
    await assert.rejects(redis.set("s", "v", "EX", 0), /invalid expire time in 'set' command/);
    assert.equal(await redis.get("s"), "text");
  },

  async "client and configuration"(redis, connect) {
    const client = await connect({ connectionName: "tester" });
    assert.equal(await client.client("GETNAME"), "tester");
    assert.ok((await client.client("ID")) > 0);
    assert.match(await client.client("INFO"), /name=tester/);
    assert.deepEqual(await redis.config("GET", "dbfilename"), ["dbfilename", "dump.rdb"]);
    assert.equal(await redis.config("SET", "timeout", "0"), "OK");
    assert.match(await redis.info("server"), /redis_version:7\./);
    assert.equal((await redis.time()).length, 2);
    assert.equal(await client.quit(), "OK");
  },
};
