"""What the checks in Python share: where they register, how they compare, and how what came of them is told.

A check is a function that raises when something is not as it should be. It begins with an empty server, so never point
this at one whose data matters. Prints one line per check, `ok <name>` or `not ok <name>: <why>`, then a count.
"""

import argparse
import asyncio
import os
import time
import traceback
import warnings
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import redis
import redis.asyncio

PATIENCE_SECONDS = 10.0
CHECKS = []
ASYNC_CHECKS = []


def check(function):
    """Registers a check that takes a `Target`."""
    CHECKS.append(function)
    return function


def async_check(function):
    """Registers a coroutine check that takes an asyncio client and a `Target`."""
    ASYNC_CHECKS.append(function)
    return function


def equal(got, wanted):
    if got != wanted or type(got) is not type(wanted):
        raise AssertionError(f"got {got!r}, wanted {wanted!r}")


def within(got, low, high):
    if not low <= got <= high:
        raise AssertionError(f"got {got!r}, wanted {low!r} to {high!r}")


def in_pairs(reply):
    """Pairs as tuples: this client gives them flat, nested, or a single one bare, by command and protocol."""
    if any(isinstance(item, (list, tuple)) for item in reply):
        return [tuple(pair) for pair in reply]
    return list(zip(reply[::2], reply[1::2]))


def raises(kind, needle, call):
    """Runs `call`, which must raise `kind` with `needle` in its text."""
    try:
        got = call()
    except kind as error:
        if needle not in str(error):
            raise AssertionError(f"error is {str(error)!r}, wanted {needle!r} in it") from error
        return
    raise AssertionError(f"got {got!r}, wanted {kind.__name__} with {needle!r}")


def eventually(condition, what):
    """Asks until `condition()` holds; the question is a round trip, so this does not spin idly."""
    give_up = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        if time.monotonic() > give_up:
            raise AssertionError(f"{what} did not come about within {PATIENCE_SECONDS:.0f} s")


class Target:
    """Where the server is, in which protocol to speak, and clients for it."""

    def __init__(self, host, port, protocol):
        self.host, self.port, self.protocol = host, port, protocol

    def client(self, **options):
        return redis.Redis(host=self.host, port=self.port, protocol=self.protocol,
                           socket_timeout=PATIENCE_SECONDS, **options)


@contextmanager
def waiting(target, *calls):
    """Futures of the calls, each with a client of its own; all wait on the server, in this order, when the body begins."""
    observer = target.client()
    with ThreadPoolExecutor(len(calls)) as pool:
        futures = []
        for call in calls:
            futures.append(pool.submit(call, target.client()))
            eventually(lambda: observer.info("clients")["blocked_clients"] == len(futures), f"wait {len(futures)}")
        yield futures


class Tally:
    """Prints each check's line and keeps the counts."""

    def __init__(self):
        self.passed = self.failed = 0

    def passes(self, name):
        self.passed += 1
        print(f"ok {name}", flush=True)

    def fails(self, name, error):
        self.failed += 1
        helpers = ("equal", "within", "raises", "eventually")
        here = os.path.dirname(__file__)
        frames = [frame for frame in traceback.extract_tb(error.__traceback__)
                  if frame.filename.startswith(here) and "site-packages" not in frame.filename
                  and frame.name not in helpers]
        where = f"{os.path.basename(frames[-1].filename)}:{frames[-1].lineno}" if frames else "?"
        why = " ".join(str(error).split())
        print(f"not ok {name}: {where}: {type(error).__name__}: {why}", flush=True)


def run_blocking(target, tally):
    for function in CHECKS:
        name = f"resp{target.protocol} {function.__name__.replace('_', ' ')}"
        try:
            target.client().flushall()
            function(target)
            tally.passes(name)
        except Exception as error:  # every failure becomes a line of the report
            tally.fails(name, error)


async def run_async(target, tally):
    for function in ASYNC_CHECKS:
        name = f"resp{target.protocol} {function.__name__.replace('_', ' ')}"
        client = redis.asyncio.Redis(host=target.host, port=target.port, protocol=target.protocol,
                                     socket_timeout=PATIENCE_SECONDS)
        try:
            await client.flushall()
            await function(client, target)
            tally.passes(name)
        except Exception as error:  # every failure becomes a line of the report
            tally.fails(name, error)
        finally:
            await client.aclose()


def run(host, port):
    """Makes every registered check in both protocols; the counts."""
    tally = Tally()
    for protocol in (2, 3):
        target = Target(host, port, protocol)
        run_blocking(target, tally)
        asyncio.run(run_async(target, tally))
    return tally


def main():
    """Makes the registered checks on the server that the command line names; the status, 1 when any check failed."""
    parser = argparse.ArgumentParser(description="check a running server through a client of it")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    options = parser.parse_args()
    warnings.filterwarnings("ignore", category=DeprecationWarning)  # SETEX and its like are served on purpose
    tally = run(options.host, options.port)
    print(f"{tally.passed} passed, {tally.failed} failed")
    return 1 if tally.failed else 0
