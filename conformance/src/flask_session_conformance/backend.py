"""What a test class tells the suite about its backend, on both levels."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from inspect import getattr_static
from typing import Any, ClassVar

import pytest

from .worker import Worker, WorkerPool

Config = dict[str, Any]
MakeWorker = Callable[..., Worker]
ConfigAt = Callable[[str, int], Config]
PutForeignValue = Callable[[str], None]
LockElsewhere = Callable[[], AbstractContextManager[None]]


@dataclass(frozen=True)
class Fault:
    """What a server of a test's own can be made to do, and stop doing.

    ``config`` are the ``app.config`` values that reach it. A crash begins with ``kill -9`` and ends
    with a restart.
    """

    config: Config
    begin: Callable[[], Any]
    end: Callable[[], Any]


SKIPPING: list[object] = []
"""The fixtures by which a backend says that something does not apply to it."""


def not_applicable(reason: str) -> Any:
    """Make a fixture that skips the tests which ask for it."""

    @pytest.fixture
    def skipping(self: Any) -> None:
        pytest.skip(f"not applicable: {reason}")

    SKIPPING.append(skipping)
    return skipping


def undeclared(name: str, otherwise: str) -> Any:
    """Make what stands for a fixture until a backend provides it: its tests say which one it is."""
    return not_applicable(f"{otherwise}, or its tests lack the fixture {name!r}")


def applies(item: Any) -> bool:
    """Tell whether a collected test has all it asks for, as far as its class says."""
    own = (getattr_static(item.cls, name, None) for name in item.fixturenames if item.cls)
    return not any(fixture is each for fixture in own for each in SKIPPING)


class Backend:
    """Declare a backend once, in a class of your own, and use it for both levels of the suite.

    ``backend`` names it in reports. ``atomic`` repeats what the store says about itself.
    ``server_decides_expiry`` is true where the server compares times, false where the store does
    it by its ``clock``. The fixtures are for what lives outside the process; one that is not
    overridden skips its tests with the reason; so does one that is set to ``not_applicable(…)``.
    """

    backend: ClassVar[str] = ""
    atomic: ClassVar[bool] = True
    server_decides_expiry: ClassVar[bool] = False

    worker_config: Any = undeclared("worker_config", "only one process can reach this store")
    """Fixture: plain ``app.config`` values with which another process reaches the same data."""

    put_foreign_value: Any = undeclared("put_foreign_value", "this store holds nothing but records")
    """Fixture: a function that puts something which is no record under a store's key."""

    server_address: Any = undeclared(
        "server_address", "there is no line to a server that could break"
    )
    """Fixture: host and port of the server, for a proxy to stand in front of it."""

    config_at: Any = undeclared("config_at", "there is no line to a server that could break")
    """Fixture: a function that answers ``app.config`` values for the server at another address.

    The client is to be one that the backend itself builds, from a URL or a host.
    """

    crash: Any = undeclared("crash", "no server keeps this store's data")
    """Fixture: a server, set to be durable, that can be killed and started again (a ``Fault``)."""

    read_only: Any = undeclared("read_only", "this server is never read-only")
    """Fixture: a server that can be made to refuse all writes (a ``Fault``)."""

    disk_full: Any = undeclared(
        "disk_full", "this server goes on without a disk, or ends without one"
    )
    """Fixture: a server whose disk can be filled (a ``Fault``)."""

    memory_full: Any = undeclared("memory_full", "this server refuses nothing for want of memory")
    """Fixture: a server that can be made to refuse what needs more memory (a ``Fault``)."""

    lock_elsewhere: Any = undeclared(
        "lock_elsewhere", "nobody can hold a lock on a record of this store"
    )
    """Fixture: a context manager in which somebody else holds a lock on every record."""

    @pytest.fixture
    def make_worker(self, worker_pool: WorkerPool, worker_config: Config) -> Iterator[MakeWorker]:
        """Provide further processes with an app on the same data; arguments are settings."""
        workers: list[Worker] = []

        def make(timezone: str = "UTC", **settings: Any) -> Worker:
            workers.append(worker_pool.open({**worker_config, **settings}, timezone))
            return workers[-1]

        yield make
        for worker in workers:
            worker_pool.take_back(worker)
