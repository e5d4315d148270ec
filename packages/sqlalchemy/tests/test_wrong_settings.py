"""What is refused at the start."""

from __future__ import annotations

import re
import sys
from typing import Any

import pytest
import sqlalchemy as sa
from flask_session.errors import ConfigurationError
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy.orm import Session as OrmSession
from sqlalchemy.pool import NullPool

from packages.sqlalchemy.tests.apps import (
    MakeApp,
)


@pytest.mark.parametrize(
    ("client", "message"),
    [
        ("", "not a URL"),
        ("sessions.db", "not a URL"),
        ("postgres://user:hunter2@host/db", "not a URL"),
        ("postgresql+psycopg://user:hunter2@host:port/db", "not a URL"),
        ("mysql+mysqldb://user:hunter2@host/db", "No module named 'MySQLdb'"),
        ("mysql+pymysql://user:hunter2@host/db?ssl_ca=/nope", "FileNotFoundError"),
        ("mysql+pymysql://user:hunter2@host/db?colour=red", "TypeError"),
        ("mysql+pymysql://user:hunter2@host/db?charset=none", "not a URL"),
        ("mysql+pymysql://user:hunter2@host/db?connect_timeout=0", "ValueError"),
        (42, "is of type int: "),
        (object, "is of type type: "),
        (OrmSession(), "cannot be used"),
        (sa.create_engine("sqlite://"), "for each thread"),
        (sa.create_engine("sqlite://", poolclass=NullPool), "for each thread"),
        ("postgresql+psycopg_async://host/db", "asynchronous"),
        ("postgresql+asyncpg://host/db", "asynchronous"),
        ("mysql+aiomysql://host/db", "asynchronous"),
        ("sqlite+aiosqlite:///sessions.db", "asynchronous"),
    ],
)
def test_another_client_is_refused_at_the_start(
    make_app: MakeApp, client: object, message: str
) -> None:
    with pytest.raises(ConfigurationError, match=message) as caught:
        make_app(SESSION_SQLALCHEMY=client)
    assert "SESSION_SQLALCHEMY" in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_who_has_not_encoded_the_password_is_told_how(make_app: MakeApp) -> None:
    with pytest.raises(ConfigurationError, match=r"urllib\.parse\.quote\(password, safe=''\)"):
        make_app(SESSION_SQLALCHEMY="postgresql+psycopg://user:a@b:c@host/db")


@pytest.mark.parametrize(
    ("driver", "remedy"),
    [
        ("postgresql+psycopg", 'pip install "flask-session-sqlalchemy[postgresql]"'),
        ("mysql+pymysql", 'pip install "flask-session-sqlalchemy[mysql]"'),
        ("postgresql+psycopg2", "Install that driver, or use another"),
    ],
)
def test_a_driver_that_is_not_installed_is_named_with_its_pip_command(
    make_app: MakeApp, monkeypatch: pytest.MonkeyPatch, driver: str, remedy: str
) -> None:
    monkeypatch.setitem(sys.modules, driver.partition("+")[2], None)
    with pytest.raises(ConfigurationError, match=re.escape(remedy)):
        make_app(SESSION_SQLALCHEMY=f"{driver}://host/db")


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
