"""How the app connects, and what it listens to, holds for our connections, too."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

import pytest
import sqlalchemy as sa
from flask_session import Record, Session
from flask_session_sqlalchemy import SqlAlchemyStore
from flask_session_sqlalchemy.engine import build
from flask_session_sqlalchemy.failures import is_read_only
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Engine, Table, event
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from packages.sqlalchemy.tests.apps import MakeApp, engine_of, interface_of, visits
from packages.sqlalchemy.tests.databases import SERVERS

NOW = datetime(2026, 1, 1)


@pytest.mark.parametrize("name", ["do_connect", "connect"])
def test_listeners_of_the_apps_engine_hear_of_our_connections(make_app: MakeApp, name: str) -> None:
    # Short-lived passwords come from a listener, and a search path.
    db, heard = SQLAlchemy(), list[Any]()

    def listen(*arguments: Any) -> None:
        heard.append(arguments)

    app = make_app(db, SQLALCHEMY_DATABASE_URI="sqlite:///app.db", SESSION_TYPE="memory")
    with app.app_context():
        event.listen(db.engine, name, listen)
    app.config.update(SESSION_TYPE="sqlalchemy", SESSION_SQLALCHEMY=db)
    Session(app)
    assert visits(app) == ["1", "2"]
    assert len(heard) == 1


@pytest.mark.parametrize("database", SERVERS, indirect=True)
@pytest.mark.parametrize("named", [True, False])
def test_a_password_may_come_from_the_apps_listeners(
    make_app: MakeApp, url: str, table_name: str, named: bool
) -> None:
    # PostgreSQL's were never asked, since ours had connected; others were asked from last to first.
    db, order = SQLAlchemy(), list[str]()

    def first(*_: Any, cparams: Any = None, **__: object) -> None:
        parameters = cparams if named else _[3]
        parameters.update(password="session")
        order.append("first")

    def second(*_: object, **__: object) -> None:
        order.append("second")

    url = sa.make_url(url).set(password="old").render_as_string(hide_password=False)
    app = make_app(db, SQLALCHEMY_DATABASE_URI=url, SESSION_TYPE="memory")
    with app.app_context():
        event.listen(db.engine, "do_connect", first, named=named)
        event.listen(db.engine, "do_connect", second, named=named)
    app.config.update(
        SESSION_TYPE="sqlalchemy", SESSION_SQLALCHEMY=db, SESSION_SQLALCHEMY_TABLE=table_name
    )
    Session(app)
    assert visits(app) == ["1", "2"]
    assert order == ["first", "second"]


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_schemas_that_the_app_translates_are_translated(
    make_app: MakeApp, url: str, engine: Engine, table_name: str
) -> None:
    schema = f"s_{table_name}"
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE SCHEMA {schema}")
    db = SQLAlchemy()
    options = {"execution_options": {"schema_translate_map": {None: schema}}}
    app = make_app(
        db, SESSION_SQLALCHEMY=db, SESSION_SQLALCHEMY_TABLE=table_name,
        SQLALCHEMY_DATABASE_URI=url, SQLALCHEMY_ENGINE_OPTIONS=options,
    )  # fmt: skip
    assert visits(app) == ["1", "2"]
    with engine.connect() as connection:
        rows = connection.exec_driver_sql(f"SELECT id FROM {schema}.{table_name}").all()
        connection.exec_driver_sql(f"DROP SCHEMA {schema} CASCADE")
    assert len(rows) == 1


class Stamped(DeclarativeBase):
    changed_at: Mapped[datetime] = mapped_column(
        default=NOW, onupdate=lambda: datetime.now(timezone.utc).replace(tzinfo=None)
    )


def test_columns_that_change_with_each_update_do(make_app: MakeApp) -> None:
    db = SQLAlchemy(model_class=Stamped)
    app = make_app(db, SESSION_SQLALCHEMY=db, SQLALCHEMY_DATABASE_URI="sqlite:///app.db")
    assert visits(app) == ["1", "2"]
    with engine_of(app).connect() as connection:
        model = interface_of(app).sql_session_model
        assert connection.scalars(sa.select(model.changed_at)).one() > NOW


FIRST = {
    "postgresql": "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY",
    "mariadb": "SET SESSION TRANSACTION READ ONLY",
}


@pytest.mark.parametrize("database", SERVERS, indirect=True)
@pytest.mark.parametrize("verb", ["create", "update", "delete"])
@pytest.mark.parametrize("make", [build, sa.create_engine], ids=["ours", "handed in"])
def test_after_a_failover_behind_a_name_new_connections_are_made(
    url: str,
    table: Table,
    store: SqlAlchemyStore,
    database: str,
    verb: str,
    make: Callable[[str], Engine],
) -> None:
    assert store.create("key", b"1", 60)
    found = store.load("key")
    assert found is not None
    engine, made = make(url), list[Any]()

    @event.listens_for(engine, "connect")
    def follow(connection: Any, record: object) -> None:
        made.append(connection)
        if len(made) == 1:
            cursor = connection.cursor()
            cursor.execute(FIRST[database])
            cursor.close()

    behind = SqlAlchemyStore(engine, table, table_exists=True)
    behind.load("key")
    if verb == "create":
        assert behind.create("other", b"1", 60)
    elif verb == "update":
        behind.update("key", b"2", 60, found)
        assert behind.load("key").data == b"2"  # type: ignore[union-attr]
    else:
        behind.delete("key")
        assert store.load("key") is None
    assert len(made) == 2
    engine.dispose()


@pytest.mark.parametrize("database", SERVERS, indirect=True)
@pytest.mark.parametrize("make", [build, sa.create_engine], ids=["ours", "handed in"])
def test_where_nobody_takes_writes_few_connections_are_made(
    url: str, table: Table, store: SqlAlchemyStore, database: str, make: Callable[[str], Engine]
) -> None:
    store.create("key", b"1", 60)
    engine, made = make(url), list[Any]()

    @event.listens_for(engine, "connect")
    def refuse_writes(connection: Any, record: object) -> None:
        made.append(connection)
        cursor = connection.cursor()
        cursor.execute(FIRST[database])
        cursor.close()

    behind = SqlAlchemyStore(engine, table, table_exists=True)
    with pytest.raises(behind.errors):
        behind.touch("key", 60)
    assert len(made) <= 3
    with pytest.raises(behind.errors):
        behind.update("key", b"2", 60, Record(b"1"))
    assert len(made) <= 7  # it was asked for as long as that takes
    engine.dispose()


@pytest.mark.parametrize("number", [1290, 1792, 1836])
def test_mariadb_says_by_a_number_that_it_takes_no_writes(number: int) -> None:
    error = ConnectionError(number, "The MariaDB server is running with the --read-only option")
    error.sqlstate = "HY000"  # type: ignore[attr-defined]
    assert is_read_only(error)
