"""The groups that can be started: cluster, sentinels, replica set, ring.

Their time limits are short, so that a failover takes a few seconds.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from . import probe
from .engine import MissingServerError
from .group import Group, Node, Topology
from .kinds import KINDS, MONGODB_OPTIONS, REDIS_FAST, REDIS_OPTIONS
from .probe import Probe

CLUSTER_OK = Probe(b"CLUSTER INFO\r\n", b"cluster_state:ok")
CLUSTER_KNOWS_ALL = Probe(b"CLUSTER INFO\r\n", b"cluster_known_nodes:6")
REDIS_PRIMARY = Probe(b"INFO replication\r\n", b"role:master")
REPLICA_IN_STEP = Probe(b"INFO replication\r\n", b"master_link_status:up")
SENTINELS_AGREE = Probe(b"SENTINEL CKQUORUM session\r\n", b"+OK 3 usable")
MONGODB_HELLO = probe.mongodb_command({"hello": 1})
MONGODB_ALIVE = Probe(MONGODB_HELLO, b"\x08isWritablePrimary\0")
MONGODB_SECONDARY = Probe(MONGODB_HELLO, b"\x08secondary\0\x01")
MONGODB_DONE = b"\x01ok\0\0\0\0\0\0\0\xf0?"
SENTINEL_KNOWS_REPLICA = Probe(b"SENTINEL MASTER session\r\n", b"num-slaves\r\n$1\r\n1\r\n")


def redis_node(name: str, port: int, *options: str) -> Node:
    """Describe a Redis server with files of its own."""
    folder = f"/data/{name}"
    command = ("redis-server", "--port", str(port), "--dir", folder, *REDIS_OPTIONS, *REDIS_FAST)
    at_once = ("--repl-ping-replica-period", "1", "--repl-diskless-sync-delay", "0")
    return Node(name, port, (*command, *at_once, *options), before=f"mkdir -p {folder}")


def cluster_nodes(ports: Sequence[int]) -> list[Node]:
    """Three primaries, and a replica of each; the bus has ports that are not published.

    https://redis.io/docs/latest/operate/oss_and_stack/management/scaling/
    """
    names = ["primary1", "primary2", "primary3", "replica1", "replica2", "replica3"]
    options = (
        *("--cluster-enabled", "yes", "--cluster-announce-ip", "127.0.0.1"),
        *("--cluster-node-timeout", "2000", "--cluster-replica-validity-factor", "0"),
    )
    return [
        redis_node(name, port, *options, "--cluster-port", str(20000 + number))
        for number, (name, port) in enumerate(zip(names, ports, strict=True))
    ]


def join_cluster(group: Group) -> None:
    """Share the slots out and give each primary its replica."""
    group.execute(
        *("redis-cli", "--cluster", "create", *group.addresses()),
        *("--cluster-replicas", "1", "--cluster-yes"),
    )


def cluster_joined(group: Group) -> bool:
    """Tell whether every node knows all others, and each primary has a replica in step."""
    replicas = [name for name in group.nodes if group.node_answers(name, REPLICA_IN_STEP)]
    return (len(group.primaries()), len(replicas)) == (3, 3) and all(
        group.node_answers(name, healthy)
        for name in group.nodes
        for healthy in (CLUSTER_OK, CLUSTER_KNOWS_ALL)
    )


def sentinel_nodes(ports: Sequence[int]) -> list[Node]:
    """One primary, one replica, and three sentinels that call the pair ``session``.

    https://redis.io/docs/latest/operate/oss_and_stack/management/sentinel/
    """
    primary, replica, *sentinels = ports
    announced = ("--replica-announce-ip", "127.0.0.1")
    return [
        redis_node("server1", primary, *announced),
        redis_node("server2", replica, *announced, "--replicaof", "127.0.0.1", str(primary)),
        *(
            sentinel_node(f"sentinel{number}", port, primary, replica)
            for number, port in enumerate(sentinels, 1)
        ),
    ]


def sentinel_node(name: str, port: int, primary: int, replica: int) -> Node:
    """Describe a sentinel; it rewrites its configuration, which is made at its first start only.

    It looks for replicas when it starts and then every ten seconds, so it starts after the replica.
    """
    file = f"/data/{name}.conf"
    lines = (
        f"port {port}",
        "bind 0.0.0.0",
        "protected-mode no",
        f"sentinel monitor session 127.0.0.1 {primary} 2",
        "sentinel down-after-milliseconds session 1000",
        "sentinel failover-timeout session 4000",
    )
    linked = f"redis-cli -p {replica} INFO replication | grep -q master_link_status:up"
    make = f"until {linked}; do sleep 0.1; done; printf '%s\\n' {shlex.join(lines)} > {file}"
    return Node(name, port, ("redis-server", file, "--sentinel"), f"[ -e {file} ] || {{ {make}; }}")


def sentinels_joined(group: Group) -> bool:
    """Tell whether every sentinel knows the replica and the other two sentinels."""
    return all(
        group.node_answers(name, known)
        for name in ("sentinel1", "sentinel2", "sentinel3")
        for known in (SENTINELS_AGREE, SENTINEL_KNOWS_REPLICA)
    )


def replica_set_nodes(ports: Sequence[int]) -> list[Node]:
    """Three members of the replica set ``r0``."""
    return [replica_set_node(f"member{number}", port) for number, port in enumerate(ports, 1)]


def replica_set_node(name: str, port: int) -> Node:
    """Describe a member with files of its own."""
    folder = f"/data/{name}"
    command = ("mongod", "--dbpath", folder, "--port", str(port), *MONGODB_OPTIONS)
    options = ("--replSet", "r0", "--oplogSize", "64")
    return Node(name, port, (*command, *options), before=f"mkdir -p {folder}")


def join_replica_set(group: Group) -> None:
    """Name the members to the first of them, which tells the others."""
    members: list[probe.Bson] = [
        {"_id": number, "host": address} for number, address in enumerate(group.addresses())
    ]
    settings: probe.Bson = {"electionTimeoutMillis": 2000, "heartbeatIntervalMillis": 500}
    initiate = probe.mongodb_command(
        {"replSetInitiate": {"_id": "r0", "members": members, "settings": settings}}
    )
    if not Probe(initiate, MONGODB_DONE).answered(group.host, group.port):
        raise MissingServerError(f"The replica set cannot be made. It said:\n{group.logs()}")


def replica_set_joined(group: Group) -> bool:
    """Tell whether there is a primary and all others follow it."""
    followers = [name for name in group.nodes if group.node_answers(name, MONGODB_SECONDARY)]
    return len(group.primaries()) == 1 and len(followers) == len(group.nodes) - 1


def ring_nodes(ports: Sequence[int]) -> list[Node]:
    """Two servers that know nothing of each other; the client decides which has a key."""
    command = KINDS["memcached"].command
    return [
        Node(f"server{number}", port, (*command, "-p", str(port)))
        for number, port in enumerate(ports, 1)
    ]


TOPOLOGIES = {
    "redis-cluster": Topology(
        image="redis",
        size=6,
        nodes=cluster_nodes,
        alive=probe.REDIS,
        primary=REDIS_PRIMARY,
        join=join_cluster,
        joined=cluster_joined,
        url="redis://{addresses}",
        entry="primary1",
    ),
    "redis-sentinel": Topology(
        image="redis",
        size=5,
        nodes=sentinel_nodes,
        alive=probe.REDIS,
        primary=REDIS_PRIMARY,
        joined=sentinels_joined,
        url="{addresses}",
        entry="sentinel",
    ),
    "mongodb-replicaset": Topology(
        image="mongodb",
        size=3,
        nodes=replica_set_nodes,
        alive=MONGODB_ALIVE,
        primary=probe.MONGODB,
        join=join_replica_set,
        joined=replica_set_joined,
        url="mongodb://{addresses}/?replicaSet=r0",
        memory="2g",
    ),
    "memcached-ring": Topology(
        image="memcached",
        size=2,
        nodes=ring_nodes,
        alive=probe.MEMCACHED,
        primary=probe.MEMCACHED,
        url="{addresses}",
    ),
}
