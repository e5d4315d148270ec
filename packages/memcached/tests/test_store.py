"""What is particular to Memcached: tokens, flags, dates, the items of other clients."""

from __future__ import annotations

import pickle
import socket
import zlib
from collections.abc import Callable
from typing import Any

import memcache
import pytest
from flask_session.errors import UnreadableRecord
from flask_session.store import Outcome, Record
from flask_session_conformance.clocks import SkewedClock
from flask_session_memcached import MemcachedStore
from pymemcache import Client, PooledClient
from pymemcache.exceptions import MemcacheServerError
from pymemcache.serde import compressed_serde, pickle_serde

DAY = 24 * 60 * 60
OLD = pickle.dumps({"_permanent": True, "user": "alice"}, 0) * 30


def remaining(address: str, key: str) -> int:
    """Ask the server for the seconds an item has left."""
    host, port = address.rsplit(":", 1)
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(f"mg {key} t\r\n".encode())
        return int(connection.recv(100).split()[1].removeprefix(b"t"))


@pytest.mark.parametrize("days", [30, 31, 400])
def test_a_long_lifetime_is_kept_by_the_server(
    store: MemcachedStore, address: str, key: str, days: int
) -> None:
    store.create(key, b"data", days * DAY)
    # Its own clock, which ticks once a second, may be behind, and later where much is going on.
    assert 0 <= remaining(address, key) - days * DAY <= 5


def test_thirty_days_do_not_depend_on_the_workers_clock(
    store: MemcachedStore, address: str, key: str
) -> None:
    store.clock = SkewedClock(-10_000 * DAY)
    store.create(key, b"data", 30 * DAY - 1)
    assert remaining(address, key) >= 30 * DAY - 1


def test_a_touch_for_a_year_is_kept_by_the_server(
    store: MemcachedStore, address: str, key: str
) -> None:
    store.create(key, b"data", 60)
    store.touch(key, 365 * DAY)
    assert remaining(address, key) >= 365 * DAY


def test_a_record_that_was_not_loaded_is_recognised_by_its_data(
    store: MemcachedStore, key: str
) -> None:
    store.create(key, b"data", 60)
    assert store.update(key, b"new", 60, Record(b"data")) is Outcome.SAVED


def test_a_record_that_was_not_loaded_and_differs_is_a_conflict(
    store: MemcachedStore, key: str
) -> None:
    store.create(key, b"data", 60)
    assert store.update(key, b"new", 60, Record(b"other")) is Outcome.CONFLICT
    assert store.delete(key, Record(b"other")) is Outcome.CONFLICT


def test_a_record_that_was_not_loaded_may_be_gone(store: MemcachedStore, key: str) -> None:
    assert store.update(key, b"new", 60, Record(b"data")) is Outcome.GONE


def test_too_large_an_update_is_an_error_and_the_record_stays(
    store: MemcachedStore, key: str
) -> None:
    store.create(key, b"data", 60)
    record = store.load(key)
    assert record
    with pytest.raises(MemcacheServerError):
        store.update(key, bytes(1024 * 1024), 60, record)
    assert store.load(key) == record


WRITERS: dict[str, Callable[[str], Any]] = {
    "pymemcache": lambda address: Client(address, default_noreply=False),
    "pymemcache, pickling": lambda address: Client(address, serde=pickle_serde),
    "pymemcache, compressing": lambda address: Client(address, serde=compressed_serde),
    "python-memcached": lambda address: memcache.Client([address]),
}


@pytest.mark.parametrize("name", WRITERS)
def test_an_item_of_another_client_is_read(
    store: MemcachedStore, address: str, key: str, name: str
) -> None:
    writer = WRITERS[name](address)
    writer.set(key, OLD, 60)
    writer.get(key)  # the set has arrived, although pymemcache does not wait for its answer
    getattr(writer, "close" if hasattr(writer, "close") else "disconnect_all")()
    record = store.load(key)
    assert record
    assert record.data == OLD


def test_an_item_of_pylibmc_that_was_compressed_is_read(
    store: MemcachedStore, address: str, key: str
) -> None:
    pylibmc = pytest.importorskip("pylibmc", reason="pylibmc has no wheel for this Python")
    pylibmc.Client([address]).set(key, OLD, 60, min_compress_len=100)
    record = store.load(key)
    assert record
    assert record.data == OLD


def test_a_compressed_item_is_replaced_by_a_plain_one(
    store: MemcachedStore, client: PooledClient, key: str
) -> None:
    client.set(key, zlib.compress(b"old"), flags=8)
    record = store.load(key)
    assert record
    assert store.update(key, b"new", 60, record) is Outcome.SAVED
    assert client.get(key) == b"new"


@pytest.mark.parametrize(
    "data", [b"no zlib", zlib.compress(b"data" * 100)[:-8], zlib.compress(bytes(100_000_000))]
)
def test_what_cannot_be_decompressed_is_no_record(
    store: MemcachedStore, client: PooledClient, key: str, data: bytes
) -> None:
    client.set(key, data, flags=8)
    with pytest.raises(UnreadableRecord):
        store.load(key)


def test_a_pickling_client_never_unpickles_for_us(address: str, key: str) -> None:
    client = PooledClient(address, serde=pickle_serde, default_noreply=False)
    hostile = pickle.dumps(Explosive())
    client.set(key, hostile, flags=1)
    store = MemcachedStore(client)
    record = store.load(key)
    assert record
    assert record.data == hostile
    store.close()
    client.close()


class Explosive:
    """Whoever unpickles it raises an error."""

    def __reduce__(self) -> Any:
        return divmod, (1, 0)


def test_the_key_prefix_of_the_client_is_used(address: str, client: PooledClient, key: str) -> None:
    prefixed = PooledClient(address, key_prefix=b"mine:")
    store = MemcachedStore(prefixed)
    store.create(key, b"data", 60)
    store.close()
    assert client.get(f"mine:{key}") == b"data"


def test_a_plain_bytes_item_is_what_other_clients_see(
    store: MemcachedStore, client: PooledClient, key: str
) -> None:
    store.create(key, b"data", 60)
    assert client.get(key) == b"data"
