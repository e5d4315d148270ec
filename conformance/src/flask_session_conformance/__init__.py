"""The test suite that every Flask-Session backend passes.

Subclass :class:`StoreConformance` (bytes under a key) and provide a ``store`` fixture.
"""

import pytest

pytest.register_assert_rewrite(
    "flask_session_conformance.stores", "flask_session_conformance.threads"
)

from .stores import StoreConformance  # noqa: E402 - after the assertions are prepared

__version__ = "1.0.0"

__all__ = ["StoreConformance", "__version__"]
