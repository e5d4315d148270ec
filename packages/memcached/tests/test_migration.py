"""Sessions of Flask-Session 0.4 to 0.8 go on, on Memcached."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

import pytest
from flask_session_conformance.migration import ForeignTypes, Place, Recording, SideBySide
from flask_session_conformance.plugin import GetServer


class MemcachedPlanter:
    """Items with the flags of the old client, written and read in Memcached's own protocol."""

    def __init__(self, host: str, port: int) -> None:
        self.address = host, port

    @contextmanager
    def command(self, line: str, data: bytes = b"") -> Iterator[BinaryIO]:
        with socket.create_connection(self.address, 5) as connection:
            connection.sendall(line.encode() + b"\r\n" + data)
            with connection.makefile("rb") as answer:
                yield answer

    def plant(self, recording: Recording, expires_at: float | None) -> None:
        assert expires_at is not None
        size, expiry = len(recording.value), int(expires_at)
        line = f"set {recording.key} {recording.flags} {expiry} {size}"
        with self.command(line, recording.value + b"\r\n") as answer:
            assert answer.readline() == b"STORED\r\n"

    def value(self, recording: Recording) -> bytes | None:
        with self.command(f"mg {recording.key} v") as answer:
            head = answer.readline().split()
            return answer.read(int(head[1])) if head[0] == b"VA" else None

    def expires_at(self, recording: Recording) -> float:
        with self.command(f"mg {recording.key} t") as answer:
            return time.time() + int(answer.readline().split()[1][1:])

    def remove(self, recording: Recording) -> None:
        with self.command(f"delete {recording.key}") as answer:
            answer.readline()


class TestMemcached(ForeignTypes):
    backend = recorded = "memcached"
    server_decides_expiry = True

    @pytest.fixture
    def config(self, server: GetServer) -> dict[str, Any]:
        return {"SESSION_TYPE": "memcached", "SESSION_MEMCACHED": server("memcached").address}

    @pytest.fixture
    def planter(self, server: GetServer) -> MemcachedPlanter:
        running = server("memcached")
        return MemcachedPlanter(running.host, running.port)


class TestBesideTheOldRelease(SideBySide):
    backend = neighbour = "memcached"
    server_decides_expiry = True

    @pytest.fixture
    def config(self, server: GetServer) -> dict[str, Any]:
        return {"SESSION_TYPE": "memcached", "SESSION_MEMCACHED": server("memcached").address}

    @pytest.fixture
    def place(self, server: GetServer) -> Place:
        return Place(server("memcached").address)
