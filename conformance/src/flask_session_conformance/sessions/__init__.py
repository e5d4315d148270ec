"""The conformance of a backend through a Flask app and its public configuration."""

from __future__ import annotations

from .identity import Identity
from .renewal import Renewal
from .theft import Theft


class SessionConformance(Identity, Renewal, Theft):
    """Everything that an app relies on, as tests.

    Subclass it, name the ``backend`` and provide a ``config`` fixture; see
    :class:`.base.SessionSuite` for what else can be declared.
    """


__all__ = ["SessionConformance"]
