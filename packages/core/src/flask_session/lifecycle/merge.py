"""Join two concurrent changes of one session, key by key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Raw


class Changes(msgspec.Struct, frozen=True):
    """What one request did to a session, compared with what it had loaded."""

    values: Mapping[Any, Raw]
    """The encoded values that were added or changed; after a clear, all there are."""
    deleted: frozenset[Any]
    cleared: bool
    """Whether ``clear()`` was called: then nothing that others wrote survives."""


NO_CHANGES = Changes({}, frozenset(), False)


def merge(loaded: Mapping[Any, Raw], theirs: Mapping[Any, Raw], changes: Changes) -> dict[Any, Raw]:
    """Apply ``changes``, made to ``loaded``, to what the store holds by now.

    Per top-level key: if one side changed it, that side counts; if both did, ours does. Deleting
    beats changing. The inside of a value is not merged.
    """
    if changes.cleared:
        return dict(changes.values)
    if theirs is loaded and not changes.deleted:
        return {**theirs, **changes.values}
    merged = dict(theirs)
    for key in changes.deleted:
        merged.pop(key, None)
    for key, raw in changes.values.items():
        if key not in loaded or key in theirs:
            merged[key] = raw
    return merged
