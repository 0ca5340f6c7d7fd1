"""The set group."""

from harness import check, equal


def members(reply):
    """A set's members as a set, whichever type the client gives in this protocol."""
    return set(reply)


@check
def group_set_members(target):
    r = target.client()
    equal(r.sadd("s", "a", "b", b"\0\xff", "a"), 3)
    equal(r.scard("s"), 3)
    equal(members(r.smembers("s")), {b"a", b"b", b"\0\xff"})
    equal(r.sismember("s", b"\0\xff"), 1)
    equal(r.sismember("s", "z"), 0)
    equal(r.smismember("s", ["a", "z"]), [1, 0])
    equal(r.smove("s", "t", "a"), True)
    equal(r.smove("s", "t", "z"), False)
    equal(r.srem("s", "b", "z"), 1)
    equal(r.spop("s"), b"\0\xff")
    equal(r.spop("s"), None)
    r.sadd("t", "b", "c")
    equal(members(r.spop("t", 5)), {b"a", b"b", b"c"})
    equal(r.exists("t"), 0)


@check
def group_set_operations(target):
    r = target.client()
    r.sadd("one", 1, 2, 3)
    r.sadd("two", 3, 4)
    equal(members(r.sinter("one", "two")), {b"3"})
    equal(members(r.sunion("one", "two")), {b"1", b"2", b"3", b"4"})
    equal(members(r.sdiff("one", "two")), {b"1", b"2"})
    equal(r.sintercard(2, ["one", "two"], limit=5), 1)
    equal(r.sinterstore("to", ["one", "two"]), 1)
    equal(r.sunionstore("to", ["one", "two"]), 4)
    equal(r.sdiffstore("to", ["one", "two"]), 2)
    equal(members(r.smembers("to")), {b"1", b"2"})
    equal(r.sdiffstore("to", ["one", "one"]), 0)
    equal(r.exists("to"), 0)


@check
def group_set_random_and_scan(target):
    r = target.client()
    names = {f"m{number}".encode() for number in range(1000)}
    r.sadd("s", *names)
    equal(r.srandmember("s") in names, True)
    equal(set(r.srandmember("s", 2000)), names)
    equal(len(r.srandmember("s", -2000)), 2000)
    equal(r.srandmember("missing"), None)
    equal(set(r.sscan_iter("s", count=25)), names)
    ten = {name for name in names if name[:3] == b"m99" and len(name) == 4}
    equal(set(r.sscan_iter("s", match="m99?")), ten)
    equal(r.sscan("missing"), (0, []))
