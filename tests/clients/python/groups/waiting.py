"""What waits in the list and sorted-set groups: served by another's write, at once, by a timeout, or by nobody."""

import asyncio

import redis
from harness import async_check, check, equal, raises, waiting

WAIT = 8  # seconds on the server: less than a client's patience, more than any check takes


@check
def group_list_waits_and_is_served(target):
    r = target.client()
    calls = [
        (lambda c: c.blpop(["none", "l"], WAIT), [b"l", b"x"]),
        (lambda c: c.brpop("l", WAIT), [b"l", b"x"]),
        (lambda c: c.brpoplpush("l", "to", WAIT), b"x"),
        (lambda c: c.blmove("l", "to", WAIT, "RIGHT", "LEFT"), b"x"),
        (lambda c: c.blmpop(WAIT, 2, "none", "l", direction="LEFT", count=5), [b"l", [b"x"]]),
    ]
    for call, wanted in calls:
        with waiting(target, call) as [answer]:
            equal(r.rpush("l", "x"), 1)
            got = answer.result()
        equal(list(got) if isinstance(got, tuple) else got, wanted)
        equal(r.exists("l"), 0)
    equal(r.lrange("to", 0, -1), [b"x", b"x"])


@check
def group_list_does_not_wait(target):
    r = target.client()
    r.rpush("l", "a", "b", "c", "d", "e", "f")
    equal(list(r.blpop(["none", "l"], 0)), [b"l", b"a"])
    equal(list(r.brpop(["l", "none"], 0)), [b"l", b"f"])
    equal(r.brpoplpush("l", "to", 0), b"e")
    equal(r.blmove("l", "to", 0, "LEFT", "RIGHT"), b"b")
    equal(r.blmpop(0, 1, "l", direction="RIGHT", count=2), [b"l", [b"d", b"c"]])
    for timed_out in (r.blpop("l", 0.01), r.brpop("l", 0.01), r.brpoplpush("l", "to", 0.01), r.blmove("l", "to", 0.01),
                      r.blmpop(0.01, 1, "l", direction="LEFT")):
        equal(timed_out, None)
    r.set("s", "v")
    raises(redis.ResponseError, "WRONGTYPE", lambda: r.blpop("s", 0))
    raises(redis.ResponseError, "timeout is negative", lambda: r.blpop("l", -1))
    equal(r.pipeline(transaction=True).blpop("l", 0).rpush("l", "x").brpop("l", 0).execute()[:2], [None, 1])


@check
def group_sorted_set_waits_and_is_served(target):
    r = target.client()
    calls = [
        (lambda c: c.bzpopmin(["none", "z"], WAIT), [b"z", b"m", 1.5]),
        (lambda c: c.bzpopmax("z", WAIT), [b"z", b"m", 1.5]),
        (lambda c: c.bzmpop(WAIT, 2, ["none", "z"], min=True), [b"z", [[b"m", 1.5]]]),
    ]
    for call, wanted in calls:
        with waiting(target, call) as [answer]:
            equal(r.zadd("z", {"m": 1.5}), 1)
            got = list(answer.result())
        if isinstance(got[-1], list):  # RESP2 has scores as text here
            got[-1] = [[member, float(score)] for member, score in got[-1]]
        equal(got, wanted)


@check
def group_sorted_set_does_not_wait(target):
    r = target.client()
    r.zadd("z", {"a": 1, "b": 2, "c": 3})
    equal(list(r.bzpopmin(["none", "z"], 0)), [b"z", b"a", 1.0])
    equal(list(r.bzpopmax("z", 0)), [b"z", b"c", 3.0])
    equal(r.bzmpop(0, 1, ["z"], max=True, count=9)[0], b"z")
    for timed_out in (r.bzpopmin("z", 0.01), r.bzpopmax("z", 0.01), r.bzmpop(0.01, 1, ["z"], min=True)):
        equal(timed_out, None)


@check
def who_waits_longest_is_served_first(target):
    r = target.client()
    with waiting(target, *[lambda c: c.blpop("l", WAIT)] * 4) as answers:
        with r.pipeline(transaction=True) as atomic:
            equal(atomic.rpush("l", 0, 1).rpush("l", 2, 3, 4).execute(), [2, 5])
        equal([answer.result()[1] for answer in answers], [b"0", b"1", b"2", b"3"])
    equal(r.lrange("l", 0, -1), [b"4"])


@check
def every_kind_of_write_serves(target):
    r = target.client()
    writes = [
        lambda: r.linsert("l", "BEFORE", "x", "y"),  # to a list that is not there: serves nobody
        lambda: r.lpush("l", "x"),
        lambda: (r.rpush("from", "x"), r.rename("from", "l")),
        lambda: (r.rpush("from", "x"), r.copy("from", "l"), r.delete("from")),
        lambda: (r.rpush("from", "x"), r.lmove("from", "l")),
        lambda: (r.rpush("from", "x"), r.sort("from", alpha=True, store="l"), r.delete("from")),
        lambda: target.client(db=1).rpush("l", "x") and target.client(db=1).move("l", 0),
    ]
    nobody, *serving = writes
    for write in serving:
        with waiting(target, lambda c: c.brpop("l", WAIT)) as [answer]:
            equal(nobody(), 0)
            equal(answer.done(), False)
            write()
            equal(answer.result()[1], b"x")


@check
def an_unblocked_client_is_answered(target):
    r = target.client()
    with waiting(target, lambda c: c.blpop("l", 0), lambda c: c.bzpopmin("z", 0)) as [timed_out, failed]:
        first, second = blocked_ids(r)
        equal(bool(r.client_unblock(first)), True)
        equal(timed_out.result(), None)
        equal(bool(r.client_unblock(second, error=True)), True)
        raises(redis.ResponseError, "UNBLOCKED", failed.result)
    equal(bool(r.client_unblock(first)), False)


@check
def a_turn_passes_on_when_its_client_is_gone(target):
    r = target.client()
    gone = target.client(retry=None, single_connection_client=True)
    with waiting(target, lambda _: gone.blpop("l", WAIT), lambda c: c.blpop("l", WAIT)) as [lost, served]:
        first, _ = blocked_ids(r)
        equal(r.client_kill_filter(_id=first), 1)
        raises(redis.ConnectionError, "", lost.result)
        equal(r.rpush("l", "x"), 1)
        equal(served.result()[1], b"x")


@check
def a_pool_that_waits_for_its_connections(target):
    pool = redis.BlockingConnectionPool(host=target.host, port=target.port, protocol=target.protocol,
                                        max_connections=2, timeout=WAIT)
    r, other = redis.Redis(connection_pool=pool), target.client()
    # Both connections wait on the server, so the third caller waits for one of them.
    with waiting(target, lambda _: r.blpop("a", WAIT), lambda _: r.blpop("b", WAIT)) as [a, b]:
        impatient = redis.BlockingConnectionPool(host=target.host, port=target.port, max_connections=1, timeout=0.01)
        held = impatient.get_connection()
        raises(redis.ConnectionError, "No connection available", redis.Redis(connection_pool=impatient).ping)
        impatient.release(held)
        other.rpush("a", "x")
        equal(r.rpush("b", "y"), 1)
        equal((a.result()[1], b.result()[1]), (b"x", b"y"))
    equal([r.ping() for _ in range(5)], [True] * 5)
    pool.disconnect()


@async_check
async def async_waiting(client, target):
    async def all_wait():
        while (await client.info("clients"))["blocked_clients"] < 20:
            pass

    waits = [asyncio.create_task(client.blpop(f"l{number}", WAIT)) for number in range(20)]
    await asyncio.wait_for(all_wait(), WAIT)
    await client.rpush("l7", "x")
    equal(list(await waits[7]), [b"l7", b"x"])
    async with client.pipeline(transaction=True) as atomic:
        for number in range(20):
            atomic.rpush(f"l{number}", number)
        await atomic.execute()
    del waits[7]
    equal(sorted(int(value) for _, value in await asyncio.gather(*waits)), [*range(7), *range(8, 20)])
    equal(await client.bzpopmax("z", 0.01), None)


def blocked_ids(client):
    """The ids of the clients that wait, in the order in which they came."""
    return sorted(int(info["id"]) for info in client.client_list() if "b" in info["flags"])
