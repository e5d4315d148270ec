"""Several servers that work together, in one container, each on a port of its own.

A port has the same number inside and outside, so that the addresses which the servers tell their
clients and each other hold on both sides.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from testcontainers.core.container import DockerContainer

from .container import Wanted, run
from .images import resolve
from .kinds import Kind
from .probe import Probe
from .server import Server


@dataclass(frozen=True)
class Node:
    """One process of a group; ``before`` is a shell line that prepares its files."""

    name: str
    port: int
    command: Sequence[str]
    before: str = "true"

    def script(self) -> str:
        """Write the shell line that starts the node, and tells its process id in a file."""
        return (
            f"{self.before}; echo $$ > /tmp/{self.name}.pid; "
            f"exec {shlex.join(self.command)} >> /tmp/{self.name}.log 2>&1"
        )


@dataclass(frozen=True)
class Topology:
    """How a group is made: its nodes for given ports, and what joins them once they answer.

    ``primary`` is what a node answers to that takes writes. ``url`` takes ``addresses``, those of
    the nodes whose name starts with ``entry``, with commas.
    """

    image: str
    size: int
    nodes: Callable[[Sequence[int]], Sequence[Node]]
    alive: Probe
    primary: Probe
    url: str
    join: Callable[[Group], None] = lambda group: None
    joined: Callable[[Group], bool] = lambda group: True
    entry: str = ""
    memory: str = "256m"


class Group(Server):
    """A group of servers; ``nodes`` has them by name.

    What a :class:`Server` does is done to all of them; ``kill_node`` and the like to a single one.
    """

    def __init__(
        self, name: str, topology: Topology, container: DockerContainer, ports: Sequence[int]
    ) -> None:
        kind = Kind(topology.image, ports[0], topology.url, topology.alive, ())
        super().__init__(name, kind, container, ports[0])
        self.topology = topology
        self.nodes: dict[str, Node] = {node.name: node for node in topology.nodes(ports)}

    @property
    def url(self) -> str:
        """What a client library takes to connect to this group."""
        return self.topology.url.format(addresses=",".join(self.addresses(self.topology.entry)))

    def addresses(self, prefix: str = "") -> list[str]:
        """List ``host:port`` of the nodes whose name starts with ``prefix``."""
        return [f"{self.host}:{port}" for port in self.ports(prefix)]

    def ports(self, prefix: str = "") -> list[int]:
        """List the ports of the nodes whose name starts with ``prefix``."""
        return [node.port for node in self.nodes.values() if node.name.startswith(prefix)]

    def ready(self) -> bool:
        """Ask whether every node answers and all have found together."""
        return all(map(self.node_answers, self.nodes)) and self.topology.joined(self)

    def node_answers(self, name: str, probe: Probe | None = None) -> bool:
        """Ask one node once, in its own protocol."""
        return (probe or self.topology.alive).answered(self.host, self.nodes[name].port)

    def primaries(self) -> list[str]:
        """Name the nodes that take writes now."""
        return [name for name in self.nodes if self.node_answers(name, self.topology.primary)]

    def start_node(self, name: str) -> None:
        """Start a node that does not run; it is not waited for."""
        self._docker.exec_run(["sh", "-c", self.nodes[name].script()], detach=True)

    def kill_node(self, name: str) -> None:
        """Kill one node with SIGKILL; its files stay. ``start_node`` brings it back."""
        self._signal(name, "KILL")

    def pause_node(self, name: str) -> None:
        """Freeze one node: connects succeed, nothing is answered."""
        self._signal(name, "STOP")

    def unpause_node(self, name: str) -> None:
        """Let a paused node continue where it was."""
        self._signal(name, "CONT")

    def restart(self) -> None:
        """Start every node again on the same port; wait until they have found together."""
        self._docker.restart(timeout=0)
        for name in self.nodes:
            self.start_node(name)
        self.wait_until_ready()

    def logs(self, lines: int = 20) -> str:
        """The last lines that each node printed."""
        return self.execute("sh", "-c", f"tail -n {lines} /tmp/*.log")

    def _signal(self, name: str, signal: str) -> None:
        self.execute("sh", "-c", f"kill -{signal} $(cat /tmp/{name}.pid)")


def start_topology(name: str, topology: Topology) -> Group:
    """Start a group and return when its nodes have found together."""
    image = resolve(topology.image)

    def wanted(ports: list[int]) -> Wanted:
        published = {port: port for port in ports}
        # Somebody has to wait for nodes that were killed: that is what init does.
        return Wanted(image, ("sleep", "infinity"), topology.memory, published, init=True)

    container, ports = run(topology.size, wanted)
    group = Group(name, topology, container, ports)
    try:
        bring_up(group)
    except BaseException:
        group.stop()
        raise
    return group


def bring_up(group: Group) -> None:
    """Start the nodes, join them and wait for the result."""
    for name in group.nodes:
        group.start_node(name)
    group.wait_until(lambda: all(map(group.node_answers, group.nodes)))
    group.topology.join(group)
    group.wait_until_ready()
