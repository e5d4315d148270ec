"""The table of Flask-Session 0.4 to 0.8, and the model through which an app reads it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from flask_session.config import wrong
from sqlalchemy import Column, DateTime, Integer, LargeBinary, MetaData, Sequence, String, Table
from sqlalchemy.dialects.mysql import LONGBLOB, VARCHAR
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DBAPIError, NoSuchTableError
from sqlalchemy.inspection import inspect
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.sql import text

COLUMNS = ("id", "session_id", "data", "expiry")
MYSQL = ("mysql", "mariadb")
# MariaDB compares text without regard to case by default, and LargeBinary is a BLOB of 64 KB there.
# https://mariadb.com/kb/en/supported-character-sets-and-collations/
SESSION_ID = String(255).with_variant(VARCHAR(255, charset="ascii", collation="ascii_bin"), *MYSQL)
DATA = LargeBinary().with_variant(LONGBLOB(), *MYSQL)


class FlaskSqlAlchemy(Protocol):
    """What is used of a Flask-SQLAlchemy 3 object, so that the extension need not be installed."""

    @property
    def Model(self) -> type: ...  # noqa: D102, N802

    @property
    def metadatas(self) -> Mapping[str | None, MetaData]: ...  # noqa: D102

    @property
    def engines(self) -> Mapping[str | None, Engine]: ...  # noqa: D102


def create_session_model(
    db: FlaskSqlAlchemy | None = None,
    table_name: str = "sessions",
    schema: str | None = None,
    bind_key: str | None = None,
    sequence: str | None = None,
) -> Any:
    """Answer the model of the table: a class with ``id``, ``session_id``, ``data``, ``expiry``.

    With a Flask-SQLAlchemy object it is a model of that object, so that ``db.session``,
    ``db.create_all()`` and Alembic know the table. Repeated calls share the table, and a table the
    app declared itself is taken as it is; one without the columns raises ConfigurationError.
    """
    if db is None:
        return _new_model(_new_base(), table_name, schema, bind_key, sequence)
    table = _declared(db.metadatas.get(bind_key), table_name, schema)
    if table is None:
        return _new_model(db.Model, table_name, schema, bind_key, sequence)
    _check(table)
    return _mapped(db, table) or _build(db.Model, table.name, {"__table__": table})


def _new_base() -> type:
    class Base(DeclarativeBase):
        pass

    return Base


def _declared(metadata: MetaData | None, name: str, schema: str | None) -> Table | None:
    if metadata is None:
        return None
    schema = schema or metadata.schema
    return metadata.tables.get(f"{schema}.{name}" if schema else name)


def _mapped(db: FlaskSqlAlchemy, table: Table) -> Any:
    mappers: Any = db.Model.registry.mappers  # type: ignore[attr-defined]
    return next((mapper.class_ for mapper in mappers if mapper.local_table is table), None)


def _check(table: Table) -> None:
    missing = [name for name in COLUMNS if name not in table.c]
    if missing:
        raise wrong(
            "SESSION_SQLALCHEMY_TABLE", table.name,
            f"the app declares this table without {', '.join(missing)}",
            "Give the sessions another table, or add the columns.",
        )  # fmt: skip


def _new_model(
    base: type, name: str, schema: str | None, bind_key: str | None, sequence: str | None
) -> Any:
    numbers = (Sequence(sequence),) if sequence else ()
    members = {
        "__tablename__": name,
        "__table_args__": {"schema": schema} if schema else {},
        "__bind_key__": bind_key,
        "id": Column(Integer, *numbers, primary_key=True),
        "session_id": Column(SESSION_ID, unique=True),
        "data": Column(DATA),
        "expiry": Column(DateTime, index=True),
    }
    return _build(base, name, members)


def _build(base: type, table_name: str, members: dict[str, Any]) -> Any:
    """Make the class, under a name that no other table's model has in the same registry."""
    common = {"__module__": __name__, "__init__": _fill, "__repr__": _describe}
    return type(f"Session_{table_name}", (base,), {**common, **members})


def _fill(self: Any, session_id: str, data: bytes, expiry: datetime | None) -> None:
    self.session_id = session_id
    self.data = data
    self.expiry = expiry


def _describe(self: Any) -> str:
    return f"<{type(self).__name__} {self.id}>"


def ensure_table(connection: Connection, table: Table) -> None:
    """Make the table with its index unless it exists, whoever else is doing the same."""
    if has_table(connection, table):
        return
    try:
        table.metadata.create_all(connection, tables=[table])
    except DBAPIError as error:
        # Another process was faster. PostgreSQL says so in three different ways.
        if error.connection_invalidated or not has_table(connection, table):
            raise


def has_table(connection: Connection, table: Table) -> bool:
    """Tell whether there is such a table."""
    return inspect(connection).has_table(table.name, schema=schema_of(connection, table))


def schema_of(connection: Connection, table: Table) -> str | None:
    """Answer the schema, which an app may have translated for its whole engine."""
    schema: str | None = translations(connection).get(table.schema, table.schema)
    return schema


def translations(of: Connection | Engine) -> Mapping[str | None, str | None]:
    """Answer which schemas are to be put in the place of which.

    https://docs.sqlalchemy.org/en/20/core/connections.html#translation-of-schema-names
    """
    return of.get_execution_options().get("schema_translate_map") or {}


def has_index(connection: Connection, table: Table) -> bool:
    """Tell whether an index begins with ``expiry``; in a table of Flask-Session 0.8 none does."""
    try:
        indexes = inspect(connection).get_indexes(table.name, schema=schema_of(connection, table))
    except NoSuchTableError:  # no error of a database: those tell of it when it is used
        return False
    return any(each["column_names"][:1] == [table.c.expiry.name] for each in indexes)


def capacity(connection: Connection, table: Table) -> int | None:
    """Answer how many bytes ``data`` holds where that is a limit: on MySQL and MariaDB.

    Flask-Session 0.4 to 0.8 made a BLOB of 64 KB there, which a lenient ``sql_mode`` fills with
    what fits of a longer value. https://mariadb.com/kb/en/blob/
    """
    if connection.dialect.name not in MYSQL:
        return None
    statement = text(
        "SELECT character_octet_length FROM information_schema.columns WHERE table_name = :name "
        "AND table_schema = coalesce(:schema, database()) AND column_name = :column"
    )
    schema = schema_of(connection, table)
    place = {"name": table.name, "schema": schema, "column": table.c.data.name}
    return connection.execute(statement, place).scalar()
