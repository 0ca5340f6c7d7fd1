// One of the two processes of `socket_io.mjs`: a socket.io server whose adapter meets the other's in the server under test.
//
// Its parent tells it what to connect with and what to do, and is told what came of it, as messages between processes.

import { createServer } from "node:http";
import { createAdapter, createShardedAdapter } from "@socket.io/redis-adapter";
import { Redis } from "ioredis";
import { createClient } from "redis";
import { Server } from "socket.io";
import { event } from "./harness.mjs";

const [client, kind, port, protocol, name] = process.argv.slice(2);

async function connect() {
  if (client === "ioredis") {
    const redis = new Redis({ host: "127.0.0.1", port: Number(port), protocol: Number(protocol) });
    redis.on("error", () => {}); // it connects again
    await event(redis, "ready");
    return redis;
  }
  const redis = createClient({ socket: { host: "127.0.0.1", port: Number(port) }, RESP: Number(protocol) });
  redis.on("error", () => {}); // it connects again
  return await redis.connect();
}

const [publisher, subscriber] = [await connect(), await connect()];
const adapter = (kind === "sharded" ? createShardedAdapter : createAdapter)(publisher, subscriber);
const http = createServer();
const io = new Server(http, { adapter, transports: ["websocket"] });

io.on("connection", (socket) => {
  socket.on("join", async (room, done) => done(await socket.join(room)));
  socket.on("leave", async (room, done) => done(await socket.leave(room)));
  socket.on("to the room", (room, text) => socket.to(room).emit("said", name, text));
});
io.on("question", (text, answer) => answer(`${name} heard ${text}`));
io.on("note", (text) => process.send({ note: text }));

/** What its parent may ask for. */
const deeds = {
  emit: (...args) => io.emit(...args),
  emitTo: (room, ...args) => io.to(room).emit(...args),
  emitBytes: (numbers) => io.emit("bytes", Buffer.from(numbers)),
  emitLocally: (...args) => io.local.emit(...args),
  emitExcept: (room, ...args) => io.except(room).emit(...args),
  ask: (...args) => io.timeout(5000).emitWithAck(...args),
  serverSideEmit: (...args) => io.serverSideEmit(...args),
  askServers: (text) => io.serverSideEmitWithAck("question", text),
  serverCount: () => io.of("/").adapter.serverCount(),
  sockets: async () => (await io.fetchSockets()).map((socket) => socket.id),
  rooms: async () => [...(await (io.of("/").adapter.allRooms?.() ?? []))],
  joinAll: (room) => io.socketsJoin(room),
  disconnectAll: (room) => io.in(room).disconnectSockets(),
};

process.on("message", async ({ id, deed, args }) => {
  try {
    const answer = await deeds[deed](...args);
    process.send({ id, answer: typeof answer === "object" || typeof answer === "number" ? answer : null });
  } catch (error) {
    process.send({ id, error: String(error?.stack ?? error) });
  }
});
process.on("disconnect", () => process.exit(0));

http.listen(0, "127.0.0.1", () => process.send({ port: http.address().port }));
