"""Sessions in memory behave as the suite says."""

from __future__ import annotations

from typing import Any

import pytest
from flask_session.memory import MemoryStore
from flask_session_conformance import SessionConformance


class TestMemorySessions(SessionConformance):
    backend = "memory"

    @pytest.fixture
    def config(self) -> dict[str, Any]:
        return {"SESSION_TYPE": "memory", "SESSION_MEMORY": MemoryStore()}
