// What the checks of ioredis and node-redis share: waiting, running, and telling what came of it.
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
    await check(client, connect, where.protocol);
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
