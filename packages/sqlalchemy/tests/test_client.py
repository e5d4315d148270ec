"""What SESSION_SQLALCHEMY may be, and what is refused at the start."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask, session
from flask_session import Session
from flask_session.errors import ConfigurationError
from flask_session_sqlalchemy import (
    SqlAlchemySessionInterface,
    SqlAlchemyStore,
    create_session_model,
)
from flask_session_sqlalchemy.engine import is_ours
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.orm import Session as OrmSession
from sqlalchemy.pool import StaticPool

MakeApp = Callable[..., Flask]


class PlainBase(DeclarativeBase):
    pass


class StampedBase(DeclarativeBase):
    made_at: Mapped[datetime] = mapped_column(default=datetime(2026, 1, 1))


@pytest.fixture
def make_app(tmp_path: Path) -> Iterator[MakeApp]:
    """Provide a function that makes an app; ``db`` is initialised before the sessions are."""
    apps: list[Flask] = []

    def make(db: SQLAlchemy | None = None, **config: Any) -> Flask:
        app = Flask(__name__, instance_path=str(tmp_path))
        app.config.update({"SECRET_KEY": "key", "SESSION_TYPE": "sqlalchemy", **config})
        apps.append(app)
        if db is not None:
            db.init_app(app)
        Session(app)
        app.add_url_rule("/", view_func=count)
        return app

    yield make
    for app in apps:
        close(app)


def count() -> str:
    session["visits"] = session.get("visits", 0) + 1
    return str(session["visits"])


def close(app: Flask) -> None:
    interface = app.session_interface
    if isinstance(interface, SqlAlchemySessionInterface):
        interface.store.close()
        if isinstance(interface.client, sa.Engine):
            interface.client.dispose()
    if "sqlalchemy" in app.extensions:
        with app.app_context():
            for engine in app.extensions["sqlalchemy"].engines.values():
                engine.dispose()


def visits(app: Flask) -> list[str]:
    """Answer what two requests of a browser see."""
    with app.test_client() as client:
        return [client.get("/").text, client.get("/").text]


def interface_of(app: Flask) -> SqlAlchemySessionInterface:
    assert isinstance(app.session_interface, SqlAlchemySessionInterface)
    return app.session_interface


def engine_of(app: Flask) -> sa.Engine:
    store = interface_of(app).store
    assert isinstance(store, SqlAlchemyStore)
    return store.database.engine


def at(tmp_path: Path, name: str = "app.db") -> str:
    return f"sqlite:///{tmp_path / name}"


def test_a_url_makes_an_engine_of_our_own(make_app: MakeApp, tmp_path: Path) -> None:
    app = make_app(SESSION_SQLALCHEMY=at(tmp_path))
    assert visits(app) == ["1", "2"]
    assert engine_of(app) is interface_of(app).client
    assert is_ours(engine_of(app))


def test_a_parsed_url_does_as_well(make_app: MakeApp, tmp_path: Path) -> None:
    assert visits(make_app(SESSION_SQLALCHEMY=sa.make_url(at(tmp_path)))) == ["1", "2"]


def test_an_engine_is_used_as_it_is(make_app: MakeApp, tmp_path: Path) -> None:
    engine = sa.create_engine(at(tmp_path))
    app = make_app(SESSION_SQLALCHEMY=engine)
    assert visits(app) == ["1", "2"]
    assert interface_of(app).client is engine
    assert engine.pool.checkedin() == 1  # type: ignore[attr-defined]


def test_the_client_of_flask_sqlalchemy_stays_the_client(make_app: MakeApp, tmp_path: Path) -> None:
    db = SQLAlchemy()
    app = make_app(db, SESSION_SQLALCHEMY=db, SQLALCHEMY_DATABASE_URI="sqlite:///app.db")
    assert visits(app) == ["1", "2"]
    assert interface_of(app).client is db
    assert interface_of(app).db is db


def test_with_flask_sqlalchemy_the_engine_is_still_our_own(make_app: MakeApp) -> None:
    db = SQLAlchemy()
    app = make_app(db, SESSION_SQLALCHEMY=db, SQLALCHEMY_DATABASE_URI="sqlite:///app.db")
    with app.app_context():
        assert engine_of(app).url == db.engine.url
        assert engine_of(app) is not db.engine
    assert is_ours(engine_of(app))


def test_sessions_move_out_of_the_apps_flask_sqlalchemy(make_app: MakeApp, tmp_path: Path) -> None:
    """The former store was made for an app of its own, which the object did not know: 500."""
    db, uri = SQLAlchemy(), at(tmp_path)
    app = make_app(db, SESSION_SQLALCHEMY=db, SQLALCHEMY_DATABASE_URI=uri)
    with app.test_client() as client:
        client.get("/")
        cookie = client.get_cookie("session")
    assert cookie is not None
    successor = SQLAlchemy()
    former = {"SESSION_TYPE": "sqlalchemy", "SESSION_SQLALCHEMY": successor}
    moving = make_app(
        successor,
        SQLALCHEMY_DATABASE_URI=uri,
        SESSION_TYPE="memory",
        SESSION_MIGRATE_FROM=former,
    )
    with moving.test_client() as client:
        client.set_cookie("session", cookie.value)
        assert client.get("/").text == "2"
    moving.session_interface.store.close()  # type: ignore[attr-defined]
    assert moving.config["SESSION_TYPE"] == "memory"


def test_flask_sqlalchemy_may_be_initialised_later(make_app: MakeApp) -> None:
    db = SQLAlchemy()
    app = make_app(SESSION_SQLALCHEMY=db, SQLALCHEMY_DATABASE_URI="sqlite:///app.db")
    db.init_app(app)
    assert visits(app) == ["1", "2"]


@pytest.mark.row("B4")
@pytest.mark.parametrize("bind_key", [None, "others"])
def test_what_a_session_may_hold_is_known_before_flask_sqlalchemy_is(
    make_app: MakeApp, bind_key: str | None
) -> None:
    # A session of 9 MB was sent to MariaDB, refused there, and said to be an outage.
    url, db = "mysql+pymysql://user@localhost/app", SQLAlchemy()
    app = make_app(
        SESSION_SQLALCHEMY=db,
        SESSION_SQLALCHEMY_BIND_KEY=bind_key,
        SQLALCHEMY_DATABASE_URI="sqlite://" if bind_key else url,
        SQLALCHEMY_BINDS={"others": {"url": url}},
    )
    assert interface_of(app).store.max_bytes < 8 * 1024 * 1024


def test_a_bind_key_chooses_the_database(make_app: MakeApp, tmp_path: Path) -> None:
    db = SQLAlchemy()
    binds = {"others": {"url": at(tmp_path, "others.db"), "connect_args": {"timeout": 3}}}
    app = make_app(
        db, SESSION_SQLALCHEMY=db, SESSION_SQLALCHEMY_BIND_KEY="others", SQLALCHEMY_BINDS=binds
    )
    assert visits(app) == ["1", "2"]
    with engine_of(app).connect() as connection:
        assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar() == 3000
    with app.app_context():
        model = interface_of(app).sql_session_model
        assert db.session.scalar(sa.select(sa.func.count()).select_from(model)) == 1


def test_the_apps_connect_args_are_taken_over(make_app: MakeApp) -> None:
    db = SQLAlchemy()
    app = make_app(
        db,
        SESSION_SQLALCHEMY=db,
        SQLALCHEMY_DATABASE_URI="sqlite:///app.db",
        SQLALCHEMY_ENGINE_OPTIONS={"connect_args": {"timeout": 3}, "pool_size": 1},
    )
    with engine_of(app).connect() as connection:
        assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar() == 3000


def test_unset_is_the_apps_flask_sqlalchemy(make_app: MakeApp) -> None:
    db = SQLAlchemy()
    app = make_app(db, SQLALCHEMY_DATABASE_URI="sqlite:///app.db")
    assert visits(app) == ["1", "2"]
    assert interface_of(app).client is db


def test_unset_without_one_makes_one_as_0_8_did(make_app: MakeApp) -> None:
    with pytest.warns(RuntimeWarning, match="SQLALCHEMY_DATABASE_URI"):
        app = make_app(SQLALCHEMY_DATABASE_URI="sqlite:///app.db")
    assert visits(app) == ["1", "2"]
    assert isinstance(interface_of(app).client, SQLAlchemy)


def test_unset_without_flask_sqlalchemy_makes_an_engine(
    make_app: MakeApp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flask_session_sqlalchemy.client.find_spec", lambda name: None)
    with pytest.warns(RuntimeWarning, match="SQLALCHEMY_DATABASE_URI"):
        app = make_app(SQLALCHEMY_DATABASE_URI=at(tmp_path))
    assert visits(app) == ["1", "2"]
    assert isinstance(interface_of(app).client, sa.Engine)


def test_one_connection_in_memory_works_and_warns_once(make_app: MakeApp) -> None:
    db = SQLAlchemy()
    with pytest.warns(RuntimeWarning, match="shared with the app") as caught:
        app = make_app(db, SESSION_SQLALCHEMY=db, SQLALCHEMY_DATABASE_URI="sqlite://")
    assert visits(app) == ["1", "2"]
    assert len(caught) == 1
    with app.app_context():
        model = interface_of(app).sql_session_model
        assert db.session.scalar(sa.select(sa.func.count()).select_from(model)) == 1


def test_an_engine_with_one_connection_warns(make_app: MakeApp) -> None:
    arguments: dict[str, Any] = {"check_same_thread": False}
    engine = sa.create_engine("sqlite://", poolclass=StaticPool, connect_args=arguments)
    with pytest.warns(RuntimeWarning, match="shared with the app"):
        app = make_app(SESSION_SQLALCHEMY=engine)
    assert visits(app) == ["1", "2"]


@pytest.mark.parametrize(
    ("client", "message"),
    [
        ("", "not a URL"),
        ("sessions.db", "not a URL"),
        ("postgres://user:hunter2@host/db", "not a URL"),
        ("postgresql+psycopg://user:hunter2@host:port/db", "not a URL"),
        ("mysql+mysqldb://user:hunter2@host/db", "no module MySQLdb"),
        (42, "builtins.int"),
        (object, "builtins.type"),
        (OrmSession(), "cannot be used"),
        (sa.create_engine("sqlite://"), "for each thread"),
        ("postgresql+psycopg_async://host/db", "asynchronous"),
    ],
)
def test_another_client_is_refused_at_the_start(
    make_app: MakeApp, client: object, message: str
) -> None:
    with pytest.raises(ConfigurationError, match=message) as caught:
        make_app(SESSION_SQLALCHEMY=client)
    assert "SESSION_SQLALCHEMY" in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_no_database_at_all_is_refused_at_the_start(make_app: MakeApp) -> None:
    with pytest.raises(ConfigurationError, match="no database"):
        make_app()


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("SESSION_SQLALCHEMY_TABLE", ""),
        ("SESSION_SQLALCHEMY_TABLE", 1),
        ("SESSION_SQLALCHEMY_SCHEMA", ""),
        ("SESSION_SQLALCHEMY_SEQUENCE", 1),
        ("SESSION_SQLALCHEMY_TABLE_EXISTS", "yes"),
        ("SESSION_SQLALCHEMY_BIND_KEY", "others"),
    ],
)
def test_a_wrong_setting_is_refused_at_the_start(make_app: MakeApp, key: str, value: Any) -> None:
    with pytest.raises(ConfigurationError, match=key):
        make_app(SESSION_SQLALCHEMY="sqlite://", **{key: value})


@pytest.mark.parametrize(
    ("binds", "remedy"),
    [
        ({}, "There are no others: remove it"),
        ({"logs": "sqlite:///logs.db"}, r"Set it to one of \['logs'\], or remove it"),
    ],
)
def test_an_unknown_bind_is_refused_at_the_start(
    make_app: MakeApp, binds: dict[str, str], remedy: str
) -> None:
    db = SQLAlchemy()
    with pytest.raises(ConfigurationError, match=f"SESSION_SQLALCHEMY_BIND_KEY.*{remedy}"):
        make_app(
            db,
            SESSION_SQLALCHEMY=db,
            SESSION_SQLALCHEMY_BIND_KEY="others",
            SQLALCHEMY_DATABASE_URI="sqlite:///app.db",
            SQLALCHEMY_BINDS=binds,
        )


def test_a_table_of_the_app_without_the_columns_is_refused_at_the_start(
    make_app: MakeApp,
) -> None:
    db = SQLAlchemy()
    db.Table("sessions", sa.Column("id", sa.Integer, primary_key=True))
    with pytest.raises(ConfigurationError, match="without session_id, data, expiry"):
        make_app(db, SESSION_SQLALCHEMY=db, SQLALCHEMY_DATABASE_URI="sqlite:///app.db")


def test_the_positional_arguments_are_those_of_0_8(tmp_path: Path) -> None:
    app = Flask(__name__)
    app.secret_key = "key"
    interface = SqlAlchemySessionInterface(
        app,
        at(tmp_path),
        "p:",
        True,
        False,
        16,
        "json",
        "mine",
        None,
        None,
        None,
        None,
    )
    assert (interface.key_prefix, interface.use_signer, interface.permanent) == ("p:", True, False)
    assert (interface.sid_length, interface.sql_session_model.__tablename__) == (16, "mine")
    interface.store.close()


# The model


@pytest.mark.parametrize("base", [None, PlainBase, StampedBase])
def test_the_model_is_read_and_written_by_the_apps_session(
    make_app: MakeApp, base: type[DeclarativeBase] | None
) -> None:
    db = SQLAlchemy(model_class=base) if base else SQLAlchemy()
    app = make_app(db, SESSION_SQLALCHEMY=db, SQLALCHEMY_DATABASE_URI="sqlite:///app.db")
    visits(app)
    model = interface_of(app).sql_session_model
    with app.app_context():
        row = model.query.filter_by(id=1).one()
        assert row.session_id.startswith("session:")
        assert interface_of(app).serializer.decode(row.data)["visits"] == 2
        db.session.add(model("session:bob", b"data", datetime(2999, 1, 1)))
        db.session.commit()
    assert interface_of(app).store.load("session:bob") is not None


def test_the_model_of_an_engine_is_read_by_any_session(make_app: MakeApp, tmp_path: Path) -> None:
    app = make_app(SESSION_SQLALCHEMY=at(tmp_path))
    visits(app)
    with OrmSession(engine_of(app)) as orm:
        row = orm.scalars(sa.select(interface_of(app).sql_session_model)).one()
        assert "visits" not in repr(row)
        assert row.session_id not in repr(row)


def test_apps_made_again_and_again_share_the_model(make_app: MakeApp) -> None:
    db = SQLAlchemy()
    config: dict[str, Any] = {
        "SESSION_SQLALCHEMY": db,
        "SQLALCHEMY_DATABASE_URI": "sqlite:///app.db",
    }
    models = {interface_of(make_app(db, **config)).sql_session_model for _ in range(3)}
    assert len(models) == 1


def test_apps_with_different_tables_share_one_metadata(make_app: MakeApp) -> None:
    db = SQLAlchemy()
    for name in ("mine", "yours"):
        app = make_app(
            db,
            SESSION_SQLALCHEMY=db,
            SESSION_SQLALCHEMY_TABLE=name,
            SQLALCHEMY_DATABASE_URI="sqlite:///app.db",
        )
        assert visits(app) == ["1", "2"]
    assert set(db.metadata.tables) == {"mine", "yours"}


def test_a_model_of_the_app_is_used_as_it_is(make_app: MakeApp) -> None:
    db = SQLAlchemy()

    class Visit(db.Model):  # type: ignore[name-defined, misc]
        __tablename__ = "sessions"
        id = sa.Column(sa.Integer, primary_key=True)
        session_id = sa.Column(sa.String(255), unique=True)
        data = sa.Column(sa.LargeBinary)
        expiry = sa.Column(sa.DateTime)
        note = sa.Column(sa.String(9), default="note")

    app = make_app(db, SESSION_SQLALCHEMY=db, SQLALCHEMY_DATABASE_URI="sqlite:///app.db")
    assert interface_of(app).sql_session_model is Visit
    assert visits(app) == ["1", "2"]
    with app.app_context():
        assert db.session.scalars(sa.select(Visit.note)).all() == ["note"]


def test_a_table_of_the_app_gets_a_model(make_app: MakeApp) -> None:
    db = SQLAlchemy()
    db.Table(
        "sessions",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("session_id", sa.String(255), unique=True),
        sa.Column("data", sa.LargeBinary),
        sa.Column("expiry", sa.DateTime),
    )
    app = make_app(db, SESSION_SQLALCHEMY=db, SQLALCHEMY_DATABASE_URI="sqlite:///app.db")
    assert visits(app) == ["1", "2"]
    with app.app_context():
        assert interface_of(app).sql_session_model.query.count() == 1


def test_the_model_can_be_made_by_its_function_of_0_8() -> None:
    db = SQLAlchemy()
    model = create_session_model(db, "mine", "schema", "others", "numbers")
    assert model.__table__ in db.metadatas["others"].tables.values()
    assert model.__table__.schema == "schema"
    assert model.__table__.c.id.default.name == "numbers"


def test_importing_the_backend_imports_no_flask_sqlalchemy() -> None:
    program = "import sys, flask_session_sqlalchemy; sys.exit('flask_sqlalchemy' in sys.modules)"
    subprocess.run([sys.executable, "-c", program], check=True)
