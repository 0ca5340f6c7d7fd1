// The string group through node-redis.

import assert from "node:assert/strict";
import { RESP_TYPES } from "redis";
import { within } from "../harness.mjs";

const { deepEqual, equal, rejects } = assert;

export const strings = {
  async "group string values"(client) {
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, index) => index));
    equal(await client.set("k", bytes), "OK");
    deepEqual(await client.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer }).get("k"), bytes);
    equal(await client.set("k", "v", { condition: "NX" }), null);
    equal(await client.set("k", "old", { condition: "XX" }), "OK");
    equal(await client.set("k", "v", { GET: true }), "old");
    equal(await client.append("k", "alue"), 5);
    equal(await client.strLen("k"), 5);
    equal(await client.getRange("k", 1, -2), "alu");
    equal(await client.setRange("k", 6, "!"), 7);
    equal(await client.get("k"), "value\0!");
    equal(await client.getSet("k", "next"), "value\0!");
    equal(await client.getDel("k"), "next");
    equal(await client.getDel("k"), null);
    equal(await client.setNX("k", "1"), 1);
    equal(await client.setNX("k", "2"), 0);
  },

  async "group string deadlines"(client) {
    equal(await client.setEx("s", 100, "v"), "OK");
    within(await client.ttl("s"), 99, 100);
    equal(await client.pSetEx("p", 100_000, "v"), "OK");
    within(await client.pTTL("p"), 90_000, 100_000);
    equal(await client.getEx("s", { type: "EX", value: 200 }), "v");
    within(await client.ttl("s"), 199, 200);
    equal(await client.getEx("s", { type: "PXAT", value: 4_102_444_800_123 }), "v");
    equal(await client.set("s", "w", { expiration: "KEEPTTL" }), "OK");
    equal(await client.pExpireTime("s"), 4_102_444_800_123);
    equal(await client.getEx("s", { type: "PERSIST" }), "w");
    equal(await client.ttl("s"), -1);
    equal(await client.set("s", "x", { expiration: { type: "EXAT", value: 4_102_444_800 } }), "OK");
    equal(await client.expireTime("s"), 4_102_444_800);
  },

  async "group string numbers"(client) {
    equal(await client.incr("n"), 1);
    equal(await client.incrBy("n", 9), 10);
    equal(await client.decr("n"), 9);
    equal(await client.decrBy("n", 10), -1);
    equal(await client.incrByFloat("n", 1.75), "0.75");
    await client.set("word", "w");
    await rejects(client.decrBy("word", 1), /not an integer/);
    await rejects(client.incrByFloat("word", 1), /not a valid float/);
  },

  async "group string many"(client) {
    equal(await client.mSet({ a: "1", b: "2" }), "OK");
    deepEqual(await client.mGet(["a", "missing", "b"]), ["1", null, "2"]);
    equal(await client.mSetNX([["b", "3"], ["c", "3"]]), 0);
    equal(await client.mSetNX(["c", "3", "d", "4"]), 1);
    deepEqual(await client.mGet(["c", "d"]), ["3", "4"]);
  },

  async "group string lcs"(client) {
    await client.mSet({ one: "ohmytext", other: "mynewtext" });
    equal(await client.lcs("one", "other"), "mytext");
    equal(await client.lcsLen("one", "other"), 6);
    const { matches, len } = await client.lcsIdxWithMatchLen("one", "other", { MINMATCHLEN: 3 });
    deepEqual([matches, len], [[[[4, 7], [5, 8], 4]], 6]);
    equal((await client.lcsIdx("one", "other")).matches.length, 2);
  },
};
