"""The hash group."""

import redis
from harness import check, equal, in_pairs, raises


@check
def group_hash_fields(target):
    r = target.client()
    equal(r.hset("h", "a", "1"), 1)
    equal(r.hset("h", mapping={"a": "2", b"\0\xff": b"\xff\0"}), 1)
    equal(r.hset("h", items=["c", "3", "d", "4"]), 2)
    equal(r.hget("h", "a"), b"2")
    equal(r.hget("h", "missing"), None)
    equal(r.hmget("h", "a", "missing", b"\0\xff"), [b"2", None, b"\xff\0"])
    equal(r.hgetall("h"), {b"a": b"2", b"\0\xff": b"\xff\0", b"c": b"3", b"d": b"4"})
    equal(r.hgetall("missing"), {})
    equal(r.hmset("h", {"e": "5"}), True)
    equal(r.hsetnx("h", "e", "6"), 0)
    equal(r.hsetnx("h", "f", "6"), 1)
    equal(r.hexists("h", "f"), True)
    equal(r.hexists("h", "g"), False)
    equal(r.hlen("h"), 6)
    equal(r.hstrlen("h", "a"), 1)
    equal(r.hdel("h", "f", "e", "missing"), 2)
    equal(sorted(r.hkeys("h")), [b"\0\xff", b"a", b"c", b"d"])
    equal(sorted(r.hvals("h")), [b"2", b"3", b"4", b"\xff\0"])
    equal(r.hdel("h", "a", "c", "d", b"\0\xff"), 4)
    equal(r.exists("h"), 0)


@check
def group_hash_numbers(target):
    r = target.client()
    equal(r.hincrby("h", "n", 5), 5)
    equal(r.hincrby("h", "n", -7), -2)
    equal(r.hincrbyfloat("h", "n", 2.5), 0.5)
    r.hset("h", "word", "w")
    raises(redis.ResponseError, "hash value is not an integer", lambda: r.hincrby("h", "word"))
    raises(redis.ResponseError, "WRONGTYPE", lambda: (r.set("s", "v"), r.hlen("s")))


@check
def group_hash_random_and_scan(target):
    r = target.client()
    pairs = {f"f{number}".encode(): str(number).encode() for number in range(700)}
    r.hset("h", mapping=pairs)
    equal(r.hrandfield("h") in pairs, True)
    equal(set(r.hrandfield("h", 1000)), set(pairs))
    equal(len(r.hrandfield("h", -1000)), 1000)
    some = in_pairs(r.hrandfield("h", 3, withvalues=True))
    equal(len(some), 3)
    for field, value in some:
        equal(value, pairs[field])
    equal(dict(r.hscan_iter("h", count=30)), pairs)
    ten = {field: value for field, value in pairs.items() if field[:3] == b"f69" and len(field) == 4}
    equal(dict(r.hscan_iter("h", match="f69?")), ten)
    equal(r.hscan("missing"), (0, {}))
