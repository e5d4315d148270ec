"""Giving a session a new id without losing a change and without reviving a log-out.

The new record is created first; then the old one is replaced, by compare-and-set, by a mark that
opens nothing and names the new id for a minute. If another request changed the old record in
between, its change is merged into the new one and the mark tried again; if the session ended, the
new record is removed. Killed at any point, one of the two ids works.
"""

from __future__ import annotations

from msgspec.structs import replace

from ..errors import SessionConflict, SessionTooLarge, StoreUnavailable
from ..store import Outcome
from .bookkeeping import is_empty
from .records import Found
from .saving import Result, Saving, create_record, update
from .turns import rounds


def regenerate(saving: Saving) -> Result:
    """Move the session to ``state.sid`` and save its change on the way.

    ``GONE`` if it ended, or got another new id, meanwhile: following that one would give this
    request's privileges to whoever holds it. A change that leaves nothing deletes the session.
    """
    made: list[Found] = []
    try:
        return _move(saving, made)
    except (SessionConflict, SessionTooLarge):
        _discard(saving, made)
        raise


def _move(saving: Saving, made: list[Found]) -> Result:
    """Try until the mark is set; ``made`` tells the caller of the records under new ids."""
    old, sid = saving.current(), saving.state.regenerated_from or ""
    for number in rounds(sid):
        if number:
            old = saving.records.load(sid)
        if old is None:
            return _ended(saving, made)
        if old.bookkeeping.moved_to is not None or saving.is_outlived_by(old):
            return _abandon(saving, made)
        if is_empty(saving.merged(old)):
            outcome = saving.records.delete(old)
        else:
            made.append(_write_new(saving, old, made[-1] if made else None))
            outcome = _mark(saving, old, made[-1].sid)
        if outcome is not Outcome.CONFLICT:
            return _concluded(saving, outcome, made)
        saving.collided(old)
    raise SessionConflict


def _mark(saving: Saving, old: Found, sid: str) -> Outcome:
    """Set the mark; if the answer is lost, look once whether it was set.

    The browser has the old id, which opens nothing any more then, and nobody would have the new.
    """
    try:
        return saving.records.mark_moved(old, sid)
    except StoreUnavailable:
        found = saving.records.load(old.sid)
        if found is None or found.bookkeeping.moved_to != sid:
            raise
        return Outcome.SAVED


def _concluded(saving: Saving, outcome: Outcome, made: list[Found]) -> Result:
    if outcome is Outcome.SAVED:
        return _regenerated(saving, made[-1])
    if outcome is Outcome.GONE:
        return _ended(saving, made)
    _discard(saving, made)
    return saving.deleted()


def _write_new(saving: Saving, old: Found, new: Found | None) -> Found:
    """Create the new record, or bring it up to date after a collision on the old one."""
    items, bookkeeping = saving.merged(old), saving.merged_bookkeeping(old)
    if saving.changes.cleared:
        bookkeeping = replace(bookkeeping, created=saving.records.store.clock())
    if new is None:
        sid = saving.state.sid or saving.state.new_sid()
        return create_record(saving, sid, items, bookkeeping)
    current = saving.records.load(new.sid)
    if current is None or (
        saving.records.update(current, items, bookkeeping, saving.state.lifetimes)
        is not Outcome.SAVED
    ):
        # Nobody knows the new id yet, so only its expiry or an operator can have removed it.
        return create_record(saving, saving.state.new_sid(), items, bookkeeping)
    return replace(current, items=items, bookkeeping=bookkeeping)


def _regenerated(saving: Saving, new: Found) -> Result:
    state = saving.state
    old_sid, state.regenerated_from, state.sid = state.regenerated_from, None, new.sid
    saving.records.events.emit("session_regenerated", new.sid, old_sid=old_sid)
    return saving.done(Result.REGENERATED, None, new)


def _ended(saving: Saving, made: list[Found]) -> Result:
    """Leave it ended, unless the app replaced it by hand, and nothing of it is in the new one.

    That is to clear it, to choose an id, and to delete the record by the client, in any order.
    """
    if made and saving.changes.cleared and saving.state.is_assigned:
        return _regenerated(saving, made[-1])
    return _abandon(saving, made)


def _abandon(saving: Saving, made: list[Found]) -> Result:
    """Leave the session as others left it, under whichever id; only a log-out follows it."""
    _discard(saving, made)
    state = saving.state
    state.sid, state.regenerated_from = state.regenerated_from, None
    return update(saving) if saving.is_ending() else saving.gone()


def _discard(saving: Saving, made: list[Found]) -> None:
    for sid in {found.sid for found in made}:
        saving.records.discard(sid)
