"""What the session interface does to a response: its cookie, its caching, a failure's answer."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from werkzeug.exceptions import HTTPException

if TYPE_CHECKING:
    from flask import Flask, Response
    from flask.sessions import SessionInterface


def cookie_attributes(interface: SessionInterface, app: Flask) -> dict[str, Any]:
    """Answer the attributes the app configured, the same for setting and for deleting."""
    return {
        "domain": interface.get_cookie_domain(app),
        "path": interface.get_cookie_path(app),
        "secure": interface.get_cookie_secure(app),
        "httponly": interface.get_cookie_httponly(app),
        "samesite": interface.get_cookie_samesite(app),
        "partitioned": interface.get_cookie_partitioned(app),
    }


def set_cookie(
    interface: SessionInterface,
    app: Flask,
    response: Response,
    value: str,
    expires: datetime | None,
) -> None:
    """Send the session's cookie; ``expires`` is ``None`` for one that ends with the browser."""
    name = interface.get_cookie_name(app)
    response.set_cookie(name, value, expires=expires, **cookie_attributes(interface, app))


def delete_cookie(interface: SessionInterface, app: Flask, response: Response) -> None:
    """Remove the session's cookie from the browser."""
    response.delete_cookie(interface.get_cookie_name(app), **cookie_attributes(interface, app))


def mark_private(response: Response, cache_control: str | None) -> None:
    """Say that the answer depends on the cookie, and keep it from shared and back-button caches.

    RFC 9111, section 7.3: the Set-Cookie header alone inhibits no caching. A Cache-Control that the
    app set itself stays.
    """
    response.vary.add("Cookie")
    if cache_control and "Cache-Control" not in response.headers:
        response.headers["Cache-Control"] = cache_control


def answer_failure(app: Flask, response: Response, error: HTTPException) -> None:
    """Put the app's answer to ``error`` in place of the view's, without any cookie.

    ``save_session`` may not raise: Flask would answer 500, pass over ``errorhandler`` and save a
    second time.
    """
    replacement = _answer(app, error)
    close = getattr(response.response, "close", None)
    if close is not None:
        close()
    response.response = replacement.response
    response.status = replacement.status
    response.headers.clear()
    response.headers.extend(replacement.headers)
    response.headers.pop("Set-Cookie", None)
    response.headers["Cache-Control"] = "no-store"
    response.direct_passthrough = False


def _answer(app: Flask, error: HTTPException) -> Response:
    try:
        return app.make_response(app.handle_user_exception(error))
    except Exception:  # the app's own error handler failed, or traps HTTP errors
        app.logger.exception("The error handler for %s failed", type(error).__name__)
        return app.make_response(error.get_response())
