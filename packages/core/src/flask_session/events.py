"""From what happened to a session to a signal and, where an operator should know, a log line."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from . import signals
from .lifecycle.records import Events

if TYPE_CHECKING:
    from flask import Flask

logger: logging.Logger = logging.getLogger("flask_session")

LOGGED = {
    "session_lost": "A change of a session (%(reference)s) is dropped: it ended, or cannot be told",
    "session_rejected": "A stored session (%(reference)s) cannot be used: %(reason)s",
    "store_failed": "The session store failed at %(verb)s (%(reference)s): %(error)s",
}


class AppEvents(Events):
    """Send the signals of one app. Ids become references before anybody sees them."""

    def __init__(self, app: Flask) -> None:
        self._app = app

    def emit(self, name: str, sid: str | None, **details: Any) -> None:
        """Log and send."""
        signal, pattern = getattr(signals, name), LOGGED.get(name)
        if pattern is None and not signal.receivers:
            return
        details["reference"] = signals.reference(sid)
        if "old_sid" in details:
            details["old_reference"] = signals.reference(details.pop("old_sid"))
        if pattern is not None:
            logger.warning(pattern, details)
        signal.send(self._app, **details)
