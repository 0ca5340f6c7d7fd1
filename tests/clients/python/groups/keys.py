"""The generic group, and SWAPDB."""

import time

import redis
from harness import check, equal, raises, within

FAR = 4_102_444_800


@check
def group_generic_names(target):
    r = target.client()
    r.mset({"user:1": "a", "user:2": "b", "other": "c"})
    equal(sorted(r.keys("user:*")), [b"user:1", b"user:2"])
    equal(r.exists("other", "other", "missing"), 2)
    equal(r.touch("other", "missing"), 1)
    equal(r.type("other"), b"string")
    equal(r.randomkey() in (b"user:1", b"user:2", b"other"), True)
    equal(r.rename("other", "another"), True)
    raises(redis.ResponseError, "no such key", lambda: r.rename("other", "another"))
    equal(r.renamenx("another", "user:1"), False)
    equal(r.renamenx("another", "user:3"), True)
    equal(r.delete("user:1", "missing"), 1)
    equal(r.unlink("user:2", "user:3", "missing"), 2)
    equal(r.dbsize(), 0)


@check
def group_generic_deadlines(target):
    r = target.client()
    r.set("k", "v")
    equal((r.ttl("k"), r.pttl("k"), r.expiretime("k"), r.pexpiretime("k")), (-1, -1, -1, -1))
    equal(r.expire("k", 100, xx=True), False)
    equal(r.expire("k", 100, nx=True), True)
    equal(r.expire("k", 50, gt=True), False)
    equal(r.expire("k", 50, lt=True), True)
    within(r.ttl("k"), 49, 50)
    equal(r.pexpire("k", 90_000), True)
    within(r.pttl("k"), 80_000, 90_000)
    equal(r.expireat("k", FAR), True)
    equal(r.expiretime("k"), FAR)
    equal(r.pexpireat("k", FAR * 1000 + 1), True)
    equal(r.pexpiretime("k"), FAR * 1000 + 1)
    equal(r.persist("k"), True)
    equal(r.persist("k"), False)
    equal(r.expireat("k", int(time.time()) - 10), True)
    equal(r.ttl("k"), -2)


@check
def group_generic_places(target):
    r, other = target.client(), target.client(db=1)
    r.rpush("list", "a", "b")
    equal(r.copy("list", "twin"), True)
    equal(r.copy("list", "twin"), False)
    r.rpush("list", "c")
    equal(r.copy("list", "twin", replace=True), True)
    equal(r.lrange("twin", 0, -1), [b"a", b"b", b"c"])
    equal(r.copy("list", "list", destination_db=1), True)
    equal(other.llen("list"), 3)
    equal(r.move("list", 1), False)
    equal(r.move("twin", 1), True)
    equal((r.exists("twin"), other.exists("twin")), (0, 1))
    equal(r.swapdb(0, 1), True)
    equal((r.dbsize(), other.dbsize()), (2, 1))


@check
def group_generic_objects(target):
    r = target.client()
    r.set("number", "12")
    r.rpush("list", "a")
    equal(r.object("ENCODING", "number"), b"int")
    equal(r.object("ENCODING", "missing"), None)
    equal(r.object("REFCOUNT", "list"), 1)
    within(r.object("IDLETIME", "list"), 0, 10)
    raises(redis.ResponseError, "LFU maxmemory policy", lambda: r.object("FREQ", "list"))
    r.config_set("maxmemory-policy", "allkeys-lfu")
    try:
        r.set("counted", "v")
        within(r.object("FREQ", "counted"), 1, 255)
    finally:
        r.config_set("maxmemory-policy", "noeviction")


@check
def group_generic_scans(target):
    r = target.client()
    names = {f"key:{number}".encode() for number in range(500)}
    r.mset({name: "v" for name in names})
    r.sadd("set", "member")
    equal(set(r.scan_iter(match="key:*", count=20)), names)
    equal(set(r.scan_iter(_type="set")), {b"set"})
    cursor, found = r.scan(0, count=100_000)
    equal(len(found) + (0 if cursor == 0 else 501), 501)


@check
def group_generic_sort(target):
    r = target.client()
    r.rpush("ids", 3, 1, 2)
    r.mset({"weight:1": 30, "weight:2": 20, "weight:3": 10, "name:1": "one", "name:2": "two"})
    equal(r.sort("ids"), [b"1", b"2", b"3"])
    equal(r.sort("ids", desc=True, start=0, num=2), [b"3", b"2"])
    equal(r.sort("ids", by="weight:*", get=["#", "name:*"], groups=True),
          [(b"3", None), (b"2", b"two"), (b"1", b"one")])
    equal(r.sort("ids", alpha=True, store="sorted"), 3)
    equal(r.lrange("sorted", 0, -1), [b"1", b"2", b"3"])
    equal(r.sort_ro("ids", by="nosort"), [b"3", b"1", b"2"])
    r.sadd("words", "b", "a")
    raises(redis.ResponseError, "can't be converted into double", lambda: r.sort("words"))
    equal(r.sort_ro("words", alpha=True, desc=True), [b"b", b"a"])
