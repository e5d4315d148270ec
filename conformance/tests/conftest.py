"""A proxy in front of a server that answers each line reversed."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest
from flask_session_conformance.proxy import Proxy

from conformance.tests.reversing import ReversingServer, connected


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
