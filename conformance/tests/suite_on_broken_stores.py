"""Both levels of the suite on every broken store.

It is no test module by its name: ``test_the_suite_itself`` runs it and looks at what fails.
"""

from __future__ import annotations

from typing import Any

import pytest
from flask_session.store import SupportsKeys, SupportsPurge
from flask_session_conformance import StoreConformance
from flask_session_conformance.sessions.crowds import Crowds
from flask_session_conformance.sessions.lifetimes import Lifetimes
from flask_session_conformance.sessions.orders import Orders
from flask_session_conformance.sessions.races import Races
from flask_session_conformance.sessions.renewal_races import RenewalRaces
from flask_session_conformance.stores.base import MakeStore

from conformance.tests import broken_by_threads
from conformance.tests.broken_stores import SmallStore


class StoreSuite(StoreConformance):
    capabilities = frozenset({SupportsPurge, SupportsKeys})
    kind: type[SmallStore]

    @pytest.fixture
    def store(self) -> SmallStore:
        return self.kind()

    @pytest.fixture
    def make_store(self, store: SmallStore) -> MakeStore:
        return lambda: store


class SessionSuite(Races, RenewalRaces, Orders, Crowds, Lifetimes):
    kind: type[SmallStore]

    @pytest.fixture
    def config(self) -> dict[str, Any]:
        return {"SESSION_TYPE": "memory", "SESSION_MEMORY": self.kind()}


assert broken_by_threads  # its stores are subclasses, too
KINDS: list[type[SmallStore]] = [SmallStore, *SmallStore.__subclasses__()]
for kind in KINDS:
    of_stores = {"kind": kind, "backend": f"store {kind.__name__}"}
    of_sessions = {"kind": kind, "backend": f"sessions {kind.__name__}"}
    globals()[f"TestStore{kind.__name__}"] = type("Test", (StoreSuite,), of_stores)
    globals()[f"TestSessions{kind.__name__}"] = type("Test", (SessionSuite,), of_sessions)
