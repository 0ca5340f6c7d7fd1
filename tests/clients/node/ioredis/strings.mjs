// The string group through ioredis.

import assert from "node:assert/strict";
import { within } from "../harness.mjs";

const { deepEqual, equal, rejects } = assert;

export const strings = {
  async "group string values"(redis) {
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, index) => index));
    equal(await redis.set("k", bytes), "OK");
    deepEqual(await redis.getBuffer("k"), bytes);
    equal(await redis.set("k", "v", "NX"), null);
    equal(await redis.set("k", "old", "XX"), "OK");
    equal(await redis.set("k", "v", "GET"), "old");
    equal(await redis.append("k", "alue"), 5);
    equal(await redis.strlen("k"), 5);
    equal(await redis.getrange("k", 1, -2), "alu");
    equal(await redis.substr("k", 0, 1), "va");
    equal(await redis.setrange("k", 6, "!"), 7);
    equal(await redis.get("k"), "value\0!");
    equal(await redis.getset("k", "next"), "value\0!");
    equal(await redis.getdel("k"), "next");
    equal(await redis.getdel("k"), null);
    equal(await redis.setnx("k", "1"), 1);
    equal(await redis.setnx("k", "2"), 0);
  },

  async "group string deadlines"(redis) {
    equal(await redis.setex("s", 100, "v"), "OK");
    within(await redis.ttl("s"), 99, 100);
    equal(await redis.psetex("p", 100_000, "v"), "OK");
    within(await redis.pttl("p"), 90_000, 100_000);
    equal(await redis.getex("s", "EX", 200), "v");
    within(await redis.ttl("s"), 199, 200);
    equal(await redis.getex("s", "PXAT", 4_102_444_800_123), "v");
    equal(await redis.set("s", "w", "KEEPTTL"), "OK");
    equal(await redis.pexpiretime("s"), 4_102_444_800_123);
    equal(await redis.getex("s", "PERSIST"), "w");
    equal(await redis.ttl("s"), -1);
    equal(await redis.set("s", "x", "EXAT", 4_102_444_800), "OK");
    equal(await redis.expiretime("s"), 4_102_444_800);
  },

  async "group string numbers"(redis) {
    equal(await redis.incr("n"), 1);
    equal(await redis.incrby("n", 9), 10);
    equal(await redis.decr("n"), 9);
    equal(await redis.decrby("n", 10), -1);
    equal(await redis.incrbyfloat("n", 1.75), "0.75");
    equal(await redis.incrbyfloat("n", "-0.75"), "0");
    await redis.set("word", "w");
    await rejects(redis.decrby("word", 1), /not an integer/);
    await rejects(redis.incrbyfloat("word", 1), /not a valid float/);
  },

  async "group string many"(redis) {
    equal(await redis.mset("a", "1", "b", "2"), "OK");
    deepEqual(await redis.mget("a", "missing", "b"), ["1", null, "2"]);
    equal(await redis.msetnx("b", "3", "c", "3"), 0);
    equal(await redis.msetnx({ c: "3", d: "4" }), 1);
    deepEqual(await redis.mgetBuffer(["c", "d"]), [Buffer.from("3"), Buffer.from("4")]);
  },

  async "group string lcs"(redis) {
    await redis.mset({ one: "ohmytext", other: "mynewtext" });
    equal(await redis.lcs("one", "other"), "mytext");
    equal(await redis.lcs("one", "other", "LEN"), 6);
    const runs = await redis.lcs("one", "other", "IDX", "MINMATCHLEN", 3, "WITHMATCHLEN");
    deepEqual(runs, ["matches", [[[4, 7], [5, 8], 4]], "len", 6]);
  },
};
