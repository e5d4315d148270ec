"""The fault-injecting proxy, in front of a server that answers each line with the line reversed."""

from __future__ import annotations

import socket
import socketserver
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from flask_session_conformance.proxy import Proxy


class Reverser(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        for line in self.rfile:
            self.server.heard.append(line)  # type: ignore[attr-defined]
            self.wfile.write(line.strip()[::-1] + b"\n")


class ReversingServer(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Reverser)
        self.heard: list[bytes] = []

    def handle_error(self, request: object, client_address: object) -> None:
        """A connection that the proxy has reset is no news."""

    @property
    def port(self) -> int:
        return self.socket.getsockname()[1]


@pytest.fixture
def reverser() -> Iterator[ReversingServer]:
    with ReversingServer() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def proxy(reverser: ReversingServer) -> Iterator[Proxy]:
    with Proxy("127.0.0.1", reverser.port) as proxy:
        yield proxy


@pytest.fixture
def client(proxy: Proxy) -> Iterator[socket.socket]:
    with connected(proxy) as client:
        yield client


def connected(proxy: Proxy) -> socket.socket:
    return socket.create_connection((proxy.host, proxy.port), timeout=1)


def ask(client: socket.socket, line: bytes) -> bytes:
    client.sendall(line + b"\n")
    return answer(client)


def answer(client: socket.socket) -> bytes:
    received = b""
    while not received.endswith(b"\n"):
        chunk = client.recv(100)
        if not chunk:
            break
        received += chunk
    return received


def poll_until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 2
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_passes_requests_and_answers(client: socket.socket) -> None:
    assert ask(client, b"abc") == b"cba\n"


def test_counts_an_exchange_as_one_round_trip(proxy: Proxy, client: socket.socket) -> None:
    with proxy.measure() as traffic:
        ask(client, b"abc")
        ask(client, b"def")
    assert traffic.round_trips == 2


def test_counts_a_request_in_two_packets_as_one_round_trip(
    proxy: Proxy, client: socket.socket
) -> None:
    ask(client, b"warm up")
    with proxy.measure() as traffic:
        client.sendall(b"abc")
        poll_until(lambda: traffic.sent == b"abc")
        client.sendall(b"def\n")
        answer(client)
    assert traffic.round_trips == 1


def test_counts_bytes_both_ways(proxy: Proxy, client: socket.socket) -> None:
    with proxy.measure() as traffic:
        ask(client, b"four")
    assert (len(traffic.sent), traffic.received) == (5, 5)


def test_records_what_was_sent(proxy: Proxy, client: socket.socket) -> None:
    with proxy.measure() as traffic:
        ask(client, b"secret")
    assert traffic.sent == b"secret\n"


def test_counts_connections(proxy: Proxy) -> None:
    with proxy.measure() as traffic, connected(proxy) as first, connected(proxy) as second:
        ask(first, b"a")
        ask(second, b"b")
    assert traffic.connections == 2


def test_a_measurement_ends_with_its_block(proxy: Proxy, client: socket.socket) -> None:
    with proxy.measure() as traffic:
        ask(client, b"abc")
    ask(client, b"def")
    assert traffic.round_trips == 1


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
