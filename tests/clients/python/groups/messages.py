"""The pubsub group: channels, patterns and shard channels, awaited with a timeout, in a thread, and as pushes."""

import asyncio
import queue

import redis
from harness import PATIENCE_SECONDS, async_check, check, equal, eventually, raises


def next_message(subscriber):
    """The next message, its kind and what it says, without waiting longer than a check may."""
    message = subscriber.get_message(timeout=PATIENCE_SECONDS)
    if message is None:
        raise AssertionError("no message came")
    return message["type"], message["pattern"], message["channel"], message["data"]


@check
def group_pubsub_channels(target):
    r, subscriber = target.client(), target.client().pubsub()
    subscriber.subscribe("news", "talk")
    equal(next_message(subscriber), ("subscribe", None, b"news", 1))
    equal(next_message(subscriber), ("subscribe", None, b"talk", 2))
    equal(r.publish("news", b"\0\xff"), 1)
    equal(r.publish("elsewhere", "x"), 0)
    equal(next_message(subscriber), ("message", None, b"news", b"\0\xff"))
    equal(subscriber.get_message(timeout=0.01), None)
    subscriber.unsubscribe("news")
    equal(next_message(subscriber), ("unsubscribe", None, b"news", 1))
    equal((r.publish("news", "x"), r.publish("talk", "y")), (0, 1))
    equal(next_message(subscriber), ("message", None, b"talk", b"y"))
    subscriber.unsubscribe()
    equal(next_message(subscriber), ("unsubscribe", None, b"talk", 0))
    equal(subscriber.subscribed, False)
    subscriber.close()


@check
def group_pubsub_patterns(target):
    r, subscriber = target.client(), target.client().pubsub()
    subscriber.psubscribe("n[ae]ws.*", "*.?port")
    subscriber.subscribe("news.sport")
    for wanted in (("psubscribe", None, b"n[ae]ws.*", 1), ("psubscribe", None, b"*.?port", 2),
                   ("subscribe", None, b"news.sport", 3)):
        equal(next_message(subscriber), wanted)
    equal(r.publish("news.sport", "goal"), 3)
    got = {next_message(subscriber) for _ in range(3)}
    equal(got, {("message", None, b"news.sport", b"goal"), ("pmessage", b"n[ae]ws.*", b"news.sport", b"goal"),
                ("pmessage", b"*.?port", b"news.sport", b"goal")})
    equal(r.publish("naws.", "x"), 1)
    equal(next_message(subscriber), ("pmessage", b"n[ae]ws.*", b"naws.", b"x"))
    subscriber.punsubscribe("n[ae]ws.*")
    equal(next_message(subscriber), ("punsubscribe", None, b"n[ae]ws.*", 2))
    equal(r.publish("naws.", "x"), 0)
    subscriber.close()


@check
def group_pubsub_shard_channels(target):
    r, subscriber = target.client(), target.client().pubsub()
    subscriber.ssubscribe("orders")
    equal(next_message(subscriber), ("ssubscribe", None, b"orders", 1))
    equal(r.execute_command("SPUBLISH", "orders", "one"), 1)
    equal((r.publish("orders", "no"), r.spublish("orders", "two")), (0, 1))
    equal(next_message(subscriber), ("smessage", None, b"orders", b"one"))
    equal(next_message(subscriber), ("smessage", None, b"orders", b"two"))
    equal(r.pubsub_shardchannels(), [b"orders"])
    equal(r.pubsub_shardnumsub("orders", "none"), [(b"orders", 1), (b"none", 0)])
    subscriber.sunsubscribe("orders")
    equal(next_message(subscriber), ("sunsubscribe", None, b"orders", 0))
    subscriber.close()


@check
def group_pubsub_questions(target):
    r = target.client()
    equal((r.pubsub_channels(), r.pubsub_numpat(), r.pubsub_numsub("a")), ([], 0, [(b"a", 0)]))
    one, two = target.client().pubsub(), target.client().pubsub()
    one.subscribe("a", "b")
    two.subscribe("a")
    two.psubscribe("*")
    for subscriber in (one, two):
        next_message(subscriber), next_message(subscriber)
    equal(sorted(r.pubsub_channels()), [b"a", b"b"])
    equal(r.pubsub_channels("[b-z]"), [b"b"])
    equal(r.pubsub_numpat(), 1)
    equal(r.pubsub_numsub("a", "b", "none"), [(b"a", 2), (b"b", 1), (b"none", 0)])
    equal(len(r.client_list(_type="pubsub")), 2)
    one.close()
    two.close()
    eventually(lambda: r.pubsub_channels() == [] and r.pubsub_numpat() == 0, "the end of both subscribers")


@check
def handlers_and_a_thread(target):
    r, subscriber = target.client(), target.client().pubsub(ignore_subscribe_messages=True)
    heard = queue.Queue()
    subscriber.subscribe(news=lambda message: heard.put(message["data"]))
    subscriber.psubscribe(**{"user:*": lambda message: heard.put(message["channel"])})
    thread = subscriber.run_in_thread(sleep_time=PATIENCE_SECONDS, daemon=True)
    eventually(lambda: (r.pubsub_numsub("news"), r.pubsub_numpat()) == ([(b"news", 1)], 1), "both subscriptions")
    with r.pipeline() as atomic:
        equal(atomic.publish("news", "a").publish("user:1", "").publish("news", "b").execute(), [1, 1, 1])
    equal([heard.get(timeout=PATIENCE_SECONDS) for _ in range(3)], [b"a", b"user:1", b"b"])
    thread.stop()
    r.publish("news", "the thread looks whether it has to stop after each message")
    thread.join(PATIENCE_SECONDS)
    equal(thread.is_alive(), False)


@check
def a_subscriber_that_was_killed_subscribes_again(target):
    r, subscriber = target.client(), target.client().pubsub(ignore_subscribe_messages=True)
    subscriber.subscribe("news")
    subscriber.psubscribe("n*")
    subscriber.ssubscribe("shard")
    for _ in range(3):
        equal(subscriber.get_message(timeout=PATIENCE_SECONDS), None)
    equal(r.client_kill_filter(_type="pubsub"), 1)
    eventually(lambda: r.pubsub_numpat() == 0, "the end of the connection")
    # The next attempt to read finds the end, connects and subscribes.
    equal(subscriber.get_message(timeout=0.01), None)
    eventually(lambda: (subscriber.get_message(), r.pubsub_numpat(), r.pubsub_shardnumsub("shard"))[1:]
               == (1, [(b"shard", 1)]), "the subscriptions")
    equal(r.publish("news", "x"), 2)
    got = []
    eventually(lambda: got.append(subscriber.get_message(timeout=1)) or len([m for m in got if m]) == 2, "messages")
    equal({message["type"] for message in got if message}, {"message", "pmessage"})
    subscriber.close()


@check
def a_ping_among_messages(target):
    subscriber = target.client().pubsub()
    subscriber.subscribe("news")
    next_message(subscriber)
    subscriber.ping("still there?")
    kind, _, _, data = next_message(subscriber)
    equal((kind, data), ("pong", b"still there?"))
    subscriber.close()


@check
def what_a_subscriber_may_send(target):
    r = target.client(single_connection_client=True)
    connection = r.connection
    connection.send_command("SUBSCRIBE", "news")
    read = (lambda: connection.read_response(push_request=True)) if target.protocol == 3 else connection.read_response
    equal([bytes(part) if not isinstance(part, int) else part for part in read()], [b"subscribe", b"news", 1])
    connection.send_command("GET", "k")
    if target.protocol == 2:
        raises(redis.ResponseError, "only (P|S)SUBSCRIBE", connection.read_response)
    else:  # its pushes are told from replies, so the connection goes on working
        equal(connection.read_response(), None)
    connection.disconnect()


@async_check
async def async_messages(client, target):
    async with client.pubsub() as subscriber:
        await subscriber.subscribe("news")
        await subscriber.psubscribe("n*")

        async def listen():
            heard = []
            async for message in subscriber.listen():
                heard.append(message["type"])
                if len(heard) == 2:
                    started.set()
                if len(heard) == 6:
                    return heard

        started = asyncio.Event()
        listener = asyncio.create_task(listen())
        await asyncio.wait_for(started.wait(), PATIENCE_SECONDS)
        equal(await client.publish("news", "a"), 2)
        equal(await client.publish("news", "b"), 2)
        heard = await asyncio.wait_for(listener, PATIENCE_SECONDS)
        equal(sorted(heard), ["message"] * 2 + ["pmessage"] * 2 + ["psubscribe", "subscribe"])
        equal(await subscriber.get_message(timeout=0.01), None)
