"""The test suite that every Flask-Session backend passes.

Subclass :class:`StoreConformance` (bytes under a key) and provide a ``store`` fixture; subclass
:class:`SessionConformance` (a Flask app) and provide a ``config`` fixture.
"""

import pytest

pytest.register_assert_rewrite(
    "flask_session_conformance.sessions",
    "flask_session_conformance.site",
    "flask_session_conformance.stores",
    "flask_session_conformance.threads",
)

from .sessions import SessionConformance  # noqa: E402 - after the assertions are prepared
from .stores import StoreConformance  # noqa: E402

__version__ = "1.0.0"

__all__ = ["SessionConformance", "StoreConformance", "__version__"]
