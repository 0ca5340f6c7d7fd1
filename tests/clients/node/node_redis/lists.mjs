// The list group through node-redis, but for what waits (`waiting.mjs`).

import assert from "node:assert/strict";
import { RESP_TYPES } from "redis";

const { deepEqual, equal, rejects } = assert;

export const lists = {
  async "group list ends"(client) {
    const bytes = Buffer.from([0, 255, 13, 10]);
    equal(await client.lPushX("l", "x"), 0);
    equal(await client.rPushX("l", "x"), 0);
    equal(await client.rPush("l", ["b", bytes]), 2);
    equal(await client.lPush("l", "a"), 3);
    equal(await client.lPushX("l", "first"), 4);
    equal(await client.rPushX("l", "last"), 5);
    equal(await client.lLen("l"), 5);
    deepEqual(await client.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer }).lRange("l", 3, 3), [bytes]);
    deepEqual(await client.lRange("l", 0, 2), ["first", "a", "b"]);
    equal(await client.lPop("l"), "first");
    equal(await client.rPop("l"), "last");
    deepEqual(await client.lPopCount("l", 2), ["a", "b"]);
    equal((await client.rPopCount("l", 5)).length, 1);
    equal(await client.lPop("l"), null);
    equal(await client.rPop("l"), null);
    equal(await client.exists("l"), 0);
  },

  async "group list middle"(client) {
    await client.rPush("l", ["a", "b", "c", "b", "a"]);
    equal(await client.lIndex("l", -2), "b");
    equal(await client.lIndex("l", 9), null);
    equal(await client.lPos("l", "b"), 1);
    equal(await client.lPos("l", "a", { RANK: -1 }), 4);
    deepEqual(await client.lPosCount("l", "b", 0, { MAXLEN: 10 }), [1, 3]);
    equal(await client.lInsert("l", "BEFORE", "c", "new"), 6);
    equal(await client.lInsert("l", "AFTER", "z", "new"), -1);
    equal(await client.lSet("l", 0, "A"), "OK");
    await rejects(client.lSet("l", 99, "v"), /index out of range/);
    equal(await client.lRem("l", -1, "b"), 1);
    equal(await client.lTrim("l", 1, -2), "OK");
    deepEqual(await client.lRange("l", 0, -1), ["b", "new", "c"]);
  },

  async "group list moves"(client) {
    await client.rPush("from", ["a", "b", "c", "d"]);
    equal(await client.lMove("from", "to", "LEFT", "RIGHT"), "a");
    equal(await client.rPopLPush("from", "to"), "d");
    equal(await client.rPopLPush("missing", "to"), null);
    deepEqual(await client.lmPop(["missing", "to"], "RIGHT", { COUNT: 5 }), ["to", ["a", "d"]]);
    equal(await client.lmPop("missing", "LEFT"), null);
    await client.set("s", "v");
    await rejects(client.lMove("from", "s", "LEFT", "LEFT"), /WRONGTYPE/);
    deepEqual(await client.lRange("from", 0, -1), ["b", "c"]);
  },
};
