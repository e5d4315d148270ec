"""The whole benchmark works, shown by its quick form on one backend without a server."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from benchmarks.comparison import QUICK, SCENARIOS
from benchmarks.report import render
from benchmarks.results import Results
from benchmarks.run import Plan, measure


@pytest.fixture(scope="module")
def results() -> Results:
    return measure(("filesystem",), Plan(QUICK, quick=True), lambda line: None)


def test_every_scenario_is_timed_for_every_contender(results: Results) -> None:
    (compared,) = results.backends[0].compared
    assert [line.scenario for line in compared.lines] == list(SCENARIOS)
    for line in compared.lines:
        viewed = {"viewed"} if line.scenario in ("read", "change") else set()
        assert set(line.times) == {"bare", "old", "ours", *viewed}
        assert set(line.without) == {"old", "ours", *viewed}
        rounds = [*line.times.values(), *line.without.values()]
        assert {len(times) for times in rounds} == {QUICK.rounds}


def test_what_ours_asks_of_the_store_is_counted(results: Results) -> None:
    counts = {each.scenario: each.commands["ours"] for each in results.backends[0].counts}
    assert counts["anonymous"] == counts["untouched"] == {}
    assert counts["read"] == {"open": 1.0}


def test_0_8_0_writes_at_each_request(results: Results) -> None:
    counts = {each.scenario: each.commands["old"] for each in results.backends[0].counts}
    assert counts["untouched"] == counts["read"] == counts["change"]
    assert counts["read"]["rename"] >= 1


def test_the_time_of_a_request_is_told_apart(results: Results) -> None:
    assert set(results.backends[0].breakdowns) == {"read", "change"}
    for parts in results.backends[0].breakdowns.values():
        assert {"store", "cookie: parse, verify, sign", "Flask and Werkzeug"} <= set(parts)
        assert sum(parts.values()) > 0


def test_threads_full_stores_and_a_purge_are_measured(results: Results) -> None:
    (backend,) = results.backends
    assert [each.threads for each in backend.crowded] == [1, 2]
    assert sum(each.failed["ours"] for each in backend.crowded) == 0
    assert [each.number for each in backend.filled] == [100]
    assert results.purged["filesystem"].rows == 500


def test_the_report_has_a_row_for_each_scenario(results: Results) -> None:
    text = render(results, None)
    for scenario in SCENARIOS:
        assert re.search(rf"^\| {scenario} \|", text, re.MULTILINE)
    for title in ("What was to be shown", "Purge while serving", "Import"):
        assert f"## {title}\n" in text


def test_what_was_measured_can_be_read_again(results: Results, tmp_path: Path) -> None:
    results.write(tmp_path / "results.json")
    assert render(Results.read(tmp_path / "results.json"), None) == render(results, None)
