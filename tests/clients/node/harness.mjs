// What the checks in JavaScript share: waiting, running, and telling what came of it.
//
// Prints one line per check, `ok <name>` or `not ok <name>: <why>`, then a count; the status is 1 when any check failed.
// The server is emptied before every check, so never point this at one whose data matters.

import assert from "node:assert/strict";
import { once } from "node:events";
import { parseArgs } from "node:util";

export const PATIENCE_MS = 10_000;

/** Waits for one event of a client, and gives up with an error that names it. */
export async function event(client, name) {
  await once(client, name, { signal: AbortSignal.timeout(PATIENCE_MS) });
}

/** Asks until `condition` holds; each question is a round trip to the server. */
export async function eventually(condition, what) {
  const giveUp = Date.now() + PATIENCE_MS;
  while (!(await condition())) {
    assert.ok(Date.now() < giveUp, `${what} did not come about within ${PATIENCE_MS} ms`);
  }
}

/** Keeps what comes until it is asked for. */
export class Inbox {
  #items = [];
  #wake = () => {};

  /** Takes one item: all its arguments. A listener as it is. */
  put = (...item) => {
    this.#items.push(item);
    this.#wake();
  };

  /** The next item; gives up when none comes. */
  async next() {
    const patience = AbortSignal.timeout(PATIENCE_MS);
    while (this.#items.length === 0) {
      await new Promise((resolve, reject) => {
        this.#wake = resolve;
        patience.addEventListener("abort", () => reject(new Error("nothing came")), { once: true });
      });
    }
    return this.#items.shift();
  }

  /** The next items, in the order of their texts where they come in any. */
  async all(count) {
    const items = [];
    while (items.length < count) items.push(await this.next());
    return sorted(items);
  }

  /** How many have come and were not asked for. */
  get size() {
    return this.#items.length;
  }
}

/** Waits until so many clients wait on the server; `info` asks it for a section. */
export async function waiters(info, count) {
  await eventually(async () => (await info("clients")).includes(`\r\nblocked_clients:${count}\r\n`), `wait ${count}`);
}

/**
 * Ends the connections of all subscribers, and waits until there are as many others, subscribed to as much. What the old
 * ones had subscribed to may still be counted for a moment. `ask` sends a command.
 */
export async function replaceSubscribers(ask) {
  const all = async () => {
    const lines = String(await ask(["CLIENT", "LIST", "TYPE", "pubsub"])).trim().split("\n").filter(Boolean);
    return lines.map((line) => Object.fromEntries(line.split(" ").map((field) => field.split("="))));
  };
  const subscriptions = (clients) => clients.map(({ sub, psub, ssub }) => `${sub} ${psub} ${ssub}`).sort().join();
  const old = await all();
  assert.equal(await ask(["CLIENT", "KILL", "TYPE", "pubsub"]), old.length);
  const ids = new Set(old.map(({ id }) => id));
  await eventually(async () => {
    const clients = await all();
    return clients.every(({ id }) => !ids.has(id)) && subscriptions(clients) === subscriptions(old);
  }, "subscribers on new connections");
}

/** Whether `value` is from `low` to `high`. */
export function within(value, low, high) {
  assert.ok(value >= low && value <= high, `got ${value}, wanted ${low} to ${high}`);
}

/** The members in one order, for what comes in any. */
export function sorted(members) {
  return [...members].sort();
}

/** Runs one check on a fresh client; every client it made is closed afterwards. */
async function run(check, { open, close, empty }, where) {
  const clients = [];
  const connect = async (options = {}) => {
    const client = await open({ ...where, ...options });
    clients.push(client);
    return client;
  };
  try {
    const client = await connect();
    await empty(client);
    await check(client, connect, where.protocol, where);
  } finally {
    for (const client of clients) await close(client);
  }
}

/**
 * Makes all checks in both protocols and ends the process. A check gets a client, a function that makes further ones,
 * and the protocol's number. `open` makes a client that is connected, `close` ends one that may be closed already, and
 * `empty` removes all that the server has.
 */
export async function main(checks, driver) {
  const options = { host: { type: "string", default: "127.0.0.1" }, port: { type: "string" } };
  const { values } = parseArgs({ options });
  if (values.port === undefined) {
    console.error("usage: node CLIENT.mjs --port PORT [--host HOST]");
    process.exit(2);
  }
  // What fails while its check awaits something else is told when the check comes to it, or gives up on the other.
  process.on("unhandledRejection", () => {});
  let passed = 0;
  let failed = 0;
  for (const protocol of [2, 3]) {
    for (const [name, check] of Object.entries(checks)) {
      try {
        await run(check, driver, { host: values.host, port: Number(values.port), protocol });
        passed += 1;
        console.log(`ok resp${protocol} ${name}`);
      } catch (error) {
        failed += 1;
        const place = /\w+\.mjs:\d+/.exec(String(error?.stack).replaceAll(/harness\.mjs:\d+/g, ""))?.[0] ?? "?";
        const why = String(error?.message ?? error).replaceAll(/\s+/g, " ");
        console.log(`not ok resp${protocol} ${name}: ${place}: ${why}`);
      }
    }
  }
  console.log(`${passed} passed, ${failed} failed`);
  process.exit(failed === 0 ? 0 : 1);
}
