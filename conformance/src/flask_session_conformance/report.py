"""What a run has shown: backend x tests, and row of the trust matrix x backend.

A test belongs to the backend that it, its class or its module names in ``backend``; one without
belongs to the package it lies in. Its rows come from ``@pytest.mark.row("C5")``; a row like
``"0.5.0 signed"`` is of an old release instead, and stands in a table of its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

PASSED, FAILED, SKIPPED = "passed", "failed", "skipped"
OLD_RELEASES = "## Sessions of old releases"
NOTES = {OLD_RELEASES: ["–: that release had no such backend, or its tests were not selected."]}
PROPERTY = "conformance"
"""The name under which a phase's report carries what is noted here. Reports are all that comes from
the worker processes of pytest-xdist."""


@dataclass(frozen=True)
class Result:
    """How one test ended, on which backend, for which rows; ``reason`` is a skip's."""

    test: str
    backend: str
    rows: tuple[str, ...]
    outcome: str
    reason: str = ""


class Report:
    """Collects results as pytest tells them; prints and writes the tables at the end."""

    def __init__(self, file: str | None = None) -> None:
        self.file = file
        self.results: dict[str, Result] = {}

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Let the report of a phase say which backend and which rows it is about."""
        phase = yield
        rows = [str(row) for mark in item.iter_markers("row") for row in mark.args]
        phase.user_properties.append((PROPERTY, [item.name, backend_of(item), rows]))
        return phase

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note how a phase of a test ended; the worst phase counts."""
        if report.failed:
            self.note(report, FAILED)
        elif report.skipped:
            self.note(report, SKIPPED, reason_of(report))
        elif report.when == "call":
            self.note(report, PASSED)

    def note(self, report: pytest.TestReport, outcome: str, reason: str = "") -> None:
        """Keep the result of a test; a later phase replaces it."""
        told: Any = dict(report.user_properties).get(PROPERTY)
        if told:
            test, backend, rows = told
            self.results[report.nodeid] = Result(test, backend, tuple(rows), outcome, reason)

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Print the tables, and write them where the command line said."""
        results = list(self.results.values())
        if self.file:
            Path(self.file).write_text(as_markdown(results), "utf-8")
        if any(result.rows for result in results) or len(backends(results)) > 1:
            terminalreporter.section("conformance")
            terminalreporter.write_line(as_text(results))


def backend_of(item: pytest.Item) -> str:
    """Name the backend a test belongs to."""
    for scope in (item, getattr(item, "cls", None), getattr(item, "module", None)):
        backend = getattr(scope, "backend", None)
        if isinstance(backend, str) and backend:
            return backend
    parts = item.path.parts
    return parts[parts.index("tests") - 1] if "tests" in parts else item.path.stem


def reason_of(phase: pytest.TestReport) -> str:
    """Answer why a test was skipped or was expected to fail."""
    if hasattr(phase, "wasxfail"):
        return f"expected to fail: {phase.wasxfail}"
    told = phase.longrepr[2] if isinstance(phase.longrepr, tuple) else str(phase.longrepr)
    return told.removeprefix("Skipped: ")


def backends(results: Iterable[Result]) -> list[str]:
    """List the backends that had a test, in the order of the alphabet."""
    return sorted({result.backend for result in results})


def counts(results: Sequence[Result]) -> list[list[str]]:
    """Make the table backend x number of tests passed, failed and skipped."""
    table = [["backend", PASSED, FAILED, SKIPPED]]
    for backend in backends(results):
        ended = Counter(result.outcome for result in results if result.backend == backend)
        table.append([backend, *(str(ended[outcome]) for outcome in table[0][1:])])
    return table


def skips(results: Sequence[Result]) -> list[list[str]]:
    """Make the table of the skipped tests by backend and reason."""
    skipped: dict[tuple[str, str], list[str]] = {}
    for result in results:
        if result.outcome == SKIPPED:
            skipped.setdefault((result.backend, result.reason), []).append(result.test)
    table = [["backend", "reason", "tests"]]
    for (backend, reason), tests in sorted(skipped.items()):
        table.append([backend, reason, ", ".join(sorted(tests))])
    return table


def matrix(results: Sequence[Result], *, releases: bool = False) -> list[list[str]]:
    """Make the table row x backend: rows of the trust matrix, or releases and their signer."""
    rows = {row for result in results for row in result.rows if row[0].isdigit() is releases}
    names = backends(result for result in results if rows.intersection(result.rows))
    table = [["release" if releases else "row", *names]]
    for row in sorted(rows, key=str if releases else natural):
        of_row = [result for result in results if row in result.rows]
        of_names = [[result for result in of_row if result.backend == name] for name in names]
        absent = "–" if releases else "no test"
        table.append([row, *(cell(results, absent) for results in of_names)])
    return table


def cell(results: Sequence[Result], absent: str) -> str:
    """Say in a few words what the tests of one row have shown on one backend."""
    ended = Counter(result.outcome for result in results)
    if ended[FAILED]:
        return FAILED
    if ended[PASSED]:
        return f"{PASSED} ({ended[PASSED]})"
    reasons = sorted({result.reason for result in results})
    return "; ".join(reasons) if reasons else absent


def natural(row: str) -> tuple[str, int, str]:
    """Order C2 before C11, and C5 before C5b."""
    digits = "".join(letter for letter in row if letter.isdigit())
    return row[:1], int(digits or 0), row


def as_markdown(results: Sequence[Result]) -> str:
    """Write the whole report."""
    parts = ["# Conformance report", "## Tests per backend", markdown_table(counts(results))]
    for title, table in (
        ("## The trust matrix", matrix(results)),
        (OLD_RELEASES, matrix(results, releases=True)),
        ("## What was skipped, and why", skips(results)),
    ):
        if len(table) > 1:
            parts += [title, *NOTES.get(title, ()), markdown_table(table)]
    return "\n\n".join(parts) + "\n"


def markdown_table(table: Sequence[Sequence[str]]) -> str:
    """Write a table, its first row being the head."""
    head, *rows = [[text.replace("|", "\\|").replace("\n", " ") for text in row] for row in table]
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def as_text(results: Sequence[Result]) -> str:
    """Write the table of backends and the reasons of skips for the terminal."""
    tables = [counts(results)]
    if len(skips(results)) > 1:
        tables.append([row[:2] for row in skips(results)])
    return "\n\n".join(text_table(table) for table in tables)


def text_table(table: Sequence[Sequence[str]]) -> str:
    """Align the columns of a table."""
    widths = [max(len(row[column]) for row in table) for column in range(len(table[0]))]
    lines = ("  ".join(t.ljust(w) for t, w in zip(row, widths, strict=True)) for row in table)
    return "\n".join(line.rstrip() for line in lines)
