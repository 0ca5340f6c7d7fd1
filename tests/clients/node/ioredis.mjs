// Drives a running server through ioredis's ordinary API, in RESP2 and RESP3.
//
// Usage: node ioredis.mjs --port PORT [--host HOST]

import { Redis } from "ioredis";
import { event, main, PATIENCE_MS } from "./harness.mjs";
import { bitmaps } from "./ioredis/bitmaps.mjs";
import { general } from "./ioredis/general.mjs";
import { hashes } from "./ioredis/hashes.mjs";
import { keys } from "./ioredis/keys.mjs";
import { lists } from "./ioredis/lists.mjs";
import { messages } from "./ioredis/messages.mjs";
import { sets } from "./ioredis/sets.mjs";
import { sortedSets } from "./ioredis/sorted_sets.mjs";
import { strings } from "./ioredis/strings.mjs";
import { transactions } from "./ioredis/transactions.mjs";
import { waiting } from "./ioredis/waiting.mjs";

const checks = {
  ...general,
  ...strings,
  ...keys,
  ...hashes,
  ...lists,
  ...sets,
  ...sortedSets,
  ...bitmaps,
  ...transactions,
  ...waiting,
  ...messages,
};

async function open(options) {
  const client = new Redis({ commandTimeout: PATIENCE_MS, ...options });
  client.on("error", () => {}); // reported through the commands that fail
  await event(client, "ready");
  return client;
}

await main(checks, {
  open,
  close: (client) => client.disconnect(),
  empty: (client) => client.flushall(),
});
