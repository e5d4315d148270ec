"""A server that answers each line reversed, and how to ask it."""

from __future__ import annotations

import socket
import socketserver
import time
from collections.abc import Callable

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
        return int(self.socket.getsockname()[1])


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
