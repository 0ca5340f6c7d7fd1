"""Every command of the data types through redis-py's own methods: a file for each group, which registers its checks."""

from . import bitmaps, hashes, keys, lists, sets, sorted_sets, strings, transactions  # noqa: F401
