"""What one client sees of the others: MONITOR, keyspace notifications, CLIENT's pauses."""

from harness import PATIENCE_SECONDS, check, equal, eventually, within


def notified(target, classes, acts):
    """The keyspace notifications, as (channel, data), that `acts` brings about with `classes` switched on."""
    r, subscriber = target.client(), target.client().pubsub()
    r.config_set("notify-keyspace-events", classes)
    try:
        subscriber.psubscribe("__key*@0__:*")
        equal(subscriber.get_message(timeout=PATIENCE_SECONDS)["type"], "psubscribe")
        acts(r)
        r.publish("__keyend@0__:", "end")
        heard = []
        while True:
            message = subscriber.get_message(timeout=PATIENCE_SECONDS)
            if message is None:
                raise AssertionError(f"the end did not come; heard {heard!r}")
            if message["data"] == b"end":
                return heard
            heard.append((message["channel"].decode(), message["data"].decode()))
    finally:
        r.config_set("notify-keyspace-events", "")
        subscriber.close()


@check
def keyspace_and_keyevent_notifications(target):
    def acts(r):
        r.set("k", "v", ex=100)
        r.rename("k", "l")
        r.delete("l")

    keyspace = [("k", "set"), ("k", "expire"), ("k", "rename_from"), ("l", "rename_to"), ("l", "del")]
    equal(notified(target, "KA", acts), [(f"__keyspace@0__:{key}", event) for key, event in keyspace])
    equal(notified(target, "EA", acts), [(f"__keyevent@0__:{event}", key) for key, event in keyspace])
    equal(notified(target, "Eg", acts), [("__keyevent@0__:expire", "k"), ("__keyevent@0__:rename_from", "k"),
                                        ("__keyevent@0__:rename_to", "l"), ("__keyevent@0__:del", "l")])


@check
def notifications_of_each_type(target):
    def acts(r):
        r.rpush("l", "a")
        r.lmove("l", "m")
        r.sadd("s", "a", "b")
        r.hset("h", "f", "v")
        r.zadd("z", {"m": 1})
        r.incr("n")
        with r.pipeline() as atomic:
            atomic.hdel("h", "f").sadd("s", "a").execute()

    equal(notified(target, "Ehlszg$", acts), [
        ("__keyevent@0__:" + event, key) for event, key in
        [("rpush", "l"), ("rpush", "m"), ("lpop", "l"), ("del", "l"), ("sadd", "s"), ("hset", "h"), ("zadd", "z"),
         ("incrby", "n"), ("hdel", "h"), ("del", "h")]])


@check
def notifications_of_expired_and_missed_keys(target):
    def acts(r):
        r.get("missing")
        r.set("short", "v", px=20)
        eventually(lambda: r.info("stats")["expired_keys"] > before, "the end of a 20 ms key")

    before = target.client().info("stats")["expired_keys"]
    equal(notified(target, "Emx", acts), [("__keyevent@0__:keymiss", "missing"), ("__keyevent@0__:expired", "short")])


@check
def the_classes_are_kept_as_redis_writes_them(target):
    r = target.client()
    for given, kept in (("KEA", "AKE"), ("$lE", "$lE"), ("Kgxe", "gxeK"), ("", "")):
        equal(r.config_set("notify-keyspace-events", given), True)
        equal(r.config_get("notify-keyspace-events"), {"notify-keyspace-events": kept})


@check
def monitoring(target):
    r = target.client(db=3)
    began = r.time()[0]
    with target.client().monitor() as monitor:
        r.set("key", 'a "quoted" text')
        r.execute_command("GET", b"\xff\0\n")
        with r.pipeline() as atomic:
            atomic.incr("n").publish("news", "x").execute()
        seen = []
        while len(seen) < 6:
            command = monitor.next_command()
            if command["db"] == 3:
                seen.append(command["command"])
                equal((command["client_type"], command["client_address"]), ("tcp", target.host))
                within(command["time"], began - 60, began + 60)
    equal(seen, ['SET key a "quoted" text', "GET \\xff\\x00\\n", "MULTI", "INCRBY n 1", "PUBLISH news x", "EXEC"])


@check
def secrets_are_not_monitored(target):
    r = target.client(single_connection_client=True)
    with target.client().monitor() as monitor:
        r.execute_command("AUTH", "default", "a-secret")
        r.ping()
        seen = []
        while not seen or not seen[-1].startswith("PING"):
            seen.append(monitor.next_command()["command"])
    equal([line for line in seen if "a-secret" in line], [])


@check
def a_pause_of_writes(target):
    r, other = target.client(), target.client(single_connection_client=True)
    equal(r.client_pause(60_000, all=False), True)
    try:
        equal(r.get("k"), None)
        other.connection.send_command("SET", "k", "v")
        eventually(lambda: r.info("clients")["blocked_clients"] == 1, "a paused write")
        equal(r.get("k"), None)
    finally:
        equal(r.client_unpause() in (True, b"OK"), True)
    equal(other.connection.read_response(), b"OK")
    equal(r.get("k"), b"v")
