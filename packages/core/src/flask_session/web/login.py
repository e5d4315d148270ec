"""Flask-Login: a new session id at every login, against session fixation.

A login by the "remember me" cookie counts, and so does one that is confirmed. Some apps call
``login_user`` in every request: for a user who is logged in already, and as freshly, the id stays.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from flask import session

from ..session import ServerSideSession

if TYPE_CHECKING:
    from flask import Flask

KEYS = ("_user_id", "_fresh")


def regenerate_at_login(app: Flask) -> None:
    """Connect to the signals of Flask-Login, if the app has imported it; twice is once."""
    flask_login = sys.modules.get("flask_login")
    if flask_login is not None:
        flask_login.user_logged_in.connect(_regenerate, app)
        flask_login.user_loaded_from_cookie.connect(_regenerate_in_time, app)
        flask_login.user_login_confirmed.connect(_regenerate, app)


def _regenerate(app: Flask, **_: Any) -> None:
    current = _current()
    if current is not None and not _was_logged_in(current):
        interface: Any = app.session_interface
        regenerate = getattr(interface, "regenerate", None)
        current.regenerate() if regenerate is None else regenerate(current)


def _regenerate_in_time(app: Flask, **_: Any) -> None:
    """Renew, but not in a late request (``State.is_late``): its browser gets the new session."""
    current = _current()
    if current is not None and not current._look().is_late:
        _regenerate(app)


def _current() -> ServerSideSession | None:
    current = session._get_current_object()  # type: ignore[attr-defined]
    return current if isinstance(current, ServerSideSession) else None


def _was_logged_in(current: ServerSideSession) -> bool:
    contents = current._look().contents
    return not contents.cleared and all(map(contents.is_as_loaded, KEYS))
