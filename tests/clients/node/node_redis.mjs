// Drives a running server through node-redis's ordinary API (the package `redis`), in RESP2 and RESP3.
//
// Usage: node node_redis.mjs --port PORT [--host HOST]

import { createClient } from "redis";
import { main, PATIENCE_MS } from "./harness.mjs";
import { bitmaps } from "./node_redis/bitmaps.mjs";
import { general } from "./node_redis/general.mjs";
import { hashes } from "./node_redis/hashes.mjs";
import { keys } from "./node_redis/keys.mjs";
import { lists } from "./node_redis/lists.mjs";
import { messages } from "./node_redis/messages.mjs";
import { sets } from "./node_redis/sets.mjs";
import { sortedSets } from "./node_redis/sorted_sets.mjs";
import { strings } from "./node_redis/strings.mjs";
import { transactions } from "./node_redis/transactions.mjs";
import { waiting } from "./node_redis/waiting.mjs";

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

async function open({ host, port, protocol, ...options }) {
  const client = createClient({ socket: { host, port, socketTimeout: PATIENCE_MS }, RESP: protocol, ...options });
  client.on("error", () => {}); // reported through the commands that fail
  await client.connect();
  return client;
}

await main(checks, {
  open,
  close: (client) => client.isOpen && client.destroy(),
  empty: (client) => client.flushAll(),
});
