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
