// node-redis as a whole: connecting, many commands at once, databases, types of replies, errors.

import assert from "node:assert/strict";
import { RESP_TYPES } from "redis";
import { eventually } from "../harness.mjs";

const { deepEqual, equal, match, ok, rejects } = assert;

export const general = {
  async "connecting"(client, connect) {
    ok(client.isReady);
    equal(await client.ping(), "PONG");
    equal(await client.echo("hello"), "hello");
    const named = await connect({ name: "tester" });
    equal(await named.clientGetName(), "tester");
    ok((await named.clientId()) > 0);
    match(await client.info("server"), /redis_version:7\./);
    deepEqual({ ...(await client.configGet("dbfilename")) }, { dbfilename: "dump.rdb" });
  },

  async "many at once"(client) {
    const numbers = Array.from({ length: 1000 }, (_, number) => number);
    await Promise.all(numbers.map((number) => client.set(`k${number}`, number)));
    deepEqual(await Promise.all(numbers.map((number) => client.get(`k${number}`))), numbers.map(String));
    equal(await client.dbSize(), 1000);
  },

  async "databases"(client, connect) {
    const other = await connect({ database: 1 });
    await other.set("k", "one");
    equal(await client.get("k"), null);
    await client.select(1);
    equal(await client.get("k"), "one");
    equal(await other.flushDb(), "OK");
    equal(await client.dbSize(), 0);
    await client.select(0);
    await rejects(client.select(100_000), /out of range/);
  },

  async "replies as buffers"(client) {
    const bytes = Buffer.from(Array.from({ length: 65_536 }, (_, index) => index % 256));
    const binary = client.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
    equal(await client.set(bytes, bytes), "OK");
    deepEqual(await binary.get(bytes), bytes);
    deepEqual(await binary.keys("*"), [bytes]);
    equal(await client.set("name", "Zo\u00eb \u2603"), "OK");
    equal(await client.get("name"), "Zo\u00eb \u2603");
  },

  async "expiry happens"(client) {
    await client.set("short", "v", { expiration: { type: "PX", value: 20 } });
    await eventually(async () => (await client.get("short")) === null, "the end of a 20 ms key");
  },

  async "reconnecting"(client, connect) {
    const broken = await connect({ database: 1 });
    await broken.set("k", "v");
    const ready = new Promise((resolve) => broken.once("ready", resolve));
    // It has no way to break its own socket, so the server closes it; whether the answer or the end is seen first is chance.
    await broken.sendCommand(["QUIT"]).catch(() => {});
    await ready;
    equal(await broken.get("k"), "v", "the database is selected again");
  },

  async "errors"(client) {
    await client.set("s", "text");
    await rejects(client.incr("s"), /^(Simple)?Error: ERR value is not an integer/);
    await rejects(client.sendCommand(["NOSUCH", "x"]), /unknown command/);
    await rejects(client.sendCommand(["GET"]), /wrong number of arguments for 'get' command/);
    await rejects(client.set("s", "v", { expiration: { type: "EX", value: 0 } }), /invalid expire time/);
    equal(await client.get("s"), "text");
  },
};
