"""The model of the table, which an app may use, and models and tables of the app."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask_session_sqlalchemy import (
    create_session_model,
)
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.orm import Session as OrmSession

from packages.sqlalchemy.tests.apps import (
    MakeApp,
    at,
    engine_of,
    interface_of,
    visits,
)


class PlainBase(DeclarativeBase):
    pass


class StampedBase(DeclarativeBase):
    made_at: Mapped[datetime] = mapped_column(default=datetime(2026, 1, 1))


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
