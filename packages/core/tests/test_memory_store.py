"""The reference implementation keeps the store contract."""

from __future__ import annotations

import pytest
from flask_session.memory import MemoryStore
from flask_session.store import SupportsKeys, SupportsPurge
from flask_session_conformance import StoreConformance


class TestMemoryStore(StoreConformance):
    backend = "memory"
    capabilities = frozenset({SupportsPurge, SupportsKeys})

    @pytest.fixture
    def store(self) -> MemoryStore:
        return MemoryStore()


def test_a_clock_that_a_test_freezes_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    # By freezegun: sessions never expired in the tests of apps.
    store = MemoryStore()
    store.create("key", b"data", 60)
    monkeypatch.setattr("time.time", lambda: 4e9)
    assert store.load("key") is None
