"""The sessions as the items of a cachelib cache, which they were in Flask-Session 0.8."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from cachelib import BaseCache
from flask_session.compat.deletions import note_deletion
from flask_session.config import LONGEST_LIFETIME
from flask_session.errors import UnreadableRecord
from flask_session.interface import ServerSideSessionInterface
from flask_session.lifecycle.bookkeeping import RESERVED_KEY
from flask_session.migration.distinct import sessions_under
from flask_session.migration.moving import MovingStore, own_store
from flask_session.store import Outcome, Store, SupportsKeys


class SessionCache(BaseCache):
    """Show, change and end sessions by their keys, as dicts: ``cache.get("session:" + sid)``.

    Every other key, and whatever else a cache can do, is that of the cache that was handed in.
    Setting neither compares nor merges.
    """

    def __init__(self, interface: ServerSideSessionInterface, cache: BaseCache) -> None:
        super().__init__(cache.default_timeout)
        self._interface = interface
        self._cache = cache

    def get(self, key: str) -> Any:
        """Answer the items of a session, ``None`` if there is none that can be read."""
        if not self._is_session(key):
            return self._cache.get(key)
        try:
            items = self._interface._retrieve_session_data(key) or {}
        except UnreadableRecord:
            return None
        items.pop(RESERVED_KEY, None)
        return items or None

    def has(self, key: str) -> bool:
        """Tell whether there is such a session."""
        return self._cache.has(key) if not self._is_session(key) else self.get(key) is not None

    def set(self, key: str, value: Any, timeout: Any = None) -> bool | None:
        """Replace the items of a session, or make one; a timeout of 0 is 400 days."""
        if not self._is_session(key):
            return self._cache.set(key, value, timeout)
        seconds = timedelta(seconds=self._normalize_timeout(timeout))
        session = self._interface.session_class(value, key[len(self._interface.key_prefix) :])
        self._interface._upsert_session(
            min(seconds or LONGEST_LIFETIME, LONGEST_LIFETIME), session, key
        )
        return True

    def add(self, key: str, value: Any, timeout: Any = None) -> bool:
        """Make a session unless there is one."""
        if not self._is_session(key):
            return self._cache.add(key, value, timeout)
        return not self.has(key) and bool(self.set(key, value, timeout))

    def delete(self, key: str) -> bool:
        """End a session; one that chooses a new id by hand, as on 0.8, is moved to it instead."""
        if not self._is_session(key):
            return self._cache.delete(key)
        is_noted = note_deletion(self._interface, key)
        return is_noted or self._interface.store.delete(key) is Outcome.DELETED

    def clear(self) -> bool:
        """End all sessions that can be listed, and clear the cache that was handed in."""
        for key in keys_of(self._interface):
            self._interface.store.delete(key)
        return self._cache.clear()

    def _is_session(self, key: str) -> bool:
        return key.startswith(self._interface.key_prefix)

    def __getattr__(self, name: str) -> Any:
        if name == "_cache":  # a copy that is being made has none yet
            raise AttributeError(name)
        return getattr(self._cache, name)


def keys_of(interface: ServerSideSessionInterface) -> set[str]:
    """Answer the keys of the sessions, of those that have yet to move, too."""
    store = interface.store
    keys = keys_in(own_store(store), interface.key_prefix)
    if isinstance(store, MovingStore):
        route = store.route
        is_session = sessions_under(interface, route.old_prefix)
        former = filter(is_session, keys_in(route.old, route.old_prefix))
        keys |= set(map(route.new_key, former))
    return keys


def keys_in(store: Store, prefix: str) -> set[str]:
    """Answer the live keys of a store that can list them; none of another."""
    return {key for key, _ in store.keys(prefix)} if isinstance(store, SupportsKeys) else set()
