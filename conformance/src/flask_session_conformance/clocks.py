"""Clocks that tests can move."""

from __future__ import annotations

import time


class SkewedClock:
    """The real time, plus ``offset`` seconds; put it in place of ``store.clock``."""

    def __init__(self, offset: float = 0.0) -> None:
        self.offset = offset

    def __call__(self) -> float:
        """Answer the skewed time, in seconds since the epoch."""
        return time.time() + self.offset
