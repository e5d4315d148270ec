"""The shared suite, on files and on a cache without compare-and-set."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest
from cachelib import SimpleCache
from flask_session.store import Store, SupportsKeys, SupportsPurge
from flask_session_cachelib import CacheStore, FileStore
from flask_session_conformance import SessionConformance, StoreConformance
from flask_session_conformance.stores.base import MakeStore, PutForeignValue


class TestFiles(StoreConformance):
    backend = "cachelib files"
    capabilities = frozenset({SupportsPurge, SupportsKeys})

    @pytest.fixture
    def store(self, tmp_path: Path) -> Store:
        return FileStore(tmp_path / "sessions")

    @pytest.fixture
    def make_store(self, tmp_path: Path) -> MakeStore:
        return lambda: FileStore(tmp_path / "sessions")

    @pytest.fixture
    def worker_config(self, tmp_path: Path) -> dict[str, Any]:
        return {"SESSION_TYPE": "cachelib", "SESSION_CACHELIB": str(tmp_path / "sessions")}

    @pytest.fixture
    def unreachable_store(self, tmp_path: Path) -> Store:
        (tmp_path / "file").write_bytes(b"not a directory")
        return FileStore(tmp_path / "file" / "sessions")

    @pytest.fixture
    def put_foreign_value(self, tmp_path: Path) -> PutForeignValue:
        def put(key: str) -> None:
            (tmp_path / "sessions").mkdir(exist_ok=True)
            (tmp_path / "sessions" / hashlib.sha256(key.encode()).hexdigest()).write_bytes(b"x")

        return put


class TestSimpleCache(StoreConformance):
    backend = "cachelib SimpleCache"
    atomic = False

    @pytest.fixture
    def cache(self) -> SimpleCache:
        return SimpleCache()

    @pytest.fixture
    def store(self, cache: SimpleCache) -> Store:
        return CacheStore(cache)

    @pytest.fixture
    def make_store(self, cache: SimpleCache) -> MakeStore:
        return lambda: CacheStore(cache)

    @pytest.fixture
    def put_foreign_value(self, cache: SimpleCache) -> PutForeignValue:
        def put(key: str) -> None:
            cache._cache[key] = (0, 7)

        return put


class TestSessionsInFiles(SessionConformance):
    backend = "cachelib files"

    @pytest.fixture
    def config(self, tmp_path: Path) -> dict[str, Any]:
        return {"SESSION_TYPE": "cachelib", "SESSION_CACHELIB": str(tmp_path / "sessions")}


class TestSessionsInSimpleCache(SessionConformance):
    backend = "cachelib SimpleCache"
    atomic = False

    @pytest.fixture
    def config(self) -> dict[str, Any]:
        return {"SESSION_TYPE": "cachelib", "SESSION_CACHELIB": SimpleCache()}
