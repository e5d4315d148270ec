"""What tests ask of a database, and of how long it takes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import Engine, Table

Execute = Callable[[str], list[Any]]
PAST, FAR = datetime(2020, 1, 1), datetime(2120, 1, 1)
SERVERS = ("postgresql", "mariadb")
KEY = "session:alice"
on_mariadb = pytest.mark.parametrize("database", ["mariadb"], indirect=True)


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    began = time.monotonic()
    yield
    assert time.monotonic() - began < seconds


def columns_of(engine: Engine, table: Table) -> dict[str, Any]:
    return {each["name"]: each["type"] for each in sa.inspect(engine).get_columns(table.name)}
