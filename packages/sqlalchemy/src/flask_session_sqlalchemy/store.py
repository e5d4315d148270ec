"""Records as rows of the table of Flask-Session 0.4 to 0.8."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

from flask_session.errors import SessionTooLarge, UnreadableRecord
from flask_session.store import Outcome, Record, Store
from sqlalchemy import Table
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DBAPIError, IntegrityError, TimeoutError
from sqlalchemy.sql import Executable

from .compiled import ROWCOUNT
from .database import Database
from .model import MYSQL, create_session_model
from .statements import Statements, timestamp, utc
from .upkeep import in_batches, rows

MYSQL_MAX_BYTES = 8 * 1024 * 1024 - 4096
"""Escaped, the data may double; it has to fit into the 16 MB of ``max_allowed_packet``."""


class SqlAlchemyStore(Store):
    """Keep records in a table of any database SQLAlchemy knows.

    ``engine`` is described at :class:`.database.Database`. The table is made at the first use
    unless it exists. Expiry is kept as naive UTC, rounded up to a whole second, since a MariaDB
    DATETIME has no fractions; a row without one counts as expired. ``dialect`` is the name of the
    database where the engine is not there yet, for its limit of ``max_bytes``.
    """

    errors: tuple[type[Exception], ...] = (DBAPIError, TimeoutError)

    def __init__(
        self,
        engine: Engine | Callable[[], Engine],
        table: Table | None = None,
        *,
        table_exists: bool = False,
        dialect: str | None = None,
    ) -> None:
        self.table: Table = create_session_model().__table__ if table is None else table
        self.database: Database = Database(engine, self.table, table_exists=table_exists)
        if (engine.dialect.name if isinstance(engine, Engine) else dialect) in MYSQL:
            self.max_bytes = MYSQL_MAX_BYTES

    def load(self, key: str) -> Record | None:
        """Return the row's data and expiry."""
        row = self._find(key)
        if row is None:
            return None
        data, expiry = row
        if not isinstance(data, bytes):
            raise UnreadableRecord("the data column holds no bytes")
        return Record(data, expires_at=timestamp(expiry))

    def create(self, key: str, data: bytes, ttl: int) -> bool:
        """Insert a row; an expired one that still has the key is taken over."""
        sql, row = self._sql, self._row(key, data, ttl)
        if self._insert(row) is None:
            return True
        if self._count(sql.take_over, {**row, "now": self._now()}):
            return True
        if self._find(key) is not None:
            return False
        # Nobody has the key any more, or it was not the key that was refused.
        refusal = self._insert(row)
        if refusal is None:
            return True
        if self._find(key) is None:
            raise refusal
        return False

    def update(self, key: str, data: bytes, ttl: int, expected: Record) -> Outcome:
        """Replace the data where it is still the expected."""
        sql, row = self._sql, self._row(key, data, ttl)
        condition = {"expected": sql.token(expected.data), "now": self._now()}
        if self.database.update({**row, **condition}):
            return Outcome.SAVED
        found = self._find(key)
        if found is None:
            return Outcome.GONE
        return Outcome.SAVED if found[0] == data else Outcome.CONFLICT

    def touch(self, key: str, ttl: int) -> bool:
        """Move the expiry."""
        return self._touch(self._sql.touch, key, ttl)

    def touch_expected(self, key: str, ttl: int, expected: Record) -> bool:
        """Move the expiry where the data is still the expected."""
        return self._touch(self._sql.touch_expected, key, ttl, expected)

    def delete(self, key: str, expected: Record | None = None) -> Outcome:
        """Delete the row; with ``expected``, where the data is still that."""
        sql, live = self._sql, {"key": key, "now": self._now()}
        if expected is None:
            return Outcome.DELETED if self._count(sql.delete, live) else Outcome.GONE
        condition = {"expected": sql.token(expected.data)}
        if self._count(sql.delete_expected, {**live, **condition}):
            return Outcome.DELETED
        return Outcome.GONE if self._find(key) is None else Outcome.CONFLICT

    def purge(self) -> int:
        """Delete expired rows, each batch in a transaction; rows without an expiry stay."""
        return in_batches(self.database, self._sql.expired, self._sql.purge, now=self._now())

    def limit_endless(self, ttl: int) -> int:
        """Give rows without an expiry one, each batch in a transaction."""
        expiry = self._expiry(ttl)
        return in_batches(self.database, self._sql.endless, self._sql.limit, expiry=expiry)

    def keys(self, prefix: str) -> Iterator[tuple[str, float | None]]:
        """List the live rows, a page at a time in the order of their keys."""
        sql, after = self._sql, ""
        while page := rows(self.database, sql.page, after=after):
            now = self.clock()
            for row in page:
                is_live = row.expiry is not None and timestamp(row.expiry) > now
                if is_live and row.session_id.startswith(prefix):
                    yield row.session_id, timestamp(row.expiry)  # pyright: ignore[reportArgumentType]
            after = page[-1].session_id

    def setup(self) -> None:
        """Make the table with its index unless it exists."""
        self.database.setup()

    def close(self) -> None:
        """Close the connections of an engine of our own making; any other stays open."""
        self.database.close()

    @property
    def _sql(self) -> Statements:
        return self.database.statements

    def _find(self, key: str) -> Sequence[Any] | None:
        return self.database.load({"key": key, "now": self._now()})

    def _insert(self, row: dict[str, Any]) -> IntegrityError | None:
        try:
            self._count(self._sql.create, row)
        except IntegrityError as error:
            return error
        return None

    def _count(self, statement: Executable, parameters: dict[str, Any]) -> int:
        return self.database.run(statement, parameters, ROWCOUNT)

    def _touch(
        self, statement: Executable, key: str, ttl: int, expected: Record | None = None
    ) -> bool:
        row: dict[str, Any] = {"key": key, "expiry": self._expiry(ttl), "now": self._now()}
        if expected is not None:
            row["expected"] = self._sql.token(expected.data)
        if self._count(statement, row):
            return True
        if not self._sql.counts_changes:
            return False
        found = self._find(key)
        return found is not None and (expected is None or found[0] == expected.data)

    def _row(self, key: str, data: bytes, ttl: int) -> dict[str, Any]:
        if len(data) > self.database.column_bytes:
            raise SessionTooLarge(len(data), self.database.column_bytes)
        return {"key": key, "data": data, "expiry": self._expiry(ttl)}

    def _now(self) -> datetime:
        return utc(self.clock())

    def _expiry(self, ttl: int) -> datetime:
        return utc(math.ceil(self.clock() + ttl))
