// What waits in the list and sorted set groups, through ioredis: served by another's write, at once, or by nobody.

import assert from "node:assert/strict";
import { eventually, waiters } from "../harness.mjs";

const { deepEqual, equal, rejects } = assert;
const WAIT = 8; // seconds on the server: less than a client's patience, more than any check takes

export const waiting = {
  async "group list waits and is served"(redis, connect) {
    const client = await connect();
    const calls = [
      [() => client.blpop("none", "l", WAIT), ["l", "x"]],
      [() => client.brpop("l", WAIT), ["l", "x"]],
      [() => client.brpoplpush("l", "to", WAIT), "x"],
      [() => client.blmove("l", "to", "RIGHT", "LEFT", WAIT), "x"],
      [() => client.blmpop(WAIT, 2, "none", "l", "LEFT", "COUNT", 5), ["l", ["x"]]],
    ];
    for (const [call, wanted] of calls) {
      const answer = call();
      await waiters((section) => redis.info(section), 1);
      equal(await redis.rpush("l", "x"), 1);
      deepEqual(await answer, wanted);
      equal(await redis.exists("l"), 0);
    }
    deepEqual(await redis.lrange("to", 0, -1), ["x", "x"]);
  },

  async "group list does not wait"(redis) {
    await redis.rpush("l", "a", Buffer.from([0, 255]), "c", "d", "e");
    deepEqual(await redis.blpop("none", "l", 0), ["l", "a"]);
    deepEqual(await redis.blpopBuffer("l", 0), [Buffer.from("l"), Buffer.from([0, 255])]);
    equal(await redis.blmove("l", "to", "RIGHT", "LEFT", 0), "e");
    deepEqual(await redis.blmpop(0, 1, "l", "RIGHT", "COUNT", 9), ["l", ["d", "c"]]);
    equal(await redis.blpop("l", 0.01), null);
    equal(await redis.brpop("l", 0.01), null);
    equal(await redis.brpoplpush("l", "to", 0.01), null);
    equal(await redis.blmove("l", "to", "LEFT", "LEFT", 0.01), null);
    equal(await redis.blmpop(0.01, 1, "l", "LEFT"), null);
    deepEqual(await redis.multi().blpop("l", 0).rpush("l", "x").exec(), [[null, null], [null, 1]]);
    await redis.set("s", "v");
    await rejects(redis.blpop("s", 0), /WRONGTYPE/);
    await rejects(redis.blpop("l", -1), /timeout is negative/);
  },

  async "group sorted set waits and is served"(redis, connect, protocol) {
    const client = await connect();
    const score = protocol === 3 ? 1.5 : "1.5";
    const calls = [
      [() => client.bzpopmin("none", "z", WAIT), ["z", "m", "1.5"]],
      [() => client.bzpopmax("z", WAIT), ["z", "m", "1.5"]],
      [() => client.bzmpop(WAIT, 2, "none", "z", "MIN"), ["z", [["m", "1.5"]]]],
    ];
    for (const [call, wanted] of calls) {
      const answer = call();
      await waiters((section) => redis.info(section), 1);
      equal(await redis.zadd("z", 1.5, "m"), 1);
      deepEqual(JSON.parse(JSON.stringify(await answer).replace(String(score), "1.5")), wanted);
    }
    equal(await redis.bzpopmin("z", 0.01), null);
    equal(await redis.bzpopmax("z", 0.01), null);
    equal(await redis.bzmpop(0.01, 1, "z", "MAX"), null);
  },

  async "who waits longest is served first"(redis, connect) {
    const answers = [];
    for (let number = 0; number < 4; number += 1) {
      const client = await connect();
      answers.push(client.blpop("l", WAIT));
      await waiters((section) => redis.info(section), number + 1);
    }
    await redis.multi().rpush("l", 0, 1).rpush("l", 2, 3, 4).exec();
    deepEqual((await Promise.all(answers)).map(([, value]) => value), ["0", "1", "2", "3"]);
    deepEqual(await redis.lrange("l", 0, -1), ["4"]);
  },

  async "an unblocked client is answered"(redis, connect) {
    const client = await connect();
    const id = await client.client("ID");
    for (const [how, check] of [
      ["TIMEOUT", async (answer) => equal(await answer, null)],
      ["ERROR", (answer) => rejects(answer, /UNBLOCKED/)],
    ]) {
      const answer = client.blpop("l", 0);
      const checked = check(answer);
      await waiters((section) => redis.info(section), 1);
      equal(await redis.client("UNBLOCK", id, how), 1);
      await checked;
    }
    equal(await redis.client("UNBLOCK", id), 0);
    equal(await client.ping(), "PONG");
  },

  // It sends what was not answered again when its connection is back.
  async "a wait that outlives its connection"(redis, connect) {
    const client = await connect({ retryStrategy: () => 1 });
    const answer = client.brpop("l", WAIT);
    await waiters((section) => redis.info(section), 1);
    const [before] = await blockedIds(redis);
    equal(await redis.client("KILL", "ID", before), 1);
    await eventually(async () => {
      const [id] = await blockedIds(redis);
      return id !== undefined && id !== before;
    }, "the same wait on a new connection");
    equal(await redis.rpush("l", "x"), 1);
    deepEqual(await answer, ["l", "x"]);
  },
};

/** The ids of the clients that wait. */
async function blockedIds(redis) {
  const lines = (await redis.client("LIST")).trim().split("\n");
  return lines.filter((line) => / flags=\w*b/.test(line)).map((line) => /^id=(\d+)/.exec(line)[1]);
}
