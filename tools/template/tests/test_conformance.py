"""Nutshell keeps the store contract."""

from __future__ import annotations

import pytest
from flask_session_conformance import StoreConformance
from flask_session_nutshell import NutshellStore


class TestNutshell(StoreConformance):
    backend = "nutshell"

    @pytest.fixture
    def store(self) -> NutshellStore:
        return NutshellStore({})
