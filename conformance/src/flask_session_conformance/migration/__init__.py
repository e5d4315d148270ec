"""Records of Flask-Session 0.4 to 0.8 as the real releases wrote them, and tests that open them."""

from __future__ import annotations

import pytest

pytest.register_assert_rewrite(f"{__name__}.suite", f"{__name__}.side_by_side")

from .recordings import Recording, recordings  # noqa: E402 - after the assertions are prepared
from .side_by_side import NoSessionAtTheOldOne, Place, SideBySide  # noqa: E402
from .suite import EndlessRecords, ForeignTypes, MigrationConformance, Planter  # noqa: E402

__all__ = [
    "EndlessRecords",
    "ForeignTypes",
    "MigrationConformance",
    "NoSessionAtTheOldOne",
    "Place",
    "Planter",
    "Recording",
    "SideBySide",
    "recordings",
]
