"""Subclasses written for Flask-Session 0.8, which override its storage hooks.

The three for reading, writing and deleting do not compare, so such a store is not atomic.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import timedelta
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeVar

from ..clients import without_store
from ..errors import UnreadableRecord
from ..lifecycle.bookkeeping import RESERVED_KEY
from ..migration.moving import MovingStore, stores_of
from ..serialization.foreign import adapt
from ..serializers import ItemSerializer
from ..store import Outcome, Record, Store, SupportsPurge
from .deletions import note_deletion

if TYPE_CHECKING:
    from ..config import CoreSettings
    from ..interface import ServerSideSessionInterface
    from ..session import ServerSideSession

Answer = TypeVar("Answer")
HOOKS = ("_retrieve_session_data", "_upsert_session", "_delete_session")
LOCKS = 64


class HookKey(str):
    """A key that knows its session id, which an overridden ``_get_store_id`` hides."""

    __slots__ = ("sid",)
    sid: str


class HookStore(Store):
    """Do the five verbs by the hooks of an interface, one at a time per key in this process."""

    atomic = False
    errors: tuple[type[Exception], ...] = (Exception,)

    def __init__(self, interface: ServerSideSessionInterface) -> None:
        self._interface = interface
        self._locks = [Lock() for _ in range(LOCKS)]
        vars(interface)["_delete_session"] = self._deleted_by_hand

    def key_of(self, sid: str) -> str:
        """Answer the key of a session id, from which ``_upsert_session`` learns the id."""
        key = HookKey(self._interface._get_store_id(sid))
        key.sid = sid
        return key

    def load(self, key: str) -> Record | None:
        """Encode what ``_retrieve_session_data`` answers."""
        session = self._interface._retrieve_session_data(str(key))
        if not session:
            return None
        serializer = self._interface.item_serializer()
        return Record(serializer.join(serializer.take_over(session)))

    def create(self, key: str, data: bytes, ttl: int) -> bool:
        """Upsert unless something is there."""
        return self._locked(key, lambda found: found is None and self._upsert(key, data, ttl))

    def update(self, key: str, data: bytes, ttl: int, expected: Record) -> Outcome:
        """Upsert if what is there is still ``expected``."""

        def write(found: Record | None) -> Outcome:
            if found is None:
                return Outcome.GONE
            if not (self._is(found, expected, key) or found.data == data):
                return Outcome.CONFLICT
            self._upsert(key, data, ttl)
            return Outcome.SAVED

        return self._locked(key, write)

    def touch(self, key: str, ttl: int) -> bool:
        """Upsert what is there once more: 0.8 has no hook that moves the expiry alone."""
        return self._locked(
            key, lambda found: found is not None and self._upsert(key, found.data, ttl)
        )

    def delete(self, key: str, expected: Record | None = None) -> Outcome:
        """Delete if what is there is still ``expected``."""

        def remove(found: Record | None) -> Outcome:
            if found is None:
                return Outcome.GONE
            if expected is not None and not self._is(found, expected, key):
                return Outcome.CONFLICT
            self._remove(str(key))
            return Outcome.DELETED

        return self._locked(key, remove)

    def touch_expected(self, key: str, ttl: int, expected: Record) -> bool:
        """Compare what the records hold, whose bytes may differ at each load, and upsert it."""
        return self._locked(
            key,
            lambda found: (
                found is not None
                and self._is(found, expected, key)
                and self._upsert(key, found.data, ttl)
            ),
        )

    def _is(self, found: Record, expected: Record, key: str) -> bool:
        """Tell whether a record is the expected one, as far as the hook lets us.

        What answers something else at each load, as with the time in it, is taken for that one.
        """
        if self._same(found, expected):
            return True
        again = self.load(key)
        return again is not None and not self._same(found, again)

    def _same(self, one: Record, other: Record) -> bool:
        serializer = self._interface.item_serializer()
        return one.data == other.data or serializer.decode(one.data) == serializer.decode(
            other.data
        )

    def _locked(self, key: str, act: Callable[[Record | None], Answer]) -> Answer:
        with self._locks[hash(key) % LOCKS]:
            return act(self.load(key))

    def _deleted_by_hand(self, store_id: str) -> None:
        """Stand in for the hook where the app calls it, as a ``regenerate`` of its own does."""
        if not note_deletion(self._interface, store_id):
            self._remove(store_id)

    def _remove(self, store_id: str) -> None:
        type(self._interface)._delete_session(self._interface, store_id)

    def _upsert(self, key: str, data: bytes, ttl: int) -> bool:
        """Hand the hook what 0.8 handed it: a session object with the items to store.

        A record without any, which marks a renewed id, is nothing that hooks know: it is deleted.
        """
        items = self._interface.item_serializer().decode(data)
        if not items.keys() - {RESERVED_KEY}:
            self._remove(str(key))
            return True
        prefix = self._interface.key_prefix
        session = self._interface.session_class(items, getattr(key, "sid", key[len(prefix) :]))
        if RESERVED_KEY in items:
            session._look().contents[RESERVED_KEY] = items[RESERVED_KEY]
        self._interface._upsert_session(timedelta(seconds=ttl), session, str(key))
        return True


class StorageHooks:
    """The storage hooks of 0.8; overriding one of them makes the sessions go through all three.

    They neither compare nor merge. Requests never use them as they are here, which is for an app's
    own code and for ``super()``; where one is overridden, :class:`HookStore` calls them.
    """

    serializer: Any
    settings: CoreSettings
    store: Store
    _native_store: Store | None
    _get_store_id: Callable[[str], str]

    def item_serializer(self) -> ItemSerializer:
        """Answer the serializer in use, for items one by one."""
        return adapt(self.serializer, reads_pickle=self.settings.legacy_pickle == "convert")

    def _retrieve_session_data(self, store_id: str) -> dict[Any, Any] | None:
        record = self._native().load(store_id)
        return None if record is None else self.item_serializer().decode(record.data)

    def _upsert_session(
        self, session_lifetime: timedelta, session: ServerSideSession, store_id: str
    ) -> None:
        store, serializer = self._native(), self.item_serializer()
        ttl = max(1, math.ceil(session_lifetime.total_seconds()))
        if isinstance(store, MovingStore):  # which shows no tombstone, but has one
            store.load(store_id)
            store = store.new
        while not store.create(store_id, serializer.encode(session), ttl):
            found = store.load(store_id)
            if found is None:
                continue
            data = serializer.encode({**bookkeeping_in(found, serializer), **session})
            if store.update(store_id, data, ttl, found) is Outcome.SAVED:
                return

    def _delete_session(self, store_id: str) -> None:
        if not note_deletion(self, store_id):  # type: ignore[arg-type]
            self._native().delete(store_id)

    def _delete_expired_sessions(self) -> None:
        purge(self.store)

    def _native(self) -> Store:
        if self._native_store is None:
            raise without_store(type(self), HOOKS)
        store = self.store
        is_moving = isinstance(store, MovingStore) and store.new is self._native_store
        return store if is_moving else self._native_store


def bookkeeping_in(record: Record, serializer: ItemSerializer) -> dict[str, Any]:
    """Answer our bookkeeping in a record as an item, which an app's own items do not contain."""
    try:
        items = serializer.split(record.data)
        return {RESERVED_KEY: serializer.decode_item(RESERVED_KEY, items[RESERVED_KEY])}
    except (KeyError, UnreadableRecord):
        return {}


def has_own_cleanup(interface: ServerSideSessionInterface) -> bool:
    """Tell whether the app's class overrides the hook of 0.8 that removes expired records."""
    hook = type(interface)._delete_expired_sessions
    return hook is not StorageHooks._delete_expired_sessions


def remove_expired(interface: ServerSideSessionInterface) -> int | None:
    """Remove expired records; ``None`` where the database, or the app, does it by itself."""
    if has_own_cleanup(interface):
        interface._delete_expired_sessions()
        return None
    return purge(interface.store)


def purge(store: Store) -> int | None:
    """Remove expired records of the stores in use; ``None`` if their databases all do that."""
    purging = [each for each in stores_of(store) if isinstance(each, SupportsPurge)]
    return sum(each.purge() for each in purging) if purging else None


def store_of(interface: ServerSideSessionInterface, native: Store | None) -> Store:
    """Answer the backend's store, or one on the hooks if a subclass brings its own storage."""
    overridden = [
        name for name in HOOKS if getattr(type(interface), name) is not getattr(StorageHooks, name)
    ]
    if overridden:
        return HookStore(interface)
    if native is None:
        raise without_store(type(interface), HOOKS)
    return native
