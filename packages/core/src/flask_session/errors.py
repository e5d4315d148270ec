"""Everything this library raises.

::

    SessionError
    ├── ConfigurationError (ValueError)       at start: a setting is wrong
    ├── StoreUnavailable (HTTP 503)           the store did not answer, or refused
    ├── SessionConflict (HTTP 409)            others kept changing the session while it was saved
    ├── SessionTooLarge (HTTP 500)            the session exceeds SESSION_MAX_BYTES
    ├── SessionClosed                         changed after it had been saved
    └── UnreadableRecord                      raised by stores and serializers, never by a request

The three HTTP errors can be handled with :meth:`flask.Flask.errorhandler`. A value that cannot be
kept is a :class:`TypeError` that names its key. Messages carry neither session ids nor data.
"""

from __future__ import annotations

import struct

from msgspec import MsgspecError
from werkzeug.exceptions import Conflict, InternalServerError, ServiceUnavailable

DAMAGE: tuple[type[Exception], ...] = (
    MsgspecError,
    ValueError,
    TypeError,
    ArithmeticError,
    LookupError,
    AttributeError,
    EOFError,
    struct.error,
)
"""What decoding raises for bytes that are damaged or hostile.

Whatever else is raised meanwhile, by a time limit or for want of memory or stack, tells nothing
about the bytes: if it were taken for damage, a session would be lost with an answer of 200.
"""


class SessionError(Exception):
    """The base of every error of this library."""


class ConfigurationError(SessionError, ValueError):
    """A setting is wrong. The message names the setting, its value and the remedy."""


class StoreUnavailable(SessionError, ServiceUnavailable):
    """The store could not be reached in time, or refused the command.

    It is raised where the view looks at the session, once per request; afterwards the session reads
    as empty. What is written to it then is lost, and the answer's status says so: 400 or above.
    A failed save replaces the view's answer by it. Answers 503 with ``Retry-After: 5``.
    """

    description: str = "The session store is not available. Please try again in a moment."

    def __init__(self, reason: str | None = None) -> None:
        super().__init__(retry_after=5)
        self.reason = reason

    def __str__(self) -> str:
        return f"{super().__str__()} ({self.reason})" if self.reason else super().__str__()


class SessionConflict(SessionError, Conflict):
    """Other requests changed the session in every round of saving it. Answers 409.

    With ``SESSION_CONFLICT = "error"`` one such change is enough.
    """

    description: str = (
        "The session was changed by other requests at the same time. Please try again."
    )


class SessionTooLarge(SessionError, InternalServerError):
    """The encoded session exceeds ``SESSION_MAX_BYTES``; the stored one is left as it was."""

    description: str = "The session is too large to be stored."

    def __init__(self, size: int = 0, limit: int = 0) -> None:
        super().__init__()
        self.size = size
        self.limit = limit

    def __str__(self) -> str:
        return (
            f"the session takes {self.size} bytes, the limit is {self.limit}: keep less in it, "
            "or raise SESSION_MAX_BYTES as far as the store allows"
        )


class SessionClosed(SessionError, RuntimeError):
    """The session was changed after it had been saved, as a streaming response does."""


class UnreadableRecord(SessionError):
    """Stored bytes that are not a session. Requests treat them as no session and signal it."""
