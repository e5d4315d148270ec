"""The conformance of a backend through a Flask app and its public configuration."""

from __future__ import annotations

from .absolute import AbsoluteLifetimes
from .capacity import Capacity
from .cookies import Cookies
from .crashes import Crashes
from .crowds import Crowds
from .data import Data
from .discretion import Discretion
from .failed_saves import FailedSaves
from .faults import Faults
from .hostile import Hostile
from .http import Http
from .identity import Identity
from .interruptions import Interruptions
from .key_rotation import KeyRotation
from .lifetimes import Lifetimes
from .limits import Limits
from .login import FlaskLogin
from .orders import Orders
from .outages import Outages
from .processes import Processes
from .races import Races
from .refusals import Refusals
from .renewal import Renewal
from .renewal_races import RenewalRaces
from .round_trips import RoundTrips
from .signals import Signals
from .signing import Signing
from .streams import Streams
from .theft import Theft
from .touching import Touching


class SessionConformance(
    Identity,
    Renewal,
    Theft,
    Signing,
    KeyRotation,
    Lifetimes,
    AbsoluteLifetimes,
    Touching,
    Http,
    Streams,
    Cookies,
    FlaskLogin,
    Races,
    RenewalRaces,
    Orders,
    Crowds,
    Data,
    Limits,
    Hostile,
    Signals,
    Outages,
    FailedSaves,
    RoundTrips,
    Discretion,
    Interruptions,
    Faults,
    Refusals,
    Crashes,
    Processes,
    Capacity,
):
    """Everything that an app relies on, as tests.

    Subclass it, name the ``backend`` and provide a ``config`` fixture; see
    :class:`.base.SessionSuite` for what else can be declared.
    """


__all__ = ["SessionConformance"]
