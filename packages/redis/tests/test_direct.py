"""Connections kept aside: one reply for each command, and none lost to the pool."""

from __future__ import annotations

import gc
import os
import select
import socket
import warnings
from typing import Any

import pytest
import redis
from flask_session.pools import disconnect_idle
from flask_session.waiting import offering
from flask_session_conformance.threads import together
from flask_session_redis.client import connect
from flask_session_redis.direct import MOST_KEPT, NAME_NEEDED, Direct, sender
from flask_session_redis.wire import LONGEST, PlainLine


def taken_from(pool: Any) -> Any:
    """Take a connection from a pool as an app's own command does."""
    return pool.get_connection(*(("PING",) if NAME_NEEDED else ()))


def interrupt() -> None:
    """Do what a worker's time limit does while a command is under way."""
    raise KeyboardInterrupt


def test_an_interrupted_command_leaves_its_answer_to_nobody(direct: Direct, prefix: str) -> None:
    direct("SET", f"{prefix}alice", b"of alice", "EX", 60)
    direct("SET", f"{prefix}bob", b"of bob", "EX", 60)
    with pytest.raises(KeyboardInterrupt):
        offering(interrupt, direct, "GET", f"{prefix}alice")
    assert direct("GET", f"{prefix}bob") == b"of bob"


def test_an_error_of_the_server_costs_no_connection(direct: Direct, prefix: str) -> None:
    direct("SET", f"{prefix}text", b"text", "EX", 60)
    before = direct("CLIENT", "ID")
    with pytest.raises(redis.ResponseError):
        direct("LPUSH", f"{prefix}text", b"item")
    assert direct("CLIENT", "ID") == before


def test_an_interruption_while_a_connection_is_looked_at_costs_none(
    direct: Direct, client: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A time limit of gevent may strike there; after a hundred of them the pool was used up.
    direct("PING")
    monkeypatch.setattr(PlainLine, "is_idle", lambda line: interrupt())
    with pytest.raises(KeyboardInterrupt):
        direct("PING")
    assert not client.connection_pool._in_use_connections


def test_a_connection_of_which_no_line_can_be_made_costs_none(
    direct: Direct, client: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    def closed(connection: Any) -> Any:
        raise redis.ConnectionError("closed by another thread")

    monkeypatch.setattr("flask_session_redis.direct.line_of", closed)
    with pytest.raises(redis.ConnectionError):
        direct("PING")
    assert not client.connection_pool._in_use_connections


def test_a_reply_that_the_pool_was_given_back_with_is_nobodys(
    direct: Direct, client: redis.Redis
) -> None:
    # An app's own command, interrupted between its two halves; redis-py 8 hands that out again.
    pool = client.connection_pool
    connection = taken_from(pool)
    connection.send_command("ECHO", "of alice")
    connection._sock.recv(1, socket.MSG_PEEK)
    pool.release(connection)
    assert direct("ECHO", "of bob") == b"of bob"
    assert direct("EVAL", "return {ARGV[1]}", 0, "of bob") == [b"of bob"]


def test_a_connection_that_redis_py_has_read_from_is_looked_at_by_its_pool(
    direct: Direct, client: redis.Redis
) -> None:
    assert direct("EVAL", "return {1, 2}", 0) == [1, 2]
    assert (len(direct._kept), len(client.connection_pool._available_connections)) == (0, 1)


def test_a_command_goes_to_no_file_that_was_opened_meanwhile(
    direct: Direct, client: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Another thread closes the client between the two steps of sending, and opens what gets the
    # number of the file that was the connection's.
    assert direct("PING")
    number, write, opened = direct._kept[-1].connection._sock.fileno(), os.write, list[Any]()

    def late(fd: int, data: bytes) -> int:
        client.close()
        while number not in {each.fileno() for each in opened}:
            opened.extend(socket.socketpair())
        return write(fd, data)

    monkeypatch.setattr("flask_session.sockets.os.write", late)
    with pytest.raises(redis.ConnectionError):
        direct("ECHO", "of alice")
    arrived, _, _ = select.select(opened, [], [], 0)
    for each in opened:
        each.close()
    assert arrived == []


def test_a_connection_that_is_closed_within_a_long_reply_has_failed(
    direct: Direct, client: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    # redis-py's parser has nothing to read from then: an AttributeError, or a ValueError.
    assert direct("PING")
    connection = direct._kept[-1].connection
    read = connection.read_response

    def late(**options: Any) -> Any:
        client.close()
        return read(**options)

    monkeypatch.setattr(connection, "read_response", late)
    with pytest.raises(redis.ConnectionError):
        direct("EVAL", f"return string.rep('x', {LONGEST})", 0)


def test_a_client_that_is_forgotten_leaves_no_file_open(url: str) -> None:
    # An app and its interface are a cycle, in which any of them may be collected first.
    class Node:
        send: Any
        me: Node

    node = Node()
    node.me, node.send = node, sender(connect(url))
    node.send("PING")
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        del node
        gc.collect()
    assert [str(each.message) for each in warned] == []


def test_a_connection_that_was_opened_anew_is_another_line(direct: Direct) -> None:
    assert direct("PING")
    line = direct._kept[-1]
    assert line.is_idle()
    line.connection.disconnect()
    assert not line.is_idle()
    line.connection.connect()
    assert not line.is_idle()
    assert direct("ECHO", "next") == b"next"


def test_what_another_thread_has_taken_from_a_queue_stays_open(url: str) -> None:
    pool = redis.BlockingConnectionPool.from_url(url, max_connections=3)
    taken, other = taken_from(pool), taken_from(pool)
    pool.release(other)
    disconnect_idle(redis.Redis(connection_pool=pool))
    assert (taken._sock is None, other._sock is None, pool.pool.qsize()) == (False, True, 2)
    pool.release(taken)
    pool.disconnect()


def test_a_connection_that_is_to_log_in_anew_goes_back_to_the_pool(
    direct: Direct, client: redis.Redis
) -> None:
    # Passwords that are renewed while connections live are given to those that come back.
    line, renewed = direct._take(), list[Any]()
    connection = line.connection
    connection._re_auth_token = token = object()
    connection.re_auth = lambda: renewed.append(token)
    direct._keep(line)
    assert (len(direct._kept), client.connection_pool._in_use_connections) == (0, set())
    assert renewed == [token] or redis.__version__ < "5.3"


def test_a_connection_that_the_server_closed_is_replaced(
    direct: Direct, client: redis.Redis
) -> None:
    closed = direct("CLIENT", "ID")
    client.execute_command("CLIENT", "KILL", "ID", closed)
    assert direct("CLIENT", "ID") != closed


def test_a_closed_client_connects_again(direct: Direct, client: redis.Redis) -> None:
    assert direct("PING") == b"PONG"
    client.close()
    assert direct("PING") == b"PONG"


def test_eight_threads_get_their_own_answers(direct: Direct, prefix: str) -> None:
    def live(me: int) -> None:
        for number in range(100):
            direct("SET", f"{prefix}{me}", b"%d" % number, "EX", 60)
            assert direct("GET", f"{prefix}{me}") == b"%d" % number

    together([lambda me=me: live(me) for me in range(8)])  # type: ignore[misc]


def test_what_many_threads_needed_goes_back_to_the_pool(
    direct: Direct, client: redis.Redis
) -> None:
    lines = [direct._take() for _ in range(MOST_KEPT + 5)]
    for line in lines:
        direct._keep(line)
    assert len(direct._kept) == MOST_KEPT
    assert len(client.connection_pool._available_connections) == 5
