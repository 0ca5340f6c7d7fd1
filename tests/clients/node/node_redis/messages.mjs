// The pubsub group through node-redis: pushes on connections that go on working, subscribers that come back; MONITOR.

import assert from "node:assert/strict";
import { eventually, Inbox, replaceSubscribers, sorted } from "../harness.mjs";

const { deepEqual, equal, match, rejects } = assert;

export const messages = {
  async "group pubsub channels"(client, connect) {
    const [subscriber, other] = [await connect(), await connect()];
    const [inbox, raw] = [new Inbox(), new Inbox()];
    await subscriber.subscribe(["news", "talk"], inbox.put);
    await other.subscribe("news", raw.put, true);
    equal(await client.publish("news", "Zo\u00eb"), 2);
    equal(await client.publish("elsewhere", "x"), 0);
    deepEqual(await inbox.next(), ["Zo\u00eb", "news"]);
    deepEqual(await raw.next(), [Buffer.from("Zo\u00eb"), Buffer.from("news")]);
    await other.unsubscribe("news");
    await subscriber.unsubscribe("news");
    deepEqual([await client.publish("news", "x"), await client.publish("talk", "y")], [0, 1]);
    deepEqual(await inbox.next(), ["y", "talk"]);
    await subscriber.unsubscribe();
    equal(String(await subscriber.set("k", "v")), "OK", "an ordinary client again"); // in RESP2 its next reply is bytes
  },

  async "group pubsub patterns"(client, connect) {
    const subscriber = await connect();
    const inbox = new Inbox();
    await subscriber.pSubscribe("n[ae]ws.*", (...item) => inbox.put("first", ...item));
    await subscriber.pSubscribe("*.?port", (...item) => inbox.put("second", ...item));
    equal(await client.publish("news.sport", "goal"), 2);
    deepEqual(await inbox.all(2), [
      ["first", "goal", "news.sport"],
      ["second", "goal", "news.sport"],
    ]);
    await subscriber.pUnsubscribe("*.?port");
    equal(await client.publish("a.sport", "x"), 0);
    await subscriber.pUnsubscribe();
    equal(await client.pubSubNumPat(), 0);
  },

  async "group pubsub shard channels"(client, connect) {
    const subscriber = await connect();
    const inbox = new Inbox();
    await subscriber.sSubscribe("orders", inbox.put);
    deepEqual([await client.publish("orders", "no"), await client.sPublish("orders", "yes")], [0, 1]);
    deepEqual(await inbox.next(), ["yes", "orders"]);
    deepEqual(await client.pubSubShardChannels(), ["orders"]);
    deepEqual({ ...(await client.pubSubShardNumSub(["orders", "none"])) }, { orders: 1, none: 0 });
    await subscriber.sUnsubscribe("orders");
    equal(await client.sPublish("orders", "x"), 0);
  },

  async "group pubsub questions"(client, connect) {
    const [one, two] = [await connect(), await connect()];
    await one.subscribe(["a", "b"], () => {});
    await two.subscribe("a", () => {});
    deepEqual(sorted(await client.pubSubChannels()), ["a", "b"]);
    deepEqual(await client.pubSubChannels("[b-z]"), ["b"]);
    deepEqual({ ...(await client.pubSubNumSub(["a", "b", "none"])) }, { a: 2, b: 1, none: 0 });
    equal((await client.clientList({ TYPE: "PUBSUB" })).length, 2);
    one.destroy();
    await eventually(async () => (await client.pubSubChannels()).length === 1, "the end of a subscriber");
  },

  async "a connection with pushes goes on working"(client, connect, protocol) {
    const both = await connect();
    const inbox = new Inbox();
    await both.subscribe("news", inbox.put);
    if (protocol === 2) {
      await rejects(both.get("k"), /Can't execute 'get'/);
      equal(await both.ping(), "pong");
      return;
    }
    const numbers = Array.from({ length: 500 }, (_, number) => number);
    const work = numbers.map((number) => both.set(`k${number}`, number).then(() => both.get(`k${number}`)));
    const messages = numbers.map((number) => client.publish("news", String(number)));
    deepEqual(await Promise.all(messages), numbers.map(() => 1));
    deepEqual(await Promise.all(work), numbers.map(String));
    for (const number of numbers) deepEqual(await inbox.next(), [String(number), "news"]);
    equal(await both.publish("news", "to itself"), 1);
    deepEqual(await inbox.next(), ["to itself", "news"]);
    const transactions = [both.multi().incr("n").get("n").exec(), client.multi().publish("news", "in one").exec()];
    deepEqual(await Promise.all(transactions), [[1, "1"], [1]]);
    deepEqual(await inbox.next(), ["in one", "news"]);
    const waits = both.blPop("l", 8);
    await eventually(async () => /\r\nblocked_clients:1\r\n/.test(await client.info("clients")), "a client that waits");
    await client.publish("news", "while it waits");
    deepEqual(await inbox.next(), ["while it waits", "news"]);
    await client.rPush("l", "x");
    deepEqual(await waits, { key: "l", element: "x" });
  },

  async "a killed subscriber subscribes again"(client, connect) {
    const subscriber = await connect();
    const inbox = new Inbox();
    await subscriber.subscribe("news", (...item) => inbox.put("message", ...item));
    await subscriber.pSubscribe("n*", (...item) => inbox.put("pmessage", ...item));
    await subscriber.sSubscribe("shard", (...item) => inbox.put("smessage", ...item));
    const ready = new Promise((resolve) => subscriber.once("ready", resolve));
    await replaceSubscribers((command) => client.sendCommand(command));
    await ready;
    await eventually(async () => {
      const [channel, shard] = [await client.pubSubNumSub("news"), await client.pubSubShardNumSub(["shard"])];
      return channel.news === 1 && shard.shard === 1 && (await client.pubSubNumPat()) === 1;
    }, "the subscriptions of the new connection alone");
    equal(await client.publish("news", "x"), 2);
    equal(await client.sPublish("shard", "y"), 1);
    deepEqual(await inbox.all(3), [
      ["message", "x", "news"],
      ["pmessage", "x", "news"],
      ["smessage", "y", "shard"],
    ]);
  },

  async "keyspace notifications"(client, connect) {
    const subscriber = await connect();
    const inbox = new Inbox();
    await client.configSet("notify-keyspace-events", "Exg");
    try {
      await subscriber.pSubscribe("__keyevent@0__:*", inbox.put);
      await client.set("k", "v", { expiration: { type: "PX", value: 20 } });
      deepEqual(await inbox.next(), ["k", "__keyevent@0__:expire"]);
      deepEqual(await inbox.next(), ["k", "__keyevent@0__:expired"]);
    } finally {
      await client.configSet("notify-keyspace-events", "");
    }
  },

  async monitoring(client, connect) {
    const [monitor, watched] = [await connect(), await connect({ database: 2 })];
    const inbox = new Inbox();
    await monitor.monitor((line) => / \[2 /.test(line) && inbox.put(String(line)));
    await watched.set("k", 'a "b"');
    match((await inbox.next())[0], /^\d+\.\d{6} \[2 127\.0\.0\.1:\d+\] "SET" "k" "a \\"b\\""$/);
    await monitor.reset();
    await watched.set("k", "unseen");
    equal(await monitor.get("k"), null, "an ordinary client again, in the first database");
    equal(inbox.size, 0);
  },
};
