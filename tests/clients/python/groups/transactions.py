"""Transactions and pipelines over all types."""

import redis
from harness import check, equal, raises


def every_type(pipe):
    """Queues a write and a read of each type."""
    pipe.set("string", "v").get("string")
    pipe.hset("hash", mapping={"f": "v"}).hgetall("hash")
    pipe.rpush("list", "a", "b").lrange("list", 0, -1)
    pipe.sadd("set", "m").smembers("set")
    pipe.zadd("zset", {"m": 1.5}).zrange("zset", 0, -1, withscores=True)
    pipe.setbit("bits", 7, 1).get("bits")
    return pipe


OUTCOME = [True, b"v", 1, {b"f": b"v"}, 2, [b"a", b"b"], 1, {b"m"}, 1, [[b"m", 1.5]], 0, b"\x01"]


@check
def group_transaction_of_every_type(target):
    r = target.client()
    for is_atomic in (False, True):
        r.flushall()
        replies = every_type(r.pipeline(transaction=is_atomic)).execute()
        replies[7] = set(replies[7])  # a list or a set, by the protocol
        replies[9] = [list(pair) for pair in replies[9]]  # tuples or lists, by the protocol
        equal(replies, OUTCOME)


@check
def group_transaction_errors(target):
    r = target.client()
    with r.pipeline() as txn:
        got = txn.rpush("list", "a").hset("list", "f", "v").llen("list").execute(raise_on_error=False)
    equal((got[0], type(got[1]), got[2]), (1, redis.ResponseError, 1))
    equal("WRONGTYPE" in str(got[1]), True)
    with r.pipeline() as txn:
        txn.rpush("list", "b").execute_command("LPUSH", "list")
        raises(redis.ResponseError, "wrong number of arguments", txn.execute)
    equal(r.llen("list"), 1)


@check
def group_transaction_watch(target):
    r, other = target.client(), target.client()
    touches = [lambda: other.rpush("k", "x"), lambda: other.expire("k", 100), lambda: other.delete("k"),
               lambda: other.flushall()]
    for touch in touches:
        r.rpush("k", "a")
        with r.pipeline() as txn:
            txn.watch("k")
            equal(txn.type("k"), b"list")
            touch()
            txn.multi()
            txn.set("done", "1")
            raises(redis.WatchError, "", txn.execute)
        equal(r.exists("done"), 0)
    with r.pipeline() as txn:
        txn.watch("k", "other")
        txn.unwatch()
        other.set("k", "v")
        txn.multi()
        equal(txn.get("k").execute(), [b"v"])
    equal(r.transaction(lambda txn: (txn.multi(), txn.append("k", "w")), "k"), [2])


@check
def group_transaction_discard(target):
    r = target.client()
    r.set("k", "v")
    with r.pipeline() as txn:
        txn.watch("k")
        txn.execute_command("MULTI")
        equal(txn.append("k", "w"), b"QUEUED")
        txn.discard()
    equal(r.get("k"), b"v")
