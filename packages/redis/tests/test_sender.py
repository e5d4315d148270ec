"""Which clients and connections send past redis-py, and what of the client's own still counts."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

import pytest
import redis
from flask_session import sockets
from flask_session_redis import wire
from flask_session_redis.client import connect
from flask_session_redis.direct import Direct, sender
from flask_session_redis.wire import Line, PlainLine, line_of
from redis.backoff import NoBackoff
from redis.retry import Retry


def break_once(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """Let the line break before the next command is sent; answer what was to be sent since."""
    commands, original = list[bytes](), sockets.send

    def broken(sock: socket.socket, data: bytes) -> None:
        commands.append(data)
        if len(commands) == 1:
            raise BrokenPipeError
        original(sock, data)

    monkeypatch.setattr(wire, "send", broken)
    return commands


CONNECTIONS: dict[str, tuple[Any, dict[str, Any], type[Line]]] = {
    "plain": (redis.Connection, {}, PlainLine),
    "checked": (redis.Connection, {"health_check_interval": 9}, Line),
    "a subclass": (type("Mine", (redis.Connection,), {}), {}, Line),
}


@pytest.mark.parametrize("kind", CONNECTIONS)
def test_only_plain_connections_go_past_redis_py(client: redis.Redis, kind: str) -> None:
    # A connection with TLS is a subclass, too.
    kwargs = client.connection_pool.connection_kwargs
    make, options, expected = CONNECTIONS[kind]
    connection = make(host=kwargs["host"], port=kwargs["port"], **options)
    assert type(line_of(connection)) is Line
    connection.connect()
    line = line_of(connection)
    assert type(line) is expected
    line.close()
    connection.disconnect()


def test_a_tracer_sees_each_command(direct: Direct, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[Any, ...]] = []
    original = redis.Redis.execute_command

    def traced(self: redis.Redis, *arguments: Any, **options: Any) -> Any:
        seen.append(arguments)
        return original(self, *arguments, **options)

    monkeypatch.setattr(redis.Redis, "execute_command", traced)
    assert direct("PING")
    assert seen == [("PING",)]


def test_the_client_we_make_repeats_nothing(
    direct: Direct, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert direct("PING")
    commands = break_once(monkeypatch)
    with pytest.raises(redis.ConnectionError):
        direct("PING")
    assert commands == [b"*1\r\n$4\r\nPING\r\n"]


def test_a_client_that_was_made_to_repeat_does(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with redis.Redis.from_url(url, retry=Retry(NoBackoff(), 2)) as client:
        send = sender(client)
        assert send("PING")
        commands = break_once(monkeypatch)
        assert send("PING")
        assert len(commands) == 1


def test_a_client_that_checks_its_connections_goes_on_doing_so(url: str) -> None:
    with redis.Redis.from_url(url, health_check_interval=30) as client:
        send: Any = sender(client)
        assert send("ECHO", "first") == b"first"
        send._kept[-1].connection.next_health_check = 0
        pings = client.info("commandstats")["cmdstat_ping"]["calls"]
        assert send("ECHO", "second") == b"second"
        assert client.info("commandstats")["cmdstat_ping"]["calls"] > pings


OTHERS: dict[str, Callable[[], Any]] = {
    "a subclass": type("Mine", (redis.Redis,), {}),
    "a small pool": lambda: redis.Redis(max_connections=10),
    "a pool that waits": lambda: redis.Redis(connection_pool=redis.BlockingConnectionPool()),
    "a client of a sentinel": lambda: redis.Sentinel([("127.0.0.1", 9)]).master_for("main"),
}


@pytest.mark.parametrize("kind", OTHERS)
def test_other_clients_send_by_themselves(kind: str) -> None:
    assert not isinstance(sender(OTHERS[kind]()), Direct)


def test_a_patched_client_sends_by_itself(url: str) -> None:
    client: Any = connect(url)
    client.execute_command = lambda *arguments: arguments
    assert sender(client)("PING") == ("PING",)
