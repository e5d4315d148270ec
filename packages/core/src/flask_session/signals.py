"""Signals about sessions (blinker). The sender is the Flask app.

Every signal carries ``reference``: eight hexadecimal digits that stand for the session id within
this process, or ``None``. It is a salted hash: good for joining log lines, useless for opening a
session. Further payload is named at each signal.
"""

from __future__ import annotations

import hashlib
import os

from blinker import NamedSignal, Namespace

_signals = Namespace()
_salt = os.urandom(16)

session_created: NamedSignal = _signals.signal("session-created")
"""A session was stored for the first time."""
session_loaded: NamedSignal = _signals.signal("session-loaded")
"""A stored session was found at the first look of a request."""
session_saved: NamedSignal = _signals.signal("session-saved")
"""A change of a stored session was written."""
session_regenerated: NamedSignal = _signals.signal("session-regenerated")
"""A session got a new id; ``reference`` is the new one's, ``old_reference`` the old one's."""
session_destroyed: NamedSignal = _signals.signal("session-destroyed")
"""A session was emptied and its record deleted."""
session_lost: NamedSignal = _signals.signal("session-lost")
"""A change was dropped because the session had ended, or got a new id, meanwhile; or it would have
begun one in a handler of a WebSocket, from where no browser hears of it."""
session_conflict: NamedSignal = _signals.signal("session-conflict")
"""Another request changed the session at the same time; ``SESSION_CONFLICT`` says what follows."""
session_rejected: NamedSignal = _signals.signal("session-rejected")
"""A stored record could not be read and counts as no session; ``reason`` is a short text."""
store_failed: NamedSignal = _signals.signal("store-failed")
"""A command failed; ``verb`` is the store's verb, ``error`` the name of the client's error type."""


def reference(sid: str | None) -> str | None:
    """Answer what stands for a session id in signals and logs."""
    if sid is None:
        return None
    return hashlib.blake2s(sid.encode(), key=_salt, digest_size=4).hexdigest()
