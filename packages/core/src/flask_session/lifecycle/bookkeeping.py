"""What we note about a session inside its record, under one reserved key.

Flask-Session 0.8 carries the key along as if it were an item; our sessions do not show it.
"""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Raw

from ..errors import UnreadableRecord
from ..serializers import ItemSerializer

RESERVED_KEY = "_fs"
PERMANENT_KEY = "_permanent"
MOVED_SECONDS = 60
"""How long a mark tells late requests, which loaded the old id, where the session went."""
LATE_SECONDS = 5
"""How long after a renewal a request with the old id counts as late: sent before its browser heard
of the new id. One that comes later is from a browser that never got it."""
SHORT = {"created": "c", "lifetime": "l", "signed": "s", "epoch": "e", "moved_to": "m"}


class Bookkeeping(msgspec.Struct, frozen=True, omit_defaults=True, rename=SHORT):
    """Times are seconds since the epoch, lifetimes whole seconds."""

    created: float | None = None
    """When the session began, or was moved; ``None`` in records of Flask-Session 0.4–0.8."""
    lifetime: int | None = None
    """The idle lifetime of this one session, if it has its own."""
    signed: bool = False
    """Whether only a signed cookie opens the record."""
    epoch: int = 0
    """How often the session was cleared: a change made before a ``clear()`` must not outlive it."""
    moved_to: str | None = None
    """The id that replaced this one; such a record opens nothing."""


NONE = Bookkeeping()


def take_out(items: dict[Any, Raw], serializer: ItemSerializer) -> Bookkeeping:
    """Remove the reserved key from ``items`` and answer what it says. Raises UnreadableRecord."""
    raw = items.pop(RESERVED_KEY, None)
    if raw is None:
        return NONE
    try:
        return serializer.decode_struct(raw, Bookkeeping)
    except (msgspec.MsgspecError, UnicodeError):
        raise UnreadableRecord("the bookkeeping is not ours") from None


def put_in(
    items: dict[Any, Raw], bookkeeping: Bookkeeping, serializer: ItemSerializer
) -> dict[Any, Raw]:
    """Answer ``items`` with the reserved key added; only what differs from the default is noted."""
    if bookkeeping == NONE:
        return items
    return {**items, RESERVED_KEY: serializer.encode_struct(bookkeeping)}


def is_empty(items: dict[Any, Raw]) -> bool:
    """Tell whether there is anything worth storing."""
    return not items or (len(items) == 1 and PERMANENT_KEY in items)


def reserved() -> KeyError:
    """Build the error for an item of the app's own under the reserved key."""
    return KeyError(f"session[{RESERVED_KEY!r}] is reserved for Flask-Session")
