"""A cachelib cache that keeps bytes as they are: no pickle, and nothing live is forgotten."""

from __future__ import annotations

import copy
import time
from typing import Any

from cachelib.base import BaseCache
from cachelib.serializers import BaseSerializer
from cachelib.simple import SimpleCache

from .commands import make_interruptible
from .table import Table

FEWEST = 500
"""Below so many items a SimpleCache is not looked through for expired ones."""


class BytesSerializer(BaseSerializer):
    """Pass bytes on as they are, both ways."""

    def dumps(self, value: Any, *_: Any, **__: Any) -> bytes:
        """Answer the bytes."""
        return bytes(value)

    def loads(self, bvalue: Any, *_: Any, **__: Any) -> Any:
        """Answer the bytes; before cachelib 0.16 DynamoDbCache hands over boto3's wrapping."""
        return getattr(bvalue, "value", bvalue)


def without_pickle(cache: BaseCache) -> BaseCache:
    """Answer a shallow copy that works on the same items; the cache itself stays as it was."""
    duplicate: Any = copy.copy(cache)
    duplicate.serializer = BytesSerializer()
    if isinstance(cache, SimpleCache):
        duplicate._prune = _Sweep(duplicate._cache)
    if "DynamoDbCache" in [kind.__name__ for kind in type(cache).__mro__]:
        duplicate._table = Table(duplicate._table)
    make_interruptible(duplicate)
    return duplicate  # type: ignore[no-any-return]


class _Sweep:
    """Remove what has expired, whenever the number of items has doubled.

    It takes the place of SimpleCache._prune, which removes live items above a threshold of 500.
    """

    def __init__(self, items: dict[str, tuple[float, bytes]]) -> None:
        self._items = items
        self._limit = FEWEST

    def __call__(self) -> None:
        if len(self._items) <= self._limit:
            return
        now = time.time()
        for key, (expires, _) in list(self._items.items()):
            if 0 < expires < now:
                self._items.pop(key, None)
        self._limit = max(FEWEST, 2 * len(self._items))
