"""The pytest plugin: servers for the run, and the report of what was shown on which backend.

Installing ``flask-session-conformance`` is enough; pytest loads it by its entry point.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, nullcontext
from typing import TYPE_CHECKING, Any

import pytest

from .report import Report
from .worker import WorkerPool

if TYPE_CHECKING:
    from .servers import Server

GetServer = Callable[[str], "Server"]
"""Answers the run's server of that name; the first call starts it."""

ROW = "row(id, ...): the rows of the trust matrix that the test shows on its backend"

PROMISE = "promise(name, answer='yes'): what the test shows that its backend promises"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that names the report's file."""
    parser.getgroup("flask-session").addoption(
        "--conformance-report",
        metavar="FILE",
        help="write what was shown on which backend to FILE, as Markdown",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker and begin the report."""
    config.addinivalue_line("markers", ROW)
    config.addinivalue_line("markers", PROMISE)
    config.pluginmanager.register(Report(config.getoption("--conformance-report")))


@pytest.fixture(scope="session")
def server(pytestconfig: pytest.Config) -> Iterator[GetServer]:
    """Provide the run's servers by name; each is started once, shared, and removed in the end.

    A server that cannot be had fails the test with the line that says how to get it. A test that
    pauses, kills or reconfigures its server starts one of its own with
    :func:`flask_session_conformance.servers.start`.
    """
    with ExitStack() as stack:
        servers = SharedServers(pytestconfig, stack)
        yield servers.get


@pytest.fixture(scope="session")
def worker_pool() -> Iterator[WorkerPool]:
    """Provide the run's further processes; see :class:`.backend.Backend`, ``make_worker``."""
    pool = WorkerPool()
    yield pool
    pool.end()


class SharedServers:
    """The servers of one run, and the reasons why others could not be had."""

    def __init__(self, config: pytest.Config, stack: ExitStack) -> None:
        self.config = config
        self.stack = stack
        self.running: dict[str, Server] = {}
        self.missing: dict[str, str] = {}

    def get(self, name: str) -> Server:
        """Answer the server, starting it the first time; fail the test if there is none."""
        if name not in self.running and name not in self.missing:
            self.start(name)
        if name in self.missing:
            pytest.fail(self.missing[name], pytrace=False)
        return self.running[name]

    def start(self, name: str) -> None:
        """Start a server, or remember why that is impossible."""
        try:
            from .servers import MissingServerError, start
        except ModuleNotFoundError as error:
            self.missing[name] = f"pip install 'flask-session-conformance[servers]' ({error})"
            return
        try:
            with uncaptured(self.config):
                self.running[name] = self.stack.enter_context(start(name))
        except MissingServerError as error:
            self.missing[name] = f"The {name} server cannot be had. {error}"


def uncaptured(config: pytest.Config) -> AbstractContextManager[None]:
    """Let a line on stderr reach the person who waits for an image to be built."""
    capture: Any = config.pluginmanager.getplugin("capturemanager")
    return capture.global_and_fixture_disabled() if capture else nullcontext()
