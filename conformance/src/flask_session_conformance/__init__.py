"""The test suite that every Flask-Session backend passes.

Subclass :class:`StoreConformance` (bytes under a key) and provide a ``store`` fixture; subclass
:class:`SessionConformance` (a Flask app) and provide a ``config`` fixture.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .sessions import SessionConformance
    from .stores import StoreConformance

pytest.register_assert_rewrite(
    "flask_session_conformance.sessions",
    "flask_session_conformance.site",
    "flask_session_conformance.stores",
    "flask_session_conformance.threads",
)

__version__ = "1.0.0"

__all__ = ["SessionConformance", "StoreConformance", "__version__"]

HOMES = {"SessionConformance": ".sessions", "StoreConformance": ".stores"}


def __getattr__(name: str) -> Any:
    """Import a suite when it is asked for: pytest loads this package's plugin in every run."""
    if name not in HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(HOMES[name], __name__), name)
