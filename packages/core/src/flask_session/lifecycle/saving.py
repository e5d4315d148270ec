"""Writing one request's change, whatever other requests do meanwhile.

Every write is a compare-and-set against the record that was loaded. A collision loads the record
again, merges key by key and tries again; a session that ended meanwhile stays ended.
"""

from __future__ import annotations

from enum import Enum
from typing import Any

import msgspec
from msgspec import Raw

from ..errors import SessionConflict
from ..store import Outcome, Record
from .bookkeeping import Bookkeeping, is_empty
from .merge import Changes, merge
from .records import Found, Records
from .state import State
from .turns import MAX_ROUNDS, rounds

UNKNOWN = Record(b"")
"""Stands for a record this request wrote: it is read again before it is compared with."""


class Result(Enum):
    """What saving did; the interface decides about the cookie by it."""

    NOTHING = "nothing"
    TOUCHED = "touched"
    CREATED = "created"
    UPDATED = "updated"
    REGENERATED = "regenerated"
    DELETED = "deleted"
    FOLLOWED = "followed"
    """Written under, or deleted from, the id another request had given the session meanwhile."""
    GONE = "gone"
    """The session had ended; nothing was written."""


class Saving(msgspec.Struct, frozen=True):
    """One request's change of one session."""

    records: Records
    state: State
    changes: Changes
    marks_signed: bool
    merges: bool = True
    """Whether a collision is merged; else it is a SessionConflict at once."""

    def current(self) -> Found | None:
        """Answer the record this request loaded; once it has saved, what the store holds now."""
        found = self.state.found
        if found is None or not self.state.saved:
            return found
        return self.records.load(found.sid)

    def merged(self, found: Found) -> dict[Any, Raw]:
        """Apply the change to what the store holds."""
        return merge(self.state.contents.loaded, found.items, self.changes)

    def is_outlived_by(self, found: Found) -> bool:
        """Tell whether somebody cleared the session since this request loaded it."""
        assert self.state.found is not None
        if self.changes.cleared or found.bookkeeping.moved_to is not None:
            return False
        return found.bookkeeping.epoch != self.state.found.bookkeeping.epoch

    def merged_bookkeeping(self, found: Found) -> Bookkeeping:
        """Merge the bookkeeping: ours where this request changed it, else the store's."""
        assert self.state.found is not None
        ours, theirs = self.state.bookkeeping, found.bookkeeping
        if ours is theirs and theirs.signed is self.marks_signed and not self.changes.cleared:
            return theirs
        before = self.state.found.bookkeeping
        is_ours = self.changes.cleared or ours.lifetime != before.lifetime
        return Bookkeeping(
            created=theirs.created or ours.created,
            lifetime=ours.lifetime if is_ours else theirs.lifetime,
            signed=self.marks_signed and (theirs.signed or self.vouches()),
            epoch=theirs.epoch + self.changes.cleared,
        )

    def vouches(self) -> bool:
        """Tell whether the browser has a signed cookie, or gets one for an id only it knows.

        While an unsigned one is being replaced, requests under way still carry it.
        """
        state = self.state
        if state.by_hand:
            return False
        unsigned = state.cookie is not None and state.cookie.form == "unsigned"
        return not unsigned or state.regenerated_from is not None

    def collided(self, found: Found) -> None:
        """Report a collision. Raises SessionConflict if the app wants no merging.

        A log-out is final all the same, whatever is put in after it.
        """
        self.records.events.emit("session_conflict", found.sid)
        if not (self.merges or self.changes.cleared or self.is_ending()):
            raise SessionConflict

    def done(self, result: Result, event: str | None, found: Found | None = None) -> Result:
        """Report how saving ended, and make saving once more harmless."""
        if event:
            self.records.events.emit(event, self.state.sid)
        state = self.state
        state.contents.saved(self.changes)
        if found is not None:
            state.found, state.bookkeeping = found, found.bookkeeping
        state.saved, state.result = True, result
        return result

    def gone(self) -> Result:
        """Drop the change: the session it belonged to has ended. An ending is no loss."""
        return self.done(Result.GONE, None if self.is_ending() else "session_lost")

    def is_ending(self) -> bool:
        """Tell whether the change leaves nothing of what was loaded, as a log-out does."""
        assert self.state.found is not None
        return is_empty(self.merged(self.state.found))

    def deleted(self) -> Result:
        """Report that the record is gone by our own doing; what follows is another session."""
        self.done(Result.DELETED, "session_destroyed")
        state = self.state
        state.contents.removed()
        state.found = state.sid = state.regenerated_from = None
        signed = self.marks_signed and not state.by_hand
        state.bookkeeping = Bookkeeping(created=self.records.store.clock(), signed=signed)
        return Result.DELETED


def create(saving: Saving) -> Result:
    """Store a session for the first time; an id that is taken is replaced by a fresh one."""
    state, items = saving.state, dict(saving.changes.values)
    state.sid = state.sid or state.new_sid()
    found = create_record(saving, state.sid, items, state.bookkeeping)
    state.sid = found.sid
    return saving.done(Result.CREATED, "session_created", found)


def create_record(
    saving: Saving, sid: str, items: dict[Any, Raw], bookkeeping: Bookkeeping
) -> Found:
    """Write a new record under ``sid``, or under a fresh id if that one is taken."""
    for _ in range(MAX_ROUNDS):
        if saving.records.create(sid, items, bookkeeping, saving.state.lifetimes):
            return Found(sid, UNKNOWN, items, bookkeeping)
        sid = saving.state.new_sid()
    raise SessionConflict


def update(saving: Saving) -> Result:
    """Write a change, or delete a session that the change left empty."""
    found, sid, moved = saving.current(), saving.state.sid or "", False
    for number in rounds(sid):
        if number:
            found = saving.records.load(sid)
        if found is None or saving.is_outlived_by(found):
            return saving.gone()
        if found.bookkeeping.moved_to is not None:
            sid, moved = found.bookkeeping.moved_to, True
            continue
        result = _write(saving, found, saving.merged(found))
        if result is not None:
            if moved and result is not Result.GONE:
                result = saving.state.result = Result.FOLLOWED
            return result
        saving.collided(found)
    raise SessionConflict


def _write(saving: Saving, found: Found, items: dict[Any, Raw]) -> Result | None:
    """Try once; ``None`` is a collision."""
    if is_empty(items):
        outcome = saving.records.delete(found)
        if outcome is Outcome.DELETED:
            return saving.deleted()
    else:
        bookkeeping = saving.merged_bookkeeping(found)
        outcome = saving.records.update(found, items, bookkeeping, saving.state.lifetimes)
        if outcome is Outcome.SAVED:
            ours = Found(found.sid, UNKNOWN, items, bookkeeping)
            return saving.done(Result.UPDATED, "session_saved", ours)
    return saving.gone() if outcome is Outcome.GONE else None
