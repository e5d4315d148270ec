"""The statements of a look and of a change, compiled once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter
from typing import Any, TypeVar

from sqlalchemy import Select, Update
from sqlalchemy.engine import Dialect, Engine
from sqlalchemy.pool import PoolProxiedConnection
from sqlalchemy.types import TypeEngine

from .engine import is_in_memory
from .failures import has_died, wrapped

Convert = Callable[[Any], Any]
Answer = TypeVar("Answer")
ROWCOUNT: Callable[[Any], int] = attrgetter("rowcount")


class Compiled:
    """Run a statement without its SQLAlchemy objects, on the driver's own cursor.

    Of the time a read of one row takes on SQLite, three quarters go into SQLAlchemy's execution
    context, result and row. Errors are SQLAlchemy's all the same; of the connections only the one
    that died is given up. The parameters have the types that the statement says.
    https://docs.sqlalchemy.org/en/20/core/connections.html#working-with-the-dbapi-cursor-directly
    """

    def __init__(self, statement: Select[Any, Any] | Update, dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect)
        self._sql = compiled.string
        self._names: list[str] | None = getattr(compiled, "positiontup", None)
        self._dialect = dialect
        columns = statement.selected_columns if isinstance(statement, Select) else ()
        self._columns = [column.type for column in columns]
        binds: Mapping[Any, str] = getattr(compiled, "bind_names", {})
        self._binders = {name: self._binder(bound.type) for bound, name in binds.items()}
        self._constants = {name: bound.value for bound, name in binds.items() if not bound.required}
        self._readers: list[Convert | None] | None = None

    def first(self, engine: Engine, parameters: Mapping[str, Any]) -> list[Any] | None:
        """Answer the values of the first row. Raises DBAPIError and what the pool raises."""
        row = self._run(engine, parameters, self._fetch)
        if row is None:
            return None
        readers = self._readers or ()
        return [read(value) if read else value for value, read in zip(row, readers, strict=True)]

    def count(self, engine: Engine, parameters: Mapping[str, Any]) -> int:
        """Answer how many rows were changed. Raises as :meth:`first`."""
        return self._run(engine, parameters, ROWCOUNT)

    def _fetch(self, cursor: Any) -> Sequence[Any] | None:
        row: Sequence[Any] | None = cursor.fetchone()
        self._readers = self._readers or self._make_readers(cursor.description)
        return row

    def _run(
        self, engine: Engine, parameters: Mapping[str, Any], fetch: Callable[[Any], Answer]
    ) -> Answer:
        values = {**self._constants, **parameters} if self._constants else parameters
        bound = {name: convert(values[name]) for name, convert in self._binders.items()}
        arguments = bound if self._names is None else [bound[name] for name in self._names]
        connection = None
        try:
            connection = engine.raw_connection()
            cursor = connection.cursor()
            cursor.execute(self._sql, arguments)
            answer = fetch(cursor)
            cursor.close()
            return answer
        except self._dialect.loaded_dbapi.Error as error:
            raise self._failure(connection, error) from error
        except BaseException as error:
            # Interrupted: an answer nobody has read must not become the next visitor's.
            if not is_in_memory(engine.url):
                invalidate(connection, error)
            raise
        finally:
            if connection is not None and connection.is_valid:
                connection.close()

    def _failure(self, connection: PoolProxiedConnection | None, error: Exception) -> BaseException:
        is_dead = connection is not None and has_died(error, self._dialect, connection)
        if is_dead:
            invalidate(connection, error)
        return wrapped(error, self._dialect, self._sql, is_dead=is_dead)

    def _binder(self, kind: TypeEngine[Any]) -> Convert:
        convert = kind.dialect_impl(self._dialect).bind_processor(self._dialect)
        return convert or (lambda value: value)

    def _make_readers(self, description: Any) -> list[Convert | None]:
        return [
            kind.dialect_impl(self._dialect).result_processor(self._dialect, column[1])
            for kind, column in zip(self._columns, description, strict=True)
        ]


def invalidate(connection: PoolProxiedConnection | None, error: BaseException) -> None:
    """Close the connection behind the pool's; the pool makes a new one when it needs it."""
    if connection is not None and connection.is_valid:
        connection.invalidate(error)
