// socket.io: two servers, each a process of its own, whose clients meet through the Redis adapter, plain and sharded, on
// ioredis and node-redis, in RESP2 and RESP3.
//
// Usage: node socket_io.mjs --port PORT [--host HOST]

import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { once } from "node:events";
import { createClient } from "redis";
import { io } from "socket.io-client";
import { event, eventually, Inbox, main, PATIENCE_MS, replaceSubscribers } from "./harness.mjs";

const { deepEqual, equal, ok } = assert;
const EVENTS = ["said", "bytes", "news"];

/** A process with a socket.io server. */
class Node {
  #process;
  #questions = new Map();
  notes = new Inbox();

  static async start(...args) {
    const node = new Node();
    node.#process = fork("./socket_io_server.mjs", args.map(String), { stdio: ["ignore", "ignore", "inherit", "ipc"] });
    node.#process.on("message", ({ id, answer, error, note }) => {
      if (note !== undefined) node.notes.put(note);
      const question = node.#questions.get(id);
      node.#questions.delete(id);
      if (error === undefined) question?.resolve(answer);
      else question?.reject(new Error(error));
    });
    const [{ port }] = await once(node.#process, "message", { signal: AbortSignal.timeout(PATIENCE_MS) });
    node.port = port;
    return node;
  }

  /** Lets it do something; what comes of it. */
  do(deed, ...args) {
    return new Promise((resolve, reject) => {
      const id = this.#questions.size + Math.random();
      this.#questions.set(id, { resolve, reject });
      this.#process.send({ id, deed, args });
    });
  }

  async stop() {
    if (this.#process.exitCode !== null) return;
    const exit = once(this.#process, "exit");
    this.#process.disconnect();
    await exit;
  }
}

/** A browser, as it were: connected to one of the servers, with all it hears. */
async function browser(node) {
  const socket = io(`http://127.0.0.1:${node.port}`, { transports: ["websocket"], reconnection: false });
  const inbox = new Inbox();
  for (const name of EVENTS) socket.on(name, (...args) => inbox.put(name, ...args));
  socket.on("question", (text, answer) => answer(`${text}!`));
  await event(socket, "connect");
  return { socket, inbox, join: (room) => socket.timeout(PATIENCE_MS).emitWithAck("join", room) };
}

/** Runs `body` with a browser on each of two servers that know of each other. */
async function withTwo(client, kind, where, body) {
  const nodes = [];
  const browsers = [];
  try {
    for (const name of ["one", "two"]) nodes.push(await Node.start(client, kind, where.port, where.protocol, name));
    for (const node of nodes) browsers.push(await browser(node));
    await eventually(async () => (await nodes[0].do("serverCount")) === 2, "two servers that know of each other");
    await body(nodes, browsers);
  } finally {
    for (const { socket } of browsers) socket.disconnect();
    await Promise.all(nodes.map((node) => node.stop()));
  }
}

/** What both adapters do. */
async function conversation([one, two], [a, b]) {
  await one.do("emit", "news", "to all", { deep: [1, null, "Zo\u00eb"] });
  for (const { inbox } of [a, b]) deepEqual(await inbox.next(), ["news", "to all", { deep: [1, null, "Zo\u00eb"] }]);
  await two.do("emitBytes", [0, 255, 13, 10]);
  for (const { inbox } of [a, b]) deepEqual(await inbox.next(), ["bytes", Buffer.from([0, 255, 13, 10])]);

  await b.join("room");
  // A sharded adapter listens to a room's channel of its own from now on: when it does, nobody is told.
  await eventually(async () => {
    await one.do("emitTo", "room", "news", "is anybody there?");
    await one.do("emit", "news", "end of question");
    let [, text] = await b.inbox.next();
    const heard = text === "is anybody there?";
    while (text !== "end of question") [, text] = await b.inbox.next();
    [, text] = await a.inbox.next();
    equal(text, "end of question", "only the room is asked");
    return heard;
  }, "a message to a room");
  a.socket.emit("to the room", "room", "from a browser of the other server");
  deepEqual(await b.inbox.next(), ["said", "one", "from a browser of the other server"]);
  await one.do("emitExcept", "room", "news", "not to the room");
  deepEqual(await a.inbox.next(), ["news", "not to the room"]);
  await two.do("emitLocally", "news", "only to those of the second");
  deepEqual(await b.inbox.next(), ["news", "only to those of the second"]);

  deepEqual((await one.do("ask", "question", "who")).sort(), ["who!", "who!"]);
  deepEqual((await two.do("sockets")).sort(), [a.socket.id, b.socket.id].sort());
  await one.do("serverSideEmit", "note", "between servers");
  deepEqual(await two.notes.next(), ["between servers"]);
  deepEqual(await one.do("askServers", "a question"), ["two heard a question"]);

  const gone = event(b.socket, "disconnect");
  await one.do("disconnectAll", "room");
  await gone;
  ok(a.socket.connected);
  equal(a.inbox.size + b.inbox.size, 0, "nothing was heard twice or by the wrong one");
}

const checks = {};
for (const client of ["ioredis", "node-redis"]) {
  checks[`adapter on ${client}`] = (server, connect, protocol, where) =>
    withTwo(client, "plain", where, async ([one, two], browsers) => {
      await one.do("joinAll", "everybody");
      await eventually(async () => (await two.do("rooms")).includes("everybody"), "the room that all joined");
      await conversation([one, two], browsers);
    });
  checks[`sharded adapter on ${client}`] = (server, connect, protocol, where) => withTwo(client, "sharded", where, conversation);
  checks[`adapter on ${client} after its connections were killed`] = (server, connect, protocol, where) =>
    withTwo(client, "plain", where, async ([one], [a, b]) => {
      await replaceSubscribers((command) => server.sendCommand(command));
      await eventually(async () => (await one.do("serverCount")) === 2, "two servers again");
      await one.do("emit", "news", "back again");
      for (const { inbox } of [a, b]) deepEqual(await inbox.next(), ["news", "back again"]);
    });
}

await main(checks, {
  open: async ({ host, port }) => await createClient({ socket: { host, port } }).connect(),
  close: (client) => client.destroy(),
  empty: (client) => client.flushAll(),
});
