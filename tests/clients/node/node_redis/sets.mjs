// The set group through node-redis.

import assert from "node:assert/strict";
import { RESP_TYPES } from "redis";
import { sorted } from "../harness.mjs";

const { deepEqual, equal, ok } = assert;

export const sets = {
  async "group set members"(client) {
    const bytes = Buffer.from([0, 255, 13, 10]);
    equal(await client.sAdd("s", ["a", "b", bytes, "a"]), 3);
    equal(await client.sCard("s"), 3);
    equal(await client.sIsMember("s", bytes), 1);
    equal(await client.sIsMember("s", "z"), 0);
    deepEqual(await client.smIsMember("s", ["a", "z"]), [1, 0]);
    equal(await client.sMove("s", "t", "a"), 1);
    equal(await client.sMove("s", "t", "z"), 0);
    equal(await client.sRem("s", ["b", "z"]), 1);
    deepEqual(await client.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer }).sPop("s"), bytes);
    equal(await client.sPop("s"), null);
    await client.sAdd("t", ["b", "c"]);
    deepEqual(sorted(await client.sMembers("t")), ["a", "b", "c"]);
    deepEqual(sorted(await client.sPopCount("t", 5)), ["a", "b", "c"]);
    equal(await client.exists("t"), 0);
  },

  async "group set operations"(client) {
    await client.sAdd("one", ["1", "2", "3"]);
    await client.sAdd("two", ["3", "4"]);
    deepEqual(sorted(await client.sInter(["one", "two"])), ["3"]);
    deepEqual(sorted(await client.sUnion(["one", "two"])), ["1", "2", "3", "4"]);
    deepEqual(sorted(await client.sDiff(["one", "two"])), ["1", "2"]);
    equal(await client.sInterCard(["one", "two"], { LIMIT: 5 }), 1);
    equal(await client.sInterStore("to", ["one", "two"]), 1);
    equal(await client.sUnionStore("to", ["one", "two"]), 4);
    equal(await client.sDiffStore("to", ["one", "two"]), 2);
    deepEqual(sorted(await client.sMembers("to")), ["1", "2"]);
    equal(await client.sDiffStore("to", ["one", "one"]), 0);
    equal(await client.exists("to"), 0);
  },

  async "group set random and scan"(client) {
    const names = Array.from({ length: 1000 }, (_, number) => `m${number}`);
    await client.sAdd("s", names);
    ok(names.includes(await client.sRandMember("s")));
    deepEqual(sorted(await client.sRandMemberCount("s", 2000)), sorted(names));
    equal((await client.sRandMemberCount("s", -2000)).length, 2000);
    const found = new Set();
    for await (const batch of client.sScanIterator("s", { COUNT: 25 })) batch.forEach((member) => found.add(member));
    deepEqual(sorted(found), sorted(names));
    deepEqual((await client.sScan("missing", "0")).members, []);
  },
};
