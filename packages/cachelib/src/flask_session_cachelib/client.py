"""From what ``SESSION_CACHELIB`` holds to a store."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from typing import Any

from cachelib import BaseCache, FileSystemCache, MemcachedCache, NullCache
from cachelib.serializers import BaseSerializer
from flask_session.clients import refused, without_secrets
from flask_session.config import wrong
from flask_session.errors import ConfigurationError

from .caches import CacheStore
from .files import FileStore

KEY = "SESSION_CACHELIB"
DEFAULT_DIRECTORY = "flask_session"
OWN_PACKAGES = ("cachelib", "flask_caching")
"""Serializers from these packages need no warning: what they add is the pickle."""


def store_for(client: object) -> FileStore | CacheStore:
    """Make the store for a cache, the path of a directory or None; raises ConfigurationError."""
    if client is None:
        client = _default()
    if isinstance(client, (str, os.PathLike)):
        return FileStore(_directory(os.fspath(client)))
    if not isinstance(client, BaseCache):
        raise _not_a_cache(client)
    _warn_of_own_serializer(client)
    if isinstance(client, FileSystemCache):
        return _same_directory(client)
    _refuse_unsafe(client)
    return CacheStore(client)


def _default() -> str:
    warnings.warn(
        f"{KEY} is not set: sessions are kept in {DEFAULT_DIRECTORY!r} below the current directory",
        RuntimeWarning,
        stacklevel=2,
    )
    return DEFAULT_DIRECTORY


def _directory(text: str) -> str:
    path = text.removeprefix("file://")
    if "://" in path or not path:
        raise wrong(
            KEY,
            without_secrets(path) if path else text,
            "not a directory",
            "Set it to a path or a cachelib cache; for another database set SESSION_TYPE.",
        )
    return path


def _same_directory(cache: Any) -> FileStore:
    # cachelib tells nobody what a FileSystemCache was made with.
    return FileStore(cache._path, mode=cache._mode, hash_method=cache._hash_method)


def _not_a_cache(client: object) -> ConfigurationError:
    if isinstance(client, tuple):
        return refused(KEY, client, "not a cachelib cache", "Remove the comma after the cache.")
    return refused(
        KEY,
        client,
        "not a cachelib cache",
        "Set it to FileSystemCache(…), to another cachelib cache, or to the path of a directory.",
    )


def _refuse_unsafe(cache: BaseCache) -> None:
    for is_unsafe, problem, remedy in UNSAFE:
        if is_unsafe(cache):
            raise refused(KEY, cache, problem, remedy)


def _has_no_serializer(cache: object) -> bool:
    return not isinstance(getattr(cache, "serializer", None), BaseSerializer)


def _reads_elsewhere(cache: object) -> bool:
    return getattr(cache, "_read_client", None) is not getattr(cache, "_write_client", None)


def _decodes(cache: object) -> bool:
    pool = getattr(getattr(cache, "_write_client", None), "connection_pool", None)
    return bool(getattr(pool, "connection_kwargs", {}).get("decode_responses"))


def _warn_of_own_serializer(cache: object) -> None:
    kind = type(getattr(cache, "serializer", None))
    if kind is type(None) or kind.__module__.partition(".")[0] in OWN_PACKAGES:
        return
    warnings.warn(
        f"{KEY}: {kind.__name__} is not used, sessions are stored as session_interface.serializer"
        " encodes them: put what it does there",
        RuntimeWarning,
        stacklevel=2,
    )


UNSAFE: tuple[tuple[Callable[[object], bool], str, str], ...] = (
    (
        lambda cache: isinstance(cache, NullCache),
        "it keeps nothing",
        "Use SimpleCache() in tests.",
    ),
    (
        lambda cache: isinstance(cache, MemcachedCache),
        "its client library unpickles whatever the server holds",
        'Set SESSION_TYPE = "memcached" and SESSION_MEMCACHED = "host:11211".',
    ),
    (
        _has_no_serializer,
        "it has no cachelib serializer to be replaced, so it may unpickle what is stored",
        "Use a cache that serializes through its `serializer` attribute.",
    ),
    (
        _reads_elsewhere,
        "it reads from replicas, where an ended session may still be found",
        "Use a RedisCache of the primary.",
    ),
    (
        _decodes,
        "its client has decode_responses=True, sessions are bytes",
        "Give the cache a client without decode_responses.",
    ),
)
"""Which caches are refused, why, and what to do instead; the first that fits is told."""
