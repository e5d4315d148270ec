"""Sessions in a store: open one, save what a request did to it, renew its lifetime.

How two requests that overlap are settled is in :mod:`flask_session.lifecycle.saving` and
:mod:`flask_session.lifecycle.regeneration`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from itertools import islice

from msgspec.structs import replace

from ..errors import StoreUnavailable
from .bookkeeping import LATE_SECONDS, Bookkeeping, is_empty
from .contents import Contents
from .merge import NO_CHANGES
from .presented import Presented
from .records import Found, Lifetimes, Records
from .regeneration import regenerate
from .saving import Result, Saving, create, update
from .state import State

MOST_COOKIES = 8
"""How many cookies of one name are looked up. A browser has a few at most; a header full of them
shall not become hundreds of commands."""
LONGEST_TICK = 2
"""Seconds by which a store may keep a record longer than it was told."""


class SessionRepository:
    """Open and save sessions; one instance serves all threads of an application.

    ``new_sid`` makes a fresh id. ``marks_signed`` notes in each record written that only a signed
    cookie opens it; ``ignores_marks`` opens such records for unsigned cookies all the same.
    ``merges`` says what a collision does: merge, or raise SessionConflict.
    """

    def __init__(
        self,
        records: Records,
        new_sid: Callable[[], str],
        *,
        marks_signed: bool = False,
        ignores_marks: bool = False,
        merges: bool = True,
    ) -> None:
        self.records = records
        self._new_sid = new_sid
        self._marks_signed = marks_signed
        self._ignores_marks = ignores_marks
        self._merges = merges

    def open(self, cookies: Iterable[Presented], lifetimes: Lifetimes) -> State:
        """Load the session of the first cookie that opens one, else begin a new session."""
        is_late = False
        for cookie in islice(cookies, MOST_COOKIES):
            found = self.records.load(cookie.sid)
            if found is not None and self._opens(found, cookie, lifetimes):
                return self._state(found, cookie, lifetimes)
            is_late |= found is not None and self._has_just_moved(found)
        state = self.begin(lifetimes)
        state.is_late = is_late
        return state

    def announce(self, state: State) -> None:
        """Signal that a session was loaded, once receivers can look at it."""
        if state.found is not None:
            self.records.events.emit("session_loaded", state.sid)

    def begin(self, lifetimes: Lifetimes) -> State:
        """Make the state of a session that is not stored yet."""
        contents = Contents(self.records.serializer, {}, self._reject)
        begun = Bookkeeping(created=self.records.store.clock(), signed=self._marks_signed)
        return State(contents, self._new_sid, lifetimes, bookkeeping=begun)

    def adopt(self, made: State, lifetimes: Lifetimes) -> State:
        """Put a session that was made by hand in the place of what its id's record holds."""
        found = None if made.sid is None else self.records.load(made.sid)
        if found is not None and found.bookkeeping.moved_to is None:
            state = self._state(found, None, lifetimes)
        else:
            state = self.begin(lifetimes)
            state.sid = made.sid if found is None else None
            state.bookkeeping = replace(state.bookkeeping, signed=False)
        state.by_hand = True
        if made.contents.cleared:
            state.contents.clear()
        if made.contents.cleared or made.bookkeeping.lifetime:
            state.bookkeeping = replace(state.bookkeeping, lifetime=made.bookkeeping.lifetime)
        for key in set(state.contents) - set(made.contents):
            del state.contents[key]
        for key in made.contents:
            state.contents[key] = made.contents[key]
        return state

    def _has_just_moved(self, found: Found) -> bool:
        passed = self.records.store.clock() - (found.bookkeeping.created or 0)
        return found.bookkeeping.moved_to is not None and passed < LATE_SECONDS

    def _opens(self, found: Found, cookie: Presented, lifetimes: Lifetimes) -> bool:
        if found.bookkeeping.moved_to is not None or is_empty(found.items):
            return False
        if found.bookkeeping.signed and cookie.form == "unsigned" and not self._ignores_marks:
            return False
        return (
            lifetimes.absolute is None
            or self.records.seconds_left(found.bookkeeping, lifetimes) > 0
        )

    def _state(self, found: Found, cookie: Presented | None, lifetimes: Lifetimes) -> State:
        bookkeeping = found.bookkeeping
        if lifetimes.absolute is not None and bookkeeping.created is None:
            # Records of Flask-Session 0.4–0.8 tell no beginning: the absolute lifetime starts now.
            bookkeeping = replace(bookkeeping, created=self.records.store.clock())
        return State(
            Contents(self.records.serializer, found.items, self._reject),
            self._new_sid,
            lifetimes,
            sid=found.sid,
            found=found,
            bookkeeping=bookkeeping,
            cookie=cookie,
        )

    def _reject(self, reason: str) -> None:
        self.records.events.emit("session_rejected", None, reason=reason)

    def due(self, state: State, *, wanted: bool, allowed: bool) -> Callable[[], Result] | None:
        """Answer what writes the change; without one, what renews the lifetime if that is due.

        ``allowed`` permits such a renewal, ``wanted`` asks for it now. What is answered raises
        StoreUnavailable, SessionConflict, SessionTooLarge; this raises TypeError for a value that
        cannot be kept. Saving twice is harmless.
        """
        found = state.found
        if state.failure is not None or (found is None and state.contents.is_empty()):
            return None
        if state.is_late:
            return partial(self._drop, state)
        changes, has_moved = state.contents.changes(), state.regenerated_from is not None
        is_same = changes is NO_CHANGES and not has_moved
        if found is not None and is_same and state.bookkeeping == found.bookkeeping:
            is_due = wanted or (allowed and self._is_due(state))
            return partial(self._touch, state, found) if is_due else None
        act = create if found is None else regenerate if has_moved else update
        saving = Saving(self.records, state, changes, self._marks_signed, self._merges)
        return partial(act, saving)

    def _drop(self, state: State) -> Result:
        """Drop what was assigned to a new session, as what is assigned to one that has ended."""
        if state.result is None:
            self.records.events.emit("session_lost", None)
        state.result = Result.GONE
        return Result.GONE

    def _is_due(self, state: State) -> bool:
        """Tell whether enough time passed since the last renewal, as far as that is known."""
        cookie = state.cookie
        touched_at: float | None = cookie.touched_at if cookie is not None else None
        if touched_at is None:
            touched_at = self._touched_at(state)
        if touched_at is None:
            return True
        passed = self.records.store.clock() - touched_at
        lifetimes = state.lifetimes
        idle, interval = state.bookkeeping.lifetime or lifetimes.idle, lifetimes.touch_interval
        if interval is None:
            return passed >= 60 or passed >= idle // 10
        # Half of the lifetime at most, for a session in use not to end.
        return passed >= interval or passed >= idle // 2

    def _touched_at(self, state: State) -> float | None:
        """Answer what follows from the record's expiry, where no signed cookie tells."""
        assert state.found is not None
        expires_at = state.found.record.expires_at
        if expires_at is None:
            return None
        touched_at = expires_at - self.records.ttl(state.bookkeeping, state.lifetimes)
        # In the future, it was renewed for longer than a session may live now.
        return touched_at if touched_at <= self.records.store.clock() + LONGEST_TICK else None

    def _touch(self, state: State, found: Found) -> Result:
        """Renew the lifetime; a failure costs some idle time only, so the answer is kept."""
        if state.saved:
            return state.result or Result.NOTHING
        try:
            lives = self.records.touch(found, state.lifetimes)
            if not lives:
                self.records.put_right(found.sid, state.lifetimes)
        except StoreUnavailable:
            return Result.NOTHING
        state.saved = True
        # If the id was renewed meanwhile, our cookie would bring the old one back to the browser.
        # If another request changed the session, that one renewed the lifetime.
        return Result.TOUCHED if lives else Result.GONE
