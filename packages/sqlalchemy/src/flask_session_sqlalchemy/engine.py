"""Engines of our own making: few connections, short waits, fit for servers that fork."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from functools import cache
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import create_engine, event
from sqlalchemy.engine import URL, Engine, ExceptionContext, make_url
from sqlalchemy.pool import QueuePool

from .failures import is_useless

POOL: dict[str, Any] = {
    "pool_size": 10,
    "max_overflow": 10,
    "pool_timeout": 2,
    "pool_use_lifo": True,
}
# Nothing has to be undone in AUTOCOMMIT mode, and who died while idle is found by its failure.
TRUSTED: dict[str, Any] = {"skip_autocommit_rollback": True, "pool_reset_on_return": None}
# SQLAlchemy may not recognise by a failure that a connection is dead: it is asked before each use.
# https://docs.sqlalchemy.org/en/20/core/pooling.html#disconnect-handling-pessimistic
UNKNOWN: dict[str, Any] = {"pool_pre_ping": True}
# A database in memory belongs to its connection: one, which the threads take in turn.
POOL_IN_MEMORY: dict[str, Any] = {
    "poolclass": QueuePool,
    "pool_size": 1,
    "max_overflow": 0,
    "pool_timeout": 2,
}
# Only on the server that was connected to, and only where nobody has said it for this connection:
# https://www.postgresql.org/docs/current/view-pg-settings.html
# https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-LOCK-TIMEOUT
LOCK_TIMEOUT = """
SELECT pg_backend_pid(), (
    SELECT set_config(name, '900ms', false) FROM pg_settings
    WHERE name = 'lock_timeout' AND source NOT IN ('client', 'session') AND pg_backend_pid() = %s
)
"""
LOCK_WAIT = "SET SESSION innodb_lock_wait_timeout = 1, lock_wait_timeout = 1"
LIMITS: dict[str, dict[str, Any]] = {
    # Short, since :mod:`.database` asks again: https://www.sqlite.org/c3ref/busy_timeout.html
    "pysqlite": {"timeout": 0.05},
    # Not the start-up parameter ``options``, which proxies refuse: see :func:`limit_locks`.
    "psycopg": {"connect_timeout": 2},
    "psycopg2": {"connect_timeout": 2},
    # It is the server that has to give up first: a statement that the driver no longer waits for
    # goes on, and writes once the lock is free. MySQL has nothing shorter than a second.
    # https://mariadb.com/kb/en/innodb-system-variables/#innodb_lock_wait_timeout
    # https://mariadb.com/kb/en/aborting-statements/
    "pymysql": {
        "connect_timeout": 1,
        "read_timeout": 1,
        "write_timeout": 1,
        "init_command": f"{LOCK_WAIT} /*M!100101 , max_statement_time = 0.9 */",
    },
}
"""What ``connect()`` of each driver that we know is told about waiting."""

_ours: WeakKeyDictionary[Engine, int] = WeakKeyDictionary()
"""Engines made here, each with the process whose connections it holds."""


def build(
    url: URL | str,
    options: Mapping[str, Any] | None = None,
    listeners: Iterable[Callable[..., Any]] = (),
) -> Engine:
    """Make an engine in AUTOCOMMIT mode that gives up soon; nothing is connected yet.

    The arguments of ``connect()`` that stand in the URL, or as ``connect_args`` in ``options``,
    win over ours. ``listeners`` are asked first how to connect. Raises what
    :func:`sqlalchemy.create_engine` raises.
    """
    url, options = make_url(url), dict(options or {})
    driver = url.get_dialect().driver
    # Python's sqlite3 lets it win over the isolation level, and then commits nothing by itself.
    given = {k: v for k, v in options.get("connect_args", {}).items() if k != "autocommit"}
    in_memory = {"check_same_thread": False} if is_in_memory(url) else {}
    said = {**url.query, **given}
    options["connect_args"] = {**in_memory, **given, **limits(driver, said), **numbers(said)}
    engine = create_engine(
        url,
        isolation_level="AUTOCOMMIT",
        hide_parameters=True,
        **(TRUSTED if driver in LIMITS else UNKNOWN),
        **{**(POOL_IN_MEMORY if in_memory else POOL), **options},
    )
    for listener in listeners:  # ours comes last: it connects, and then nobody else is asked
        event.listen(engine, "do_connect", listener)
    _listen(engine, driver, is_told="prepare_threshold" in said)
    _ours[engine] = os.getpid()
    _survive_forks()
    return engine


def check_arguments(engine: Engine) -> None:
    """Raise what pymysql has against the URL's parameters; other drivers tell when they connect."""
    dialect = engine.dialect
    if dialect.driver == "pymysql":
        arguments, keywords = dialect.create_connect_args(engine.url)
        dialect.loaded_dbapi.connect(*arguments, **{**keywords, "defer_connect": True})


def limits(driver: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Answer what ``connect()`` is told about waiting, as far as ``given`` does not say it."""
    ours = {name: value for name, value in LIMITS.get(driver, {}).items() if name not in given}
    if "read_timeout" in given and "init_command" in ours:
        ours["init_command"] = LOCK_WAIT  # an answer that may take longer is not cut off
    return ours


def numbers(given: Mapping[str, Any]) -> dict[str, Any]:
    """Answer what psycopg takes as a number or None, and a URL can only say as a text."""
    threshold = given.get("prepare_threshold")
    if not isinstance(threshold, str):
        return {}
    return {"prepare_threshold": None if threshold == "none" else int(threshold)}


def is_ours(engine: Engine) -> bool:
    """Tell whether :func:`build` made the engine."""
    return engine in _ours


def is_in_memory(url: URL) -> bool:
    """Tell whether the URL means an SQLite database that no other process can reach."""
    name = url.database or ":memory:"
    in_memory = ":memory:" in name or url.query.get("mode") == "memory"
    return url.get_backend_name() == "sqlite" and in_memory


def _listen(engine: Engine, driver: str, *, is_told: bool) -> None:
    event.listen(engine, "handle_error", give_up_useless)
    if driver == "psycopg":
        from .postgresql import connect_impatiently, prepare_nothing_behind_a_pooler

        event.listen(engine, "do_connect", connect_impatiently)
        look = limit_locks if is_told else prepare_nothing_behind_a_pooler
        event.listen(engine, "connect", look)
    if driver == "psycopg2":
        event.listen(engine, "connect", limit_locks)
    if driver == "pysqlite":
        event.listen(engine, "connect", use_write_ahead_log)


def limit_locks(connection: Any, record: object) -> bool:
    """Let PostgreSQL give up waiting for a lock; tell whether who was connected to has answered.

    Behind a pooler, as PgBouncer, another process does, and has other clients next: nothing is set
    there. What the app's options say wins, or what its ``creator`` has set. It may also be that
    nobody may ask. On the ``connect`` event of psycopg and psycopg2.
    """
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(LOCK_TIMEOUT, (connection.info.backend_pid,))
            return bool(cursor.fetchone()[0] == connection.info.backend_pid)
    except BaseException as error:
        if isinstance(error, connection.Error) and not connection.closed:
            return False
        connection.close()
        raise


def give_up_useless(context: ExceptionContext) -> None:
    """Take a connection on which nothing can be done any more for a dead one."""
    if is_useless(context.original_exception):
        context.is_disconnect = True


def use_write_ahead_log(connection: sqlite3.Connection, record: object) -> None:
    """Let readers and one writer work side by side, and a commit not wait for the disk.

    The file remembers the first. The second may lose the last moments when the power fails, not
    when the process does. Nobody is waited for: another connection may be writing, or changing the
    mode at this moment, and a file that is read-only stays as it is.
    https://www.sqlite.org/wal.html https://www.sqlite.org/pragma.html#pragma_synchronous
    """
    ((patience,),) = connection.execute("PRAGMA busy_timeout").fetchall()
    connection.execute("PRAGMA busy_timeout = 0")
    with suppress(sqlite3.OperationalError):
        connection.execute("PRAGMA journal_mode = WAL").fetchall()
        connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute(f"PRAGMA busy_timeout = {patience}")


@cache
def _survive_forks() -> None:
    """See to it, once, that a forked process does not share its parent's connections.

    https://docs.sqlalchemy.org/en/20/core/pooling.html#pooling-multiprocessing
    """
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=_in_the_child)


def _in_the_child() -> None:
    for engine in list(_ours):
        forget_foreign_connections(engine)


def forget_foreign_connections(engine: Engine) -> None:
    """Leave connections to the process that opened them, if that is another one.

    uWSGI forks without Python's hooks, unless it is told ``--py-call-osafterfork``, so somebody has
    to ask before a connection is used. https://uwsgi-docs.readthedocs.io/en/latest/Options.html
    """
    if _ours.get(engine, os.getpid()) != os.getpid():
        if not is_in_memory(engine.url):
            engine.dispose(close=False)  # in two threads at once: some connections fewer are kept
        _ours[engine] = os.getpid()
