"""Connections of psycopg that do not wait for a silent server."""

from __future__ import annotations

import time
from collections.abc import Generator
from typing import Any, TypeVar

import psycopg
from psycopg.waiting import Ready

from .engine import limit_locks

SECONDS = 1.0
INTERVAL = 0.09
Answer = TypeVar("Answer")
Talk = Generator[Any, Any, Answer]


class ImpatientConnection(psycopg.Connection[Any]):
    """A connection that is closed when the server says nothing for a second.

    libpq has no time limit for an answer, and no limit under two seconds for connecting; psycopg
    leaves the waiting to its connections.
    https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNECT-CONNECT-TIMEOUT
    https://www.psycopg.org/psycopg3/docs/api/connections.html#psycopg.Connection.wait
    """

    def wait(self, gen: Talk[Answer], *args: Any, **kwargs: Any) -> Answer:
        """Let a command talk to the server."""
        try:
            return super().wait(limited(gen), *args, **kwargs)
        except SilenceError:
            self.close()
            raise

    @classmethod
    def _connect_gen(cls, *args: Any, **kwargs: Any) -> Any:
        return limited(super()._connect_gen(*args, **kwargs))


class SilenceError(psycopg.OperationalError):
    """The server said nothing for too long."""


def limited(talk: Talk[Answer]) -> Talk[Answer]:
    """Let a generator of psycopg talk to the server, unless it has to wait too long for a word.

    Psycopg also wakes it ten times a second when there is nothing to hear, and then says NONE, or,
    before version 3.3, whatever.
    """
    try:
        wanted = next(talk)
        heard = time.monotonic()
        while True:
            asked = time.monotonic()
            ready = yield wanted
            now = time.monotonic()
            if ready != Ready.NONE and now - asked < INTERVAL:
                heard = now
            elif now - heard > SECONDS:
                raise SilenceError("the server does not answer in time")
            wanted = talk.send(ready)
    except StopIteration as end:
        answer: Answer = end.value
        return answer


def connect_impatiently(
    dialect: Any, record: Any, arguments: list[Any], keywords: dict[str, Any]
) -> ImpatientConnection:
    """Connect in place of psycopg, on the ``do_connect`` event of SQLAlchemy's dialect."""
    return ImpatientConnection.connect(*arguments, **keywords)


def prepare_nothing_behind_a_pooler(connection: psycopg.Connection[Any], record: object) -> None:
    """Look, when a connection is made by whomever, whether statements can be prepared on it.

    What is prepared on one connection of PgBouncer is missing on the next, or is another statement.
    https://www.psycopg.org/psycopg3/docs/advanced/prepare.html#using-prepared-statements-with-pgbouncer
    """
    if not limit_locks(connection, record):
        connection.prepare_threshold = None
