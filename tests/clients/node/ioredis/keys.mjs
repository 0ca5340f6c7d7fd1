// The generic group and SWAPDB through ioredis.

import assert from "node:assert/strict";
import { sorted, within } from "../harness.mjs";

const { deepEqual, equal, ok, rejects } = assert;
const FAR = 4_102_444_800;

export const keys = {
  async "group generic names"(redis) {
    await redis.mset({ "user:1": "a", "user:2": "b", other: "c" });
    deepEqual(sorted(await redis.keys("user:*")), ["user:1", "user:2"]);
    equal(await redis.exists("other", "other", "missing"), 2);
    equal(await redis.touch("other", "missing"), 1);
    equal(await redis.type("other"), "string");
    ok(["user:1", "user:2", "other"].includes(await redis.randomkey()));
    equal(await redis.rename("other", "another"), "OK");
    await rejects(redis.rename("other", "another"), /no such key/);
    equal(await redis.renamenx("another", "user:1"), 0);
    equal(await redis.renamenx("another", "user:3"), 1);
    equal(await redis.del("user:1", "missing"), 1);
    equal(await redis.unlink("user:2", "user:3", "missing"), 2);
  },

  async "group generic deadlines"(redis) {
    await redis.set("k", "v");
    equal(await redis.ttl("k"), -1);
    equal(await redis.expire("k", 100, "XX"), 0);
    equal(await redis.expire("k", 100, "NX"), 1);
    equal(await redis.expire("k", 50, "GT"), 0);
    equal(await redis.expire("k", 50, "LT"), 1);
    within(await redis.ttl("k"), 49, 50);
    equal(await redis.pexpire("k", 90_000), 1);
    within(await redis.pttl("k"), 80_000, 90_000);
    equal(await redis.expireat("k", FAR), 1);
    equal(await redis.expiretime("k"), FAR);
    equal(await redis.pexpireat("k", FAR * 1000 + 1), 1);
    equal(await redis.pexpiretime("k"), FAR * 1000 + 1);
    equal(await redis.persist("k"), 1);
    equal(await redis.persist("k"), 0);
    equal(await redis.expireat("k", 1), 1);
    equal(await redis.pttl("k"), -2);
  },

  async "group generic places"(redis, connect) {
    const other = await connect({ db: 1 });
    await redis.rpush("list", "a", "b");
    equal(await redis.copy("list", "twin"), 1);
    equal(await redis.copy("list", "twin"), 0);
    equal(await redis.copy("list", "twin", "REPLACE"), 1);
    equal(await redis.copy("list", "list", "DB", 1), 1);
    deepEqual(await other.lrange("list", 0, -1), ["a", "b"]);
    equal(await redis.move("list", 1), 0);
    equal(await redis.move("twin", 1), 1);
    equal(await redis.swapdb(0, 1), "OK");
    equal(await redis.dbsize(), 2);
    equal(await other.dbsize(), 1);
  },

  async "group generic objects"(redis) {
    await redis.set("number", "12");
    await redis.rpush("list", "a");
    equal(await redis.object("ENCODING", "number"), "int");
    equal(await redis.object("ENCODING", "missing"), null);
    equal(await redis.object("REFCOUNT", "list"), 1);
    within(await redis.object("IDLETIME", "list"), 0, 10);
    await rejects(redis.object("FREQ", "list"), /LFU maxmemory policy/);
    equal((await redis.object("HELP"))[1], "ENCODING <key>");
    await redis.config("SET", "maxmemory-policy", "allkeys-lfu");
    try {
      await redis.set("counted", "v");
      within(await redis.object("FREQ", "counted"), 1, 255);
    } finally {
      await redis.config("SET", "maxmemory-policy", "noeviction");
    }
  },

  async "group generic scans"(redis) {
    const names = Array.from({ length: 500 }, (_, number) => `key:${number}`);
    await redis.mset(Object.fromEntries(names.map((name) => [name, "v"])));
    await redis.sadd("set", "member");
    const found = new Set();
    for await (const batch of redis.scanStream({ match: "key:*", count: 20 })) batch.forEach((key) => found.add(key));
    deepEqual(sorted(found), sorted(names));
    const ofType = [];
    for await (const batch of redis.scanStream({ type: "set" })) ofType.push(...batch);
    deepEqual(ofType, ["set"]);
    const [cursor] = await redis.scan(0, "COUNT", 10);
    equal(typeof cursor, "string");
  },

  async "group generic sort"(redis) {
    await redis.rpush("ids", 3, 1, 2);
    await redis.mset({ "weight:1": 30, "weight:2": 20, "weight:3": 10, "name:1": "one", "name:2": "two" });
    deepEqual(await redis.sort("ids"), ["1", "2", "3"]);
    deepEqual(await redis.sort("ids", "LIMIT", 0, 2, "DESC"), ["3", "2"]);
    const names = await redis.sort("ids", "BY", "weight:*", "GET", "#", "GET", "name:*");
    deepEqual(names, ["3", null, "2", "two", "1", "one"]);
    equal(await redis.sort("ids", "ALPHA", "STORE", "to"), 3);
    deepEqual(await redis.lrange("to", 0, -1), ["1", "2", "3"]);
    deepEqual(await redis.sort_ro("ids", "BY", "nosort"), ["3", "1", "2"]);
    await redis.sadd("words", "b", "a");
    await rejects(redis.sort("words"), /can't be converted into double/);
    deepEqual(await redis.sort_ro("words", "DESC", "ALPHA"), ["b", "a"]);
  },
};
