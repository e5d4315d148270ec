"""What a test class tells the suite about its backend, on both levels."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
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


class Backend:
    """Declare a backend once, in a class of your own, and use it for both levels of the suite.

    ``backend`` names it in reports. ``atomic`` repeats what the store says about itself.
    ``server_decides_expiry`` is true where the server compares times, false where the store does
    it by its ``clock``. The fixtures are for what lives outside the process; one that is not
    overridden skips its tests with the reason.
    """

    backend: ClassVar[str] = ""
    atomic: ClassVar[bool] = True
    server_decides_expiry: ClassVar[bool] = False

    @pytest.fixture
    def worker_config(self) -> Config:
        """Provide plain ``app.config`` values with which another process reaches the same data."""
        pytest.skip("not applicable: only one process can reach this store")

    @pytest.fixture
    def put_foreign_value(self) -> PutForeignValue:
        """Provide a function that puts something which is no record under a store's key."""
        pytest.skip("not applicable: this store holds nothing but records")

    @pytest.fixture
    def server_address(self) -> tuple[str, int]:
        """Provide host and port of the server, for a proxy to stand in front of it."""
        pytest.skip("not applicable: there is no line to a server that could break")

    @pytest.fixture
    def config_at(self) -> ConfigAt:
        """Provide a function that answers ``app.config`` values for the server at another address.

        The client is to be one that the backend itself builds, from a URL or a host.
        """
        pytest.skip("not applicable: there is no line to a server that could break")

    @pytest.fixture
    def crash(self) -> Fault:
        """Provide a server, set to be durable, that can be killed and started again."""
        pytest.skip("not applicable: no server keeps this store's data")

    @pytest.fixture
    def read_only(self) -> Fault:
        """Provide a server that can be made to refuse all writes."""
        pytest.skip("not applicable: this server is never read-only")

    @pytest.fixture
    def disk_full(self) -> Fault:
        """Provide a server whose disk can be filled."""
        pytest.skip("not applicable: this server goes on without a disk, or ends without one")

    @pytest.fixture
    def memory_full(self) -> Fault:
        """Provide a server that can be made to refuse what needs more memory."""
        pytest.skip("not applicable: this server refuses nothing for want of memory")

    @pytest.fixture
    def lock_elsewhere(self) -> LockElsewhere:
        """Provide a context manager in which somebody else holds a lock on every record."""
        pytest.skip("not applicable: nobody can hold a lock on a record of this store")

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
