// The pubsub group through ioredis, with subscribers that come back, and what is seen of others: MONITOR, notifications.

import assert from "node:assert/strict";
import { event, eventually, Inbox, replaceSubscribers, sorted } from "../harness.mjs";

const { deepEqual, equal, match, ok, rejects } = assert;

/** What a client hears: kind, channel or pattern and channel, message. */
function hear(client) {
  const inbox = new Inbox();
  for (const kind of ["message", "pmessage", "smessage"]) client.on(kind, (...item) => inbox.put(kind, ...item));
  return inbox;
}

export const messages = {
  async "group pubsub channels"(redis, connect) {
    const subscriber = await connect();
    const inbox = hear(subscriber);
    equal(await subscriber.subscribe("news", "talk"), 2);
    equal(await redis.publish("news", "Zo\u00eb"), 1);
    equal(await redis.publish("elsewhere", "x"), 0);
    deepEqual(await inbox.next(), ["message", "news", "Zo\u00eb"]);
    const raw = new Inbox();
    subscriber.on("messageBuffer", raw.put);
    await redis.publish("talk", Buffer.from([0, 255]));
    deepEqual(await raw.next(), [Buffer.from("talk"), Buffer.from([0, 255])]);
    equal(await subscriber.unsubscribe("news"), 1);
    deepEqual([await redis.publish("news", "x"), await redis.publish("talk", "x")], [0, 1]);
    equal(await subscriber.unsubscribe("talk"), 0);
    equal(await subscriber.set("k", "v"), "OK", "an ordinary client again");
  },

  async "group pubsub patterns"(redis, connect) {
    const subscriber = await connect();
    const inbox = hear(subscriber);
    equal(await subscriber.psubscribe("n[ae]ws.*", "*.?port"), 2);
    equal(await subscriber.subscribe("news.sport"), 3);
    equal(await redis.publish("news.sport", "goal"), 3);
    deepEqual(await inbox.all(3), [
      ["message", "news.sport", "goal"],
      ["pmessage", "*.?port", "news.sport", "goal"],
      ["pmessage", "n[ae]ws.*", "news.sport", "goal"],
    ]);
    equal(await subscriber.punsubscribe("*.?port"), 2);
    equal(await redis.publish("a.sport", "x"), 0);
  },

  async "group pubsub shard channels"(redis, connect) {
    const subscriber = await connect();
    const inbox = hear(subscriber);
    equal(await subscriber.ssubscribe("orders"), 1);
    deepEqual([await redis.publish("orders", "no"), await redis.spublish("orders", "yes")], [0, 1]);
    deepEqual(await inbox.next(), ["smessage", "orders", "yes"]);
    deepEqual(await redis.pubsub("SHARDCHANNELS"), ["orders"]);
    deepEqual(await redis.pubsub("SHARDNUMSUB", "orders", "none"), ["orders", 1, "none", 0]);
    equal(await subscriber.sunsubscribe("orders"), 0);
    equal(inbox.size, 0);
  },

  async "group pubsub questions"(redis, connect) {
    const [one, two] = [await connect(), await connect()];
    await one.subscribe("a", "b");
    await two.subscribe("a");
    await two.psubscribe("*");
    deepEqual(sorted(await redis.pubsub("CHANNELS")), ["a", "b"]);
    deepEqual(await redis.pubsub("CHANNELS", "[b-z]"), ["b"]);
    equal(await redis.pubsub("NUMPAT"), 1);
    deepEqual(await redis.pubsub("NUMSUB", "a", "b", "none"), ["a", 2, "b", 1, "none", 0]);
    ok((await redis.pubsub("HELP")).length > 5);
    equal((await redis.client("LIST", "TYPE", "pubsub")).trim().split("\n").length, 2);
    one.disconnect();
    await eventually(async () => (await redis.pubsub("NUMSUB", "a"))[1] === 1, "the end of a subscriber");
  },

  async "a killed subscriber subscribes again"(redis, connect) {
    const subscriber = await connect({ retryStrategy: () => 1 });
    const inbox = hear(subscriber);
    await subscriber.subscribe("news");
    await subscriber.psubscribe("n*");
    await subscriber.ssubscribe("shard");
    for (let round = 0; round < 3; round += 1) {
      const closed = event(subscriber, "close");
      await replaceSubscribers(([name, ...args]) => redis.call(name, ...args));
      await closed;
      await eventually(async () => {
        const [channel, shard] = [await redis.pubsub("NUMSUB", "news"), await redis.pubsub("SHARDNUMSUB", "shard")];
        return channel[1] === 1 && shard[1] === 1 && (await redis.pubsub("NUMPAT")) === 1;
      }, "the subscriptions of the new connection alone");
      equal(await redis.publish("news", `round ${round}`), 2);
      equal(await redis.spublish("shard", `round ${round}`), 1);
      deepEqual(await inbox.all(3), [
        ["message", "news", `round ${round}`],
        ["pmessage", "n*", "news", `round ${round}`],
        ["smessage", "shard", `round ${round}`],
      ]);
    }
    equal(await subscriber.unsubscribe("news"), 1);
  },

  async "what a subscriber may send"(redis, connect, protocol) {
    const subscriber = await connect();
    await subscriber.subscribe("news");
    if (protocol === 2) {
      await rejects(subscriber.get("k"), /subscriber mode/);
      deepEqual(await subscriber.ping("still there?"), ["pong", "still there?"]);
    } else {
      const inbox = hear(subscriber);
      await redis.set("k", "v");
      const [value] = await Promise.all([subscriber.get("k"), redis.publish("news", "x")]);
      equal(value, "v");
      deepEqual(await inbox.next(), ["message", "news", "x"]);
      equal(await subscriber.publish("news", "y"), 1, "to itself");
      deepEqual(await subscriber.multi().incr("n").get("n").exec(), [[null, 1], [null, "1"]]);
      deepEqual(await inbox.next(), ["message", "news", "y"]);
    }
    equal(await subscriber.quit(), "OK");
  },

  async "many messages keep their order"(redis, connect) {
    const subscriber = await connect();
    const inbox = hear(subscriber);
    await subscriber.subscribe("numbers");
    const pipeline = redis.pipeline();
    for (let number = 0; number < 5000; number += 1) pipeline.publish("numbers", number);
    await pipeline.exec();
    for (let number = 0; number < 5000; number += 1) deepEqual(await inbox.next(), ["message", "numbers", String(number)]);
  },

  async "keyspace notifications"(redis, connect) {
    const subscriber = await connect();
    const inbox = hear(subscriber);
    await redis.config("SET", "notify-keyspace-events", "KEA");
    try {
      await subscriber.psubscribe("__key*__:*");
      await redis.set("k", "v", "PX", 20);
      const heard = [];
      for (let event = 0; event < 6; event += 1) heard.push((await inbox.next()).slice(2).join(" "));
      deepEqual(heard, [
        "__keyspace@0__:k set",
        "__keyevent@0__:set k",
        "__keyspace@0__:k expire",
        "__keyevent@0__:expire k",
        "__keyspace@0__:k expired",
        "__keyevent@0__:expired k",
      ]);
    } finally {
      await redis.config("SET", "notify-keyspace-events", "");
    }
  },

  async monitoring(redis, connect) {
    const watched = await connect({ db: 2 });
    const monitor = await redis.monitor();
    try {
      const inbox = new Inbox();
      monitor.on("monitor", (time, args, source, database) => {
        if (database === "2") inbox.put(time, args, source);
      });
      await watched.set("k", 'a "b"');
      await watched.multi().incr("n").exec();
      const seen = [];
      while (seen.length < 4) {
        const [time, args, source] = await inbox.next();
        match(time, /^\d+\.\d{6}$/);
        match(source, /^127\.0\.0\.1:\d+$/);
        seen.push(args);
      }
      deepEqual(seen, [["set", "k", 'a "b"'], ["multi"], ["incr", "n"], ["exec"]]);
      await rejects(monitor.get("k"));
    } finally {
      monitor.disconnect();
    }
  },
};
