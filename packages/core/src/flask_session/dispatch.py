"""Where in a request's life we are called from; Flask does not say, the stack does.

``session_transaction`` and Flask-SocketIO save sessions too, and throw the response away.
"""

from __future__ import annotations

import sys
from types import FrameType

SAVING = frozenset({"process_response", "session_transaction"})
FINISHING = frozenset({"handle_user_exception", "handle_exception", "process_response"})


def is_answering() -> bool:
    """Tell whether the function that asks was called to save for a response that will be sent.

    Only ``Flask.process_response`` does so. Whoever stands in between, an override, a tracer or an
    interface that passes on to ours, does not matter.
    """
    return innermost(SAVING) == "process_response"


def is_finishing() -> bool:
    """Tell whether an error handler or an ``after_request`` function of the app is at work.

    What it writes to a session that could not be loaded (Flask-Login notes what to remember,
    Flask-WTF a token for the form on the error page) must not fail the answer once more.
    """
    return innermost(FINISHING) is not None


def innermost(names: frozenset[str]) -> str | None:
    """Answer which of these functions was called last and is still at work, if one is."""
    frame: FrameType | None = sys._getframe(3)
    while frame is not None:
        name = frame.f_code.co_name
        if name in names:
            return name
        frame = frame.f_back
    return None
