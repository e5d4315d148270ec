"""What is known of a session once somebody has looked at it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec

from ..errors import StoreUnavailable
from ..serializers import MsgSpecSerializer
from .bookkeeping import NONE, Bookkeeping
from .contents import Contents
from .presented import Presented
from .records import Found, Lifetimes

if TYPE_CHECKING:
    from .saving import Result


class State(msgspec.Struct):
    """Everything about a session once it has been looked at; the repository's business."""

    contents: Contents
    new_sid: Callable[[], str]
    lifetimes: Lifetimes
    """Those in force when the request looked, and then when it saves."""
    sid: str | None = None
    found: Found | None = None
    """The record this request loaded or last wrote."""
    saved: bool = False
    """Whether this request has written, so that ``found`` may be behind the store."""
    result: Result | None = None
    """What the last write came to. Flask saves once more where it makes another answer: then there
    is nothing to write, and this says which cookie that answer gets."""
    bookkeeping: Bookkeeping = NONE
    cookie: Presented | None = None
    regenerated_from: str | None = None
    is_assigned: bool = False
    """Whether the app chose the new id by itself, as on 0.8, where it deleted the record, too."""
    failure: StoreUnavailable | None = None
    deleted_by_hand: bool = False
    """Whether this request called the hook of 0.8 that deletes, as 0.8 did to renew the id."""
    is_late: bool = False
    """Whether the cookie's id was replaced a moment ago: the new one is on its way to the browser,
    and a cookie for another session would take its place."""
    by_hand: bool = False
    """Whether an overridden ``open_session`` made it, which reads the cookie in its own way."""

    def needs_cookie(self) -> bool:
        """Tell whether the browser has to be told an id."""
        is_begun = self.found is None and not self.contents.is_empty()
        return is_begun or self.regenerated_from is not None

    def forgo_cookie(self) -> None:
        """Renew no id and begin no session, since nobody could tell the browser."""
        if self.regenerated_from is not None:
            self.sid, self.regenerated_from, self.deleted_by_hand = (
                self.regenerated_from,
                None,
                False,
            )
        self.is_late = self.found is None and not self.by_hand

    def end_if_deleted(self) -> None:
        """End the session if it was deleted by hand; with a new id, that was to renew the id."""
        if self.deleted_by_hand and self.regenerated_from is None:
            self.contents.clear()
        self.deleted_by_hand = False

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"  # error trackers keep those of local variables


Opener = Callable[[Any], State]
"""Given the session, which it does not hold: a cycle would wait for the garbage collector, and the
whole request with it."""


def add_defaults(state: State, defaults: dict[Any, Any]) -> State:
    """Add the items that the constructor of a subclass set, where the record has none of them."""
    for key in defaults.keys() - set(state.contents):
        state.contents[key] = defaults[key]
    return state


def no_id() -> Any:
    """Answer the id of a session made by hand without one: none, as in Flask-Session 0.8."""
    return None


def standalone(new_sid: Callable[[], str] = no_id) -> State:
    """Make the state of a session that no store knows."""
    contents = Contents(MsgSpecSerializer(), {}, lambda reason: None)
    return State(contents, new_sid, Lifetimes(idle=31 * 86400))
