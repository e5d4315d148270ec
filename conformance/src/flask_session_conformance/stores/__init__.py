"""The conformance of a store: bytes under a key, for a limited time."""

from __future__ import annotations

from .abilities import Abilities
from .data import DataFacts
from .expiry import Expiry
from .lifetimes import Lifetimes
from .processes import Processes
from .purging import Purging
from .races import Races
from .touching import Touching
from .verbs import Verbs


class StoreConformance(
    Verbs, Touching, Expiry, Lifetimes, DataFacts, Races, Processes, Abilities, Purging
):
    """Everything that the contract of :class:`flask_session.store.Store` says, as tests.

    Subclass it, name the ``backend`` and provide a ``store`` fixture; see :class:`.base.StoreSuite`
    for what else can be declared.
    """


__all__ = ["StoreConformance"]
