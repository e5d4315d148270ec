"""What the session interface does to a response: its cookie, its caching, a failure's answer."""

from __future__ import annotations

import re
from datetime import datetime, timezone
from functools import lru_cache
from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import helpers
from werkzeug.exceptions import HTTPException
from werkzeug.http import dump_cookie

if TYPE_CHECKING:
    from flask import Flask, Response
    from flask.sessions import SessionInterface, SessionMixin


POLICY = re.compile(
    "Access-Control-|Content-Security-Policy|Cross-Origin-|Origin-Agent-Cluster$|Permissions-Policy|"
    "Referrer-Policy$|Report(ing-Endpoints|-To)$|Strict-Transport-Security$|X-Content-Type-Options$|"
    "X-Frame-Options$|(X-)?(Request|Correlation)-ID$|Trace(parent|state)$",
    re.IGNORECASE,
)
"""Headers that ``after_request`` functions give to every answer: what a page of this origin may do,
and how the request is called. Without them another origin's page does not even see the status."""
OCTETS = re.compile(r"[!#-+\--:<-\[\]-~]*")
"""RFC 6265, cookie-octet: printable ASCII without space, quote, comma, semicolon and backslash."""
Attributes = tuple["str | None", str, bool, bool, "str | None", bool]


def cookie_attributes(interface: SessionInterface, app: Flask) -> Attributes:
    """Answer the attributes the app configured, the same for setting and for deleting."""
    return (
        interface.get_cookie_domain(app),
        interface.get_cookie_path(app),
        interface.get_cookie_secure(app),
        interface.get_cookie_httponly(app),
        interface.get_cookie_samesite(app),
        interface.get_cookie_partitioned(app),
    )


@lru_cache(maxsize=64)
def moment(seconds: int) -> datetime:
    """Answer a time in UTC; within a second it is the same object, which remembers its hash."""
    return datetime.fromtimestamp(seconds, timezone.utc)


@lru_cache(maxsize=256)
def cookie_header(
    name: str, expires: datetime | None, max_age: int | None, attributes: Attributes
) -> tuple[str, str]:
    """Answer what stands before and after the value; answers of one second share it."""
    domain, path, secure, httponly, samesite, partitioned = attributes
    header = dump_cookie(
        name,
        max_age=max_age,
        expires=expires,
        domain=domain,
        path=path,
        secure=secure,
        httponly=httponly,
        samesite=samesite,
        partitioned=partitioned,
    )
    start, _, rest = header.partition("=")
    return f"{start}=", rest


def cookie(
    interface: SessionInterface,
    app: Flask,
    value: str,
    expires: datetime | None,
    max_age: int | None = None,
) -> str:
    """Make the session's cookie; ``expires`` is ``None`` for one that ends with the browser."""
    before, after = cookie_header(
        interface.get_cookie_name(app), expires, max_age, cookie_attributes(interface, app)
    )
    return before + quoted(value) + after


def quoted(value: str) -> str:
    """Escape a cookie's value where it has to be; ids and signatures of ours need not be.

    Those of an app's own may end the value, and begin an attribute of the cookie.
    """
    if OCTETS.fullmatch(value):
        return value
    return dump_cookie("value", value, path=None).partition("=")[2]


def delete_cookie(interface: SessionInterface, app: Flask, response: Response) -> None:
    """Remove the session's cookie from the browser."""
    response.headers.add("Set-Cookie", cookie(interface, app, "", moment(0), max_age=0))


def mark_private(response: Response, cache_control: str | None) -> bool:
    """Say that the answer depends on the cookie, and keep it from shared and back-button caches.

    RFC 9111, section 7.3: the Set-Cookie header alone inhibits no caching. A Cache-Control that the
    app set itself stays; answers whether there is one.
    """
    headers = response.headers
    present = {name.lower() for name, _ in headers}
    if "vary" in present:
        response.vary.add("Cookie")
    else:
        headers.add("Vary", "Cookie")
    if "cache-control" in present:
        return True
    if cache_control:
        headers.add("Cache-Control", cache_control)
    return False


def keep_from_others(response: Response) -> None:
    """Say that shared caches may not keep the answer, since it brings a session's cookie.

    The app may have called it public, as a static file, while a ``before_request`` function looks
    at the session. Caches that ignore ``Vary`` would hand the cookie to others.
    """
    control = response.cache_control
    if not (control.no_store or control.private):
        control.public, control.s_maxage, control.private = False, None, True


def with_headers(app: Flask, response: Response) -> Response:
    """Answer the response, or a throw-away one in place of a stand-in, as sockets hand us."""
    return response if hasattr(response, "headers") else app.response_class()


def keeps_request(response: Response) -> bool:
    """Tell whether the answer streams with the request's context, and so may look later.

    By then the headers are sent, and the lifetime is not renewed any more.
    """
    code = getattr(getattr(response, "response", None), "gi_code", None)
    return code is not None and code.co_filename == helpers.__file__


def hides_failure(session: SessionMixin, response: Response) -> bool:
    """Tell whether the answer conceals that loading failed, so that a 503 has to replace it.

    A 500 does: the view failed because loading had. So does any answer below that if something was
    changed all the same, by an error handler or an ``after_request`` function: it is lost.
    """
    status = response.status_code
    return status == 500 or (session.modified and status < 500)


def answer_failure(app: Flask, response: Response, error: HTTPException) -> None:
    """Put the app's answer to ``error`` in place of the view's, without any cookie.

    Of the view's headers only those stay that tell nothing about it (``POLICY``).

    An error handler says what it looks like, and not that all is well: its status is 400 or above,
    or the error's.

    ``save_session`` may not raise: Flask would answer 500, pass over ``errorhandler`` and save a
    second time.
    """
    replacement = _answer(app, error)
    if replacement.status_code < HTTPStatus.BAD_REQUEST:
        replacement.status_code = error.code or HTTPStatus.SERVICE_UNAVAILABLE
        replacement.headers.pop("Location", None)
    close = getattr(response.response, "close", None)
    if close is not None:
        close()
    response.response = replacement.response
    response.status = replacement.status
    policies = [(name, value) for name, value in response.headers if POLICY.match(name)]
    response.headers.clear()
    response.headers.extend(policies)
    response.headers.update(replacement.headers)
    response.headers.pop("Set-Cookie", None)
    response.headers["Cache-Control"] = "no-store"
    response.direct_passthrough = False


def _answer(app: Flask, error: HTTPException) -> Response:
    try:
        return app.make_response(app.handle_user_exception(error))
    except Exception:  # the app's own error handler failed, or traps HTTP errors
        app.logger.exception("The error handler for %s failed", type(error).__name__)
        return app.make_response(error.get_response())
