"""The ``stores`` directive: what the stores' own classes say they can do, as a table.

::

    ```{stores}
    Redis = flask_session_redis:RedisStore
    ```
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Any

from docutils import nodes
from docutils.parsers.rst import Directive
from docutils.statemachine import StringList
from flask_session.store import Store, SupportsKeys, SupportsPurge
from sphinx.application import Sphinx

HEAD = (
    "| | compares and writes in one step | largest session | `flask session cleanup` "
    "| `flask session migrate` reads it |",
    "| --- | --- | --- | --- | --- |",
)


def row(name: str, store: type[Store]) -> str:
    """Describe one store."""
    cells = (
        name,
        "yes" if store.atomic else "within one process",
        f"{store.max_bytes // 1024:,} KiB",
        "yes" if issubclass(store, SupportsPurge) else "not needed",
        "yes" if issubclass(store, SupportsKeys) else "no",
    )
    return f"| {' | '.join(cells)} |"


class StoreTable(Directive):
    """Describe the named stores, a line each."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """Answer the table."""
        parent = nodes.container()
        self.state.nested_parse(StringList([*HEAD, *self.rows()]), 0, parent)
        return parent.children

    def rows(self) -> Iterator[str]:
        """Answer the rows in the order of the lines."""
        for line in self.content:
            name, where = line.split(" = ")
            module, attribute = where.split(":")
            yield row(name, getattr(import_module(module), attribute))


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directive."""
    app.add_directive("stores", StoreTable)
    return {"parallel_read_safe": True}
