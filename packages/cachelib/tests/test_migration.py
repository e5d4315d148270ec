"""Sessions of Flask-Session 0.4 to 0.8 go on, in files of every cachelib and in its Redis cache."""

from __future__ import annotations

import hashlib
import pickle
import struct
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cachelib
import pytest
import redis
from flask_session.serialization.legacy import is_pickle, read_pickle
from flask_session_cachelib.caches import MARK
from flask_session_cachelib.envelope import MAGIC, unseal
from flask_session_cachelib.names import name_of
from flask_session_conformance.migration import (
    ForeignTypes,
    NoSessionAtTheOldOne,
    Place,
    Recording,
)
from flask_session_conformance.plugin import GetServer

# Older releases of cachelib's RedisCache call what redis-py has deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:Call to deprecated setex:DeprecationWarning")

PACKED = 4
"""The length of the expiry since cachelib 0.7; before, it was a pickle of its own."""


class FilePlanter:
    """Files under the name, and with the header, of the cachelib that wrote them."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def plant(self, recording: Recording, expires_at: float | None) -> None:
        assert expires_at is not None
        expiry = int(expires_at)
        if len(recording.header) == PACKED:
            header = struct.pack("I", expiry)
        else:
            header = pickle.dumps(expiry, recording.header[1] if recording.header[0] == 0x80 else 1)
        path = self.directory / self.name(recording)
        path.write_bytes(header + recording.value)
        path.chmod(recording.mode)

    def parts(self, recording: Recording) -> tuple[float, bytes]:
        """Answer the expiry and the rest of whatever file there is for the key now."""
        ours = self.directory / name_of(recording.key)
        if ours.exists():
            found = unseal(ours.read_bytes())
            return found.expires_at or 0, found.data or b""
        content = (self.directory / self.name(recording)).read_bytes()
        if len(recording.header) == PACKED:
            return struct.unpack_from("I", content)[0], content[PACKED:]
        expiry, length = read_pickle(content)
        return expiry, content[length:]

    def name(self, recording: Recording) -> str:
        return hashlib.new(recording.hash, recording.key.encode()).hexdigest()

    def value(self, recording: Recording) -> bytes | None:
        return self.parts(recording)[1]

    def expires_at(self, recording: Recording) -> float:
        return self.parts(recording)[0]

    def remove(self, recording: Recording) -> None:
        """Leave it: the directory is the test's own."""


class CachePlanter:
    """Strings with a mark before the pickle, under the prefix of the cache."""

    def __init__(self, client: Any) -> None:
        self.client = client

    def plant(self, recording: Recording, expires_at: float | None) -> None:
        assert expires_at is not None
        value = MARK + recording.value.removeprefix(MARK)
        self.client.set("cache:" + recording.key, value, exat=int(expires_at))

    def value(self, recording: Recording) -> bytes | None:
        """Answer the pickle or our data; a touch puts the pickle into our envelope."""
        value: bytes = self.client.get("cache:" + recording.key)
        if value.startswith(MARK + MAGIC):
            data = unseal(value.removeprefix(MARK)).data or b""
            return MARK + data if is_pickle(data) else data
        return value

    def expires_at(self, recording: Recording) -> float:
        return time.time() + float(self.client.ttl("cache:" + recording.key))

    def remove(self, recording: Recording) -> None:
        self.client.delete("cache:" + recording.key)


class FileMigration(ForeignTypes):
    @pytest.fixture
    def config(self, tmp_path: Path) -> dict[str, Any]:
        return {"SESSION_TYPE": "cachelib", "SESSION_CACHELIB": str(tmp_path / "sessions")}

    @pytest.fixture
    def planter(self, tmp_path: Path) -> FilePlanter:
        directory = tmp_path / "sessions"
        directory.mkdir()
        return FilePlanter(directory)


class TestFilesystem(FileMigration):
    backend = "cachelib files"
    recorded = "filesystem"


class TestFileSystemCache(FileMigration):
    backend = "cachelib files"
    recorded = "cachelib"


class TestRedisCache(ForeignTypes):
    backend = "cachelib RedisCache"
    recorded = "cachelib-redis"
    atomic = False
    server_decides_expiry = True

    @pytest.fixture
    def client(self, server: GetServer) -> Iterator[Any]:
        with redis.Redis.from_url(server("redis").url) as client:
            yield client

    @pytest.fixture
    def config(self, client: Any) -> dict[str, Any]:
        cache = cachelib.RedisCache(client, key_prefix="cache:")
        return {"SESSION_TYPE": "cachelib", "SESSION_CACHELIB": cache}

    @pytest.fixture
    def planter(self, client: Any) -> CachePlanter:
        return CachePlanter(client)


class TestFilesBesideTheOldRelease(NoSessionAtTheOldOne):
    backend = "cachelib files"
    neighbour = "cachelib"

    @pytest.fixture
    def config(self, tmp_path: Path) -> dict[str, Any]:
        return {"SESSION_TYPE": "cachelib", "SESSION_CACHELIB": str(tmp_path)}

    @pytest.fixture
    def place(self, tmp_path: Path) -> Place:
        return Place(folder=str(tmp_path))


class TestRedisCacheBesideTheOldRelease(NoSessionAtTheOldOne):
    backend = "cachelib RedisCache"
    neighbour = "cachelib-redis"
    atomic = False
    server_decides_expiry = True

    @pytest.fixture
    def config(self, server: GetServer) -> Iterator[dict[str, Any]]:
        with redis.Redis.from_url(server("redis").url) as client:
            cache = cachelib.RedisCache(client, key_prefix="cache:")
            yield {"SESSION_TYPE": "cachelib", "SESSION_CACHELIB": cache}

    @pytest.fixture
    def place(self, server: GetServer) -> Place:
        return Place(server("redis").address)
