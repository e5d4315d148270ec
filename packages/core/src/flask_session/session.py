"""The mapping that ``flask.session`` is: it loads at the first look and knows what changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from secrets import token_urlsafe
from threading import RLock
from typing import TYPE_CHECKING, Any

from flask.sessions import SessionMixin
from msgspec.structs import replace

from .config import lifetime_seconds
from .errors import StoreUnavailable
from .lifecycle.bookkeeping import PERMANENT_KEY, RESERVED_KEY, reserved
from .lifecycle.contents import Contents
from .lifecycle.state import Opener, State, add_defaults, standalone
from .mapping import DictLike
from .web.cookies import UNFIT, is_custom_sid
from .web.dispatch import complain, is_tearing_down

if TYPE_CHECKING:
    from flask import Flask

    from .runtime import Runtime


class ServerSideSession(DictLike, SessionMixin):
    """A session whose data is in a store.

    Everything that needs the content or the id is a look, and the first look loads, once. A session
    that nobody looked at costs nothing. ``initial``, ``sid`` and ``permanent`` are those of
    Flask-Session 0.8 and make a session by hand.
    """

    accessed = False
    _opener: Opener | None = None
    _state: State | None = None
    _modified = False
    _is_opening = False
    _is_renewing = False
    _opening = RLock()
    """Sessions that a request opens get one each: threads may share them with the request."""
    _aside: State | None = None
    """An empty session for whoever looks while this one is being opened, as a signal's receiver."""
    _runtime: Runtime | None = None
    _closed_by: Flask | None = None

    def __init__(
        self,
        initial: Mapping[Any, Any] | None = None,
        sid: str | None = None,
        permanent: bool | None = None,
    ) -> None:
        if initial or sid or permanent:
            self._fill(initial or {}, sid, permanent)

    def _fill(self, initial: Mapping[Any, Any], sid: str | None, permanent: bool | None) -> None:
        state = self._look()
        state.sid = sid
        for key, value in initial.items():
            if key != RESERVED_KEY:
                state.contents[key] = value
        if permanent:
            state.contents[PERMANENT_KEY] = permanent

    def _attach(self, opener: Opener) -> None:
        self._opener, self._opening = opener, RLock()
        if self._state is not None:
            defaults, self._state, self._modified = self.copy(), None, False
            self._opener = lambda session: add_defaults(opener(session), defaults)

    def _is_made_by_hand(self) -> bool:
        return self._opener is None

    def _bind(self, state: State) -> None:
        self._opener, self._state = lambda _: state, state

    def _look(self) -> State:
        state = self._state
        return self._open() if state is None else state

    def _open(self) -> State:
        with self._opening:
            if self._state is None and self._is_opening:
                self._aside = self._aside or standalone(token_urlsafe)
                return self._aside
            state = self._state or self._load()
        if state.failure is not None and not is_tearing_down(is_saved=self._closed_by is not None):
            raise state.failure
        return state

    def _load(self) -> State:
        self._is_opening = True
        try:
            opener = self._opener
            state = self._state = standalone() if opener is None else opener(self)
        finally:
            self._is_opening = False
        if self._aside is not None:
            aside, self._aside = self._aside.contents, None
            if state.found is None:  # else a login made there would be under an old id
                state.contents.update({key: aside[key] for key in aside})
        return state

    def _look_to_change(self) -> State:
        """Look, for a change; where loading failed it is lost, and ``_modified`` notes that.

        By it the end of the request knows that the answer must not be a success.
        """
        try:
            state = self._look()
        except StoreUnavailable:
            self._modified = True
            raise
        self._modified |= state.failure is not None
        return state

    def _change(self) -> Contents:
        contents = self._look_to_change().contents
        if self._closed_by is not None:
            complain(self._closed_by)
        self._modified = True
        return contents

    def __getitem__(self, key: Any) -> Any:
        return self._look().contents[key]

    def __setitem__(self, key: Any, value: Any) -> None:
        if key == RESERVED_KEY:
            raise reserved()
        self._change()[key] = value

    def update(self, other: Any = None, /, **items: Any) -> None:
        """Do as ``dict.update``; nothing to assign, as ``None``, is no change."""
        changed = {**dict(() if other is None else other), **items}
        if RESERVED_KEY in changed:
            raise reserved()
        if changed:
            self._change().update(changed)

    def __delitem__(self, key: Any) -> None:
        del self._change()[key]

    def __contains__(self, key: object) -> bool:
        return key in self._look().contents

    def __iter__(self) -> Iterator[Any]:
        return iter(self._look().contents)

    def __len__(self) -> int:
        return len(self._look().contents)

    def __bool__(self) -> bool:
        contents = self._look().contents
        return len(contents) > (PERMANENT_KEY in contents)

    def __repr__(self) -> str:
        state = "not looked at" if self._state is None else f"{len(self._state.contents)} items"
        return f"<{type(self).__name__} ({state})>"

    def get(self, key: Any, default: Any = None) -> Any:
        """Answer the item, or ``default``."""
        return self._look().contents.get(key, default)

    def clear(self) -> None:
        """Remove everything but ``permanent``; ``lifetime`` is the app's again.

        What other requests add meanwhile goes too.
        """
        contents, permanent, state = self._change(), self.permanent, self._look()
        contents.clear()
        state.bookkeeping = replace(state.bookkeeping, lifetime=None)
        if permanent:
            contents[PERMANENT_KEY] = True

    @property
    def sid(self) -> str:
        """The session id. Assigning one renews the id as :meth:`regenerate` does."""
        state = self._look()
        if state.sid is None:
            state.sid = state.new_sid()
        return state.sid

    @sid.setter
    def sid(self, value: str) -> None:
        self._change()
        state = self._look()
        if not (is_custom_sid if self._runtime is None else self._runtime.codec.is_valid)(value):
            raise ValueError(f"session.sid: {UNFIT}")
        state.is_late = False  # who logs in now has to be told the id
        if state.found is not None and state.regenerated_from is None:
            state.regenerated_from = state.sid
        state.sid, state.is_assigned = value, True

    def regenerate(self) -> None:
        """Give the session a new id and keep its data; call it at every change of privileges.

        The old id opens nothing once the response is sent. A session that is not stored yet gets a
        fresh id anyway. Prevents session fixation (OWASP Session Management Cheat Sheet).
        """
        self._renew_id()

    def _renew_id(self) -> None:
        self.sid = self._look_to_change().new_sid()
        self._look().is_assigned = False

    @property
    def new(self) -> bool:  # type: ignore[override]
        """Whether nothing was found in the store."""
        return self._look().found is None

    @property
    def modified(self) -> bool:
        """Whether anything was changed, also in a list or dict: Flask-SocketIO asks, and saves.

        Setting it renews the lifetime and the cookie. What was changed is stored without it.
        """
        state = self._state
        is_found = state is not None and state.found is not None  # else all in it was assigned
        return self._modified or (is_found and self._look().contents.is_changed())

    @modified.setter
    def modified(self, value: bool) -> None:
        self._modified = value

    @property
    def permanent(self) -> bool:
        """Whether the cookie outlives the browser's session. The stored data expires either way."""
        return bool(self.get(PERMANENT_KEY, False))

    @permanent.setter
    def permanent(self, value: bool) -> None:
        self[PERMANENT_KEY] = bool(value)

    @property
    def lifetime(self) -> timedelta:
        """The idle lifetime of this session, in whole seconds up to 400 days; stored with it.

        Defaults to ``PERMANENT_SESSION_LIFETIME``; assign ``None`` to go back to it.
        """
        state = self._look()
        return timedelta(seconds=state.bookkeeping.lifetime or state.lifetimes.idle)

    @lifetime.setter
    def lifetime(self, value: timedelta | int | None) -> None:
        seconds = None if value is None else lifetime_seconds("session.lifetime", value)
        self._change()
        state = self._look()
        state.bookkeeping = replace(state.bookkeeping, lifetime=seconds)
