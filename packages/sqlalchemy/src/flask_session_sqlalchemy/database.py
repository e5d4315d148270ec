"""A table in a database: made at the first use, each statement a transaction of its own."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from threading import RLock
from typing import Any, TypeVar

from flask_session.discretion import Discretion
from sqlalchemy import Table
from sqlalchemy.engine import Connection, CursorResult, Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import StaticPool
from sqlalchemy.sql import Executable

from .compiled import ROWCOUNT, Compiled
from .engine import forget_foreign_connections, is_ours
from .failures import describe, has_collided, has_died, is_locked, is_missing, wrapped
from .model import capacity, ensure_table, has_index, translations
from .statements import Statements
from .transactions import commit_by_itself, committed, given_up

Answer = TypeVar("Answer")
Fetch = Callable[[CursorResult[Any]], Answer]
AT_ONCE = 0.2
"""Seconds within which a connection that had died while it was idle says so."""
LONGEST_WAIT = 2.0
"""Seconds to wait for a lock of SQLite; its own waiting, in ever longer steps, starves writers."""


class Database:
    """Run statements on one table.

    ``engine`` may be a function that answers it at the first use. An engine of our own making is in
    AUTOCOMMIT mode already; any other is used in that mode, and is never closed here. Threads and
    processes may share it; setting up more than once, even at once, is harmless.
    """

    def __init__(
        self, engine: Engine | Callable[[], Engine], table: Table, *, table_exists: bool
    ) -> None:
        self.table = table
        self.column_bytes: int = sys.maxsize
        self._source = engine
        self._table_exists = table_exists
        self._engine: Engine | None = None
        self._process = os.getpid()
        self._turn: AbstractContextManager[object] = nullcontext()
        """Taken where all threads share one connection, and would get each other's rows."""
        self._has_index = False
        self._statements: Statements | None = None
        self._load: Compiled | None = None
        self._update: Compiled | None = None

    @property
    def engine(self) -> Engine:
        """The engine, in AUTOCOMMIT mode."""
        if self._engine is None:
            self._engine = self._make_engine()
        if self._process != os.getpid():
            forget_foreign_connections(self._engine)
            self._process = os.getpid()
        return self._engine

    def _make_engine(self) -> Engine:
        engine = self._source if isinstance(self._source, Engine) else self._source()
        self._quietly = Discretion(name_of_logger(engine))
        if is_ours(engine):
            return engine
        if isinstance(engine.pool, StaticPool):
            self._turn = RLock()
        duplicate = engine.execution_options()
        duplicate.hide_parameters = True
        return duplicate

    @property
    def statements(self) -> Statements:
        """The SQL; asking for it the first time sets the database up."""
        statements = self._statements
        if statements is None:
            self.setup()
            statements = Statements(self.table, self.engine.dialect.name)
            if is_ours(self.engine) and not translations(self.engine):
                self._load = Compiled(statements.load, self.engine.dialect)
                if not any(column.onupdate for column in self.table.columns):
                    self._update = Compiled(statements.update, self.engine.dialect)
            self._statements = statements
        return statements

    def setup(self) -> None:
        """Make the table with its index, unless it exists or is said to; look what it holds."""
        self._with_connection(self._prepare)

    def finds_expired(self) -> bool:
        """Tell whether the table has an index by which expired rows are found; once it had, yes."""
        if not self._has_index:
            self._has_index = self._with_connection(partial(has_index, table=self.table))
        return self._has_index

    def _prepare(self, connection: Connection) -> None:
        if not self._table_exists:
            ensure_table(connection, self.table)
        self.column_bytes = capacity(connection, self.table) or sys.maxsize

    def run(
        self, statement: Executable, parameters: Mapping[str, Any], fetch: Fetch[Answer]
    ) -> Answer:
        """Execute a statement; on a connection that turns out to be dead, once more on a new one.

        Repeating is safe for each of ours: what reads or sets may happen twice, and what compares
        finds its own work and says so. An error's text has no parameters.
        """

        def execute(connection: Connection) -> Answer:
            return fetch(connection.execute(statement, parameters))

        return self._with_connection(execute)

    def load(self, parameters: Mapping[str, Any]) -> Sequence[Any] | None:
        """Answer the data and the expiry of a record."""
        statement = self.statements.load
        return self._run_compiled(
            self._load, Compiled.first, statement, CursorResult.first, parameters
        )

    def update(self, parameters: Mapping[str, Any]) -> int:
        """Answer how many records were the expected one, and are replaced: one, or none."""
        statement = self.statements.update
        return self._run_compiled(self._update, Compiled.count, statement, ROWCOUNT, parameters)

    def _run_compiled(
        self,
        compiled: Compiled | None,
        run: Callable[[Compiled, Engine, Mapping[str, Any]], Answer],
        statement: Executable,
        fetch: Fetch[Any],
        parameters: Mapping[str, Any],
    ) -> Answer:
        """Run a statement on the driver's cursor; in SQLAlchemy's own way where it is not compiled.

        That is so on an engine handed in, which may log, translate or trace what is executed. Where
        a connection has died it is run that way, too: by it all the idle ones are given up.
        """
        if compiled is not None:
            began = time.monotonic()
            try:
                return self._insist(
                    lambda: run(compiled, self.engine, parameters), reconnects=False
                )
            except DBAPIError as error:
                if not error.connection_invalidated or time.monotonic() - began >= AT_ONCE:
                    raise
        answer: Answer = self.run(statement, parameters, fetch)
        return answer

    def _with_connection(self, action: Callable[[Connection], Answer]) -> Answer:
        return self._insist(lambda: self._with_one(action))

    def _with_one(self, action: Callable[[Connection], Answer]) -> Answer:
        engine = self.engine  # made at the first use, and with it the turn
        with self._turn, opened(engine) as connection, self._quietly, given_up(connection):
            if not is_ours(engine):
                commit_by_itself(connection)
            with committed(connection):
                return action(connection)

    def _insist(self, action: Callable[[], Answer], *, reconnects: bool = True) -> Answer:
        """Call ``action`` again where its failure passes; else raise that, fit to be shown.

        A lock or a collision is waited for up to ``LONGEST_WAIT``. A connection that died while it
        was idle says so ``AT_ONCE``: with ``reconnects`` the next one is tried, and last a new one.
        """
        began, left = time.monotonic(), None if reconnects else 0
        while True:
            try:
                return action()
            except DBAPIError as error:
                waited = time.monotonic() - began
                if error.connection_invalidated:
                    left = number_of_idle(self.engine) + 1 if left is None else max(left - 1, 0)
                is_dead = error.connection_invalidated and waited < AT_ONCE and bool(left)
                comes_again = is_locked(error) or has_collided(error)
                if is_missing(error):
                    self._statements = None  # the next request makes the table
                if not is_dead and not (comes_again and waited < LONGEST_WAIT):
                    describe(error)
                    raise

    def close(self) -> None:
        """Close the connections of an engine of our own making."""
        if self._engine is not None and is_ours(self._engine):
            self._engine.dispose()


def opened(engine: Engine) -> Connection:
    """Take a connection of the pool.

    Where an isolation level is among the app's options, the driver's own error tells of a dead one.
    """
    dialect: Any = engine.dialect
    try:
        return engine.connect()
    except dialect.loaded_dbapi.Error as error:
        raise wrapped(error, dialect, is_dead=has_died(error, dialect, None)) from error


def number_of_idle(engine: Engine) -> int:
    """Answer how many connections may have died with one: with pymysql each says so for itself."""
    count: Callable[[], int] = getattr(engine.pool, "checkedin", int)
    return count()


def name_of_logger(engine: Engine) -> str:
    """Answer where an engine logs; at DEBUG it logs the rows that were found, with ids in them."""
    logger: Any = engine.logger
    name: str = getattr(logger, "logger", logger).name
    return name
