"""Going through the whole table in batches, each in a transaction of its own."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Row
from sqlalchemy.engine import CursorResult
from sqlalchemy.sql import Executable

from .compiled import ROWCOUNT
from .database import Database
from .statements import BATCH, Ways

logger: logging.Logger = logging.getLogger(__name__)


def in_batches(database: Database, ways: Ways, change: Executable, **parameters: Any) -> int:
    """Run ``change`` on the ``numbers`` of the rows that are meant; answer how many it changed."""
    changed = 0
    for found in _batches(database, ways, **parameters):
        numbers = [row.id for row in found if row.is_meant]
        if numbers:
            changed += database.run(change, {**parameters, "numbers": numbers}, ROWCOUNT)
    return changed


def rows(database: Database, statement: Executable, **parameters: Any) -> Sequence[Row[Any]]:
    """Answer all rows of a statement that limits them."""
    return database.run(statement, parameters, CursorResult.all)


def _batches(database: Database, ways: Ways, **parameters: Any) -> Iterator[Sequence[Row[Any]]]:
    """Find the rows, by the index if there is one.

    The caller changes each batch, so that the next one begins with another row. If it does not,
    something keeps the rows as they are, and the table is walked through once instead.
    """
    if not database.finds_expired():
        yield from _walk(database, ways, **parameters)
        return
    oldest: Row[Any] | None = None
    while found := rows(database, ways.by_expiry, **parameters):
        if found[0] == oldest:
            logger.warning("The oldest rows stay, a policy or a trigger keeps them")
            yield from _walk(database, ways, **parameters) if len(found) == BATCH else [found]
            break
        yield found
        oldest = found[0]


def _walk(database: Database, ways: Ways, **parameters: Any) -> Iterator[Sequence[Row[Any]]]:
    found = rows(database, ways.first, **parameters)
    while found:
        yield found
        found = rows(database, ways.behind, after=found[-1].id, **parameters)
