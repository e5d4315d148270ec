"""What can be started: one entry per server, with the settings that make tests fast.

``durable`` replaces ``fast`` for tests that kill the server: then what it acknowledged is on disk.
User, password and database are all ``session`` where a server knows such things.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from . import probe
from .probe import Probe


@dataclass(frozen=True)
class Kind:
    """A server program and how to run it; ``url`` takes ``address``, that is host:port."""

    image: str
    port: int
    url: str
    ready: Probe
    command: tuple[str, ...]
    fast: tuple[str, ...] = ()
    durable: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    memory: str = "256m"
    on_host: tuple[str, ...] = ()
    """Options to listen on ``port`` of 127.0.0.1 alone, where a server has them."""


# DEBUG is allowed so that a test can switch the server's own sweeping of expired keys off.
REDIS_OPTIONS = ("--bind", "0.0.0.0", "--protected-mode", "no", "--enable-debug-command", "yes")
REDIS_FAST = ("--save", "", "--appendonly", "no")
REDIS_DURABLE = ("--save", "", "--appendonly", "yes", "--appendfsync", "always")
# Lines of a configuration are its arguments, the tests' after these.
PGBOUNCER = 'printf "%s\\n" "$@" > /tmp/pgbouncer.ini && exec pgbouncer /tmp/pgbouncer.ini'
PGBOUNCER_LINES = (
    *("[pgbouncer]", "listen_addr = 0.0.0.0", "listen_port = 6432", "unix_socket_dir ="),
    *("auth_type = any", "pool_mode = transaction", "default_pool_size = 3"),
)
# Test commands bring failCommand; the TTL monitor sweeps each second instead of each minute.
MONGODB_OPTIONS = (
    *("--bind_ip", "0.0.0.0", "--wiredTigerCacheSizeGB", "0.25"),
    *("--setParameter", "ttlMonitorSleepSecs=1", "--setParameter", "enableTestCommands=1"),
)

KINDS = {
    "redis": Kind(
        image="redis",
        port=6379,
        url="redis://{address}/0",
        ready=probe.REDIS,
        command=("redis-server", *REDIS_OPTIONS),
        memory="1g",
        on_host=("--port", "{port}"),
        fast=REDIS_FAST,
        durable=REDIS_DURABLE,
    ),
    "valkey": Kind(
        image="valkey",
        port=6379,
        url="redis://{address}/0",
        ready=probe.REDIS,
        command=("valkey-server", *REDIS_OPTIONS),
        fast=REDIS_FAST,
        durable=REDIS_DURABLE,
    ),
    "memcached": Kind(
        image="memcached",
        port=11211,
        url="{address}",
        ready=probe.MEMCACHED,
        command=("memcached", "-u", "memcache", "-l", "0.0.0.0", "-m", "64"),
        on_host=("-p", "{port}"),
    ),
    "postgresql": Kind(
        image="postgresql",
        port=5432,
        url="postgresql+psycopg://session:session@{address}/session",
        ready=probe.POSTGRESQL,
        command=("postgres", "-c", "shared_buffers=32MB", "-c", "max_connections=200"),
        on_host=("-c", "listen_addresses=127.0.0.1", "-c", "port={port}"),
        fast=("-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off"),
        environment={
            "POSTGRES_USER": "session",
            "POSTGRES_PASSWORD": "session",
            "POSTGRES_DB": "session",
        },
        memory="512m",
    ),
    "pgbouncer": Kind(
        image="pgbouncer",
        port=6432,
        url="postgresql+psycopg://session:session@{address}/session",
        ready=probe.PGBOUNCER,
        command=("sh", "-c", PGBOUNCER, "pgbouncer", *PGBOUNCER_LINES),
        # The registry's image does not start without it, whatever it is told to run.
        environment={"DB_HOST": "127.0.0.1"},
        memory="64m",
    ),
    "mariadb": Kind(
        image="mariadb",
        port=3306,
        url="mysql+pymysql://session:session@{address}/session",
        ready=probe.MARIADB,
        command=(
            "mariadbd",
            "--user=mysql",
            "--bind-address=0.0.0.0",
            "--skip-name-resolve",
            "--innodb-buffer-pool-size=64M",
            "--performance-schema=OFF",
        ),
        on_host=("--port={port}",),
        fast=("--innodb-flush-log-at-trx-commit=0", "--skip-innodb-doublewrite", "--sync-frm=0"),
        durable=("--innodb-flush-log-at-trx-commit=1",),
        environment={
            "MARIADB_ROOT_PASSWORD": "session",
            "MARIADB_USER": "session",
            "MARIADB_PASSWORD": "session",
            "MARIADB_DATABASE": "session",
        },
        memory="512m",
    ),
    "mongodb": Kind(
        image="mongodb",
        port=27017,
        url="mongodb://{address}/",
        ready=probe.MONGODB,
        command=("mongod", "--dbpath", "/data/db", *MONGODB_OPTIONS),
        on_host=("--port", "{port}"),
        memory="768m",
    ),
    "dynamodb": Kind(
        image="dynamodb",
        port=8000,
        url="http://{address}",
        ready=probe.DYNAMODB,
        command=("-Xmx256m", "-jar", "DynamoDBLocal.jar", "-sharedDb", "-disableTelemetry"),
        # Where Java looks for SQLite, which keeps the tables.
        environment={"LD_LIBRARY_PATH": "./DynamoDBLocal_lib"},
        fast=("-inMemory",),
        durable=("-dbPath", "/tmp"),
        memory="512m",
    ),
}
