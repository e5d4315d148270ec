"""Giving a session a new id without losing a change and without reviving a log-out.

The new record is created first; then the old one is replaced, by compare-and-set, by a mark that
opens nothing and names the new id for a minute. If another request changed the old record in
between, its change is merged into the new one and the mark tried again; if the session ended, the
new record is removed. Killed at any point, one of the two ids works.
"""

from __future__ import annotations

from msgspec.structs import replace

from .bookkeeping import is_empty
from .errors import SessionConflict, SessionTooLarge, StoreUnavailable
from .records import Found
from .saving import Request, Result, create_record, rounds, update
from .store import Outcome


def renew(request: Request) -> Result:
    """Move the session to ``state.sid`` and save its change on the way.

    ``GONE`` if it ended, or got another new id, meanwhile: following that one would give this
    request's privileges to whoever holds it. A change that leaves nothing deletes the session.
    """
    made: list[Found] = []
    try:
        return _move(request, made)
    except (SessionConflict, SessionTooLarge):
        _discard(request, made)
        raise


def _move(request: Request, made: list[Found]) -> Result:
    """Try until the mark is set; ``made`` tells the caller of the records under new ids."""
    old, sid = request.current(), request.state.renewed_from or ""
    for number in rounds(sid):
        if number:
            old = request.records.read(sid)
        if old is None or old.noted.moved_to is not None or request.is_outlived_by(old):
            return _abandon(request, made)
        if is_empty(request.merged(old)):
            outcome = request.records.delete(old)
        else:
            made.append(_write_new(request, old, made[-1] if made else None))
            outcome = _mark(request, old, made[-1].sid)
        if outcome is not Outcome.CONFLICT:
            return _concluded(request, outcome, made)
        request.collided(old)
    raise SessionConflict


def _mark(request: Request, old: Found, sid: str) -> Outcome:
    """Set the mark; if the answer is lost, look once whether it was set.

    The browser has the old id, which opens nothing any more then, and nobody would have the new.
    """
    try:
        return request.records.mark_moved(old, sid)
    except StoreUnavailable:
        found = request.records.read(old.sid)
        if found is None or found.noted.moved_to != sid:
            raise
        return Outcome.SAVED


def _concluded(request: Request, outcome: Outcome, made: list[Found]) -> Result:
    if outcome is Outcome.SAVED:
        return _renewed(request, made[-1])
    if outcome is Outcome.GONE:
        return _abandon(request, made)
    _discard(request, made)
    return request.deleted()


def _write_new(request: Request, old: Found, new: Found | None) -> Found:
    """Create the new record, or bring it up to date after a collision on the old one."""
    items, noted = request.merged(old), request.noted(old)
    if request.changes.cleared:
        noted = replace(noted, created=request.records.store.clock())
    if new is None:
        sid = request.state.sid or request.state.new_sid()
        return create_record(request, sid, items, noted)
    current = request.records.read(new.sid)
    if current is None or (
        request.records.update(current, items, noted, request.lifetimes) is not Outcome.SAVED
    ):
        # Nobody knows the new id yet, so only its expiry or an operator can have removed it.
        return create_record(request, request.state.new_sid(), items, noted)
    return replace(current, items=items, noted=noted)


def _renewed(request: Request, new: Found) -> Result:
    state = request.state
    old_sid, state.renewed_from, state.sid = state.renewed_from, None, new.sid
    request.records.events.emit("session_regenerated", new.sid, old_sid=old_sid)
    return request.done(Result.RENEWED, None, new)


def _abandon(request: Request, made: list[Found]) -> Result:
    """Leave the session as others left it, under whichever id; only a log-out follows it."""
    _discard(request, made)
    state = request.state
    state.sid, state.renewed_from = state.renewed_from, None
    return update(request) if request.is_ending() else request.gone()


def _discard(request: Request, made: list[Found]) -> None:
    for sid in {found.sid for found in made}:
        request.records.discard(sid)
