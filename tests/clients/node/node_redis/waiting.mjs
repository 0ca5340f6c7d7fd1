// What waits in the list and sorted set groups, through node-redis, on clients of its own and on those of a pool.

import assert from "node:assert/strict";
import { waiters } from "../harness.mjs";

const { deepEqual, equal, rejects } = assert;
const WAIT = 8; // seconds on the server: less than a client's patience, more than any check takes

export const waiting = {
  async "group list waits and is served"(client, connect) {
    const other = await connect();
    const calls = [
      [() => other.blPop(["none", "l"], WAIT), { key: "l", element: "x" }],
      [() => other.brPop("l", WAIT), { key: "l", element: "x" }],
      [() => other.brPopLPush("l", "to", WAIT), "x"],
      [() => other.blMove("l", "to", "RIGHT", "LEFT", WAIT), "x"],
      [() => other.blmPop(WAIT, ["none", "l"], "LEFT", { COUNT: 5 }), ["l", ["x"]]],
    ];
    for (const [call, wanted] of calls) {
      const answer = call();
      await waiters((section) => client.info(section), 1);
      equal(await client.rPush("l", "x"), 1);
      deepEqual(await answer, wanted);
      equal(await client.exists("l"), 0);
    }
    deepEqual(await client.lRange("to", 0, -1), ["x", "x"]);
  },

  async "group list does not wait"(client) {
    await client.rPush("l", ["a", "b", "c", "d", "e"]);
    deepEqual(await client.blPop(["none", "l"], 0), { key: "l", element: "a" });
    equal(await client.blMove("l", "to", "RIGHT", "LEFT", 0), "e");
    deepEqual(await client.blmPop(0, "l", "RIGHT", { COUNT: 9 }), ["l", ["d", "c", "b"]]);
    equal(await client.blPop("l", 0.01), null);
    equal(await client.brPop("l", 0.01), null);
    equal(await client.brPopLPush("l", "to", 0.01), null);
    equal(await client.blMove("l", "to", "LEFT", "LEFT", 0.01), null);
    equal(await client.blmPop(0.01, "l", "LEFT"), null);
    deepEqual(await client.multi().blPop("l", 0).rPush("l", "x").exec(), [null, 1]);
    await client.set("s", "v");
    await rejects(client.blPop("s", 0), /WRONGTYPE/);
    await rejects(client.blPop("l", -1), /timeout is negative/);
  },

  async "group sorted set waits and is served"(client, connect) {
    const other = await connect();
    const one = { key: "z", value: "m", score: 1.5 };
    const calls = [
      [() => other.bzPopMin(["none", "z"], WAIT), one],
      [() => other.bzPopMax("z", WAIT), one],
      [() => other.bzmPop(WAIT, ["none", "z"], "MIN"), { key: "z", members: [{ value: "m", score: 1.5 }] }],
    ];
    for (const [call, wanted] of calls) {
      const answer = call();
      await waiters((section) => client.info(section), 1);
      equal(await client.zAdd("z", { value: "m", score: 1.5 }), 1);
      deepEqual(await answer, wanted);
    }
    equal(await client.bzPopMin("z", 0.01), null);
    equal(await client.bzPopMax("z", 0.01), null);
    equal(await client.bzmPop(0.01, "z", "MAX"), null);
  },

  async "a pool's clients wait each for itself"(client) {
    const pool = client.createPool({ minimum: 1, maximum: 5 });
    pool.on("error", () => {}); // reported through the commands that fail
    await pool.connect();
    try {
      const answers = [];
      for (let number = 0; number < 4; number += 1) {
        answers.push(pool.blPop(`l${number}`, WAIT));
        await waiters((section) => client.info(section), number + 1);
      }
      equal(await pool.ping(), "PONG", "the fifth is free");
      const last = pool.execute(async (isolated) => {
        await isolated.watch("n");
        const seen = await isolated.get("n");
        return isolated.multi().set("n", Number(seen) + 1).blPop("none", 0).exec();
      });
      deepEqual(await last, ["OK", null]);
      await pool.multi().rPush("l3", "d").rPush("l2", "c").rPush("l1", "b").rPush("l0", "a").exec();
      deepEqual((await Promise.all(answers)).map(({ element }) => element), ["a", "b", "c", "d"]);
    } finally {
      pool.destroy();
    }
  },

  async "an unblocked client is answered"(client, connect) {
    const other = await connect();
    const id = await other.clientId();
    for (const [how, check] of [
      ["TIMEOUT", async (answer) => equal(await answer, null)],
      ["ERROR", (answer) => rejects(answer, /UNBLOCKED/)],
    ]) {
      const checked = check(other.brPop("l", 0));
      await waiters((section) => client.info(section), 1);
      equal(await client.clientUnblock(id, how), 1);
      await checked;
    }
    equal(await client.clientUnblock(id), 0);
    equal(await other.ping(), "PONG");
  },
};
