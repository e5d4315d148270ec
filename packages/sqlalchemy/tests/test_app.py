"""Sessions beside the app's own work in the same database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask, abort, session
from flask.testing import FlaskClient
from flask_session import Session
from flask_session_sqlalchemy import SqlAlchemyStore
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Engine, event

pytestmark = pytest.mark.row("E5")
MakeClient = Callable[..., FlaskClient]
on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
on_servers = pytest.mark.parametrize("database", ["postgresql", "mariadb"], indirect=True)


@pytest.fixture
def db() -> SQLAlchemy:
    return SQLAlchemy()


@pytest.fixture
def happened(db: SQLAlchemy) -> list[str]:
    """Provide what happened to the app's session in the database, in order."""
    happened: list[str] = []
    for name in ("before_flush", "after_commit", "after_rollback"):
        event.listen(db.session, name, lambda *_, name=name: happened.append(name))
    return happened


@pytest.fixture
def make_client(
    db: SQLAlchemy, url: str, table_name: str, engine: Engine, happened: list[str]
) -> Iterator[MakeClient]:
    """Provide a browser of an app with a table of its own beside that of the sessions."""
    notes = db.Table(f"n{table_name}", sa.Column("id", sa.Integer, primary_key=True))
    app = Flask(__name__)

    class Note(db.Model):  # type: ignore[name-defined, misc]
        __table__ = notes

    @app.get("/add/<int:number>/<ending>")
    def add(number: int, ending: str) -> str:
        session["seen"] = session.get("seen", 0) + 1
        db.session.add(Note(id=number))  # pyright: ignore[reportCallIssue]
        if ending.startswith("flush"):
            db.session.flush()
            happened.clear()
        if ending.endswith("400"):
            abort(400)
        if ending.endswith("raise"):
            raise RuntimeError("the view failed")
        return str(session["seen"])

    @app.teardown_request
    def note_the_end(error: BaseException | None) -> None:
        happened.append("end of the request")

    def make(**config: Any) -> FlaskClient:
        app.config.update(SECRET_KEY="key", SESSION_TYPE="sqlalchemy", SESSION_SQLALCHEMY=db)
        app.config.update(SQLALCHEMY_DATABASE_URI=url, SESSION_SQLALCHEMY_TABLE=table_name)
        app.config.update(PROPAGATE_EXCEPTIONS=False, **config)
        db.init_app(app)
        Session(app)
        with app.app_context():
            db.create_all()
        return app.test_client()

    yield make
    store: SqlAlchemyStore = app.session_interface.store  # type: ignore[attr-defined]
    store.close()
    with app.app_context():
        db.session.remove()
        notes.drop(engine)
        db.engine.dispose()


def notes_in(engine: Engine, db: SQLAlchemy) -> int:
    """Answer how many of the app's rows others see."""
    (notes,) = [table for table in db.metadata.tables.values() if table.name.startswith("n")]
    with engine.connect() as connection:
        return connection.execute(sa.select(sa.func.count()).select_from(notes)).scalar_one()


@on_servers
@pytest.mark.parametrize("state", ["add", "flush"])
@pytest.mark.parametrize(("ending", "status"), [("200", 200), ("400", 400), ("raise", 500)])
def test_what_the_app_has_not_committed_stays_uncommitted(
    make_client: MakeClient, engine: Engine, db: SQLAlchemy, state: str, ending: str, status: int
) -> None:
    client = make_client()
    assert client.get(f"/add/1/{state}-{ending}").status_code == status
    assert client.get(f"/add/2/{state}-200").text == "2"
    assert notes_in(engine, db) == 0


@pytest.mark.parametrize("ending", ["200", "400", "raise"])
def test_the_apps_database_session_is_not_touched(
    make_client: MakeClient, happened: list[str], ending: str
) -> None:
    client = make_client()
    client.get("/add/1/200")
    happened.clear()
    client.get(f"/add/2/{ending}")
    assert happened[: happened.index("end of the request")] == []


@on_servers
def test_a_flushed_row_of_the_app_is_neither_committed_nor_rolled_back(
    make_client: MakeClient, happened: list[str]
) -> None:
    make_client().get("/add/1/flush-200")
    assert happened[: happened.index("end of the request")] == []


@on_sqlite
def test_one_file_with_a_flushed_row_is_answered_503(
    make_client: MakeClient, engine: Engine, db: SQLAlchemy
) -> None:
    client = make_client()
    assert client.get("/add/1/200").text == "1"
    assert client.get("/add/2/flush-200").status_code == 503
    assert client.get("/add/3/200").text == "2"
    assert notes_in(engine, db) == 0


@on_sqlite
def test_a_file_of_their_own_lets_sessions_be_saved_beside_a_flushed_row(
    make_client: MakeClient, tmp_path: Path
) -> None:
    client = make_client(SESSION_SQLALCHEMY=f"sqlite:///{tmp_path}/own.db")
    assert [client.get(f"/add/{number}/flush-200").text for number in (1, 2)] == ["1", "2"]


def test_the_table_is_known_to_create_all(make_client: MakeClient, engine: Engine) -> None:
    client = make_client()
    interface: Any = client.application.session_interface
    assert sa.inspect(engine).has_table(interface.sql_session_model.__tablename__)


def test_the_commands_purge(make_client: MakeClient) -> None:
    client = make_client()
    store: SqlAlchemyStore = client.application.session_interface.store  # type: ignore[attr-defined]
    runner = client.application.test_cli_runner()
    for command in (["session_cleanup"], ["session", "cleanup"]):
        store.clock = lambda: 1_600_000_000
        store.create("session:gone", b"data", 60)
        del store.clock
        assert runner.invoke(args=command).exit_code == 0
        assert store.purge() == 0


def test_requests_purge_every_now_and_then(make_client: MakeClient) -> None:
    client = make_client(SESSION_CLEANUP_N_REQUESTS=1)
    store: SqlAlchemyStore = client.application.session_interface.store  # type: ignore[attr-defined]
    store.clock = lambda: 1_600_000_000
    store.create("session:gone", b"data", 60)
    del store.clock
    client.get("/nowhere")
    assert store.purge() == 0
