"""What an error of a database means, and what is said about it."""

from __future__ import annotations

from sqlalchemy.exc import DBAPIError

# https://www.postgresql.org/docs/current/errcodes-appendix.html
# https://mariadb.com/kb/en/mariadb-error-code-reference/
COLLISIONS = ("40001", "40P01")
MISSING = ("42P01", 1146)
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

    PostgreSQL says so where transactions are stricter than READ COMMITTED, CockroachDB always.
    https://www.postgresql.org/docs/current/mvcc-serialization-failure-handling.html
    """
    return code_of(error.orig) in COLLISIONS


def is_missing(error: DBAPIError) -> bool:
    """Tell whether the table is not there, since somebody made the database anew."""
    return code_of(error.orig) in MISSING or "no such table" in str(error.orig)


def is_read_only(error: BaseException | None) -> bool:
    """Tell whether the server takes no writes: after a failover, a name leads to another one."""
    return code_of(error) in READ_ONLY


def code_of(error: BaseException | None) -> object:
    """Answer the SQLSTATE of PostgreSQL's drivers, or the number that MySQL's give."""
    state = getattr(error, "sqlstate", None) or getattr(error, "pgcode", None)
    return state or (error.args[0] if error is not None and error.args else None)


def describe(error: DBAPIError) -> None:
    """Take the parameters out of the text of an error, and put a remedy in where there is one."""
    error.hide_parameters = True
    if is_locked(error):
        error.add_detail(LOCKED)
