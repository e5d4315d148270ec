"""The shared suite, on files and on a cache without compare-and-set."""

from __future__ import annotations

import hashlib
import resource
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from cachelib import SimpleCache
from flask_session.store import Store, SupportsKeys, SupportsPurge
from flask_session_cachelib import CacheStore, FileStore
from flask_session_cachelib.locks import BUCKETS, FileLocks
from flask_session_conformance import SessionConformance, StoreConformance
from flask_session_conformance.backend import Fault, LockElsewhere, not_applicable
from flask_session_conformance.stores.base import MakeStore, PutForeignValue


class Files:
    backend = "cachelib files"

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        return tmp_path / "sessions"

    @pytest.fixture
    def config(self, folder: Path) -> dict[str, Any]:
        return {"SESSION_TYPE": "cachelib", "SESSION_CACHELIB": str(folder)}

    @pytest.fixture
    def worker_config(self, config: dict[str, Any]) -> dict[str, Any]:
        return config

    @pytest.fixture
    def put_foreign_value(self, folder: Path) -> PutForeignValue:
        def put(key: str) -> None:
            folder.mkdir(exist_ok=True)
            (folder / hashlib.sha256(key.encode()).hexdigest()).write_bytes(b"x")

        return put

    crash = not_applicable("only the processes of the app, which share the files, can die")
    read_only = not_applicable("only a process of its own can mount; see test_faults.py")

    @pytest.fixture
    def disk_full(self, config: dict[str, Any]) -> Iterator[Fault]:
        """Let no file of this process grow: the kernel's other way to refuse a write."""
        limits = resource.getrlimit(resource.RLIMIT_FSIZE)

        def limit(size: int) -> None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))

        yield Fault(config, partial(limit, 100_000), partial(limit, limits[0]))
        limit(limits[0])

    @pytest.fixture
    def lock_elsewhere(self, folder: Path) -> LockElsewhere:
        return partial(locked, folder)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold every lock file, as another process may."""
    locks = FileLocks(str(folder), 0o600)
    with ExitStack() as stack:
        for bucket in range(BUCKETS):
            stack.enter_context(locks.hold(bucket))
        yield


class TestFiles(Files, StoreConformance):
    capabilities = frozenset({SupportsPurge, SupportsKeys})

    @pytest.fixture
    def store(self, folder: Path) -> Store:
        return FileStore(folder)

    @pytest.fixture
    def make_store(self, folder: Path) -> MakeStore:
        return lambda: FileStore(folder)

    @pytest.fixture
    def unreachable_store(self, tmp_path: Path) -> Store:
        (tmp_path / "file").write_bytes(b"not a directory")
        return FileStore(tmp_path / "file" / "sessions")


class TestSessionsInFiles(Files, SessionConformance):
    """Through Flask."""


class InMemory:
    backend = "cachelib SimpleCache"
    atomic = False

    @pytest.fixture
    def cache(self) -> SimpleCache:
        return SimpleCache()

    @pytest.fixture
    def config(self, cache: SimpleCache) -> dict[str, Any]:
        return {"SESSION_TYPE": "cachelib", "SESSION_CACHELIB": cache}

    @pytest.fixture
    def put_foreign_value(self, cache: SimpleCache) -> PutForeignValue:
        def put(key: str) -> None:
            cache._cache[key] = (0, 7)

        return put


class TestSimpleCache(InMemory, StoreConformance):
    @pytest.fixture
    def store(self, cache: SimpleCache) -> Store:
        return CacheStore(cache)

    @pytest.fixture
    def make_store(self, cache: SimpleCache) -> MakeStore:
        return lambda: CacheStore(cache)


class TestSessionsInSimpleCache(InMemory, SessionConformance):
    """Through Flask."""
