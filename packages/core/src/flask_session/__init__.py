"""Server-side sessions for Flask: the browser holds a signed id, the data lives in a store."""

from __future__ import annotations

from typing import Any

from .defaults import Defaults
from .errors import (
    ConfigurationError,
    SessionClosed,
    SessionConflict,
    SessionError,
    SessionTooLarge,
    StoreUnavailable,
    UnreadableRecord,
)
from .extension import Session
from .interface import ServerSideSessionInterface
from .session import ServerSideSession
from .store import Outcome, Record, Store, SupportsKeys, SupportsPurge

__all__ = [
    "ConfigurationError",
    "Defaults",
    "Outcome",
    "Record",
    "ServerSideSession",
    "ServerSideSessionInterface",
    "Session",
    "SessionClosed",
    "SessionConflict",
    "SessionError",
    "SessionTooLarge",
    "Store",
    "StoreUnavailable",
    "SupportsKeys",
    "SupportsPurge",
    "UnreadableRecord",
]

__version__ = "1.0.0"


def __getattr__(name: str) -> Any:
    if name == "NullSessionInterface":
        from .null import NullSessionInterface

        return NullSessionInterface
    from .compat.oldnames import deprecated

    return deprecated(__name__, name)
