"""redis-py as a whole: connections, pools, databases, errors, expiry, pipelines, asyncio."""

import asyncio
import threading
import time

import redis
import redis.asyncio
from harness import async_check, check, equal, eventually, raises, within
from redis.backoff import NoBackoff
from redis.retry import Retry


@check
def strings(target):
    r = target.client()
    equal(r.ping(), True)
    equal(r.set("k", "v"), True)
    equal(r.get("k"), b"v")
    equal(r.get("missing"), None)
    equal(r.append("k", "w"), 2)
    equal(r.strlen("k"), 2)
    equal(r.getset("k", "x"), b"vw")
    equal(r.getdel("k"), b"x")
    equal(r.exists("k"), 0)
    equal(r.setnx("n", "1"), True)
    equal(r.setnx("n", "2"), False)
    equal(r.mset({"a": "1", "b": "2"}), True)
    equal(r.mget("a", "missing", "b"), [b"1", None, b"2"])
    equal(r.echo("hello"), b"hello")


@check
def set_options(target):
    r = target.client()
    equal(r.set("k", "v", xx=True), None)
    equal(r.set("k", "v", nx=True), True)
    equal(r.set("k", "w", nx=True), None)
    equal(r.set("k", "w", get=True), b"v")
    equal(r.set("k", "x", ex=100), True)
    within(r.ttl("k"), 99, 100)
    equal(r.set("k", "y", keepttl=True), True)
    within(r.ttl("k"), 98, 100)
    equal(r.set("k", "z"), True)
    equal(r.ttl("k"), -1)


@check
def counters(target):
    r = target.client()
    equal(r.incr("n"), 1)
    equal(r.incr("n", 41), 42)
    equal(r.decr("n"), 41)
    equal(r.decr("n", 41), 0)
    r.set("big", 2**63 - 1)
    raises(redis.ResponseError, "increment or decrement would overflow", lambda: r.incr("big"))
    equal(r.get("big"), b"9223372036854775807")


@check
def keyspace(target):
    r = target.client()
    r.mset({"user:1": "a", "user:2": "b", "other": "c"})
    equal(r.dbsize(), 3)
    equal(sorted(r.keys("user:*")), [b"user:1", b"user:2"])
    equal(r.type("other"), b"string")
    equal(r.type("missing"), b"none")
    equal(r.randomkey() in (b"user:1", b"user:2", b"other"), True)
    equal(r.rename("other", "another"), True)
    raises(redis.ResponseError, "no such key", lambda: r.rename("other", "x"))
    equal(r.exists("another", "user:1", "other"), 2)
    equal(r.delete("another", "user:1", "other"), 2)
    equal(r.flushdb(), True)
    equal(r.dbsize(), 0)
    equal(r.randomkey(), None)


@check
def expiry(target):
    r = target.client()
    r.set("k", "v")
    equal(r.ttl("missing"), -2)
    equal(r.ttl("k"), -1)
    equal(r.expire("k", 100), True)
    within(r.ttl("k"), 99, 100)
    within(r.pttl("k"), 90_000, 100_000)
    equal(r.persist("k"), True)
    equal(r.persist("k"), False)
    equal(r.pexpire("k", 200_000), True)
    within(r.ttl("k"), 199, 200)
    equal(r.expireat("k", 4_102_444_800), True)
    equal(r.expiretime("k"), 4_102_444_800)
    equal(r.pexpireat("k", 4_102_444_800_123), True)
    equal(r.pexpiretime("k"), 4_102_444_800_123)
    equal(r.getex("k", persist=True), b"v")
    equal(r.ttl("k"), -1)
    equal(r.expire("k", -1), True)
    equal(r.exists("k"), 0)
    equal(r.setex("s", 100, "v"), True)
    equal(r.psetex("p", 100_000, "v"), True)
    raises(redis.ResponseError, "invalid expire time in 'set' command", lambda: r.set("k", "v", ex=0))


@check
def expiry_happens(target):
    r = target.client()
    for number in range(50):
        r.set(f"k{number}", "v", px=20 + number)
    eventually(lambda: r.dbsize() == 0, "the removal of 50 expired keys")
    r.set("k", "v", px=10)
    eventually(lambda: r.get("k") is None, "the end of a 10 ms key")


@check
def scan(target):
    r = target.client()
    names = {f"key:{number}".encode() for number in range(1000)}
    r.mset({name: "v" for name in names})
    r.set("another", "v")
    found = list(r.scan_iter(match="key:*", count=37))
    equal(set(found), names)
    equal(len(list(r.scan_iter(_type="string"))) >= 1001, True)
    equal(list(r.scan_iter(_type="list")), [])


@check
def binary(target):
    r = target.client()
    every_byte = bytes(range(256))
    large = every_byte * 4096
    equal(r.set(every_byte, large), True)
    equal(r.get(every_byte), large)
    equal(r.strlen(every_byte), len(large))
    equal(r.keys(), [every_byte])
    equal(r.set(b"", b""), True)
    equal(r.get(b""), b"")


@check
def decoded_responses(target):
    r = target.client(decode_responses=True)
    r.set("name", "Zo\u00eb \u2603")
    equal(r.get("name"), "Zo\u00eb \u2603")
    equal(r.keys(), ["name"])
    equal(r.type("name"), "string")
    equal(list(r.scan_iter()), ["name"])


@check
def pipelines(target):
    r = target.client()
    plain = r.pipeline(transaction=False)
    for number in range(1000):
        plain.set(f"k{number}", number).get(f"k{number}")
    replies = plain.execute()
    equal(replies[1::2], [str(number).encode() for number in range(1000)])
    with r.pipeline(transaction=True) as atomic:
        equal(atomic.set("a", 1).incr("a").get("a").pttl("a").execute(), [True, 2, b"2", -1])
    with r.pipeline() as atomic:
        got = atomic.set("s", "text").incr("s").get("s").execute(raise_on_error=False)
    equal((got[0], type(got[1]), got[2]), (True, redis.ResponseError, b"text"))
    with r.pipeline() as atomic:
        atomic.set("never", "written").execute_command("SET", "too few")
        raises(redis.ResponseError, "wrong number of arguments", atomic.execute)
    equal(r.exists("never"), 0)


@check
def watch(target):
    r, other = target.client(), target.client()
    r.set("n", 1)
    with r.pipeline() as txn:
        txn.watch("n")
        equal(txn.get("n"), b"1")
        other.set("n", 5)
        txn.multi()
        txn.set("n", 2)
        try:
            txn.execute()
        except redis.WatchError:
            pass
        else:
            raise AssertionError("EXEC went through though the watched key had changed")
    equal(r.get("n"), b"5")
    with r.pipeline() as txn:
        txn.watch("n")
        txn.unwatch()
        other.set("n", 6)
        txn.multi()
        equal(txn.incr("n").execute(), [7])
    equal(r.transaction(lambda t: (t.multi(), t.incr("n")), "n"), [8])


@check
def watch_retry_loop(target):
    threads_count, rounds = 4, 25

    def add(failures):
        r = target.client()
        try:
            for _ in range(rounds):
                while True:
                    with r.pipeline() as txn:
                        try:
                            txn.watch("n")
                            value = int(txn.get("n") or 0)
                            txn.multi()
                            txn.set("n", value + 1)
                            txn.execute()
                            break
                        except redis.WatchError:
                            continue
        except Exception as error:  # a thread's failure is reported by the check
            failures.append(error)

    failures = []
    threads = [threading.Thread(target=add, args=(failures,)) for _ in range(threads_count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    equal(failures, [])
    equal(target.client().get("n"), str(threads_count * rounds).encode())


@check
def connection_pool(target):
    pool = redis.ConnectionPool(host=target.host, port=target.port, protocol=target.protocol, max_connections=2)
    one, two = redis.Redis(connection_pool=pool), redis.Redis(connection_pool=pool)
    equal(one.client_id(), two.client_id())
    first, second = pool.get_connection(), pool.get_connection()
    raises(redis.ConnectionError, "Too many connections", one.ping)
    pool.release(first)
    pool.release(second)
    equal(one.ping(), True)
    pool.disconnect()
    equal(two.ping(), True)


@check
def databases(target):
    zero, one = target.client(), target.client(db=1)
    zero.set("k", "zero")
    one.set("k", "one")
    equal((zero.get("k"), one.get("k")), (b"zero", b"one"))
    equal(one.flushdb(), True)
    equal((zero.get("k"), one.get("k")), (b"zero", None))
    equal(zero.flushall(), True)
    raises(redis.ResponseError, "out of range", lambda: zero.execute_command("SELECT", 100_000))


@check
def errors(target):
    r = target.client()
    r.set("s", "text")
    raises(redis.ResponseError, "value is not an integer or out of range", lambda: r.incr("s"))
    raises(redis.ResponseError, "unknown command", lambda: r.execute_command("NOSUCH", "x"))
    raises(redis.ResponseError, "wrong number of arguments for 'get' command", lambda: r.execute_command("GET"))
    raises(redis.ResponseError, "syntax error", lambda: r.execute_command("SET", "s", "v", "NX", "XX"))
    equal(r.get("s"), b"text")


@check
def authentication(target):
    r = target.client(single_connection_client=True)
    r.config_set("requirepass", "secret")
    at_once = Retry(NoBackoff(), 0)  # as it comes, this client tries for seconds before it believes an error
    try:
        raises(redis.AuthenticationError, "", target.client(retry=at_once).ping)
        raises(redis.AuthenticationError, "", target.client(password="wrong", retry=at_once).ping)
        equal(target.client(password="secret").ping(), True)
        equal(target.client(username="default", password="secret").ping(), True)
    finally:
        r.config_set("requirepass", "")
    equal(target.client().ping(), True)


@check
def client_commands(target):
    r = target.client(client_name="from-the-start", single_connection_client=True)
    equal(r.client_getname() in ("from-the-start", b"from-the-start"), True)
    equal(r.client_setname("tester"), True)
    info = r.client_info()
    equal((info["name"], int(info["id"]), int(info["db"])), ("tester", r.client_id(), 0))
    equal(int(info["resp"]) if "resp" in info else target.protocol, target.protocol)
    raises(redis.ResponseError, "Client names cannot contain spaces", lambda: r.client_setname("two words"))


@check
def configuration(target):
    r = target.client()
    equal(set(r.config_get("maxclients")), {"maxclients"})
    equal(set(r.config_get("dbfilename", "databases")), {"dbfilename", "databases"})
    equal(len(r.config_get("*")) > 5, True)
    equal(r.config_get("no-such-directive"), {})
    before = r.config_get("timeout")["timeout"]
    equal(r.config_set("timeout", 1234), True)
    equal(r.config_get("timeout"), {"timeout": "1234"})
    equal(r.config_set("timeout", before), True)
    raises(redis.ResponseError, "", lambda: r.config_set("no-such-directive", "1"))


@check
def info(target):
    r = target.client()
    r.set("k", "v")
    r.set("e", "v", ex=100)
    everything = r.info()
    for field in ("redis_version", "tcp_port", "uptime_in_seconds", "connected_clients", "used_memory", "role"):
        if field not in everything:
            raise AssertionError(f"INFO has no {field!r}")
    equal(everything["tcp_port"], target.port)
    equal(everything["redis_version"].startswith("7."), True)
    equal(everything["loading"], 0)
    keyspace_line = r.info("keyspace")["db0"]
    equal((keyspace_line["keys"], keyspace_line["expires"]), (2, 1))
    equal("used_memory" in r.info("server"), False)


@check
def saving(target):
    r = target.client()
    r.set("k", "v")
    before = r.lastsave()
    equal(r.save(), True)
    equal(r.lastsave() >= before, True)
    equal(r.bgsave() in (True, b"Background saving started"), True)
    eventually(lambda: r.info("persistence")["rdb_bgsave_in_progress"] == 0, "the end of BGSAVE")
    equal(r.info("persistence")["rdb_last_bgsave_status"], "ok")


@check
def introspection(target):
    r = target.client()
    seconds, micros = r.time()
    within(seconds, time.time() - 60, time.time() + 60)
    within(micros, 0, 999_999)
    equal(r.command_count() > 50, True)
    equal(b"get" in [name.encode() if isinstance(name, str) else name for name in r.command_list()], True)


@async_check
async def async_strings(client, target):
    equal(await client.set("k", "v"), True)
    equal(await client.get("k"), b"v")
    equal(await client.mget("k", "missing"), [b"v", None])
    try:
        await client.incr("k")
    except redis.ResponseError as error:
        equal("not an integer" in str(error), True)
    else:
        raise AssertionError("INCR of a text went through")


@async_check
async def async_pipeline(client, target):
    async with client.pipeline(transaction=True) as atomic:
        equal(await atomic.set("a", 1).incr("a").execute(), [True, 2])
    replies = await asyncio.gather(*(client.incr("n") for _ in range(50)))
    equal(sorted(replies), list(range(1, 51)))


@async_check
async def async_scan(client, target):
    names = {f"key:{number}".encode() for number in range(300)}
    await client.mset({name: "v" for name in names})
    equal({name async for name in client.scan_iter(match="key:*", count=10)}, names)


@async_check
async def async_watch(client, target):
    async def add_one():
        while True:
            async with client.pipeline() as txn:
                try:
                    await txn.watch("n")
                    value = int(await txn.get("n") or 0)
                    txn.multi()
                    txn.set("n", value + 1)
                    await txn.execute()
                    return
                except redis.WatchError:
                    continue

    await asyncio.gather(*(add_one() for _ in range(20)))
    equal(await client.get("n"), b"20")
