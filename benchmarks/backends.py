"""How an application author configures each backend, with ours and with Flask-Session 0.8.0.

It is imported in the environment of Flask-Session 0.8.0 too, so nothing of ours is imported here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

DAY = 86400
SQL = ("sqlite", "postgresql", "mariadb")
MANY_FILES = 1_000_000

Config = dict[str, Any]
Command = dict[str, Any]


def configure(app: Any, command: Command) -> None:
    """Set up ``app.config`` for the contender ``ours`` or ``old``.

    ``command`` names the ``backend``, its ``address``, the ``contender``, and any ``options``.
    """
    config, backend, options = app.config, command["backend"], command.get("options", {})
    config["SECRET_KEY"] = "a secret key of thirty-two bytes"
    config["SESSION_TYPE"] = "sqlalchemy" if backend in SQL else backend
    config["SESSION_REFRESH_EACH_REQUEST"] = options.get("refresh", True)
    if "signer" in options:
        config["SESSION_USE_SIGNER"] = options["signer"]
    if options.get("renewal") and command["contender"] == "ours":
        config["SESSION_TOUCH_INTERVAL"] = 0
    connect: dict[str, Callable[[Any, Command], None]] = {
        "redis": connect_redis,
        "memcached": connect_memcached,
        "mongodb": connect_mongodb,
        "dynamodb": connect_dynamodb,
        "filesystem": connect_files,
    }
    connect.get(backend, connect_sql)(app, command)


def connect_redis(app: Any, command: Command) -> None:
    """Both take a redis-py client."""
    import redis

    host, port = split_address(command["address"])
    app.config["SESSION_REDIS"] = redis.Redis(host=host, port=port)


def connect_memcached(app: Any, command: Command) -> None:
    """Both take a pymemcache client; ours makes connections of its own, safe for threads.

    As pymemcache's default is, 0.8.0 does not wait until a write is acknowledged; ours does.
    """
    app.config["SESSION_MEMCACHED"] = pymemcache(
        command["address"],
        pooled=bool(command.get("threads")),
        waits=bool(command.get("options", {}).get("acknowledged")),
    )


def connect_mongodb(app: Any, command: Command) -> None:
    """Both take a pymongo client; each contender has a database of its own.

    0.8.0 makes no index on the id, so that a read looks at every session; it is given one.
    """
    import pymongo

    host, port = split_address(command["address"])
    app.config["SESSION_MONGODB"] = client = pymongo.MongoClient[dict[str, Any]](host, port)
    app.config["SESSION_MONGODB_DB"] = command["contender"]
    if command["contender"] == "old":
        client["old"]["sessions"].create_index("id")


def connect_dynamodb(app: Any, command: Command) -> None:
    """Ours takes a URL, 0.8.0 a boto3 resource, as each documents it; each has its own table."""
    address, contender = command["address"], command["contender"]
    app.config["SESSION_DYNAMODB_TABLE"] = contender
    url = f"http://{address}"
    app.config["SESSION_DYNAMODB"] = url if contender == "ours" else dynamodb(address)


def connect_files(app: Any, command: Command) -> None:
    """Both take a folder, each its own.

    With the default threshold of 0.8.0, 500 files, each write beyond it looks at every file.
    """
    app.config["SESSION_FILE_DIR"] = f"{command['address']}/{command['contender']}"
    if command["contender"] == "old":
        app.config["SESSION_FILE_THRESHOLD"] = MANY_FILES


def connect_sql(app: Any, command: Command) -> None:
    """Ours takes a URL, 0.8.0 a Flask-SQLAlchemy object, as each documents it."""
    contender = command["contender"]
    url = sql_url(command["backend"], command["address"], contender)
    app.config["SESSION_SQLALCHEMY_TABLE"] = f"sessions_{contender}"
    if contender == "ours":
        app.config["SESSION_SQLALCHEMY"] = url
        return
    from flask_sqlalchemy import SQLAlchemy

    app.config["SQLALCHEMY_DATABASE_URI"] = url
    app.config["SESSION_SQLALCHEMY"] = database = SQLAlchemy(app)
    if command.get("options", {}).get("wal"):
        with app.app_context():
            use_write_ahead_log(database.engine)


def split_address(address: str) -> tuple[str, int]:
    """Take ``host:port`` apart."""
    host, _, port = address.partition(":")
    return host, int(port)


def pymemcache(address: str, *, pooled: bool = False, waits: bool = False) -> Any:
    """Make a client; one that threads may share if ``pooled``."""
    from pymemcache.client.base import Client, PooledClient

    kind = PooledClient if pooled else Client
    return kind(split_address(address), no_delay=True, default_noreply=not waits)


def dynamodb(address: str) -> Any:
    """Make a boto3 resource for DynamoDB Local."""
    import boto3

    return boto3.resource(
        "dynamodb", endpoint_url=f"http://{address}", region_name="us-west-2",
        aws_access_key_id="dummy", aws_secret_access_key="dummy",
    )  # fmt: skip


def sql_url(backend: str, address: str, contender: str) -> str:
    """Answer the URL of a database; the driver is the same for all."""
    if backend == "sqlite":
        return f"sqlite:///{address}/{contender}.db"
    driver = {"postgresql": "postgresql+psycopg", "mariadb": "mysql+pymysql"}[backend]
    return f"{driver}://session:session@{address}/session"


def use_write_ahead_log(engine: Any) -> None:
    """Give an SQLite file the settings that ours gives it."""
    from sqlalchemy import event

    def connected(connection: Any, record: object) -> None:
        connection.execute("PRAGMA journal_mode = WAL").fetchall()
        connection.execute("PRAGMA synchronous = NORMAL")

    event.listen(engine, "connect", connected)
