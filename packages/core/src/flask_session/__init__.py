"""Server-side sessions for Flask: the browser holds a signed id, the data lives in a store."""

from __future__ import annotations

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
