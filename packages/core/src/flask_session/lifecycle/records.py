"""Records of sessions: what the store's bytes mean, and what its errors become."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import msgspec
from msgspec import Raw

from ..errors import SessionTooLarge, StoreUnavailable, UnreadableRecord
from ..serializers import ItemSerializer
from ..store import Outcome, Record, Store
from .bookkeeping import MOVED_SECONDS, Bookkeeping, put_in, take_out

Answer = TypeVar("Answer")
TELLING = 16
"""A text that contains so many characters of an id's beginning counts as naming the session."""


class Events:
    """Where happenings are reported; the interface makes signals and log lines of them."""

    def emit(self, name: str, sid: str | None, **details: Any) -> None:
        """Take note of one event. The id is for making a reference, never to be shown."""


class Lifetimes(msgspec.Struct, frozen=True):
    """The lifetimes in force for a request, in whole seconds."""

    idle: int
    absolute: int | None = None
    touch_interval: int | None = None
    """Between two renewals; ``None``: a tenth of the idle lifetime, at most a minute."""


class Found(msgspec.Struct, frozen=True):
    """A record of the store, taken apart."""

    sid: str
    record: Record
    items: dict[Any, Raw]
    bookkeeping: Bookkeeping

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"  # error trackers keep those of local variables


class Records:
    """Read and write records; one instance serves all threads of an application.

    ``key_of`` makes the store's key of a session id. Whatever the store lists in ``errors`` becomes
    :class:`StoreUnavailable`, without ids and data in its text.
    """

    def __init__(
        self,
        store: Store,
        serializer: ItemSerializer,
        key_of: Callable[[str], str],
        events: Events,
        max_bytes: int | None = None,
    ) -> None:
        self.store = store
        self.serializer = serializer
        self.events = events
        self.max_bytes: int = store.max_bytes if max_bytes is None else max_bytes
        self._key_of = key_of

    def load(self, sid: str) -> Found | None:
        """Answer the record, ``None`` if there is none or it is no session (which is signalled)."""
        try:
            record = self._call(self.store.load, sid)
            return None if record is None else self._take_apart(sid, record)
        except UnreadableRecord as error:
            self.events.emit("session_rejected", sid, reason=str(error))
            return None

    def _take_apart(self, sid: str, record: Record) -> Found:
        size = len(record.data)
        if size > self.max_bytes and size > self.store.max_bytes:
            raise UnreadableRecord("the record is too large")
        items = self.serializer.split(record.data)
        return Found(sid, record, items, take_out(items, self.serializer))

    def create(
        self, sid: str, items: dict[Any, Raw], bookkeeping: Bookkeeping, lifetimes: Lifetimes
    ) -> bool:
        """Write a new record; ``False`` if the id is taken. Raises SessionTooLarge."""
        data = self._encoded(items, bookkeeping)
        return self._call(self.store.create, sid, data, self.ttl(bookkeeping, lifetimes))

    def update(
        self, found: Found, items: dict[Any, Raw], bookkeeping: Bookkeeping, lifetimes: Lifetimes
    ) -> Outcome:
        """Replace the record that was found. Raises SessionTooLarge."""
        data, ttl = self._encoded(items, bookkeeping), self.ttl(bookkeeping, lifetimes)
        return self._call(self.store.update, found.sid, data, ttl, found.record)

    def mark_moved(self, found: Found, new_sid: str) -> Outcome:
        """Replace the record by one that opens nothing and names the new id."""
        data = self._encoded({}, Bookkeeping(created=self.store.clock(), moved_to=new_sid))
        return self._call(self.store.update, found.sid, data, MOVED_SECONDS, found.record)

    def touch(self, found: Found, lifetimes: Lifetimes) -> bool:
        """Renew the lifetime; ``False`` if the record is gone, or not the one that was found."""
        ttl = self.ttl(found.bookkeeping, lifetimes)
        return self._call(self.store.touch_expected, found.sid, ttl, found.record)

    def put_right(self, sid: str, lifetimes: Lifetimes) -> None:
        """Let a record live as long as it says itself, after a touch that was meant for another."""
        found = self.load(sid)
        if found is not None:
            self.touch(found, lifetimes)

    def delete(self, found: Found) -> Outcome:
        """Remove the record that was found, if it is still that one."""
        return self._call(self.store.delete, found.sid, found.record)

    def discard(self, sid: str) -> None:
        """Remove a record whatever it holds."""
        self._call(self.store.delete, sid)

    def _encoded(self, items: dict[Any, Raw], bookkeeping: Bookkeeping) -> bytes:
        data = self.serializer.join(put_in(items, bookkeeping, self.serializer))
        if len(data) > self.max_bytes:
            raise SessionTooLarge(len(data), self.max_bytes)
        return data

    def ttl(self, bookkeeping: Bookkeeping, lifetimes: Lifetimes) -> int:
        """Answer how long a record lives if it is renewed now: whole seconds, at least 1."""
        if bookkeeping.moved_to is not None:
            return MOVED_SECONDS
        idle = bookkeeping.lifetime or lifetimes.idle
        if lifetimes.absolute is None:
            return max(1, idle)
        return max(1, math.ceil(min(idle, self.seconds_left(bookkeeping, lifetimes))))

    def seconds_left(self, bookkeeping: Bookkeeping, lifetimes: Lifetimes) -> float:
        """Answer how much of the absolute lifetime is left."""
        if lifetimes.absolute is None or bookkeeping.created is None:
            return math.inf
        return bookkeeping.created + lifetimes.absolute - self.store.clock()

    def _call(self, verb: Callable[..., Answer], sid: str, *arguments: Any) -> Answer:
        try:
            return verb(self._key_of(sid), *arguments)
        except UnreadableRecord:
            raise
        except self.store.errors as error:
            name = type(error).__name__
            self.events.emit("store_failed", sid, verb=verb.__name__, error=name)
            unavailable = StoreUnavailable(f"{verb.__name__}: {name}")
            raise unavailable from (error if is_clean(error, sid) else None)


def causes(error: BaseException | None) -> Iterator[BaseException]:
    """Iterate over an error and everything a traceback would print with it."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def is_clean(error: BaseException, sid: str) -> bool:
    """Tell whether an error may be shown: nothing in it names the session.

    Client libraries put keys, and sometimes the data beside them, into their messages. They cut off
    what is long, so the beginning of the id is looked for.
    """
    part = sid[:TELLING]
    return not any(part in str(each) or part in repr(each) for each in causes(error))
