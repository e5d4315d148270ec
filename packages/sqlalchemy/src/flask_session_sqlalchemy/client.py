"""What SESSION_SQLALCHEMY may be: a URL, an engine, or a Flask-SQLAlchemy object."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from typing import Any, cast

from flask import Flask
from flask_session.clients import ENCODED_PASSWORD, refused, without_secrets
from flask_session.config import wrong
from flask_session.errors import ConfigurationError
from sqlalchemy import event
from sqlalchemy.engine import URL, Engine, make_url
from sqlalchemy.pool import NullPool, SingletonThreadPool, StaticPool

from .engine import build, check_arguments, is_in_memory
from .model import FlaskSqlAlchemy, translations

KEY = "SESSION_SQLALCHEMY"
REMEDY = (
    "Set it to a URL (postgresql+psycopg://…, mysql+pymysql://…, sqlite:///sessions.db), to an "
    "Engine of SQLAlchemy, or to a Flask-SQLAlchemy object."
)
LEGACY_TRANSACTION_CONTROL = -1
"""Of :mod:`sqlite3`, which has no name for it before Python 3.12."""
LOOK_AT = f"look at its port, its parameters, the files they name, and {ENCODED_PASSWORD}"
EXTRAS = {"psycopg": "postgresql", "pymysql": "mysql"}
INHERITED = ("connect_args", "creator", "pool_recycle")
Client = Engine | FlaskSqlAlchemy


@dataclass(frozen=True)
class Connected:
    """``client`` is what the app sees; the store works with ``engine``, or what that answers."""

    client: Client
    engine: Engine | Callable[[], Engine]
    flask_sqlalchemy: FlaskSqlAlchemy | None = None
    dialect: str | None = None


def connect(app: Flask, client: Client | URL | str | None, bind_key: str | None) -> Connected:
    """Answer a client that is fit for sessions, without connecting to the database.

    ``None`` is the app's own Flask-SQLAlchemy object, or one made of SQLALCHEMY_DATABASE_URI as in
    Flask-Session 0.8. Raises ConfigurationError.
    """
    if client is None:
        client = default(app)
    if is_flask_sqlalchemy(client):
        return of_flask_sqlalchemy(app, cast(FlaskSqlAlchemy, client), bind_key)
    if bind_key is not None:
        raise wrong(
            "SESSION_SQLALCHEMY_BIND_KEY", bind_key, "there are no binds to choose from",
            "Remove it, or set SESSION_SQLALCHEMY to a Flask-SQLAlchemy object.",
        )  # fmt: skip
    if isinstance(client, (str, URL)):
        client = of_url(client)
    if not isinstance(client, Engine):
        raise refused(KEY, client, "this client cannot be used", REMEDY)
    check(client)
    return Connected(client, client)


def default(app: Flask) -> Any:
    """Answer what the app has: its Flask-SQLAlchemy object, or what fits its configuration."""
    registered = app.extensions.get("sqlalchemy")
    if registered is not None:
        return registered
    uri, installed = app.config.get("SQLALCHEMY_DATABASE_URI"), find_spec("flask_sqlalchemy")
    if not uri and not (installed and app.config.get("SQLALCHEMY_BINDS")):
        raise wrong(KEY, None, "there is no database for the sessions", REMEDY)
    warnings.warn(f"{KEY} is not set: using SQLALCHEMY_DATABASE_URI", RuntimeWarning, stacklevel=4)
    if not installed:
        return uri
    from flask_sqlalchemy import SQLAlchemy

    return SQLAlchemy(app)


def of_url(url: URL | str) -> Engine:
    """Make an engine of our own; the URL is not shown, nor SQLAlchemy's words, for passwords."""
    try:
        return made(make_url(url))
    except ConfigurationError:
        raise
    except Exception as error:
        problem = f"not a URL SQLAlchemy can use ({type(error).__name__}): {LOOK_AT}"
        raise wrong(KEY, without_secrets(url), problem, REMEDY) from None


def made(url: URL) -> Engine:
    """Make an engine, if its driver can be used and takes the URL's parameters."""
    shown, driver = without_secrets(url), url.get_driver_name()
    if url.get_dialect().is_async:
        raise wrong(KEY, shown, "its driver is asynchronous", REMEDY)
    try:
        engine = build(url)
    except ImportError as error:
        problem = f"its driver cannot be imported ({error})"
        raise wrong(KEY, shown, problem, to_install(driver)) from None
    check_arguments(engine)
    return engine


def to_install(driver: str) -> str:
    """Say what to do without a driver."""
    if driver in EXTRAS:
        return f'Install it with pip install "flask-session-sqlalchemy[{EXTRAS[driver]}]".'
    return f"Install that driver, or use another. {REMEDY}"


def check(engine: Engine) -> None:
    """Refuse an engine that cannot keep sessions; warn of one that is not apart from the app."""
    if engine.dialect.is_async:
        raise refused(KEY, engine, "its driver is asynchronous", REMEDY)
    if isinstance(engine.pool, (SingletonThreadPool, NullPool)) and is_in_memory(engine.url):
        problem = "it is another database in memory for each thread, or each connection"
        raise refused(KEY, engine, problem, "Set it to 'sqlite://', or use poolclass=StaticPool.")
    if isinstance(engine.pool, StaticPool):
        warnings.warn(
            f"{KEY} has one connection, shared with the app: storing a session also commits what "
            "the app has not committed, and threads that use it at once get each other's rows. "
            "Give the sessions a database of their own.",
            RuntimeWarning,
            stacklevel=5,
        )


def is_flask_sqlalchemy(client: object) -> bool:
    """Recognise an object of Flask-SQLAlchemy 3; its properties need an app to be looked at."""
    return hasattr(type(client), "engines") and hasattr(client, "metadatas")


def of_flask_sqlalchemy(app: Flask, db: FlaskSqlAlchemy, bind_key: str | None) -> Connected:
    """Use the app's database: at once, or when ``db`` knows the app."""
    engine = partial(engine_on, app, db, bind_key)
    if app.extensions.get("sqlalchemy") is db:
        return Connected(db, engine(), db)
    return Connected(db, engine, db, dialect_of(app, bind_key))


def engine_on(app: Flask, db: FlaskSqlAlchemy, bind_key: str | None) -> Engine:
    """Make an engine of our own on the app's database; answer the app's where none can be made."""
    theirs = engine_of_app(app, db, bind_key)
    check(theirs)
    options = options_of(app, db, bind_key)
    # What a pool of the app's own lends is given back at once; ours would keep all of it.
    lends = isinstance(theirs.pool, NullPool) and "creator" in options
    if lends or isinstance(theirs.pool, StaticPool):
        return theirs
    if translated := translations(theirs):
        options["execution_options"] = {"schema_translate_map": translated}
    return connecting_as(theirs, options)


def engine_of_app(app: Flask, db: FlaskSqlAlchemy, bind_key: str | None) -> Engine:
    """Answer the app's own engine. Raises ConfigurationError if there is no such bind."""
    with app.app_context():
        engines = db.engines
    if bind_key in engines:
        return engines[bind_key]
    names = sorted(name for name in engines if name is not None)
    raise wrong(
        "SESSION_SQLALCHEMY_BIND_KEY", bind_key, "there is no such bind",
        (f"Set it to one of {names}, or" if names else "There are no others:")
        + " remove it for the database of SQLALCHEMY_DATABASE_URI.",
    )  # fmt: skip


def dialect_of(app: Flask, bind_key: str | None) -> str | None:
    """Answer which database the app has configured, as far as it has by now."""
    url = app.config.get("SQLALCHEMY_DATABASE_URI")
    if bind_key is not None:
        bind = bind_of(app, bind_key)
        url = bind.get("url") if isinstance(bind, Mapping) else bind
    return make_url(url).get_backend_name() if url else None


def bind_of(app: Flask, bind_key: str | None) -> Any:
    """Answer what the app has configured for a bind: a URL, a mapping with one, or None."""
    return (app.config.get("SQLALCHEMY_BINDS") or {}).get(bind_key)


def options_of(app: Flask, db: object, bind_key: str | None) -> dict[str, Any]:
    """Answer how the app wants to connect; pools, isolation and logging are not taken over."""
    # Flask-SQLAlchemy keeps what it was made with to itself, and an engine does not tell.
    options = dict(getattr(db, "_engine_options", {}))
    if bind_key is None:
        options.update(app.config.get("SQLALCHEMY_ENGINE_OPTIONS") or {})
    bind = bind_of(app, bind_key)
    if isinstance(bind, Mapping):
        options.update(bind)
    return {name: options[name] for name in INHERITED if name in options}


def connecting_as(theirs: Engine, options: Mapping[str, Any]) -> Engine:
    """Make an engine whose connections the app's listeners hear of, in the app's order.

    They choose passwords that change, search paths; a connection they make themselves is taken.
    https://docs.sqlalchemy.org/en/20/core/engines.html#generating-dynamic-authentication-tokens
    """
    ours = build(theirs.url, options, listening(theirs.dialect, "do_connect"))
    if heard := listening(theirs.pool, "connect"):
        for listener in (*heard, partial(commit_by_itself_again, ours.dialect)):
            event.listen(ours, "connect", listener)
    return ours


def commit_by_itself_again(dialect: Any, connection: Any, record: object) -> None:
    """Commit each statement, whatever a listener of the app's has left behind.

    ``autocommit`` of sqlite3, from Python 3.12 on, wins over the isolation level.
    """
    connection.commit()
    if isinstance(getattr(connection, "autocommit", None), bool) and dialect.driver == "pysqlite":
        connection.autocommit = LEGACY_TRANSACTION_CONTROL
    dialect.set_isolation_level(connection, "AUTOCOMMIT")


def listening(target: Any, name: str) -> list[Any]:
    """Answer the app's listeners, without those of SQLAlchemy itself."""
    return [each for each in getattr(target.dispatch, name).listeners if not is_sqlalchemys(each)]


def is_sqlalchemys(listener: Any) -> bool:
    """Tell whether SQLAlchemy listens itself; what it wraps for ``named=True`` is not its."""
    module = str(listener.__module__)
    return module.startswith("sqlalchemy.") and not module.startswith("sqlalchemy.event.")
