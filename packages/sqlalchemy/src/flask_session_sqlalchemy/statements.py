"""The SQL of the store, built once per table and cached in compiled form by SQLAlchemy."""

from __future__ import annotations

from datetime import datetime, timezone
from hashlib import sha256
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    Delete,
    Executable,
    Insert,
    Integer,
    LargeBinary,
    Select,
    String,
    Table,
    Update,
    and_,
    bindparam,
    case,
    cast,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.types import TypeEngine

from .model import MYSQL

BATCH = 200
"""Rows that one statement of ``purge`` or ``keys`` takes, and keeps others waiting for."""


class Ways(NamedTuple):
    """Two ways to find the rows that meet a condition, a batch at a time.

    Each answers ``id`` and ``is_meant``, which tells whether the row meets the condition.
    """

    by_expiry: Executable
    """Finds a batch of them by the index on ``expiry``, the oldest first."""
    first: Executable
    """Begins a walk through the whole table in the order of ``id``, for tables without that index,
    as Flask-Session 0.4 to 0.8 made them: to sort one for each batch would take too long."""
    behind: Executable
    """Goes on with the walk behind the id ``after``."""


class Statements:
    """One statement per verb, and what tells a CONFLICT from a GONE.

    Parameters: ``key``, ``data`` and ``expiry`` to write, ``now``, and ``expected``, which
    :meth:`token` makes of the data a record is recognised by.
    """

    load: Select[Any, Any]
    create: Insert
    take_over: Update
    update: Update
    touch: Update
    touch_expected: Update
    delete: Delete
    delete_expected: Delete
    expired: Ways
    purge: Delete
    endless: Ways
    limit: Update
    page: Executable
    counts_changes: bool

    def __init__(self, table: Table, dialect: str) -> None:
        # A ``creator`` of the app may connect without FOUND_ROWS: then what stays is not counted.
        # https://dev.mysql.com/doc/refman/8.4/en/mysql-affected-rows.html
        self.counts_changes = dialect in MYSQL
        self._digests = dialect in MYSQL
        now = bindparam("now", type_=table.c.expiry.type)
        self._build_verbs(table, now)
        self._build_upkeep(table, table.c.expiry <= now)

    def _build_verbs(self, table: Table, now: Any) -> None:
        """Make the statements about the one row under ``key``."""
        row, key = table.c, bindparam("key", type_=String())
        mine = row.session_id == key
        if self._digests:
            # A table from elsewhere may have a collation that ignores case.
            mine = and_(mine, cast(row.session_id, LargeBinary) == key)
        live = and_(mine, row.expiry > now)
        expected = and_(live, self._unchanged(row.data))
        values: dict[str, Any] = {"data": bindparam("data"), "expiry": bindparam("expiry")}

        self.load = select(row.data, row.expiry).where(live)
        # Without ``inline`` SQLAlchemy asks for the new number of the row.
        self.create = insert(table).inline().values(session_id=key, **values)
        self.take_over = update(table).where(mine, or_(row.expiry <= now, row.expiry.is_(None)))
        self.take_over = self.take_over.values(values)
        self.update = update(table).where(expected).values(values)
        self.touch = update(table).where(live).values(expiry=values["expiry"])
        self.touch_expected = update(table).where(expected).values(expiry=values["expiry"])
        self.delete = delete(table).where(live)
        self.delete_expected = delete(table).where(expected)

    def _build_upkeep(self, table: Table, is_expired: Any) -> None:
        """Make the statements that go through the whole table."""
        row = table.c
        self.expired = _ways(table, is_expired)
        numbers = bindparam("numbers", expanding=True, type_=type_of_numbers(table))
        self.purge = delete(table).where(row.id.in_(numbers), is_expired)
        endless = row.expiry.is_(None)
        self.endless = _ways(table, endless)
        self.limit = update(table).where(row.id.in_(numbers), endless)
        self.limit = self.limit.values(expiry=bindparam("expiry"))
        after = bindparam("after", type_=String())
        # Expired rows are left out afterwards: so many may lie between two others that looking for
        # the next one takes longer than is waited.
        page = select(row.session_id, row.expiry).where(row.session_id > after)
        self.page = page.order_by(row.session_id).limit(BATCH)

    def token(self, data: bytes) -> bytes | str:
        """Answer what stands for the stored data in a comparison."""
        return sha256(data).hexdigest() if self._digests else data

    def _unchanged(self, column: Any) -> Any:
        # On MySQL and MariaDB a statement has to fit into max_allowed_packet, 16 MB by default, and
        # binary data may double in it: the old data does not go in beside the new.
        # https://mariadb.com/kb/en/server-system-variables/#max_allowed_packet
        if self._digests:
            return func.sha2(column, 256) == bindparam("expected", type_=String())
        return column == bindparam("expected")


def _ways(table: Table, condition: Any) -> Ways:
    row, is_meant = table.c, case((condition, 1), else_=0).label("is_meant")
    some = select(row.id, is_meant).limit(BATCH)
    first, after = some.order_by(row.id), bindparam("after", type_=type_of_numbers(table))
    return Ways(some.where(condition).order_by(row.expiry), first, first.where(row.id > after))


def type_of_numbers(table: Table) -> TypeEngine[Any]:
    """Answer the type of ``id``, which may be wider in the database than in the model."""
    kind = table.c.id.type
    return BigInteger() if isinstance(kind, Integer) else kind


def utc(seconds: float) -> datetime:
    """Answer a time as the column keeps it: UTC, without saying so."""
    return datetime.fromtimestamp(seconds, timezone.utc).replace(tzinfo=None)


def timestamp(expiry: datetime) -> float:
    """Answer the seconds since the epoch of what the column holds."""
    return expiry.replace(tzinfo=timezone.utc).timestamp()
