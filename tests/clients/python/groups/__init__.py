"""Every command of the data types through redis-py's own methods: a file for each group, which registers its checks."""

from . import (  # noqa: F401
    bitmaps,
    hashes,
    keys,
    lists,
    messages,
    sets,
    sorted_sets,
    strings,
    transactions,
    waiting,
)
