"""Moving records from one store to another, one at a time, while requests go on.

A record is created in the new store and then deleted, compare-and-delete, from the old one. What a
request wrote to the old store in between is carried over; what the new store holds is never
overwritten. Stopped at any point, the record is in at least one of the two, and running again ends
the same.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum

from ..errors import UnreadableRecord
from ..store import Clock, Outcome, Record, Store, SupportsExpiry

TOMBSTONE = b"\xc1"
"""What a log-out leaves in the new store for a minute; 0xC1 begins no msgpack, JSON or pickle. A
late request that found the record in the old store cannot create it again."""
TOMBSTONE_SECONDS = 60
MAX_ROUNDS = 20


class Moved(Enum):
    """What moving one record did."""

    MOVED = "moved"
    THERE = "there"
    """The new store had the key already, which counts; what the old one had is deleted."""
    GONE = "gone"
    """It expired or was deleted meanwhile."""
    LEFT = "left"
    """It kept changing, or is too large for the new store, and stays where it is."""


class SameStoreError(Exception):
    """What was taken for two stores, since one of them reads late, is one."""


@dataclass(frozen=True)
class Route:
    """From one store's keys to the other's.

    ``idle`` is the lifetime where none is told. ``apart`` says that the stores are known to be two,
    so that a record equal to one of the same key is a copy of it.
    """

    old: Store
    new: Store
    old_prefix: str
    new_prefix: str
    idle: int
    apart: bool = False

    def old_key(self, new_key: str) -> str:
        """Answer the old store's key of a session."""
        return self.old_prefix + new_key[len(self.new_prefix) :]

    def new_key(self, old_key: str) -> str:
        """Answer the new store's key of a session."""
        return self.new_prefix + old_key[len(self.old_prefix) :]

    def fits(self, record: Record) -> bool:
        """Tell whether the new store can keep a record."""
        return len(record.data) <= self.new.max_bytes

    def foresee(self, old_key: str, record: Record) -> Moved:
        """Tell what moving a record would do, by reading."""
        if not self.fits(record):
            return Moved.LEFT
        is_free = self.new.load(self.new_key(old_key)) is None
        return Moved.MOVED if is_free else Moved.THERE

    def move(self, old_key: str, expires_at: float | None = None) -> Moved:
        """Move one record with its remaining lifetime; nothing newer is overwritten.

        ``expires_at`` is what a listing told, for stores whose ``load`` does not.
        """
        new_key, ours = self.new_key(old_key), None
        for _ in range(MAX_ROUNDS):
            record = self.old.load(old_key)
            if record is None:
                return Moved.MOVED if ours else Moved.GONE
            if not self.fits(record):
                return Moved.LEFT
            ttl = self._seconds_left(old_key, record, expires_at)
            if ours is None and not self.new.create(new_key, record.data, ttl):
                self._delete_older(old_key, new_key, record, ttl)
                return Moved.THERE
            if ours is not None and not self._carry_over(new_key, record, ours, ttl):
                self.old.delete(old_key)
                return Moved.MOVED
            ours = record
            if self.old.delete(old_key, record) is not Outcome.CONFLICT:
                return Moved.MOVED
        return Moved.LEFT

    def _delete_older(self, old_key: str, new_key: str, record: Record, ttl: int) -> None:
        """Delete the old record, since the new store has the key: unless both stores are one.

        Addresses would not tell. Under equal keys the records are compared: in one store the record
        equals itself, or was changed since, and is not deleted either way. Where the stores are
        known to be ``apart`` it is deleted at once; if the new store's record is gone by that they
        were one: it is put back, and SameStoreError raised. Raises UnreadableRecord if what the new
        store has is no record, which replaces none.
        """
        newer = self.new.load(new_key)
        if old_key == new_key and not self.apart:
            if newer is not None and newer.data != record.data:
                self.old.delete(old_key, record)
            return
        self.old.delete(old_key)
        is_lost = old_key == new_key and newer is not None and self.new.load(new_key) is None
        if newer is not None and is_lost and self.new.create(new_key, newer.data, ttl):
            raise SameStoreError

    def _seconds_left(self, old_key: str, record: Record, listed: float | None) -> int:
        expires_at = expiry_of(self.old, old_key, record, listed)
        return seconds_left(expires_at, self.new.clock(), self.idle)

    def _carry_over(self, new_key: str, record: Record, ours: Record, ttl: int) -> bool:
        """Bring over a change made to the old store, unless the new one has its own by now."""
        written = self.new.load(new_key)
        if written is None or written.data != ours.data:
            return False
        return self.new.update(new_key, record.data, ttl, written) is Outcome.SAVED


def own_store(store: Store) -> Store:
    """Answer the app's own store, whether or not sessions move to it from another one."""
    return store.new if isinstance(store, MovingStore) else store


def stores_of(store: Store) -> tuple[Store, ...]:
    """Answer the app's own store and the one that sessions move from, if any, to ask what they can.

    A store that moves sessions can neither list nor purge: what its two can may differ.
    """
    return (store.new, store.old) if isinstance(store, MovingStore) else (store,)


def expiry_of(store: Store, key: str, record: Record, listed: float | None) -> float | None:
    """Answer when a record expires; what a listing told may be long ago, and renewed since."""
    if record.expires_at is not None:
        return record.expires_at
    asked = store.expires_at(key) if isinstance(store, SupportsExpiry) else None
    return listed if asked is None else asked


def seconds_left(expires_at: float | None, now: float, idle: int) -> int:
    """Answer the whole seconds a record has left; ``idle`` where nothing tells its expiry."""
    return idle if expires_at is None else max(1, math.ceil(expires_at - now))


class MovingStore(Store):
    """A new store that takes over each session from an old one at its first look.

    A log-out ends the session in both. It costs the sessions of the new store nothing; one that is
    in neither store costs a look in each.
    """

    def __init__(self, route: Route) -> None:
        self.route: Route = route
        self.new: Store = route.new
        self.old: Store = route.old
        self.atomic: bool = route.new.atomic  # type: ignore[misc]
        self.errors: tuple[type[Exception], ...] = (*route.new.errors, *route.old.errors)
        self.max_bytes: int = route.new.max_bytes

    @property
    def clock(self) -> Clock:
        """The time of both stores."""
        return self.new.clock

    @clock.setter
    def clock(self, value: Clock) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        self.new.clock = self.old.clock = value

    def load(self, key: str) -> Record | None:
        """Load from the new store, else move from the old one first."""
        record = self.new.load(key)
        if record is None:
            # Gone from the old store may mean that another request has just moved it.
            moved = self.route.move(self.route.old_key(key))
            record = self.new.load(key)
            if record is None and moved is Moved.LEFT:
                raise UnreadableRecord("the record is too large for the new store")
        return None if record is None or record.data == TOMBSTONE else record

    def create(self, key: str, data: bytes, ttl: int) -> bool:
        """Create in the new store; fresh ids are in neither."""
        return self.new.create(key, data, ttl)

    def update(self, key: str, data: bytes, ttl: int, expected: Record) -> Outcome:
        """Update in the new store, where every loaded record is."""
        return self.new.update(key, data, ttl, expected)

    def touch(self, key: str, ttl: int) -> bool:
        """Touch in the new store."""
        return self.new.touch(key, ttl)

    def touch_expected(self, key: str, ttl: int, expected: Record) -> bool:
        """Touch in the new store."""
        return self.new.touch_expected(key, ttl, expected)

    def delete(self, key: str, expected: Record | None = None) -> Outcome:
        """Delete from both, leaving a tombstone against requests that are under way."""
        if expected is None:
            self.route.move(self.route.old_key(key))  # for a request that is moving it to be late
        record = expected or self.new.load(key)
        if record is None:
            return self.old.delete(self.route.old_key(key))
        # If this fails the session has not ended, and the answer says so.
        self.old.delete(self.route.old_key(key))
        outcome = self.new.update(key, TOMBSTONE, TOMBSTONE_SECONDS, record)
        return Outcome.DELETED if outcome is Outcome.SAVED else outcome

    def setup(self) -> None:
        """Set up the new store."""
        self.new.setup()

    def close(self) -> None:
        """Close what both stores opened."""
        self.new.close()
        self.old.close()
