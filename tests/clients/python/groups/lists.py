"""The list group, but for what waits (`waiting.py`)."""

import redis
from harness import check, equal, raises


@check
def group_list_ends(target):
    r = target.client()
    equal(r.lpushx("l", "x"), 0)
    equal(r.rpushx("l", "x"), 0)
    equal(r.rpush("l", "b", b"\0\xff"), 2)
    equal(r.lpush("l", "a"), 3)
    equal(r.lpushx("l", "first"), 4)
    equal(r.rpushx("l", "last"), 5)
    equal(r.llen("l"), 5)
    equal(r.lrange("l", 0, -1), [b"first", b"a", b"b", b"\0\xff", b"last"])
    equal(r.lpop("l"), b"first")
    equal(r.rpop("l"), b"last")
    equal(r.lpop("l", 2), [b"a", b"b"])
    equal(r.rpop("l", 5), [b"\0\xff"])
    equal((r.lpop("l"), r.rpop("l"), r.exists("l")), (None, None, 0))


@check
def group_list_middle(target):
    r = target.client()
    r.rpush("l", "a", "b", "c", "b", "a")
    equal(r.lindex("l", -2), b"b")
    equal(r.lindex("l", 9), None)
    equal(r.lpos("l", "b"), 1)
    equal(r.lpos("l", "a", rank=-1), 4)
    equal(r.lpos("l", "b", count=0, maxlen=10), [1, 3])
    equal(r.lpos("l", "z"), None)
    equal(r.linsert("l", "BEFORE", "c", "new"), 6)
    equal(r.linsert("l", "AFTER", "z", "new"), -1)
    equal(r.lset("l", 0, "A"), True)
    raises(redis.ResponseError, "index out of range", lambda: r.lset("l", 99, "v"))
    equal(r.lrem("l", -1, "b"), 1)
    equal(r.lrange("l", 0, -1), [b"A", b"b", b"new", b"c", b"a"])
    equal(r.ltrim("l", 1, -2), True)
    equal(r.lrange("l", 0, -1), [b"b", b"new", b"c"])


@check
def group_list_moves(target):
    r = target.client()
    r.rpush("from", "a", "b", "c", "d")
    equal(r.lmove("from", "to", "LEFT", "RIGHT"), b"a")
    equal(r.rpoplpush("from", "to"), b"d")
    equal(r.rpoplpush("missing", "to"), None)
    equal(r.lmpop(2, "missing", "to", direction="RIGHT", count=5), [b"to", [b"a", b"d"]])
    equal(r.lmpop(1, "missing", direction="LEFT"), None)
    equal(r.lmpop(1, "from", direction="LEFT"), [b"from", [b"b"]])
    raises(redis.ResponseError, "WRONGTYPE", lambda: (r.set("s", "v"), r.lmove("from", "s")))
    equal(r.lrange("from", 0, -1), [b"c"])
