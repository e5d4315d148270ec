"""Replies are what redis-py makes of them, and what is not understood is left to it."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import pytest
import redis
from flask_session_redis.direct import Direct, sender
from flask_session_redis.wire import LONGEST
from redis import exceptions

REPLIES: dict[str, tuple[str, Any]] = {
    "a text": ("return 'text'", b"text"),
    "an empty text": ("return ''", b""),
    "a text of several lines": ("return 'a\\r\\n$3\\r\\nb'", b"a\r\n$3\r\nb"),
    "a long text": (f"return string.rep('x', {LONGEST})", b"x" * LONGEST),
    "a text that just fits": (f"return string.rep('x', {LONGEST - 9})", b"x" * (LONGEST - 9)),
    "nothing": ("return false", None),
    "a number": ("return 17", 17),
    "a negative number": ("return -2", -2),
    "a word": ("return redis.status_reply('FINE')", b"FINE"),
    "a list": ("return {'a', {1, false}}", [b"a", [1, None]]),
}


@pytest.fixture(params=[2, 3])
def direct(url: str, request: pytest.FixtureRequest) -> Iterator[Direct]:
    with redis.Redis.from_url(url, protocol=request.param) as client:
        send = sender(client)
        assert isinstance(send, Direct)
        yield send


@pytest.mark.parametrize("kind", REPLIES)
def test_a_reply_is_read(direct: Direct, kind: str) -> None:
    script, expected = REPLIES[kind]
    assert direct("EVAL", script, 0) == expected
    assert direct("ECHO", "next") == b"next"


def test_a_missing_key_is_none(direct: Direct, prefix: str) -> None:
    assert direct("GET", f"{prefix}missing") is None
    assert direct("ECHO", "next") == b"next"


def test_errors_are_those_of_redis_py(direct: Direct) -> None:
    with pytest.raises(exceptions.NoScriptError):
        direct("EVALSHA", "0" * 40, 0)
    with pytest.raises(redis.ResponseError, match="oh no"):
        direct("EVAL", "return redis.error_reply('oh no')", 0)
    assert direct("ECHO", "next") == b"next"


def test_short_replies_are_read_by_us_and_others_are_left(direct: Direct) -> None:
    left = {kind for kind, (script, _) in REPLIES.items() if is_left(direct, script)}
    assert left == {"a long text", "a list"}


def is_left(direct: Direct, script: str) -> bool:
    """Tell whether redis-py read a reply; the connection is not used again."""
    line = direct._take()
    line.ask(("EVAL", script, 0))
    direct._give_back(line)
    return line.is_spent


def test_a_silent_server_is_redis_pys_timeout(url: str) -> None:
    with redis.Redis.from_url(url, socket_timeout=0.05, retry=None) as client:
        send = sender(client)
        with pytest.raises(exceptions.TimeoutError):
            send("BLPOP", "a-list-that-nobody-fills", 1)
        assert send("ECHO", "next") == b"next"


def test_what_the_server_pushes_is_no_reply(url: str, prefix: str) -> None:
    """The server tells of a key that it was to watch, between a command and its reply."""
    with redis.Redis.from_url(url, protocol=3) as client, redis.Redis.from_url(url) as other:
        send: Any = sender(client)
        line = send._take()
        connection = line.connection
        connection.send_command("CLIENT", "TRACKING", "ON", "BCAST", "PREFIX", prefix)
        connection.read_response()
        other.set(f"{prefix}watched", "changed", ex=60)
        pushed_first = connection._sock.recv(1, socket.MSG_PEEK) == b">"
        assert pushed_first
        assert line.ask(("ECHO", "reply")) == b"reply"
        assert line.is_spent
        send._give_back(line)
