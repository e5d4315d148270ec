"""Sockets used with fewer questions to the system do what sockets do."""

from __future__ import annotations

import select
import socket
import ssl
from collections.abc import Iterator
from threading import Thread

import pytest
from flask_session.sockets import is_readable, send, watch

LARGE = bytes(range(256)) * 40_000
"""More than a socket holds back for a reader that does not come."""


@pytest.fixture(params=[5.0, None], ids=["timeout", "blocking"])
def pair(request: pytest.FixtureRequest) -> Iterator[tuple[socket.socket, socket.socket]]:
    one, other = socket.socketpair()
    with one, other:
        one.settimeout(request.param)
        other.settimeout(request.param)
        yield one, other


def test_what_is_sent_arrives(pair: tuple[socket.socket, socket.socket]) -> None:
    send(pair[0], b"hello")
    assert pair[1].recv(100) == b"hello"


def test_more_than_the_line_holds_arrives_whole(pair: tuple[socket.socket, socket.socket]) -> None:
    received = bytearray()

    def receive() -> None:
        while chunk := pair[1].recv(1 << 16):
            received.extend(chunk)

    reader = Thread(target=receive)
    reader.start()
    send(pair[0], b"before")
    send(pair[0], LARGE)
    pair[0].shutdown(socket.SHUT_WR)
    reader.join(30)
    assert bytes(received) == b"before" + LARGE


def test_a_reader_that_never_comes_is_a_timeout() -> None:
    one, other = socket.socketpair()
    with one, other:
        one.settimeout(0.05)
        with pytest.raises(TimeoutError):
            send(one, LARGE)


def test_a_line_that_was_closed_is_an_error(pair: tuple[socket.socket, socket.socket]) -> None:
    pair[1].close()
    with pytest.raises(OSError, match="Broken pipe"):
        send(pair[0], b"hello")


def test_a_socket_that_we_closed_is_an_error(pair: tuple[socket.socket, socket.socket]) -> None:
    pair[0].close()
    with pytest.raises(OSError, match="Bad file descriptor"):
        send(pair[0], b"hello")


def test_an_idle_socket_is_readable_once_there_is_something(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    has_arrived = watch(pair[0])
    assert (is_readable(pair[0]), bool(has_arrived())) == (False, False)
    send(pair[1], b"hello")
    assert (is_readable(pair[0]), bool(has_arrived())) == (True, True)
    pair[0].recv(5)
    assert not has_arrived()


def test_the_end_is_readable(pair: tuple[socket.socket, socket.socket]) -> None:
    has_arrived = watch(pair[0])
    pair[1].close()
    assert (is_readable(pair[0]), bool(has_arrived())) == (True, True)


def test_nothing_goes_past_tls() -> None:
    """Of a line that is to be encrypted, the first that is sent is the greeting."""
    one, other = socket.socketpair()
    with one, other:
        one.settimeout(0.05)
        context = ssl.create_default_context()
        with context.wrap_socket(
            one, server_hostname="localhost", do_handshake_on_connect=False
        ) as encrypted:
            with pytest.raises(TimeoutError):
                send(encrypted, b"hello")
            received = other.recv(4096)
    assert (received[:1], b"hello" in received) == (b"\x16", False)


def test_the_system_may_lose_its_poll_at_any_time(
    pair: tuple[socket.socket, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    # eventlet takes it away after this module was imported, where gunicorn loads the app first.
    monkeypatch.delattr("select.poll")
    has_arrived = watch(pair[0])
    assert (is_readable(pair[0]), bool(has_arrived())) == (False, False)
    pair[1].sendall(b"x")
    assert (is_readable(pair[0]), bool(has_arrived())) == (True, True)


def test_a_poll_that_is_not_pythons_own_is_made_anew_each_time(
    pair: tuple[socket.socket, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Of gevent's it is the loop of the thread that makes it.
    made, original = list[object](), select.poll

    class Poll:
        def __init__(self) -> None:
            made.append(self)
            self.register = (poll := original()).register
            self.poll = poll.poll

    monkeypatch.setattr("select.poll", Poll)
    has_arrived = watch(pair[0])
    assert not has_arrived()
    pair[1].sendall(b"x")
    assert has_arrived()
    assert len(made) == 2
