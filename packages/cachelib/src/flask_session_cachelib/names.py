"""Under which names a key's file may lie, and which lock guards it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from typing import Any

from .locks import BUCKETS, UNLISTED

HashMethod = Callable[[bytes], Any]

OURS = re.compile(r"[0-9a-f]{64}" + re.escape(UNLISTED))
FORMER = re.compile(r"[0-9a-f]{32,128}")
"""The names that cachelib gives."""


def name_of(key: str) -> str:
    """Answer the name that we give: cachelib's since 0.16, and an end it passes over."""
    return hashlib.sha256(key.encode("ascii")).hexdigest() + UNLISTED


def bucket_of(name: str) -> int:
    """Answer the number of the lock for a name of ours."""
    return int(name[:2], 16) % BUCKETS


class Naming:
    """Our naming and those of the FileSystemCaches that may have used the directory before."""

    def __init__(self, hash_method: HashMethod | None = None) -> None:
        self._former: list[HashMethod] = [_md5]
        if hash_method is not None:
            self._former.append(hash_method)

    def others(self, key: str, ours: str) -> list[str]:
        """Answer the former names of a key, then ``ours`` again.

        Whoever has missed a file there may find it now: an update moves it from a former name.
        """
        encoded = key.encode("ascii")
        former = [hash_method(encoded).hexdigest() for hash_method in self._former]
        return [ours.removesuffix(UNLISTED), *former, ours]


def _md5(data: bytes) -> Any:
    return hashlib.md5(data, usedforsecurity=False)
