"""The code in the documentation runs, on real servers."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask_session.interface import ServerSideSessionInterface
from flask_session_conformance.plugin import GetServer

from .pages import PAGES, blocks, name_of, programs

ADDRESSES = {
    "redis://localhost:6379/0": "redis",
    "localhost:11211": "memcached",
    "mongodb://localhost:27017/?w=majority": "mongodb",
    "http://localhost:8000": "dynamodb",
    "postgresql+psycopg://user:password@localhost/app": "postgresql",
}
"""What the pages write for a server of their reader, and which server stands in for it."""

RUN = [
    pytest.param(program, id=f"{name_of(page)}-{number}")
    for page in PAGES
    if page.name != "write-a-backend.md"  # test_write_a_backend.py has it
    for number, program in enumerate(programs(page), 1)
]
FRAGMENTS = [
    pytest.param(block, id=f"{name_of(page)}-{number}")
    for page in PAGES
    for number, block in enumerate(blocks(page, "py"), 1)
]


def at_our_servers(program: str, server: GetServer) -> str:
    """Replace the addresses in a program by those of servers that run."""
    for address, name in ADDRESSES.items():
        if f'"{address}"' in program:
            program = program.replace(f'"{address}"', repr(server(name).url))
    return program


@contextmanager
def run(program: str) -> Iterator[dict[str, Any]]:
    """Run a program and answer its names; close the stores it opened."""
    names: dict[str, Any] = {"__name__": "__page__"}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        exec(compile(program, "page", "exec"), names)
        try:
            yield names
        finally:
            for app in apps(names):
                close(app)


def close(app: Flask) -> None:
    """Close what the store of an application opened."""
    if isinstance(app.session_interface, ServerSideSessionInterface):
        app.session_interface.store.close()


def apps(names: dict[str, Any]) -> list[Flask]:
    """Answer the applications a program made."""
    return [value for value in names.values() if isinstance(value, Flask)]


def status_of(app: Flask, path: str) -> int:
    """Get a page; a server that has just started may be slow: a 503, after which we ask again."""
    status = 503
    for _ in range(5):
        status = app.test_client().get(path, base_url="https://localhost").status_code
        if status != 503:
            break
    return status


@pytest.mark.parametrize("program", RUN)
def test_a_program_runs_and_its_pages_answer(
    program: str, server: GetServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with run(at_our_servers(program, server)) as names:
        for app in apps(names):
            for rule in app.url_map.iter_rules():
                if "GET" in (rule.methods or ()) and not rule.arguments:
                    assert status_of(app, rule.rule) == 200
        for test in [value for name, value in names.items() if name.startswith("test_")]:
            test()


@pytest.mark.parametrize("block", FRAGMENTS)
def test_a_fragment_compiles(block: str) -> None:
    compile(block, "page", "exec")
