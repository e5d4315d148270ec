"""Where in a request's life we are called from; Flask does not say, the stack does.

``session_transaction`` and Flask-SocketIO save sessions too, and throw the response away.
"""

from __future__ import annotations

import sys
import warnings
from types import FrameType
from typing import TYPE_CHECKING

from flask import has_request_context, request

from ..errors import SessionClosed

if TYPE_CHECKING:
    from flask import Flask

SAVING = frozenset({"process_response", "session_transaction"})
ANSWERING = frozenset({"handle_user_exception", "handle_exception", "process_response"})
TEARING_DOWN = frozenset({"do_teardown_request", "do_teardown_appcontext"})
STREAMING = frozenset({"_iter_encoded"})
WRITING = frozenset({"offering"})
ENDING = ANSWERING | TEARING_DOWN | STREAMING | WRITING


def is_answering() -> bool:
    """Tell whether the function that asks was called to save for a response that will be sent.

    Only ``Flask.process_response`` does so. Whoever stands in between, an override, a tracer or an
    interface that passes on to ours, does not matter.
    """
    return innermost(SAVING) == "process_response"


def is_in_a_socket(*, is_sent: bool) -> bool:
    """Tell whether a handler of a WebSocket asks, whom no answer with a cookie follows.

    It is one by RFC 6455, section 4.1. Flask-SocketIO gives the request its ``namespace``, also
    where it polls, and saves without an answer; an app may have a ``namespace`` of its own.
    """
    if not has_request_context():
        return False
    current = request._get_current_object()  # type: ignore[attr-defined]
    if not is_sent and hasattr(current, "namespace"):
        return True
    return "HTTP_SEC_WEBSOCKET_KEY" in current.environ and current.method == "GET"


def is_tearing_down(*, is_saved: bool = False) -> bool:
    """Tell whether a teardown function asks; what it raises would leave the app.

    An ``async`` one runs in a thread whose stack does not tell, once the session has been saved.
    """
    name = innermost(ENDING)
    return name in TEARING_DOWN or (name is None and is_saved)


def loses_changes() -> bool:
    """Tell whether what now changes a session that has been saved is mistaken to do so.

    It is not while Flask makes another answer, as after a failing ``request_finished`` receiver:
    that one is saved, too. Nor is a test that looks at a request that is over (``with client: …``):
    nobody expects that to store anything.
    """
    name = innermost(ENDING)
    return name not in ANSWERING and not (name is None and is_preserved())


def complain(app: Flask) -> None:
    """Tell, if that is a mistake, that a session is changed which has been saved.

    Raises SessionClosed where a developer is looking, else it warns of the line that changes it.
    """
    if not loses_changes():
        return
    message = (
        "the session was changed after it had been saved, so the change is lost: "
        "change it before a streaming response starts, and not in a receiver of a signal"
    )
    if (app.debug or app.testing) and not is_tearing_down():
        raise SessionClosed(message)
    warnings.warn(message, RuntimeWarning, stacklevel=4)


def is_preserved() -> bool:
    """Tell whether the request in this context may be over, and kept for a test."""
    return has_request_context() and "werkzeug.debug.preserve_context" in request.environ


def innermost(names: frozenset[str]) -> str | None:
    """Answer which of these functions was called last and is still at work, if one is."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        name = frame.f_code.co_name
        if name in names:
            return name
        frame = frame.f_back
    return None
