"""Whether it is Flask that answers a request, so that a failed save can become the answer.

``session_transaction`` and Flask-SocketIO save sessions too, and throw the response away.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import has_request_context, request, request_started

if TYPE_CHECKING:
    from flask import Flask, Request

DISPATCHED = "flask_session.dispatched"


def mark_requests(app: Flask) -> None:
    """Mark each request that the app dispatches from now on; harmless when repeated."""
    request_started.connect(_mark, app)


def _mark(app: Flask, **_: Any) -> None:
    _current().environ[DISPATCHED] = True


def is_dispatched(request: Request | None) -> bool:
    """Tell whether Flask sends what is answered to this request."""
    return request is not None and DISPATCHED in request.environ


def current_request() -> Request | None:
    """Answer the request in whose context this is called, if there is one."""
    return _current() if has_request_context() else None


def _current() -> Request:
    """Answer the request itself, which takes a third of asking its proxy for an attribute."""
    return request._get_current_object()  # type: ignore[attr-defined, no-any-return]
