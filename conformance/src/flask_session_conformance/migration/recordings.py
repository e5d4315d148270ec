"""The recorded sessions: cookie, raw record and content, as data files.

``tools/fixtures`` of the project made them by running the releases from PyPI, each with
dependencies of its own time, against real servers. ``recorded/environments.json`` names every
version that was in use.
"""

from __future__ import annotations

import json
from base64 import b64decode
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from .neighbour import evaluate

RECORDED = Path(__file__).with_name("recorded")
SECRET_KEY = "recorded, and no secret"
"""The key that the recorded cookies are signed with."""


@dataclass(frozen=True)
class Recording:
    """One session of one release.

    ``value`` are the stored bytes and ``expires_in`` the seconds the store gave them, ``None`` for
    no expiry at all. ``expected`` is what the release itself read, as a Python expression; ``None``
    where it could not. ``payload`` is "small", "full" (every type that could be stored) or
    "foreign" (the application's own types). What only one kind of store has: ``header``, ``hash``
    and ``mode`` of a file, ``flags`` of a Memcached item, the statement that made a ``table``.
    """

    release: str
    environment: str
    backend: str
    signer: bool
    permanent: bool
    format: str
    lifetime: int
    zone: str
    payload: str
    cookie: str
    key: str
    value: bytes
    expires_in: float | None
    expected: str | None
    header: bytes = b""
    hash: str = ""
    mode: int = 0
    flags: int = 0
    table: str = ""

    def __str__(self) -> str:
        signed = "signed" if self.signer else "unsigned"
        permanent = "permanent" if self.permanent else "browser"
        words = [self.environment, signed, permanent, self.format, self.payload]
        days = [f"{self.lifetime // 86400} days"] if self.lifetime > 86400 else []
        return " ".join(words + days + ([] if self.zone == "UTC" else [self.zone]))

    @property
    def session(self) -> dict[Any, Any]:
        """The content that the release read back."""
        assert self.expected is not None
        return evaluate(self.expected)  # type: ignore[no-any-return]

    @property
    def opens(self) -> bool:
        """Whether it is a session: it expires, and holds no application's own types."""
        return self.payload != "foreign" and self.expires_in is not None

    def stored_expiry(self, real: float) -> float:
        """Answer the expiry this release would store for what ends at ``real``.

        They are the same but for DynamoDB, where the worker's time zone shifts it.
        """
        if self.zone == "UTC" or self.expires_in is None:
            return real
        return real + self.expires_in - self.lifetime


@cache
def recordings(backend: str) -> tuple[Recording, ...]:
    """Answer every recorded session of a backend; none for one that no old release had."""
    path = RECORDED / f"{backend}.json"
    if not path.exists():
        return ()
    return tuple(map(restored, json.loads(path.read_text(encoding="utf-8"))))


def restored(fields: dict[str, Any]) -> Recording:
    """Make a recording of its JSON form, where bytes are base64."""
    for name in {"value", "header"} & fields.keys():
        fields[name] = b64decode(fields[name])
    return Recording(**fields)
