"""Nutshell keeps the store contract, and what a session promises."""

from __future__ import annotations

from typing import Any

import pytest
from flask_session_conformance import SessionConformance, StoreConformance
from flask_session_nutshell import NutshellStore


class TestNutshell(StoreConformance):
    backend = "nutshell"

    @pytest.fixture
    def store(self) -> NutshellStore:
        return NutshellStore({})


class TestNutshellSessions(SessionConformance):
    backend = "nutshell"

    @pytest.fixture
    def config(self) -> dict[str, Any]:
        return {"SESSION_TYPE": "nutshell", "SESSION_NUTSHELL": {}}
