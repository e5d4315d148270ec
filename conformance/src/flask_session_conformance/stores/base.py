"""What a test class tells the suite about its store, and what the suite makes of it."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, ClassVar, NamedTuple

import pytest
from flask_session.store import Record, Store

from ..backend import Backend, PutForeignValue, undeclared
from ..clocks import SkewedClock

__all__ = ["Expired", "PutForeignValue", "StoreSuite", "holds", "loaded", "wait_until_gone"]

MakeKey = Callable[..., str]
MakeStore = Callable[[], Store]
Later = Callable[[float], None]
Outlive = Callable[[str], None]
LONGEST_WAIT = 5.0
"""Seconds within which a record with a ``ttl`` of 1 has to be gone, on the slowest machine."""


class StoreSuite(Backend):
    """The declarations and fixtures that the tests of a store share.

    ``capabilities`` are the protocols the store supports (``SupportsPurge``, ``SupportsKeys``). A
    store that lives outside the process also overrides the fixtures ``make_store`` and
    ``unreachable_store``, and those of :class:`flask_session_conformance.backend.Backend`.
    """

    capabilities: ClassVar[frozenset[type]] = frozenset()

    @pytest.fixture
    def store(self) -> Store:
        """Provide the store under test; override it, and close what it opened."""
        raise NotImplementedError(f"{type(self).__name__} has to provide a fixture named 'store'")

    make_store: Any = undeclared("make_store", "only one object can hold this store's data")
    """Fixture: a function that makes further handles onto the same data, as other workers do."""

    @pytest.fixture
    def unreachable_store(self) -> Store:
        """Provide a store whose server does not answer, on a closed port for example."""
        pytest.skip(
            "not applicable: this store has no server that could be away, "
            "or its tests lack the fixture 'unreachable_store'"
        )

    @pytest.fixture
    def new_key(self, store: Store) -> Iterator[MakeKey]:
        """Provide unused keys ``<random prefix>:<name>``, and remove their records in the end."""
        prefix, made = f"conformance-{secrets.token_hex(8)}", set[str]()
        began = time.time()

        def make(name: str = "") -> str:
            key = f"{prefix}:{name or secrets.token_hex(4)}"
            made.add(key)
            return key

        yield make
        store.clock = lambda: began
        for key in made:
            store.delete(key)

    @pytest.fixture
    def key(self, new_key: MakeKey) -> str:
        """Provide one unused key."""
        return new_key()

    @pytest.fixture
    def later(self, store: Store) -> Later:
        """Provide a function that lets seconds pass, without waiting where that is possible."""
        if self.server_decides_expiry:
            return time.sleep

        def pass_time(seconds: float) -> None:
            store.clock = SkewedClock(store.clock() - time.time() + seconds)

        return pass_time

    @pytest.fixture
    def outlive(self, store: Store, later: Later) -> Outlive:
        """Provide a function that returns once a record with a ``ttl`` of 1 has expired."""
        if self.server_decides_expiry:
            return partial(wait_until_gone, store)
        return lambda key: later(2.1)

    @pytest.fixture
    def expired(self, store: Store, key: str, outlive: Outlive) -> Expired:
        """Provide the key of a record that has just outlived its ``ttl`` of 1 second."""
        record = short_lived(store, key)
        outlive(key)
        return Expired(key, record)


class Expired(NamedTuple):
    """A key without a live record, and the record that was loaded under it while it lived."""

    key: str
    record: Record


def wait_until_gone(store: Store, key: str) -> None:
    """Poll until the record has expired."""
    deadline = time.monotonic() + LONGEST_WAIT
    while store.load(key):
        assert time.monotonic() < deadline, "a record with a ttl of 1 s does not expire"
        time.sleep(0.05)


def short_lived(store: Store, key: str) -> Record:
    """Create a record with a ``ttl`` of 1 and load it, again if it has expired in between.

    That second passes on a busy machine while a slow server answers.
    """
    for _ in range(5):
        assert store.create(key, b"expired", 1), "an expired record is in the way"
        record = store.load(key)
        if record is not None:
            return record
    raise AssertionError("the record is not there")


def loaded(store: Store, key: str) -> Record:
    """Load a record that has to be there."""
    record = store.load(key)
    assert record is not None, "the record is not there"
    return record


def holds(store: Store, key: str) -> bytes | None:
    """Answer the data of the live record, if there is one."""
    record = store.load(key)
    return record.data if record else None


def first_difference(found: bytes | None, wanted: bytes) -> int | None:
    """Answer at which byte a long record differs, ``None`` if nowhere.

    Not for pytest to compare: where ``CI`` is set it shows the whole difference, and finding that
    of a hundred kilobytes takes it hours. https://docs.pytest.org/en/stable/explanation/ci.html
    """
    if found == wanted:
        return None
    pairs = enumerate(zip(found or b"", wanted, strict=False))
    shorter = min(len(found or b""), len(wanted))
    return next((at for at, (one, other) in pairs if one != other), shorter)
