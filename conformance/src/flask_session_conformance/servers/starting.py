"""Start a server, or a group of servers, by its name."""

from __future__ import annotations

from collections.abc import Mapping

from .engine import MissingServerError
from .group import Group, start_topology
from .kinds import KINDS
from .server import Server, start_one
from .topologies import TOPOLOGIES

NAMES = (*KINDS, *TOPOLOGIES)
"""Every name that ``start`` takes."""


def start(
    name: str,
    *arguments: str,
    durable: bool = False,
    tmpfs: Mapping[str, str] | None = None,
    unproxied: bool = False,
) -> Server:
    """Start a server and return when it answers.

    ``arguments`` are added to the server's command line, for ``pgbouncer`` to its configuration.
    ``durable``: what the server acknowledges survives ``kill``; by default it is tuned to be fast.
    ``tmpfs`` mounts file systems in memory, path to options, such as
    ``{"/small": "size=8m,mode=1777"}``. ``unproxied`` puts the server on 127.0.0.1 itself where it
    can be told to listen nowhere else, since Docker's port proxy takes longer than some servers. A
    group takes none of these.
    """
    if name in TOPOLOGIES:
        return start_group(name)
    if name not in KINDS:
        raise MissingServerError(f"{name!r} is no server; there are {', '.join(NAMES)}.")
    return start_one(name, arguments, durable, tmpfs or {}, unproxied)


def start_group(name: str) -> Group:
    """Start servers that work together, and return when they do.

    ``redis-cluster``: nodes primary1 to 3, replica1 to 3. ``redis-sentinel``: server1 (primary at
    first), server2, sentinel1 to 3, who call the pair ``session``; its ``url`` is the sentinels'
    addresses with commas. ``mongodb-replicaset``: member1 to 3. ``memcached-ring``: server1 and 2.
    """
    if name not in TOPOLOGIES:
        raise MissingServerError(f"{name!r} is no group; there are {', '.join(TOPOLOGIES)}.")
    return start_topology(name, TOPOLOGIES[name])
