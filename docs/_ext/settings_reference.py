"""The ``settings`` directive: a reference made from the settings' own dataclasses.

::

    ```{settings} flask_session.config:CoreSettings
    ```

lists each setting with its default and what its declaration says about it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from importlib import import_module
from typing import Any

from docutils import nodes
from docutils.parsers.rst import Directive
from docutils.statemachine import StringList
from sphinx.application import Sphinx


def declared(where: str) -> Iterator[tuple[str, str, str]]:
    """Answer key, default and description of each setting of the class at ``module:name``."""
    module, name = where.split(":")
    for item in fields(getattr(import_module(module), name)):
        yield item.metadata["key"], repr(item.default), item.metadata["doc"]


class SettingsReference(Directive):
    """List the settings that a dataclass declares."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Answer a definition list; a setting without a description is an error."""
        listed = nodes.definition_list()
        for key, default, doc in declared(self.arguments[0]):
            if not doc:
                raise self.error(f"{key} is declared without a description.")
            listed += self.entry(key, default, doc)
        return [listed]

    def entry(self, key: str, default: str, doc: str) -> nodes.definition_list_item:
        """Make one entry, a target for links ``#session-redis``."""
        term = nodes.term("", "", nodes.literal(text=key), ids=[nodes.make_id(key)])
        body = nodes.definition()
        self.state.nested_parse(StringList([doc, "", f"Default: ``{default}``"]), 0, body)
        return nodes.definition_list_item("", term, body)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directive."""
    app.add_directive("settings", SettingsReference)
    return {"parallel_read_safe": True}
