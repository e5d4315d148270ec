"""Sessions of Flask-Session 0.4 to 0.8 go on, on each database, in the tables they made."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest
import sqlalchemy as sa
from flask_session_conformance.migration import (
    EndlessRecords,
    ForeignTypes,
    Place,
    Recording,
    SideBySide,
)
from sqlalchemy import Engine


class SqlPlanter:
    """Rows in a table that is made by the very statement of the old release."""

    def __init__(self, engine: Engine, name: str) -> None:
        self.engine = engine
        self.table = sa.table(
            name,
            sa.column("session_id", sa.String),
            sa.column("data", sa.LargeBinary),
            sa.column("expiry", sa.DateTime),
        )
        self.made = False

    def plant(self, recording: Recording, expires_at: float | None) -> None:
        moment = None
        if expires_at is not None:
            moment = datetime.fromtimestamp(expires_at, timezone.utc).replace(tzinfo=None)
        row = {
            "session_id": recording.key,
            "data": recording.value,
            "expiry": moment,
        }
        with self.engine.begin() as connection:
            if not self.made:
                made = recording.table.replace("sessions", self.table.name, 1)
                connection.exec_driver_sql(made)
                self.made = True
            connection.execute(self.table.insert().values(row))

    def row(self, recording: Recording) -> Any:
        with self.engine.connect() as connection:
            wanted = self.table.c.session_id == recording.key
            return connection.execute(sa.select(self.table).where(wanted)).one_or_none()

    def value(self, recording: Recording) -> bytes | None:
        row = self.row(recording)
        return None if row is None else bytes(row.data)

    def expires_at(self, recording: Recording) -> float:
        expiry: datetime = self.row(recording).expiry
        return expiry.replace(tzinfo=timezone.utc).timestamp()

    def remove(self, recording: Recording) -> None:
        """Leave it: the table is dropped in the end."""


@pytest.fixture
def config(url: str, table_name: str) -> dict[str, Any]:
    return {
        "SESSION_TYPE": "sqlalchemy",
        "SESSION_SQLALCHEMY": url,
        "SESSION_SQLALCHEMY_TABLE": table_name,
    }


class SqlMigration(ForeignTypes, EndlessRecords):
    @pytest.fixture
    def database(self) -> str:
        return self.recorded

    @pytest.fixture
    def config(self, config: dict[str, Any]) -> dict[str, Any]:
        return config

    @pytest.fixture
    def planter(self, engine: Engine, table_name: str) -> SqlPlanter:
        return SqlPlanter(engine, table_name)


class TestSqlite(SqlMigration):
    backend = recorded = "sqlite"


class TestPostgresql(SqlMigration):
    backend = recorded = "postgresql"


class TestMariadb(SqlMigration):
    backend = recorded = "mariadb"


class SqlSideBySide(SideBySide):
    @pytest.fixture
    def database(self) -> str:
        return self.neighbour

    @pytest.fixture
    def config(self, config: dict[str, Any]) -> dict[str, Any]:
        return config

    @pytest.fixture
    def place(self, url: str, table_name: str) -> Place:
        address = url.replace("+psycopg:", "+psycopg2:")
        return Place(address, config={"SESSION_SQLALCHEMY_TABLE": table_name})


class TestBesideTheOldReleaseOnSqlite(SqlSideBySide):
    backend = neighbour = "sqlite"


class TestBesideTheOldReleaseOnPostgresql(SqlSideBySide):
    backend = neighbour = "postgresql"


class TestBesideTheOldReleaseOnMariadb(SqlSideBySide):
    backend = neighbour = "mariadb"
