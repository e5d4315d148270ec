"""The module of Flask-Session 0.4 to 0.6; its backends' names answer with a DeprecationWarning."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask.sessions import SessionInterface

from .compat.oldnames import deprecated
from .interface import ServerSideSessionInterface
from .null import NullSessionInterface
from .session import ServerSideSession

__all__ = [
    "NullSessionInterface",
    "ServerSideSession",
    "ServerSideSessionInterface",
    "SessionInterface",
    "total_seconds",
]


def total_seconds(span: timedelta) -> int:
    """Answer the whole seconds of a time span."""
    return int(span.total_seconds())


def __getattr__(name: str) -> Any:
    return deprecated(__name__, name)
