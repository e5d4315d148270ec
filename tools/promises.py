"""``docs/promises.md``: what each backend promises, made of the tests that show it.

A test function says what it shows with ``@pytest.mark.promise("exact expiry")``; a second argument
is the answer where that is not "yes". ``docs/promises.toml`` names promises, backends, and the
settings of a server on which an answer depends, with a link to its own documentation.

::

    python -m pytest -p tools.promises --promises docs/promises.md

It writes the page, and fails if it was another one, or if a cell has neither a passing test nor a
link. With ``--collect-only`` it takes every marked test for a passing one, and needs no server.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Generator, Mapping
from inspect import isfunction
from pathlib import Path
from typing import Any

import pytest
import tomli
from flask_session_conformance.backend import applies
from flask_session_conformance.report import backend_of

from .workspace import ROOT

PROPERTY = "flask_session_promises"
SETTING = "the server's setting"
Answers = Mapping[tuple[str, str], set[str]]
"""What was shown, by promise and backend."""

PAGE = """\
# What the backends promise

Each answer is that of tests which run against real servers, and this page is written by them. Where
an answer depends on a setting of the server, or is none of Flask-Session's, a link leads to the
server's own documentation. The tests of DynamoDB run against DynamoDB Local.

{table}

{terms}

What Flask-Session itself promises is the same on all of them: {{doc}}`choosing`. Caches of
[cachelib](backends/cachelib.md) other than files promise none of this between processes.
"""


class UnfoundedError(Exception):
    """Cells for which there is neither a test nor a link."""


def write_page(answers: Answers, declared: Mapping[str, Any]) -> str:
    """Make the page. Raises UnfoundedError."""
    promises, backends = declared["promises"], declared["backends"]
    missing = [
        f"{title}: {promise}"
        for key, title in backends.items()
        for promise in promises
        if not cell(answers, declared, promise, key)
    ]
    if missing:
        raise UnfoundedError(f"no test and no link in docs/promises.toml for {'; '.join(missing)}")
    rows = [["", *promises], ["---"] * (len(promises) + 1)]
    for key, title in backends.items():
        rows.append([title, *(cell(answers, declared, promise, key) for promise in promises)])
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    terms = "\n\n".join(f"{promise}\n: {told}" for promise, told in promises.items())
    return PAGE.format(table=table, terms=terms)


def cell(answers: Answers, declared: Mapping[str, Any], promise: str, backend: str) -> str:
    """Say what a backend promises; nothing if there is no reason to say anything."""
    setting = declared.get(promise, {}).get(backend)
    shown = max(sorted(answers.get((promise, backend), ())), key=len, default="")
    if setting is None:
        return shown
    link = f"[{setting.get('text', SETTING)}]({setting['link']})"
    return f"{shown}, {link}" if shown else link


def promised(item: pytest.Item) -> list[tuple[str, str, str]]:
    """Answer promise, backend and answer of each mark of a test."""
    marks = [mark.args for mark in item.iter_markers("promise")]
    return [(args[0], backend_of(item), (*args, "yes")[1]) for args in marks]


class Promises:
    """Collect what the tests of a run show, and write the page in the end."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.shown: dict[str, list[tuple[str, str, str]]] = {}
        self.failed: set[str] = set()
        self.problem = ""

    def pytest_pycollect_makeitem(
        self, collector: pytest.Collector, name: str, obj: object
    ) -> list[pytest.Item] | None:
        """Pass over the tests without a mark where none is run: there are many."""
        if not (collector.config.option.collectonly and isfunction(obj)):
            return None
        marks = [mark.name for mark in getattr(obj, "pytestmark", [])]
        return None if "promise" in marks or not name.startswith("test") else []

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Believe every test that has what it asks for, where none is run."""
        if session.config.option.collectonly:
            self.shown = {item.nodeid: promised(item) for item in session.items if applies(item)}

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Let the report say what the test promises."""
        phase = yield
        phase.user_properties.append((PROPERTY, promised(item)))
        return phase

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note what a test has shown, unless a phase of it failed."""
        if report.failed:
            self.failed.add(report.nodeid)
        elif report.when == "call" and report.passed:
            told: Any = dict(report.user_properties)[PROPERTY]
            self.shown[report.nodeid] = told

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Write the page; fail if it was another one, or cannot be written."""
        if not hasattr(session.config, "workerinput"):
            self.problem = self.write()
            session.exitstatus = session.exitstatus or int(bool(self.problem))

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Tell why the run has failed."""
        if self.problem:
            terminalreporter.write_line(self.problem, red=True)

    def write(self) -> str:
        """Write the page; answer what is wrong, if anything is."""
        answers: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
        for test in self.shown.keys() - self.failed:
            for promise, backend, answer in self.shown[test]:
                answers[promise, backend].add(answer)
        declared = tomli.loads((ROOT / "docs/promises.toml").read_text("utf-8"))
        try:
            page = write_page(answers, declared)
        except UnfoundedError as error:
            return str(error)
        before = self.file.read_text("utf-8") if self.file.exists() else ""
        self.file.write_text(page, "utf-8")
        return "" if page == before else f"{self.file} was not what the tests show; it is now"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that names the page."""
    parser.addoption("--promises", metavar="FILE", type=Path, help="write what backends promise")


def pytest_configure(config: pytest.Config) -> None:
    """Begin to collect."""
    if config.option.promises:
        config.pluginmanager.register(Promises(config.option.promises))
