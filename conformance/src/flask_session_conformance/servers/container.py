"""Containers as the tests want them: labelled, limited, on ports of 127.0.0.1 that stay."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import cast

from docker.errors import DockerException
from testcontainers.core.container import DockerContainer

from .engine import LABEL, engine

HOST = "127.0.0.1"
ATTEMPTS = 5
PORT_TAKEN = ("port is already allocated", "address already in use")
"""What the engine says if the port went to another container or to another process."""


@dataclass(frozen=True)
class Wanted:
    """A container to be: ``published`` maps its ports to ours."""

    image: str
    command: Sequence[str]
    memory: str
    published: Mapping[int, int]
    environment: Mapping[str, str] = field(default_factory=dict)
    tmpfs: Mapping[str, str] = field(default_factory=dict)
    init: bool = False
    network: str = "bridge"

    def describe(self) -> DockerContainer:
        """Hand the description to testcontainers."""
        container = DockerContainer(self.image).with_command(list(self.command))
        container.with_envs(**self.environment)
        # Without a network named here, testcontainers chooses one if it runs in a container itself.
        container.with_kwargs(
            labels={LABEL: str(os.getpid())},
            mem_limit=self.memory,
            network=self.network,
            init=self.init,
        )
        container.tmpfs.update(self.tmpfs)
        ports = cast(dict[str, object], container.ports)
        ports.update({f"{inner}/tcp": (HOST, outer) for inner, outer in self.published.items()})
        return container


def run(count: int, wanted: Callable[[list[int]], Wanted]) -> tuple[DockerContainer, list[int]]:
    """Run a container that needs ``count`` ports; other ones if somebody took one in between."""
    with engine():
        for remaining in reversed(range(ATTEMPTS)):
            ports = free_ports(count)
            try:
                return launch(wanted(ports).describe()), ports
            except DockerException as error:
                if remaining == 0 or not any(told in str(error) for told in PORT_TAKEN):
                    raise
    raise AssertionError("not reached")


def launch(container: DockerContainer) -> DockerContainer:
    """Start a container; one that cannot start is removed."""
    try:
        return container.start()
    except BaseException:
        container.stop()
        raise


def free_ports(count: int) -> list[int]:
    """Let the system choose ports that are free now."""
    with ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind((HOST, 0))
        return [cast(int, probe.getsockname()[1]) for probe in probes]
