// The sorted set group through node-redis, but for what waits (`waiting.mjs`). Scores are numbers in both protocols.

import assert from "node:assert/strict";
import { sorted } from "../harness.mjs";

const { deepEqual, equal, ok, rejects } = assert;

/** Members with scores, as this client takes and gives them. */
const members = (scores) => Object.entries(scores).map(([value, score]) => ({ value, score }));
const plain = (reply) => reply.map(({ value, score }) => ({ value, score }));
const filled = (client) => client.zAdd("z", members({ a: 1, b: 2, c: 3, d: 4 }));

export const sortedSets = {
  async "group sorted set members"(client) {
    equal(await client.zAdd("z", members({ a: 1, b: 2.5, c: Infinity })), 3);
    equal(await client.zAdd("z", { value: "a", score: 5 }, { condition: "NX" }), 0);
    equal(await client.zAdd("z", members({ a: 0.5, b: 3 }), { comparison: "GT", CH: true }), 1);
    equal(await client.zAdd("z", members({ a: 0.5 }), { condition: "XX", comparison: "LT", CH: true }), 1);
    equal(await client.zAddIncr("z", { value: "a", score: 1 }), 1.5);
    equal(await client.zAddIncr("z", { value: "a", score: 1 }, { condition: "NX" }), null);
    equal(await client.zIncrBy("z", 0.25, "a"), 1.75);
    equal(await client.zScore("z", "a"), 1.75);
    equal(await client.zScore("z", "c"), Infinity);
    equal(await client.zScore("z", "missing"), null);
    deepEqual(await client.zmScore("z", ["a", "missing"]), [1.75, null]);
    equal(await client.zCard("z"), 3);
    equal(await client.zRank("z", "b"), 1);
    equal(await client.zRevRank("z", "a"), 2);
    equal(await client.zRank("z", "missing"), null);
    equal(await client.zRem("z", ["a", "missing"]), 1);
    await client.set("s", "v");
    await rejects(client.zCard("s"), /WRONGTYPE/);
  },

  async "group sorted set ranges"(client) {
    await filled(client);
    deepEqual(await client.zRange("z", 0, -1), ["a", "b", "c", "d"]);
    deepEqual(plain(await client.zRangeWithScores("z", 0, 1)), members({ a: 1, b: 2 }));
    const limit = { LIMIT: { offset: 1, count: 1 } };
    deepEqual(await client.zRange("z", "+inf", "(1", { BY: "SCORE", REV: true, ...limit }), ["c"]);
    deepEqual(await client.zRangeByScore("z", 2, "(4"), ["b", "c"]);
    deepEqual(plain(await client.zRangeByScoreWithScores("z", "-inf", 2, limit)), members({ b: 2 }));
    equal(await client.zCount("z", "(2", "+inf"), 2);
    equal(await client.zRangeStore("to", "z", 0, 1, { REV: true }), 2);
    deepEqual(await client.zRange("to", 0, -1), ["c", "d"]);
    equal(await client.zRemRangeByRank("z", 0, 0), 1);
    equal(await client.zRemRangeByScore("z", "(2", 3), 1);
    deepEqual(await client.zRange("z", 0, -1), ["b", "d"]);
  },

  async "group sorted set lex"(client) {
    await client.zAdd("z", members({ a: 0, b: 0, c: 0, d: 0, e: 0 }));
    deepEqual(await client.zRangeByLex("z", "[b", "(d"), ["b", "c"]);
    deepEqual(await client.zRangeByLex("z", "-", "+", { LIMIT: { offset: 3, count: 5 } }), ["d", "e"]);
    deepEqual(await client.zRange("z", "+", "[d", { BY: "LEX", REV: true }), ["e", "d"]);
    equal(await client.zLexCount("z", "-", "+"), 5);
    equal(await client.zRemRangeByLex("z", "[a", "(c"), 2);
    equal(await client.zCard("z"), 3);
  },

  async "group sorted set pops"(client) {
    await filled(client);
    deepEqual({ ...(await client.zPopMin("z")) }, { value: "a", score: 1 });
    deepEqual({ ...(await client.zPopMax("z")) }, { value: "d", score: 4 });
    deepEqual(plain(await client.zPopMaxCount("z", 1)), members({ c: 3 }));
    deepEqual(plain(await client.zPopMinCount("z", 5)), members({ b: 2 }));
    equal(await client.zPopMin("z"), null);
    await filled(client);
    const popped = await client.zmPop(["missing", "z"], "MAX", { COUNT: 2 });
    deepEqual([popped.key, plain(popped.members)], ["z", members({ d: 4, c: 3 })]);
    equal(await client.zmPop("missing", "MIN"), null);
  },

  async "group sorted set operations"(client) {
    await client.zAdd("one", members({ a: 1, b: 2 }));
    await client.zAdd("two", members({ b: 10, c: 20 }));
    const weighted = [{ key: "one", weight: 2 }, { key: "two", weight: 0.5 }];
    deepEqual(await client.zInter(["one", "two"]), ["b"]);
    deepEqual(plain(await client.zInterWithScores(weighted, { AGGREGATE: "MAX" })), members({ b: 5 }));
    equal(await client.zInterCard(["one", "two"], { LIMIT: 1 }), 1);
    deepEqual(await client.zUnion(["one", "two"]), ["a", "b", "c"]);
    deepEqual(plain(await client.zUnionWithScores(["one", "two"])), members({ a: 1, b: 12, c: 20 }));
    deepEqual(await client.zDiff(["one", "two"]), ["a"]);
    deepEqual(plain(await client.zDiffWithScores(["one", "two"])), members({ a: 1 }));
    equal(await client.zInterStore("to", weighted), 1);
    equal(await client.zScore("to", "b"), 9);
    equal(await client.zUnionStore("to", ["one", "two"], { AGGREGATE: "MIN" }), 3);
    equal(await client.zScore("to", "b"), 2);
    equal(await client.zDiffStore("to", ["two", "one"]), 1);
    deepEqual(await client.zRange("to", 0, -1), ["c"]);
  },

  async "group sorted set random and scan"(client) {
    const names = Array.from({ length: 700 }, (_, number) => `m${number}`);
    await client.zAdd("z", names.map((value, number) => ({ value, score: number / 4 })));
    ok(names.includes(await client.zRandMember("z")));
    deepEqual(sorted(await client.zRandMemberCount("z", 1000)), sorted(names));
    for (const { value, score } of await client.zRandMemberCountWithScores("z", 5)) {
      equal(score, names.indexOf(value) / 4);
    }
    const found = new Map();
    for await (const batch of client.zScanIterator("z", { COUNT: 30 })) {
      for (const { value, score } of batch) found.set(value, score);
    }
    deepEqual(sorted(found.keys()), sorted(names));
    equal(found.get("m7"), 1.75);
    deepEqual((await client.zScan("missing", "0")).members, []);
  },
};
