"""The faults that the proxy makes."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import ExitStack

import pytest
from flask_session_conformance.proxy import Proxy

from conformance.tests.reversing import ReversingServer, answer, ask, connected, poll_until


def test_refuse_refuses_new_connections(proxy: Proxy) -> None:
    proxy.refuse()
    with pytest.raises(ConnectionRefusedError):
        connected(proxy)


def test_refuse_resets_open_connections(proxy: Proxy, client: socket.socket) -> None:
    ask(client, b"abc")
    proxy.refuse()
    with pytest.raises(ConnectionError):
        answer(client)


def test_heal_listens_on_the_same_port_again(proxy: Proxy) -> None:
    port = proxy.port
    proxy.refuse()
    proxy.heal()
    with connected(proxy) as client:
        assert (ask(client, b"abc"), proxy.port) == (b"cba\n", port)


def test_its_port_is_taken_while_nobody_listens() -> None:
    proxy = Proxy("127.0.0.1", 9)
    with ExitStack() as stack:
        stack.push(proxy)
        other = stack.enter_context(socket.socket())
        with pytest.raises(OSError, match="in use"):
            other.bind((proxy.host, proxy.port))


def test_blackhole_accepts_and_never_answers(proxy: Proxy) -> None:
    proxy.blackhole()
    with connected(proxy) as client:
        client.settimeout(0.2)
        with pytest.raises(TimeoutError):
            ask(client, b"abc")


def test_blackhole_keeps_the_request_from_the_server(
    proxy: Proxy, client: socket.socket, reverser: ReversingServer
) -> None:
    proxy.blackhole()
    with proxy.measure() as traffic:
        client.sendall(b"abc\n")
        poll_until(lambda: traffic.sent)
    assert reverser.heard == []


def test_heal_resets_a_connection_that_was_swallowed(proxy: Proxy, client: socket.socket) -> None:
    proxy.blackhole()
    with proxy.measure() as traffic:
        client.sendall(b"abc\n")
        poll_until(lambda: traffic.sent)
    proxy.heal()
    with pytest.raises(ConnectionError):
        answer(client)


def test_heal_leaves_an_idle_connection_open(proxy: Proxy, client: socket.socket) -> None:
    ask(client, b"abc")
    proxy.blackhole()
    proxy.heal()
    assert ask(client, b"def") == b"fed\n"


def test_delay_answers_late(proxy: Proxy, client: socket.socket) -> None:
    proxy.delay(0.3)
    began = time.monotonic()
    assert ask(client, b"abc") == b"cba\n"
    assert time.monotonic() - began >= 0.3


def test_delay_passes_the_request_on_at_once(
    proxy: Proxy, client: socket.socket, reverser: ReversingServer
) -> None:
    proxy.delay(60)
    client.sendall(b"abc\n")
    poll_until(lambda: b"abc\n" in reverser.heard)


def test_drop_answer_closes_without_an_answer(proxy: Proxy, client: socket.socket) -> None:
    proxy.drop_answer()
    assert ask(client, b"abc") == b""


def test_drop_answer_lets_the_server_do_it(
    proxy: Proxy, client: socket.socket, reverser: ReversingServer
) -> None:
    proxy.drop_answer()
    ask(client, b"abc")
    assert reverser.heard == [b"abc\n"]


def test_cut_after_passes_so_many_bytes(proxy: Proxy, client: socket.socket) -> None:
    proxy.cut_after(2)
    assert ask(client, b"abcdef") == b"fe"


def test_cut_after_counts_from_the_begin_of_each_answer(
    proxy: Proxy, client: socket.socket
) -> None:
    ask(client, b"a longer answer before")
    proxy.cut_after(2)
    assert ask(client, b"abcdef") == b"fe"


def test_a_fault_is_limited_to_requests_with_these_bytes(
    proxy: Proxy, client: socket.socket
) -> None:
    proxy.drop_answer(containing=b"update")
    assert (ask(client, b"load"), ask(client, b"update")) == (b"daol\n", b"")


def test_a_fault_is_over_after_so_many_requests(proxy: Proxy) -> None:
    proxy.drop_answer(times=1)
    with connected(proxy) as first, connected(proxy) as second:
        assert (ask(first, b"abc"), ask(second, b"abc")) == (b"", b"cba\n")


def test_kill_connections_resets_them(proxy: Proxy, client: socket.socket) -> None:
    ask(client, b"abc")
    proxy.kill_connections()
    with pytest.raises(ConnectionError):
        answer(client)


def test_kill_connections_welcomes_new_ones(proxy: Proxy) -> None:
    proxy.kill_connections()
    with connected(proxy) as client:
        assert ask(client, b"abc") == b"cba\n"


def test_kill_connections_ends_a_delay(proxy: Proxy, client: socket.socket) -> None:
    proxy.delay(60)
    client.sendall(b"abc\n")
    proxy.kill_connections()
    with pytest.raises(ConnectionError):
        answer(client)


def test_a_server_that_is_away_resets_the_client(reverser: ReversingServer) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        with (
            Proxy(*nobody.getsockname()) as proxy,
            pytest.raises(ConnectionError),
            connected(proxy) as client,
        ):
            answer(client)


def test_leaving_the_context_ends_every_thread(reverser: ReversingServer) -> None:
    with Proxy("127.0.0.1", reverser.port) as proxy, connected(proxy) as client:
        ask(client, b"abc")
    assert not [t for t in threading.enumerate() if t.name.startswith("proxy-")]
