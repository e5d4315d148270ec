"""A running server: its address, and what a test does to it."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Any, cast

from docker.errors import DockerException
from testcontainers.core.container import DockerContainer

from .engine import LABEL, MissingServerError
from .images import resolve
from .kinds import KINDS, NAMES, Kind

HOST = "127.0.0.1"
SECONDS_TO_READY = 60.0
ATTEMPTS = 5
PORT_TAKEN = ("port is already allocated", "address already in use")
"""What the engine says if the port went to another container or to another process."""


class Server:
    """One server in one container, published on 127.0.0.1 under a port that never changes.

    It is a context manager: leaving it removes the container and its data. A process forked from
    the one that started the server cannot remove it.
    """

    def __init__(self, name: str, kind: Kind, container: DockerContainer, port: int) -> None:
        self.name = name
        self.host = HOST
        self.port = port
        self.container_id = container.get_container_id()
        self._kind = kind
        self._container = container
        self._owner = os.getpid()

    def __repr__(self) -> str:
        return f"<Server {self.name} on {self.address}>"

    @property
    def address(self) -> str:
        """Host and port with a colon between them."""
        return f"{self.host}:{self.port}"

    @property
    def url(self) -> str:
        """What a client library takes to connect to this server."""
        return self.url_at(self.address)

    def url_at(self, address: str) -> str:
        """Answer the same URL for another ``host:port``, such as a proxy's in front of it."""
        return self._kind.url.format(address=address)

    def wait_until_ready(self, seconds: float = SECONDS_TO_READY) -> None:
        """Return when the server answers in its own protocol; MissingServerError if it does not."""
        deadline = time.monotonic() + seconds
        while not self._kind.ready.answered(self.host, self.port):
            if time.monotonic() > deadline or self._status() in ("exited", "dead"):
                raise MissingServerError(f"{self.name} does not answer. It said:\n{self.logs()}")
            time.sleep(0.05)

    def logs(self, lines: int = 20) -> str:
        """The last lines the server printed."""
        return cast(bytes, self._docker.logs(tail=lines)).decode(errors="replace")

    def execute(self, *command: str) -> str:
        """Run a command in the container and answer what it printed; RuntimeError if it fails."""
        code, output = self._docker.exec_run(list(command))
        text = cast(bytes, output).decode(errors="replace")
        if code:
            raise RuntimeError(f"{command[0]} in {self.name} exited with {code}: {text}")
        return text

    def pause(self) -> None:
        """Freeze the server: connects succeed, nothing is answered."""
        self._docker.pause()

    def unpause(self) -> None:
        """Let a paused server continue where it was."""
        self._docker.unpause()

    def kill(self) -> None:
        """Kill the server with SIGKILL; its files stay. ``restart`` brings it back."""
        self._docker.kill()

    def restart(self) -> None:
        """Start the server again on the same port, stopping it first if it runs; wait for it."""
        self._docker.restart(timeout=10)
        self.wait_until_ready()

    def stop(self) -> None:
        """Remove the container with all its data; harmless when repeated."""
        if os.getpid() == self._owner and self._container.get_wrapped_container() is not None:
            self._container.stop()
            self._owner = 0

    def __enter__(self) -> Server:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def _docker(self) -> Any:
        return self._container.get_wrapped_container()

    def _status(self) -> str:
        self._docker.reload()
        return cast(str, self._docker.status)


def start(
    name: str,
    *arguments: str,
    durable: bool = False,
    tmpfs: Mapping[str, str] | None = None,
) -> Server:
    """Start a server and return when it answers.

    ``arguments`` are added to the server's command line. ``durable``: what the server acknowledges
    survives ``kill``; by default it is tuned to be fast. ``tmpfs`` mounts file systems in memory,
    path to options, such as ``{"/small": "size=8m,mode=1777"}``.
    """
    if name not in KINDS:
        raise MissingServerError(f"{name!r} is no server; there are {', '.join(NAMES)}.")
    kind = KINDS[name]
    command = [*kind.command, *(kind.durable if durable else kind.fast), *arguments]
    container, port = run(kind, command, tmpfs or {})
    server = Server(name, kind, container, port)
    try:
        server.wait_until_ready()
    except BaseException:
        server.stop()
        raise
    return server


def run(kind: Kind, command: list[str], tmpfs: Mapping[str, str]) -> tuple[DockerContainer, int]:
    """Run a container on a free port; another one if somebody took it in between."""
    image = resolve(kind.image)
    for remaining in reversed(range(ATTEMPTS)):
        port = free_port()
        container = prepared(image, kind, command, tmpfs, port)
        try:
            return container.start(), port
        except DockerException as error:
            container.stop()
            if remaining == 0 or not any(told in str(error) for told in PORT_TAKEN):
                raise MissingServerError(f"{image} cannot be run: {error}") from None
    raise AssertionError("not reached")


def prepared(
    image: str, kind: Kind, command: list[str], tmpfs: Mapping[str, str], port: int
) -> DockerContainer:
    """Describe the container: labelled, limited in memory, published on 127.0.0.1 only."""
    container = DockerContainer(image).with_command(command).with_envs(**kind.environment)
    container.with_kwargs(labels={LABEL: str(os.getpid())}, mem_limit=kind.memory, network="bridge")
    container.tmpfs.update(tmpfs)
    published = cast(dict[str, object], container.ports)
    published[f"{kind.port}/tcp"] = (HOST, port)
    return container


def free_port() -> int:
    """Let the system choose a port that is free now; it stays the server's across restarts."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return cast(int, probe.getsockname()[1])
