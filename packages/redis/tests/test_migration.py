"""Sessions of Flask-Session 0.4 to 0.8 go on, on Redis."""

from __future__ import annotations

import time
from typing import Any

import pytest
from flask_session_conformance.migration import ForeignTypes, Place, Recording, SideBySide
from flask_session_conformance.plugin import GetServer


class RedisPlanter:
    """Strings that expire."""

    def __init__(self, client: Any) -> None:
        self.client = client

    def plant(self, recording: Recording, expires_at: float | None) -> None:
        assert expires_at is not None
        self.client.set(recording.key, recording.value, pxat=int(expires_at * 1000))

    def value(self, recording: Recording) -> bytes | None:
        value: bytes | None = self.client.get(recording.key)
        return value

    def expires_at(self, recording: Recording) -> float:
        return time.time() + float(self.client.pttl(recording.key)) / 1000

    def remove(self, recording: Recording) -> None:
        self.client.delete(recording.key)


class TestRedis(ForeignTypes):
    backend = recorded = "redis"
    server_decides_expiry = True

    @pytest.fixture
    def config(self, client: Any) -> dict[str, Any]:
        return {"SESSION_TYPE": "redis", "SESSION_REDIS": client}

    @pytest.fixture
    def planter(self, client: Any) -> RedisPlanter:
        return RedisPlanter(client)


class TestBesideTheOldRelease(SideBySide):
    backend = neighbour = "redis"
    server_decides_expiry = True

    @pytest.fixture
    def config(self, client: Any) -> dict[str, Any]:
        return {"SESSION_TYPE": "redis", "SESSION_REDIS": client}

    @pytest.fixture
    def place(self, server: GetServer) -> Place:
        return Place(server("redis").address)
