"""What SESSION_SQLALCHEMY may be, and what is refused at the start."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask_session_sqlalchemy import (
    SqlAlchemySessionInterface,
)
from flask_session_sqlalchemy.engine import is_ours
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy.pool import StaticPool

from packages.sqlalchemy.tests.apps import (
    MakeApp,
    at,
    engine_of,
    interface_of,
    visits,
)


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


def test_importing_the_backend_imports_no_flask_sqlalchemy() -> None:
    program = "import sys, flask_session_sqlalchemy; sys.exit('flask_sqlalchemy' in sys.modules)"
    subprocess.run([sys.executable, "-c", program], check=True)
