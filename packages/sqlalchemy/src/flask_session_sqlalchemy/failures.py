"""What an error of a database means, and what is said about it."""

from __future__ import annotations

from typing import Any

from sqlalchemy.engine import Dialect
from sqlalchemy.exc import DBAPIError

# https://www.postgresql.org/docs/current/errcodes-appendix.html
# https://mariadb.com/kb/en/mariadb-error-code-reference/
COLLISIONS = ("40001", "40P01", 1213)
MISSING = ("42P01", 1146)
STALE_PLAN = "cached plan must not change result type"
READ_ONLY = ("25006", 1290, 1792, 1836)
LOCKED = (
    "Another connection is writing to this SQLite file. If the app keeps transactions open, give "
    "the sessions a file of their own, as in SESSION_SQLALCHEMY = 'sqlite:///sessions.db'."
)


def is_locked(error: DBAPIError) -> bool:
    """Tell whether SQLite could not begin, since another connection is writing."""
    return "database is locked" in str(error.orig)


def has_collided(error: DBAPIError) -> bool:
    """Tell whether the server undid the statement in favour of another one, which is no failure.

    PostgreSQL says so where transactions are stricter than READ COMMITTED, CockroachDB always; a
    Galera cluster of MariaDB where another node was faster.
    https://www.postgresql.org/docs/current/mvcc-serialization-failure-handling.html
    """
    return says(error.orig, COLLISIONS)


def is_missing(error: DBAPIError) -> bool:
    """Tell whether the table is not there, since somebody made the database anew."""
    return says(error.orig, MISSING) or "no such table" in str(error.orig)


def is_read_only(error: BaseException | None) -> bool:
    """Tell whether the server takes no writes: after a failover, a name leads to another one."""
    return says(error, READ_ONLY)


def is_useless(error: BaseException | None) -> bool:
    """Tell whether nothing can be done any more on a connection that lives.

    It takes no writes, or what psycopg has prepared fits no more: somebody changed the table.
    """
    return is_read_only(error) or STALE_PLAN in str(error)


def has_died(error: Exception, dialect: Any, connection: Any) -> bool:
    """Tell whether the connection on which the driver failed is of no use any more."""
    return is_useless(error) or bool(dialect.is_disconnect(error, connection, None))


def says(error: BaseException | None, codes: tuple[object, ...]) -> bool:
    """Tell whether an error has one of these codes: SQLSTATEs, or the numbers of MySQL."""
    states = getattr(error, "sqlstate", None), getattr(error, "pgcode", None)
    number = error.args[:1] if error is not None else ()
    return any(code in codes for code in (*states, *number))


def describe(error: DBAPIError) -> None:
    """Take the parameters out of the text of an error, and put a remedy in where there is one."""
    error.hide_parameters = True
    if is_locked(error):
        error.add_detail(LOCKED)


def wrapped(
    error: Exception, dialect: Dialect, sql: str | None = None, *, is_dead: bool
) -> BaseException:
    """Make an error of the driver one of SQLAlchemy's; its text has no parameters."""
    return DBAPIError.instance(
        sql, None, error, dialect.loaded_dbapi.Error,
        hide_parameters=True, connection_invalidated=is_dead, dialect=dialect,
    )  # fmt: skip
