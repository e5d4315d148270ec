"""Views to hand to a visitor: a few words that read as sentences.

``alice.does(in_turn(clear, put(user="bob"), renew))``
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from flask import session
from flask_session import ServerSideSession

View = Callable[[], Any]


def current() -> ServerSideSession:
    """Answer the session of this request, with its own type."""
    return cast("ServerSideSession", session)


def nothing() -> None:
    """Do not look at the session."""


def user() -> str | None:
    """Look who is logged in."""
    name: str | None = session.get("user")
    return name


def items() -> dict[Any, Any]:
    """Look at all there is, apart from ``_permanent``."""
    return {key: value for key, value in session.items() if key != "_permanent"}


def sid() -> str:
    """Look at the id."""
    return current().sid


def renew() -> None:
    """Renew the id."""
    current().regenerate()


def claim_a_change() -> None:
    """Say that the session was modified, without changing it."""
    session.modified = True


def clear() -> None:
    """Log out."""
    session.clear()


def get(key: Any) -> View:
    """Look at one item; ``None`` if it is missing."""
    return lambda: session.get(key)


def put(**items: Any) -> View:
    """Write items."""
    return lambda: session.update(items)


def drop(key: Any) -> View:
    """Remove an item; nothing if it is missing."""
    return lambda: session.pop(key, None)


def in_turn(*views: View) -> View:
    """Do one after the other and answer what the last one does."""
    return lambda: [view() for view in views][-1]


def live_for(lifetime: Any) -> View:
    """Give the session an idle lifetime of its own; a view."""

    def view() -> None:
        current().lifetime = lifetime

    return view


def permanent(value: bool) -> View:
    """Make the session permanent or not; a view."""

    def view() -> None:
        current().permanent = value

    return view
