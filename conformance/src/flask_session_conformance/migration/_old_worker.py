"""An application on an old Flask-Session, in an environment and a process of its own.

It runs under Python 3.8 and later with whatever release is installed, and talks JSON, one line each
way. The first line describes the application; it is answered with the versions in use. Every other
line is a request: ``{"cookie": text or null, "do": [[verb, argument, …], …]}``. Verbs are

* ``update`` and a dict, ``pop`` and a key, ``append``, a key and an item: change the session;
* ``clear``, ``flash`` and a text, ``permanent`` and a truth value.

Arguments are Python expressions, so that every type can travel. The answer tells the status, the
new cookie (``""``: deleted, ``null``: none sent) and the session as a Python expression.
"""
# mypy: ignore-errors

import collections
import dataclasses
import datetime
import decimal
import enum
import json
import sys
import uuid
import warnings
from http.cookies import SimpleCookie

import flask
import flask_session
from markupsafe import Markup

try:
    import zoneinfo
except ImportError:
    zoneinfo = None


class Colour(enum.Enum):
    """An application's own type, which only the application can unpickle."""

    RED = 1


@dataclasses.dataclass
class Point:
    """A type that msgspec writes as a map."""

    x: int
    y: int


Pair = collections.namedtuple("Pair", "first second")
NAMES = {
    **{name: getattr(collections, name) for name in ("OrderedDict", "defaultdict")},
    "datetime": datetime, "zoneinfo": zoneinfo, "Decimal": decimal.Decimal, "UUID": uuid.UUID,
    "Markup": Markup, "Colour": Colour, "Point": Point, "Pair": Pair,
}  # fmt: skip


def source(value):
    """Write a value as an expression that our own version is expected to show."""
    kind = type(value)
    if isinstance(value, dict):
        items = (f"{source(key)}: {source(item)}" for key, item in value.items())
        return "{" + ", ".join(items) + "}"
    if kind is list:
        return "[" + ", ".join(map(source, value)) + "]"
    if kind in (set, frozenset):
        return f"{kind.__name__}([" + ", ".join(sorted(map(source, value))) + "])"
    if kind is tuple:
        return "(" + "".join(source(item) + ", " for item in value) + ")"
    if kind is float:
        return f"float('{value!r}')"
    return repr(bytes(value) if kind is bytearray else value)


def settings(backend, address, folder, app):
    """Answer the settings that make the release use a server or a folder."""
    if backend == "filesystem":
        return {"SESSION_TYPE": "filesystem", "SESSION_FILE_DIR": folder}
    kind = backend.partition("-")[0]
    if kind not in CLIENTS:
        app.config["SQLALCHEMY_DATABASE_URI"] = address
        app.config["SQLALCHEMY_TRACK_MODIFICATIONS"] = False
        from flask_sqlalchemy import SQLAlchemy

        return {"SESSION_TYPE": "sqlalchemy", "SESSION_SQLALCHEMY": SQLAlchemy(app)}
    host, _, port = address.rpartition(":")
    client = cache(folder) if backend == "cachelib" else CLIENTS[kind](host, int(port))
    return {"SESSION_TYPE": kind, "SESSION_" + kind.upper(): client}


def redis(host, port):
    """Make a Redis client."""
    from redis import Redis

    return Redis(host=host, port=port)


def mongodb(host, port):
    """Make a MongoDB client."""
    from pymongo import MongoClient

    return MongoClient(host, port)


def memcached(host, port):
    """Make the client that was usual at the time.

    By default pymemcache does not wait for its writes: then the next request, at another worker,
    may come before them.
    """
    try:
        from pymemcache.client.base import Client
    except ImportError:
        import memcache

        return memcache.Client([f"{host}:{port}"])
    return Client((host, port), default_noreply=False)


def dynamodb(host, port):
    """Make a resource for DynamoDB Local."""
    import boto3

    return boto3.resource(
        "dynamodb",
        endpoint_url=f"http://{host}:{port}",
        region_name="us-west-2",
        aws_access_key_id="dummy",
        aws_secret_access_key="dummy",
    )


def cache(folder):
    """Make a cachelib cache of files."""
    from cachelib import FileSystemCache

    return FileSystemCache(folder)


def cache_in_redis(host, port):
    """Make a cachelib cache that keeps its pickles in Redis."""
    from cachelib import RedisCache

    return RedisCache(host, port, key_prefix="cache:")


CLIENTS = {
    "redis": redis,
    "memcached": memcached,
    "mongodb": mongodb,
    "dynamodb": dynamodb,
    "cachelib": cache_in_redis,
}


def make_app(described):
    """Build the application that the first line describes."""
    app = flask.Flask(__name__)
    app.config.update(described["config"])
    app.config["PERMANENT_SESSION_LIFETIME"] = datetime.timedelta(seconds=described["lifetime"])
    backend, address = described["backend"], described["address"]
    app.config.update(settings(backend, address, described["folder"], app))
    flask_session.Session(app)
    if hasattr(app.session_interface, "sql_session_model"):
        with app.app_context():
            database(app).create_all()  # before 0.6 nobody else made the table
    app.add_url_rule("/", "work", work, methods=["POST"])
    return app


def work():
    """Do what the request lists, and answer the session."""
    for verb, *arguments in flask.request.get_json():
        values = [eval(text, dict(NAMES)) for text in arguments]
        if verb == "flash":
            flask.flash(*values)
        elif verb == "permanent":
            flask.session.permanent = values[0]
        elif verb == "append":
            flask.session[values[0]] = [*flask.session.get(values[0], []), values[1]]
        else:
            getattr(flask.session, verb)(*values)
    return source(dict(flask.session))


def sent_cookie(response):
    """Answer the session cookie of a response: its value, empty if deleted, None if not sent."""
    for header in response.headers.getlist("Set-Cookie"):
        morsel = SimpleCookie(header).get("session")
        if morsel is not None:
            return morsel.value
    return None


def answer(app, request):
    """Send one request through the application; what it raises is a 500."""
    headers = {"Cookie": "session=" + request["cookie"]} if request["cookie"] else {}
    try:
        with app.test_client(use_cookies=False) as client:
            response = client.post("/", json=request["do"], headers=headers)
            text = response.get_data(as_text=True)
            return {
                "status": response.status_code,
                "cookie": sent_cookie(response),
                "session": text,
            }
    except Exception as error:
        return {"status": 500, "cookie": None, "session": repr(error)}


def versions():
    """Answer what is installed."""
    try:
        from importlib import metadata
    except ImportError:
        return {}
    found = {item.metadata["Name"].lower(): item.version for item in metadata.distributions()}
    return {"python": sys.version.split()[0], **dict(sorted(found.items()))}


def table(app):
    """Answer the statement that made the table, for the SQL backend."""
    model = getattr(app.session_interface, "sql_session_model", None)
    if model is None:
        return None
    from sqlalchemy.schema import CreateTable

    with app.app_context():
        return str(CreateTable(model.__table__).compile(database(app).engine)).strip()


def database(app):
    """Answer the Flask-SQLAlchemy object in use."""
    interface = app.session_interface
    return interface.db if hasattr(interface, "db") else interface.client


def main():
    """Serve standard input until it ends."""
    warnings.simplefilter("ignore")
    app = make_app(json.loads(sys.stdin.readline()))
    app.logger.disabled = True
    print(json.dumps({"versions": versions(), "table": table(app)}), flush=True)
    for line in sys.stdin:
        print(json.dumps(answer(app, json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
