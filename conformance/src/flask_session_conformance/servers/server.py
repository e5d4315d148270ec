"""A running server: its address, and what a test does to it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, cast

from testcontainers.core.container import DockerContainer

from .container import HOST, Wanted, run
from .engine import MissingServerError
from .images import resolve
from .kinds import KINDS, Kind

if TYPE_CHECKING:
    from typing_extensions import Self

SECONDS_TO_READY = 60.0


class Server:
    """One server in one container, published on 127.0.0.1 under a port that never changes.

    It is a context manager: leaving it removes the container and its data. A process forked from
    the one that started the server cannot remove it.
    """

    def __init__(self, name: str, kind: Kind, container: DockerContainer, port: int) -> None:
        self.name = name
        self.host = HOST
        self.port = port
        self.container_id: str = container.get_container_id()
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
    def address_inside(self) -> str:
        """The same for a server in another container, which has to reach this one."""
        self._docker.reload()
        network = self._docker.attrs["NetworkSettings"]["Networks"].get("bridge")
        if network is None:
            raise MissingServerError(f"{self.name} is on no network of containers.")
        return f"{network['IPAddress']}:{self._kind.port}"

    @property
    def url(self) -> str:
        """What a client library takes to connect to this server."""
        return self.url_at(self.address)

    def url_at(self, address: str) -> str:
        """Answer the same URL for another ``host:port``, such as a proxy's in front of it."""
        return self._kind.url.format(address=address)

    def ready(self) -> bool:
        """Ask the server once, in its own protocol, whether it is ready to work."""
        return self._kind.ready.answered(self.host, self.port)

    def wait_until_ready(self, seconds: float = SECONDS_TO_READY) -> None:
        """Return when the server is ready; MissingServerError if that takes too long."""
        self.wait_until(self.ready, seconds)

    def wait_until(self, condition: Callable[[], bool], seconds: float = SECONDS_TO_READY) -> None:
        """Return when the condition holds; MissingServerError if that takes too long."""
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline or self._status() in ("exited", "dead"):
                raise MissingServerError(f"{self.name} is not ready. It said:\n{self.logs()}")
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
        if os.getpid() == self._owner:
            self._owner = 0
            self._container.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def _docker(self) -> Any:
        return self._container.get_wrapped_container()

    def _status(self) -> str:
        self._docker.reload()
        return cast(str, self._docker.status)


def start_one(
    name: str,
    arguments: tuple[str, ...],
    durable: bool,
    tmpfs: Mapping[str, str],
    unproxied: bool = False,
) -> Server:
    """Start a single server and return when it answers."""
    kind = KINDS[name]
    image = resolve(kind.image)
    command = (*kind.command, *(kind.durable if durable else kind.fast), *arguments)

    def wanted(ports: list[int]) -> Wanted:
        if unproxied and kind.on_host:
            options = (option.format(port=ports[0]) for option in kind.on_host)
            here = (each.replace("0.0.0.0", HOST) for each in command)
            told = (*here, *options)
            return Wanted(image, told, kind.memory, {}, kind.environment, tmpfs, network="host")
        published = {kind.port: ports[0]}
        return Wanted(image, command, kind.memory, published, kind.environment, tmpfs)

    container, ports = run(1, wanted)
    server = Server(name, kind, container, ports[0])
    try:
        server.wait_until_ready()
    except BaseException:
        server.stop()
        raise
    return server
