"""The string group."""

import redis
from harness import check, equal, raises, within


@check
def group_string_values(target):
    r = target.client()
    every_byte = bytes(range(256))
    equal(r.set("k", every_byte), True)
    equal(r.get("k"), every_byte)
    equal(r.set("k", "v", nx=True), None)
    equal(r.set("k", "v", xx=True, get=True), every_byte)
    equal(r.append("k", "alue"), 5)
    equal(r.strlen("k"), 5)
    equal(r.getrange("k", 1, -2), b"alu")
    equal(r.substr("k", 0, 1), b"va")
    equal(r.setrange("k", 7, "!"), 8)
    equal(r.get("k"), b"value\0\0!")
    equal(r.getset("k", "next"), b"value\0\0!")
    equal(r.getdel("k"), b"next")
    equal(r.getdel("k"), None)
    equal(r.setnx("k", "1"), True)
    equal(r.setnx("k", "2"), False)


@check
def group_string_deadlines(target):
    r = target.client()
    equal(r.setex("s", 100, "v"), True)
    within(r.ttl("s"), 99, 100)
    equal(r.psetex("p", 100_000, "v"), True)
    within(r.pttl("p"), 90_000, 100_000)
    equal(r.getex("s"), b"v")
    equal(r.getex("s", ex=200), b"v")
    within(r.ttl("s"), 199, 200)
    equal(r.getex("s", px=300_000), b"v")
    within(r.ttl("s"), 299, 300)
    equal(r.getex("s", exat=4_102_444_800), b"v")
    equal(r.expiretime("s"), 4_102_444_800)
    equal(r.getex("s", pxat=4_102_444_800_123), b"v")
    equal(r.pexpiretime("s"), 4_102_444_800_123)
    equal(r.set("s", "w", keepttl=True), True)
    equal(r.pexpiretime("s"), 4_102_444_800_123)
    equal(r.getex("s", persist=True), b"w")
    equal(r.ttl("s"), -1)
    equal(r.set("s", "x", exat=4_102_444_800), True)
    equal(r.expiretime("s"), 4_102_444_800)
    equal(r.set("s", "x", pxat=4_102_444_800_123), True)
    equal(r.pexpiretime("s"), 4_102_444_800_123)


@check
def group_string_numbers(target):
    r = target.client()
    equal(r.incr("n"), 1)
    equal(r.incrby("n", 9), 10)
    equal(r.decr("n"), 9)
    equal(r.decrby("n", 10), -1)
    equal(r.incrbyfloat("n", 1.75), 0.75)
    equal(r.incrbyfloat("n", -0.75), 0.0)
    equal(r.get("n"), b"0")
    r.set("word", "w")
    raises(redis.ResponseError, "not an integer", lambda: r.decrby("word", 1))
    raises(redis.ResponseError, "not a valid float", lambda: r.incrbyfloat("word", 1))


@check
def group_string_many(target):
    r = target.client()
    equal(r.mset({"a": "1", b"\xff\0": b"\0\xff"}), True)
    equal(r.mget("a", "missing", b"\xff\0"), [b"1", None, b"\0\xff"])
    equal(r.msetnx({"a": "2", "b": "2"}), False)
    equal(r.exists("b"), 0)
    equal(r.msetnx({"b": "2", "c": "3"}), True)
    equal(r.mget(["a", "b", "c"]), [b"1", b"2", b"3"])


@check
def group_string_lcs(target):
    r = target.client()
    r.mset({"one": "ohmytext", "other": "mynewtext"})
    equal(r.lcs("one", "other"), b"mytext")
    equal(r.lcs("one", "other", len=True), 6)
    runs = r.lcs("one", "other", idx=True, minmatchlen=3, withmatchlen=True)
    runs = runs if target.protocol == 3 else dict(zip(runs[::2], runs[1::2]))
    equal(runs, {b"matches": [[[4, 7], [5, 8], 4]], b"len": 6})
