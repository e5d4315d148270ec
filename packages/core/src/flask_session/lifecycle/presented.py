"""What a browser presented, once it was checked."""

from __future__ import annotations

from typing import Literal

import msgspec

Form = Literal["signed", "0.8", "unsigned"]
"""How an id was vouched for."""


class Presented(msgspec.Struct, frozen=True):
    """An id of the right form, and how it was vouched for."""

    sid: str
    form: Form
    touched_at: int | None = None
    """When the lifetime was last renewed, in seconds since the epoch; only "signed" tells."""
    is_current: bool = True
    """Whether the newest key vouches for it, so that it outlives the others."""

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"  # error trackers keep those of local variables
