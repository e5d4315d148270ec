"""The ``settings`` directive: a reference made from the settings' own dataclasses.

::

    ```{settings} flask_session.config:CoreSettings
    ```

lists each setting with what it accepts, its default, and what its declaration says about it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, fields
from importlib import import_module
from typing import Any

from docutils import nodes
from docutils.parsers.rst import Directive
from docutils.statemachine import StringList
from flask_session import ConfigurationError
from sphinx.application import Sphinx

REMEDY = "Set it to "


@dataclass(frozen=True)
class Declared:
    """One setting, as the reference shows it."""

    key: str
    accepts: str
    default: str
    doc: str


def declared(where: str) -> Iterator[Declared]:
    """Answer each setting of the class at ``module:name``."""
    module, name = where.split(":")
    for item in fields(getattr(import_module(module), name)):
        key, check = item.metadata["key"], item.metadata["check"]
        accepted = accepts(key, check, str(item.type))
        yield Declared(key, accepted, shown(key, item.default), item.metadata["doc"])


def accepts(key: str, check: Any, annotation: str) -> str:
    """Say what may be assigned, in the words with which the check refuses anything else.

    What takes a client is not checked here, and described in full: there it is empty.
    """
    if check is None:
        return "" if annotation == "Any" else f"``{annotation}``"
    try:
        check(key, object())
    except ConfigurationError as refusal:
        remedy = str(refusal).partition(REMEDY)[2].rstrip(".")
        remedy = remedy.replace(" or to ", " or ").replace(" at least", ", at least")
        remedy += ", or None" if takes_none(key, check) and "None" not in remedy else ""
        return re.sub(r"'[^']*'|\b(?:None|True|False)\b", r"``\g<0>``", remedy)
    raise ValueError(f"{key} accepts anything")


def takes_none(key: str, check: Any) -> bool:
    """Tell whether a check accepts ``None``."""
    try:
        check(key, None)
    except ConfigurationError:
        return False
    return True


def shown(key: str, default: Any) -> str:
    """Write a default as one would type it: the mode of a file in octal."""
    return f"0o{default:o}" if key.endswith("_MODE") else repr(default)


class SettingsReference(Directive):
    """List the settings that a dataclass declares."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Answer a definition list; a setting without a description is an error."""
        listed = nodes.definition_list()
        for item in declared(self.arguments[0]):
            if not item.doc:
                raise self.error(f"{item.key} is declared without a description.")
            listed += self.entry(item)
        return [listed]

    def entry(self, item: Declared) -> nodes.definition_list_item:
        """Make one entry, a target for links ``#session-redis``."""
        term = nodes.term("", "", nodes.literal(text=item.key), ids=[nodes.make_id(item.key)])
        body = nodes.definition()
        accepted = f"Accepts {item.accepts}. " if item.accepts else ""
        facts = f"{accepted}Default: ``{item.default}``"
        self.state.nested_parse(StringList([item.doc, "", facts]), 0, body)
        return nodes.definition_list_item("", term, body)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directive."""
    app.add_directive("settings", SettingsReference)
    return {"parallel_read_safe": True}
