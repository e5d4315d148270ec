"""What the pages name exists: settings, commands, make targets, backends."""

from __future__ import annotations

import re
from dataclasses import fields
from importlib import import_module
from importlib.metadata import entry_points
from inspect import signature
from pathlib import Path

import click
import pytest
from flask import Flask
from flask_session import Session
from flask_session.config import CoreSettings
from flask_session.defaults import Defaults

from tools.workspace import ROOT

from .pages import PAGES, name_of

READER = "\n".join(page.read_text("utf-8") for page in PAGES)
OF_FLASK = {key for key in Flask(__name__).config if key.startswith("SESSION_")}
OF_EXAMPLES = {"SESSION_MINE", "SESSION_SQLITE", "SESSION_TYPE"}
NAMES = ("redis", "memcached", "cachelib", "filesystem", "mongodb", "sqlalchemy", "dynamodb")
UNSET_IS_SOMETHING = {"SESSION_FILE_DIR"}
IN_A_NEW_BACKEND = {"packages/firestore"}


def declared() -> set[str]:
    """Answer the keys of every installed backend's settings, and of the core's."""
    backends = [entry.load() for entry in entry_points(group="flask_session.backends")]
    classes = [CoreSettings, *(backend.settings_class for backend in backends)]
    return {item.metadata["key"] for kind in classes for item in fields(kind)}


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_a_setting_that_is_named_exists(page: Path) -> None:
    named = set(re.findall(r"(?<![A-Z_])SESSION_[A-Z_]*[A-Z](?![A-Z_…])", page.read_text("utf-8")))
    assert named - declared() - OF_FLASK - OF_EXAMPLES == set()


def test_every_setting_is_in_the_reference() -> None:
    reference = (ROOT / "docs/settings.md").read_text("utf-8")
    listed = [
        getattr(import_module(module), name)
        for module, name in re.findall(r"\{settings\} ([\w.]+):(\w+)", reference)
    ]
    assert declared() == {item.metadata["key"] for kind in listed for item in fields(kind)}


def test_the_architecture_page_has_every_module_of_a_distribution() -> None:
    named = set(re.findall(r"`(\w+)`", (ROOT / "docs/architecture.md").read_text("utf-8")))
    sources = ROOT.glob("packages/*/src/**/*.py")
    assert {path.stem for path in sources} - {"__init__"} <= named


def test_the_defaults_in_the_place_of_0_8_are_those_of_the_settings() -> None:
    backends = [entry.load() for entry in entry_points(group="flask_session.backends")]
    for kind in (CoreSettings, *(backend.settings_class for backend in backends)):
        ours = {item.metadata["key"]: item.default for item in fields(kind)}
        shared = ours.keys() & vars(Defaults).keys() - UNSET_IS_SOMETHING
        assert {key: ours[key] for key in shared} == {key: vars(Defaults)[key] for key in shared}


@pytest.mark.parametrize("name", NAMES)
def test_an_interface_made_by_hand_has_the_defaults_of_the_settings(name: str) -> None:
    (entry,) = entry_points(group="flask_session.backends", name=name)
    arguments = signature(entry.load()).parameters
    common = [item for item in fields(CoreSettings) if item.name in arguments]
    assert len(common) >= 5
    assert all(arguments[item.name].default == item.default for item in common)


@pytest.fixture
def commands() -> dict[str, click.Command]:
    """Provide the ``flask session …`` commands of an application."""
    app = Flask(__name__)
    app.config["SESSION_TYPE"] = "memory"
    Session(app)
    group = app.cli.commands["session"]
    assert isinstance(group, click.Group)
    return dict(group.commands)


def test_a_command_that_is_named_exists(commands: dict[str, click.Command]) -> None:
    assert set(re.findall(r"flask session ([a-z]+)", READER)) <= set(commands)


def test_an_option_that_is_named_exists(commands: dict[str, click.Command]) -> None:
    named = re.findall(r"flask session ([a-z]+)((?: --[a-z-]+(?: [\w.:/]+)?)+)", READER)
    for command, rest in named:
        known = {option for item in commands[command].params for option in item.opts}
        assert set(re.findall(r"--[a-z-]+", rest)) <= known | {"--help"}


def test_a_make_target_that_is_named_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"^ *`*make ([a-z]+)\b", READER, re.MULTILINE)) <= targets


FILE = re.compile(r"`((?:packages|conformance|docs|examples|tools)/[\w./-]+)`")


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_a_file_that_is_named_exists(page: Path) -> None:
    named = set(FILE.findall(page.read_text("utf-8"))) - IN_A_NEW_BACKEND
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []


def test_the_tests_that_the_security_page_names_exist() -> None:
    row = re.compile(r"^\| .* \| ((?:`\w+\.py`(?:, )?)+) \|$", re.MULTILINE)
    rows = row.findall((ROOT / "docs/security.md").read_text("utf-8"))
    named = {name for names in rows for name in re.findall(r"`(.+?)`", names)}
    folder = ROOT / "conformance/src/flask_session_conformance/sessions"
    assert len(named) > 10
    assert named <= {path.name for path in folder.glob("*.py")}


def test_every_backend_has_a_page() -> None:
    pages = {page.stem for page in (ROOT / "docs/backends").glob("*.md")}
    folders = {path.parent.name for path in ROOT.glob("packages/*/pyproject.toml")} - {"core"}
    assert pages == folders
