// The hash group through node-redis.

import assert from "node:assert/strict";
import { RESP_TYPES } from "redis";
import { sorted } from "../harness.mjs";

const { deepEqual, equal, ok, rejects } = assert;

export const hashes = {
  async "group hash fields"(client) {
    const bytes = Buffer.from([0, 255, 13, 10]);
    equal(await client.hSet("h", "a", "1"), 1);
    equal(await client.hSet("h", { a: "2", b: "3" }), 1);
    equal(await client.hSet("h", "c", bytes), 1);
    equal(await client.hGet("h", "a"), "2");
    equal(await client.hGet("h", "missing"), null);
    deepEqual(await client.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer }).hGet("h", "c"), bytes);
    deepEqual(await client.hmGet("h", ["a", "missing", "b"]), ["2", null, "3"]);
    equal(await client.hSet("h", [["c", "4"], ["d", "5"]]), 1);
    deepEqual({ ...(await client.hGetAll("h")) }, { a: "2", b: "3", c: "4", d: "5" });
    deepEqual({ ...(await client.hGetAll("missing")) }, {});
    equal(await client.hSetNX("h", "d", "6"), 0);
    equal(await client.hSetNX("h", "e", "6"), 1);
    equal(await client.hExists("h", "e"), 1);
    equal(await client.hLen("h"), 5);
    equal(await client.hStrLen("h", "a"), 1);
    equal(await client.hDel("h", ["e", "d", "missing"]), 2);
    deepEqual(sorted(await client.hKeys("h")), ["a", "b", "c"]);
    deepEqual(sorted(await client.hVals("h")), ["2", "3", "4"]);
    equal(await client.hDel("h", ["a", "b", "c"]), 3);
    equal(await client.exists("h"), 0);
  },

  async "group hash numbers"(client) {
    equal(await client.hIncrBy("h", "n", 5), 5);
    equal(await client.hIncrByFloat("h", "n", 2.25), "7.25");
    await client.hSet("h", "word", "w");
    await rejects(client.hIncrBy("h", "word", 1), /hash value is not an integer/);
    await client.set("s", "v");
    await rejects(client.hLen("s"), /WRONGTYPE/);
  },

  async "group hash random and scan"(client) {
    const names = Array.from({ length: 700 }, (_, number) => `f${number}`);
    await client.hSet("h", Object.fromEntries(names.map((name) => [name, `of ${name}`])));
    ok(names.includes(await client.hRandField("h")));
    deepEqual(sorted(await client.hRandFieldCount("h", 1000)), sorted(names));
    for (const { field, value } of await client.hRandFieldCountWithValues("h", 5)) equal(value, `of ${field}`);
    const found = new Map();
    for await (const batch of client.hScanIterator("h", { COUNT: 30 })) {
      for (const { field, value } of batch) found.set(field, value);
    }
    deepEqual(sorted(found.keys()), sorted(names));
    equal(found.get("f7"), "of f7");
    deepEqual((await client.hScan("missing", "0")).entries, []);
  },
};
