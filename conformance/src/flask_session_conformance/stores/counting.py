"""A counter kept by compare-and-set, for threads and processes to fight over."""

from __future__ import annotations

import secrets

from flask_session.store import Outcome, Store

from .base import loaded


def increment(store: Store, key: str, times: int) -> None:
    """Add one, again and again.

    Every written value is unique: an update to what is already there is SAVED by the contract, so
    two writers of the same number would both be right.
    """
    for _ in range(times):
        outcome = Outcome.CONFLICT
        while outcome is Outcome.CONFLICT:
            record = loaded(store, key)
            value = f"{number_in(record.data) + 1} {secrets.token_hex(4)}"
            outcome = store.update(key, value.encode(), 60, record)
        assert outcome is Outcome.SAVED


def counted(store: Store, key: str) -> int:
    """Answer what the counter has reached."""
    return number_in(loaded(store, key).data)


def number_in(data: bytes) -> int:
    """Read the number at the beginning of a value."""
    return int(data.split()[0])
