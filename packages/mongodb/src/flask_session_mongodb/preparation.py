"""When a collection gets its indexes: at the first use, or however long it takes in ``setup``."""

from __future__ import annotations

import pymongo
from pymongo.collection import Collection

from . import upkeep
from .upkeep import Document

FIRST_USE_MILLISECONDS = 400
"""What an index may cost the first request of a process; a large collection needs ``setup``."""
UPKEEP_SECONDS = 3600
"""What an operator's command may cost: indexes, and whatever goes through the collection."""


class Preparation:
    """Prepares a collection once; by several threads at once it is harmless."""

    def __init__(self, collection: Collection[Document]) -> None:
        self._collection = collection
        self.is_done: bool = False
        self.has_indexes: bool = False

    def ready(self) -> Collection[Document]:
        """Answer the collection for a request."""
        if not self.is_done:
            self.has_indexes = upkeep.make_indexes(self._collection, FIRST_USE_MILLISECONDS)
            self.is_done = True
        return self._collection

    def ready_for_long(self) -> Collection[Document]:
        """Answer the collection for what may take long, once there is a server."""
        self._require_server()
        return self.ready()

    def complete(self) -> None:
        """Make both indexes however long it takes, after removing what duplicates there are."""
        self._require_server()
        with pymongo.timeout(UPKEEP_SECONDS):
            upkeep.remove_duplicates(self._collection)
            self.has_indexes = upkeep.make_indexes(self._collection, UPKEEP_SECONDS * 1000)
        self.is_done = True

    def _require_server(self) -> None:
        # pymongo.timeout() also replaces the time in which a server has to be found: while none is
        # there, an upkeep would wait for as long as it may work.
        self._collection.database.command("ping")
