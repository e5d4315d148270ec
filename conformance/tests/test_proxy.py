"""The fault-injecting proxy, in front of a server that answers each line with the line reversed."""

from __future__ import annotations

import socket

from flask_session_conformance.proxy import Proxy

from conformance.tests.reversing import answer, ask, connected, poll_until


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
