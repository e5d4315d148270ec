"""The store contract: bytes under a key, for a limited time.

This page is the whole of what a backend has to do. Five verbs, and no upsert:

====================================  ==================  ===================================
verb                                  answers             in one sentence
====================================  ==================  ===================================
``load(key)``                         ``Record | None``   missing and expired are both ``None``
``create(key, data, ttl)``            ``bool``            ``False``: taken, nothing written
``update(key, data, ttl, expected)``  ``SAVED``,          compare-and-set; never creates
                                      ``CONFLICT``,
                                      ``GONE``
``touch(key, ttl)``                   ``bool``            moves the expiry; ``False``: gone
``delete(key, expected=None)``        ``DELETED``,        with ``expected``: compare-and-delete
                                      ``CONFLICT``,
                                      ``GONE``
====================================  ==================  ===================================

Rules that hold for every verb:

* A verb is one round trip to the server when nothing collides.
* Many threads and processes call the same store at once.
* Keys arrive complete (prefix included): printable ASCII without space, at most 250 bytes. Case
  matters, whatever the server's collation says.
* ``ttl`` is whole seconds, at least 1, at most 400 days. A record lives its ``ttl`` and at most one
  second longer.
* An expired record is never returned, updated or touched, whether or not the server has swept it.
  An expired record never makes ``create`` answer ``False``.
* The client object is handed in and stays the caller's; a store closes only what it opened.
* Errors of the client library pass through unchanged; ``Store.errors`` lists their types.

Optional abilities are single-method protocols, found with :func:`isinstance`:
:class:`SupportsPurge`, :class:`SupportsKeys`, :class:`SupportsUnlisted`, :class:`SupportsExpiry`
and :class:`SupportsEndless`.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from enum import Enum
from typing import ClassVar, Protocol, runtime_checkable

import msgspec

Clock = Callable[[], float]
"""Answers the current time in seconds since the Unix epoch, like :func:`time.time`."""

LONGEST_KEY = 250


class Record(msgspec.Struct, frozen=True):
    """What :meth:`Store.load` found.

    ``version`` is whatever the store needs to recognise this very record again (a Memcached CAS
    token, a row version); the core hands it back untouched. ``expires_at`` is in seconds since
    the epoch and ``None`` where the server does not tell it within the same round trip.
    """

    data: bytes
    version: object = None
    expires_at: float | None = None

    def __repr__(self) -> str:
        return f"<Record of {len(self.data)} bytes>"


class Outcome(Enum):
    """How a compare-and-set or a compare-and-delete ended."""

    SAVED = "saved"
    DELETED = "deleted"
    CONFLICT = "conflict"
    """The record exists and is not the expected one. Nothing was written."""
    GONE = "gone"
    """There is no live record under the key. Nothing was written."""


def now() -> float:
    """Answer the time; tests that freeze it (freezegun) replace ``time.time`` itself."""
    return time.time()


class Store(ABC):
    """Keep records for a limited time; subclass it once per database."""

    atomic: ClassVar[bool] = True
    """Whether ``update`` and ``delete`` compare-and-set across processes. A store that cannot says
    ``False``, does its best inside one process, and states in its README what may be lost."""

    errors: tuple[type[Exception], ...] = (OSError,)
    """What the client library raises when the server cannot be reached or refuses. The core turns
    these, and only these, into :class:`~flask_session.errors.StoreUnavailable`."""

    max_bytes: int = 16 * 1024 * 1024
    """The largest ``data`` this store can keep; larger data is refused before it is sent."""

    clock: Clock = staticmethod(now)
    """The time this store and the sessions in it live by. Replace it on an instance in tests."""

    @abstractmethod
    def load(self, key: str) -> Record | None:
        """Return the live record under ``key``.

        Missing and expired are both ``None``. What lies under the key but is no record at all (a
        Redis list, a file of another program) raises
        :class:`~flask_session.errors.UnreadableRecord`.
        """

    @abstractmethod
    def create(self, key: str, data: bytes, ttl: int) -> bool:
        """Write a record that does not exist yet.

        ``False`` means that a live record has the key; it is left as it is.
        """

    @abstractmethod
    def update(self, key: str, data: bytes, ttl: int, expected: Record) -> Outcome:
        """Replace ``expected`` by ``data`` and start a new ``ttl``, atomically.

        ``SAVED``, or nothing was written: ``CONFLICT`` if the live record is not ``expected``,
        ``GONE`` if there is none. It never creates. A record that already equals ``data`` is
        ``SAVED`` too: it is ours, and the client library repeated the command because the first
        answer was lost.
        """

    @abstractmethod
    def touch(self, key: str, ttl: int) -> bool:
        """Let the record live ``ttl`` seconds from now; its data and its version stay.

        ``False`` means there is no live record. It never creates, and it never brings back data
        that a concurrent ``update`` has replaced.
        """

    @abstractmethod
    def delete(self, key: str, expected: Record | None = None) -> Outcome:
        """Remove the record; with ``expected``, only if it is still that one.

        ``DELETED`` if a live record was removed, ``GONE`` if there was none (deleting twice is no
        error), ``CONFLICT`` if it is not ``expected`` and was left alone.
        """

    def touch_expected(self, key: str, ttl: int, expected: Record) -> bool:
        """Touch, and tell whether the record is still ``expected``.

        ``False`` also if it has ended. A record that is another one by now is better left alone:
        the session may have a lifetime of its own. Where it was touched, as by this default, which
        takes two round trips, the core touches it once more with the lifetime that it says.
        Override it where the server compares by itself.
        """
        if not self.touch(key, ttl):
            return False
        found = self.load(key)
        return found is not None and found.data == expected.data

    def setup(self) -> None:  # noqa: B027 - a default that is right for stores without a schema
        """Make what the database needs (table, indexes); harmless when repeated or concurrent.

        Stores that need it also do it by themselves on first use. ``flask session setup`` calls it.
        """

    def close(self) -> None:  # noqa: B027 - a default that is right for clients handed in
        """Close the connections that this store opened itself; a client handed in stays open."""


@runtime_checkable
class SupportsPurge(Protocol):
    """A store whose database does not remove expired records by itself."""

    def purge(self) -> int:
        """Remove expired records in small batches and answer how many they were.

        Live records are never removed, nor does another request wait for more than one batch.
        """
        ...


@runtime_checkable
class SupportsEndless(Protocol):
    """A store that may hold records without an expiry, as Flask-Session 0.4 to 0.6 wrote them."""

    def limit_endless(self, ttl: int) -> int:
        """Let every record without an expiry live ``ttl`` seconds from now; answer how many.

        Until then they count as expired, as in Flask-Session 0.7 and 0.8.
        """
        ...


@runtime_checkable
class SupportsUnlisted(Protocol):
    """A store that lists its records, and may hold others whose keys it cannot tell."""

    def unlisted(self) -> int:
        """Answer how many live ones of those there are."""
        ...


@runtime_checkable
class SupportsExpiry(Protocol):
    """A store whose ``load`` does not tell the expiry, and which can be asked for it."""

    def expires_at(self, key: str) -> float | None:
        """Answer when the record expires, in seconds since the epoch; ``None``: never, or gone."""
        ...


@runtime_checkable
class SupportsKeys(Protocol):
    """A store that can list what it holds, for moving between stores."""

    def keys(self, prefix: str) -> Iterator[tuple[str, float | None]]:
        """Iterate over ``(key, expires_at)`` of the live records whose key starts with ``prefix``.

        ``expires_at`` is in seconds since the epoch, ``None`` for a record that never expires.
        Records written or removed meanwhile may or may not appear; no other is left out. A key
        may come twice.
        """
        ...
