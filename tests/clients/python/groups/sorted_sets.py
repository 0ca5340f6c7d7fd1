"""The sorted set group, but for what waits (`waiting.py`)."""

import math

import redis
from harness import check, equal, in_pairs, raises


def filled(target):
    r = target.client()
    r.zadd("z", {"a": 1, "b": 2, "c": 3, "d": 4})
    return r


@check
def group_sorted_set_members(target):
    r = target.client()
    equal(r.zadd("z", {"a": 1, "b": 2.5, b"\0\xff": math.inf}), 3)
    equal(r.zadd("z", {"a": 5}, nx=True), 0)
    equal(r.zadd("z", {"a": 0.5, "b": 3}, gt=True, ch=True), 1)
    equal(r.zadd("z", {"a": 0.5}, lt=True, xx=True, ch=True), 1)
    equal(r.zadd("z", {"a": 1}, incr=True), 1.5)
    equal(r.zadd("z", {"a": 1}, incr=True, nx=True), None)
    equal(r.zincrby("z", 0.25, "a"), 1.75)
    equal(r.zscore("z", "a"), 1.75)
    equal(r.zscore("z", b"\0\xff"), math.inf)
    equal(r.zscore("z", "missing"), None)
    equal(r.zmscore("z", ["a", "missing", "b"]), [1.75, None, 3.0])
    equal(r.zcard("z"), 3)
    equal((r.zrank("z", "b"), r.zrevrank("z", "b"), r.zrank("z", "missing")), (1, 1, None))
    equal(r.zrem("z", "a", "missing"), 1)
    raises(redis.ResponseError, "not a valid float", lambda: r.zincrby("z", "x", "b"))
    raises(redis.ResponseError, "WRONGTYPE", lambda: (r.set("s", "v"), r.zcard("s")))


@check
def group_sorted_set_ranges(target):
    r = filled(target)
    equal(r.zrange("z", 0, -1), [b"a", b"b", b"c", b"d"])
    equal(in_pairs(r.zrange("z", 0, 1, withscores=True)), [(b"a", 1.0), (b"b", 2.0)])
    equal(r.zrange("z", 0, 1, desc=True), [b"d", b"c"])
    equal(r.zrange("z", "(1", "+inf", byscore=True, offset=1, num=1), [b"c"])
    equal(r.zrevrange("z", 0, 0), [b"d"])
    equal(in_pairs(r.zrevrange("z", 0, 0, withscores=True)), [(b"d", 4.0)])
    equal(r.zrangebyscore("z", 2, "(4"), [b"b", b"c"])
    equal(in_pairs(r.zrangebyscore("z", "-inf", 2, withscores=True, start=1, num=5)), [(b"b", 2.0)])
    equal(r.zrevrangebyscore("z", "+inf", 3), [b"d", b"c"])
    equal((r.zcount("z", 2, 3), r.zcount("z", "(2", "+inf")), (2, 2))
    equal(r.zrangestore("to", "z", 0, 1, desc=True), 2)
    equal(r.zrange("to", 0, -1), [b"c", b"d"])
    equal(r.zremrangebyrank("z", 0, 0), 1)
    equal(r.zremrangebyscore("z", "(2", 3), 1)
    equal(r.zrange("z", 0, -1), [b"b", b"d"])


@check
def group_sorted_set_lex(target):
    r = target.client()
    r.zadd("z", dict.fromkeys("abcde", 0))
    equal(r.zrangebylex("z", "[b", "(d"), [b"b", b"c"])
    equal(r.zrevrangebylex("z", "+", "[c", start=0, num=2), [b"e", b"d"])
    equal(r.zrange("z", "-", "[b", bylex=True), [b"a", b"b"])
    equal(r.zlexcount("z", "-", "+"), 5)
    equal(r.zremrangebylex("z", "[a", "(c"), 2)
    equal(r.zcard("z"), 3)


@check
def group_sorted_set_pops(target):
    r = filled(target)
    equal(in_pairs(r.zpopmin("z")), [(b"a", 1.0)])
    equal(in_pairs(r.zpopmax("z")), [(b"d", 4.0)])
    equal(in_pairs(r.zpopmax("z", 5)), [(b"c", 3.0), (b"b", 2.0)])
    equal(r.zpopmin("z"), [])
    r.zadd("z", {"a": 1, "b": 2, "c": 3})
    name, popped = r.zmpop(2, ["missing", "z"], min=True, count=2)
    equal((name, [(member, float(score)) for member, score in popped]), (b"z", [(b"a", 1.0), (b"b", 2.0)]))
    equal(r.zmpop(1, ["missing"], max=True), None)


@check
def group_sorted_set_operations(target):
    r = target.client()
    r.zadd("one", {"a": 1, "b": 2})
    r.zadd("two", {"b": 10, "c": 20})
    equal(r.zinter(["one", "two"]), [b"b"])
    equal(in_pairs(r.zinter({"one": 2, "two": 1}, aggregate="MAX", withscores=True)), [(b"b", 10.0)])
    equal(r.zintercard(2, ["one", "two"], limit=1), 1)
    equal(r.zunion(["one", "two"]), [b"a", b"b", b"c"])
    equal(in_pairs(r.zunion(["one", "two"], withscores=True)), [(b"a", 1.0), (b"b", 12.0), (b"c", 20.0)])
    equal(r.zdiff(["one", "two"]), [b"a"])
    equal(r.zinterstore("to", {"one": 2, "two": 0.5}), 1)
    equal(r.zscore("to", "b"), 9.0)
    equal(r.zunionstore("to", ["one", "two"], aggregate="MIN"), 3)
    equal(r.zscore("to", "b"), 2.0)
    equal(r.zdiffstore("to", ["two", "one"]), 1)
    equal(r.zrange("to", 0, -1), [b"c"])


@check
def group_sorted_set_random_and_scan(target):
    r = target.client()
    scores = {f"m{number}".encode(): number / 4 for number in range(700)}
    r.zadd("z", scores)
    equal(r.zrandmember("z") in scores, True)
    equal(set(r.zrandmember("z", 1000)), set(scores))
    equal(len(r.zrandmember("z", -1000)), 1000)
    for member, score in in_pairs(r.zrandmember("z", 3, withscores=True)):
        equal(float(score), scores[member])
    equal(dict(r.zscan_iter("z", count=30)), scores)
    ten = {member: score for member, score in scores.items() if member[:2] == b"m1" and len(member) == 3}
    equal(dict(r.zscan_iter("z", match="m1?")), ten)
    equal(r.zscan("missing"), (0, []))
