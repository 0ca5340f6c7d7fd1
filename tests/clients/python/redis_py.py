"""Drives a running server through redis-py's ordinary API, in RESP2 and RESP3, blocking and asyncio.

Usage: redis_py.py --port PORT [--host HOST]

The checks are in `general.py` (connections, pools, errors, asyncio), `watching.py` (what a client sees of the others)
and, command by command, in `groups`.
"""

import sys

import general  # noqa: F401  (it registers its checks)
import groups  # noqa: F401
import harness
import watching  # noqa: F401

if __name__ == "__main__":
    sys.exit(harness.main())
