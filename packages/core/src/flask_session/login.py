"""Flask-Login: a new session id at every login, against session fixation."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from flask import session

from .session import ServerSideSession

if TYPE_CHECKING:
    from flask import Flask


def renew_on_login(app: Flask) -> None:
    """Connect to Flask-Login's ``user_logged_in``, if the app has imported Flask-Login."""
    flask_login = sys.modules.get("flask_login")
    if flask_login is not None:
        flask_login.user_logged_in.connect(_renew, app)


def _renew(app: Flask, **_: Any) -> None:
    current = session._get_current_object()  # type: ignore[attr-defined]
    if isinstance(current, ServerSideSession):
        current.regenerate()
