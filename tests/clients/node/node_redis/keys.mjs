// The generic group and SWAPDB through node-redis.

import assert from "node:assert/strict";
import { sorted, within } from "../harness.mjs";

const { deepEqual, equal, ok, rejects } = assert;
const FAR = 4_102_444_800;

export const keys = {
  async "group generic names"(client) {
    await client.mSet({ "user:1": "a", "user:2": "b", other: "c" });
    deepEqual(sorted(await client.keys("user:*")), ["user:1", "user:2"]);
    equal(await client.exists(["other", "other", "missing"]), 2);
    equal(await client.touch(["other", "missing"]), 1);
    equal(await client.type("other"), "string");
    ok(["user:1", "user:2", "other"].includes(await client.randomKey()));
    equal(await client.rename("other", "another"), "OK");
    await rejects(client.rename("other", "another"), /no such key/);
    equal(await client.renameNX("another", "user:1"), 0);
    equal(await client.renameNX("another", "user:3"), 1);
    equal(await client.del(["user:1", "missing"]), 1);
    equal(await client.unlink(["user:2", "user:3", "missing"]), 2);
  },

  async "group generic deadlines"(client) {
    await client.set("k", "v");
    equal(await client.ttl("k"), -1);
    equal(await client.expire("k", 100, "XX"), 0);
    equal(await client.expire("k", 100, "NX"), 1);
    equal(await client.expire("k", 50, "GT"), 0);
    equal(await client.expire("k", 50, "LT"), 1);
    within(await client.ttl("k"), 49, 50);
    equal(await client.pExpire("k", 90_000), 1);
    within(await client.pTTL("k"), 80_000, 90_000);
    equal(await client.expireAt("k", new Date(FAR * 1000)), 1);
    equal(await client.expireTime("k"), FAR);
    equal(await client.pExpireAt("k", FAR * 1000 + 1), 1);
    equal(await client.pExpireTime("k"), FAR * 1000 + 1);
    equal(await client.persist("k"), 1);
    equal(await client.persist("k"), 0);
    equal(await client.expireAt("k", 1), 1);
    equal(await client.pTTL("k"), -2);
  },

  async "group generic places"(client, connect) {
    const other = await connect({ database: 1 });
    await client.rPush("list", ["a", "b"]);
    equal(await client.copy("list", "twin"), 1);
    equal(await client.copy("list", "twin"), 0);
    equal(await client.copy("list", "twin", { REPLACE: true }), 1);
    equal(await client.copy("list", "list", { DB: 1 }), 1);
    deepEqual(await other.lRange("list", 0, -1), ["a", "b"]);
    equal(await client.move("list", 1), 0);
    equal(await client.move("twin", 1), 1);
    equal(await client.swapDb(0, 1), "OK");
    equal(await client.dbSize(), 2);
    equal(await other.dbSize(), 1);
  },

  async "group generic objects"(client) {
    await client.set("number", "12");
    await client.rPush("list", "a");
    equal(await client.objectEncoding("number"), "int");
    equal(await client.objectEncoding("missing"), null);
    equal(await client.objectRefCount("list"), 1);
    within(await client.objectIdleTime("list"), 0, 10);
    await rejects(client.objectFreq("list"), /LFU maxmemory policy/);
    await client.configSet("maxmemory-policy", "allkeys-lfu");
    try {
      await client.set("counted", "v");
      within(await client.objectFreq("counted"), 1, 255);
    } finally {
      await client.configSet("maxmemory-policy", "noeviction");
    }
  },

  async "group generic scans"(client) {
    const names = Array.from({ length: 500 }, (_, number) => `key:${number}`);
    await client.mSet(Object.fromEntries(names.map((name) => [name, "v"])));
    await client.sAdd("set", "member");
    const found = new Set();
    for await (const batch of client.scanIterator({ MATCH: "key:*", COUNT: 20 })) batch.forEach((key) => found.add(key));
    deepEqual(sorted(found), sorted(names));
    const ofType = [];
    for await (const batch of client.scanIterator({ TYPE: "set" })) ofType.push(...batch);
    deepEqual(ofType, ["set"]);
    equal(typeof (await client.scan("0")).cursor, "string");
  },

  async "group generic sort"(client) {
    await client.rPush("ids", ["3", "1", "2"]);
    await client.mSet({ "weight:1": "30", "weight:2": "20", "weight:3": "10", "name:1": "one", "name:2": "two" });
    deepEqual(await client.sort("ids"), ["1", "2", "3"]);
    deepEqual(await client.sort("ids", { DIRECTION: "DESC", LIMIT: { offset: 0, count: 2 } }), ["3", "2"]);
    const names = await client.sort("ids", { BY: "weight:*", GET: ["#", "name:*"] });
    deepEqual(names, ["3", null, "2", "two", "1", "one"]);
    equal(await client.sortStore("ids", "to", { ALPHA: true }), 3);
    deepEqual(await client.lRange("to", 0, -1), ["1", "2", "3"]);
    deepEqual(await client.sortRo("ids", { BY: "nosort" }), ["3", "1", "2"]);
    await client.sAdd("words", ["b", "a"]);
    await rejects(client.sort("words"), /can't be converted into double/);
  },
};
