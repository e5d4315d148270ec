"""How a connection is used for a statement: what is committed, and who may use it afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from .engine import is_in_memory
from .failures import has_died, is_useless, wrapped


def commit_by_itself(connection: Connection) -> None:
    """Switch a connection to AUTOCOMMIT mode; pymysql's own error tells of one that has died."""
    if connection.dialect.driver == "psycopg":
        connection.connection.commit()  # what a listener began; psycopg would not switch within it
    if connection.in_transaction():  # by a listener of the app
        connection.commit()
    connection.execution_options(isolation_level="AUTOCOMMIT")
    forgive(connection)


def forgive(connection: Connection) -> None:
    """Let a connection that has died meanwhile be given back all the same.

    To put the isolation level back is SQLAlchemy's last act before that. Where the driver refuses,
    as pymysql and psycopg2 do, its error came out, and the pool was a connection shorter for good.
    https://docs.sqlalchemy.org/en/20/core/connections.html#dbapi-autocommit
    """
    record: Any = getattr(connection.connection, "_connection_record", None)
    callbacks = getattr(record, "finalize_callback", None)
    if callbacks:
        resets = list(callbacks)
        callbacks.clear()
        callbacks.append(partial(reset_or_invalidate, record, resets))


def reset_or_invalidate(record: Any, resets: list[Callable[[Any], object]], driver: Any) -> None:
    """Do what is to be done with a connection that goes back, the last first."""
    try:
        for reset in reversed(resets):
            reset(driver)
    except Exception as error:
        record.invalidate(error)


@contextmanager
def given_up(connection: Connection) -> Iterator[None]:
    """Give a connection up unless SQLAlchemy itself says how a statement failed.

    Interrupted: an answer nobody has read must not become the next visitor's. Errors of the driver
    itself come from switching to AUTOCOMMIT and from ending what listeners have begun.
    """
    dialect: Any = connection.dialect
    try:
        yield
    except DBAPIError as error:
        if is_useless(error.orig) and not connection.invalidated:  # an engine of ours sees to it
            connection.invalidate(error)
            error.connection_invalidated = True
        raise
    except SQLAlchemyError:
        raise
    except dialect.loaded_dbapi.Error as error:
        is_dead = has_died(error, dialect, connection.connection)
        invalidate(connection, error)
        raise wrapped(error, dialect, is_dead=is_dead) from error
    except BaseException as error:
        invalidate(connection, error)
        raise


def invalidate(connection: Connection, error: BaseException) -> None:
    """Give a connection up, unless the database would be gone with it."""
    if not is_in_memory(connection.engine.url):
        connection.invalidate(error)


@contextmanager
def committed(connection: Connection) -> Iterator[None]:
    """End what listeners of the app have begun, in spite of AUTOCOMMIT; else it does nothing.

    Those of SQLAlchemy's recipe for SQLite say BEGIN themselves, on one engine or on all of them.
    https://docs.sqlalchemy.org/en/20/dialects/sqlite.html
    """
    try:
        yield
    except BaseException:
        if has_begun(connection):
            end(connection, "ROLLBACK")
        raise
    if has_begun(connection):
        end(connection, "COMMIT")


def end(connection: Connection, how: str) -> None:
    """End a transaction; in AUTOCOMMIT mode ``commit()`` of psycopg2 does nothing."""
    if hasattr(connection.connection.dbapi_connection, "in_transaction"):
        getattr(connection.connection, how.lower())()
    else:
        connection.exec_driver_sql(how)


def has_begun(connection: Connection) -> bool:
    """Tell whether a transaction may be open. SQLite's driver knows; elsewhere a listener may."""
    if connection.invalidated:
        return False
    knows: bool | None = getattr(connection.connection.dbapi_connection, "in_transaction", None)
    return bool(connection.engine.dispatch.begin) if knows is None else knows
