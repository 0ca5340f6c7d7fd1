"""Drives a running server through redis-py's ordinary API, in RESP2 and RESP3, blocking and asyncio.

Usage: redis_py.py --port PORT [--host HOST]

Prints one line per check, `ok <name>` or `not ok <name>: <why>`, then a count; exits 1 when any check failed.
The database is flushed before every check, so never point this at a server whose data matters.

The checks are in `general.py` (connections, pools, errors, asyncio) and, command by command, in `groups`.
"""

import argparse
import sys
import warnings

import general  # noqa: F401  (it registers its checks)
import groups  # noqa: F401
import harness


def main():
    parser = argparse.ArgumentParser(description="check a running server through redis-py")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    options = parser.parse_args()
    warnings.filterwarnings("ignore", category=DeprecationWarning)  # SETEX and its like are served on purpose
    tally = harness.run(options.host, options.port)
    print(f"{tally.passed} passed, {tally.failed} failed")
    return 1 if tally.failed else 0


if __name__ == "__main__":
    sys.exit(main())
