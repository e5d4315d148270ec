"""The pytest plugin, run on small test files of its own."""

from __future__ import annotations

import socket

import pytest
from flask_session_conformance.servers.container import free_ports

pytest_plugins = ["pytester"]

THREE_BACKENDS = """
    import pytest

    class Suite:
        @pytest.mark.row("C5", "C11")
        def test_merges(self): pass

        @pytest.mark.row("A1")
        def test_signs(self):
            if self.backend == "beta":
                pytest.skip("not applicable: a|b")
            assert self.backend != "gamma"

        @pytest.mark.row("D24")
        @pytest.mark.xfail(reason="sweeps late")
        def test_purges(self): assert False

    class TestAlpha(Suite):
        backend = "alpha"

        @pytest.mark.row("0.5.0 unsigned")
        def test_opens(self): pass

    class TestBeta(Suite): backend = "beta"
    class TestGamma(Suite):
        backend = "gamma"

        @pytest.mark.row("A5")
        def test_alone(self): pass

        @pytest.mark.row("0.8.0 signed")
        def test_opens(self): pass

        @pytest.fixture
        def leaky(self):
            yield
            raise RuntimeError

        @pytest.mark.row("A5")
        def test_leaks(self, leaky): pass
"""


@pytest.fixture
def report(pytester: pytest.Pytester) -> str:
    pytester.makepyfile(THREE_BACKENDS)
    pytester.runpytest_inprocess("--conformance-report", "report.md")
    return (pytester.path / "report.md").read_text("utf-8")


def test_the_report_counts_tests_per_backend(report: str) -> None:
    assert "| alpha | 3 | 0 | 1 |\n| beta | 1 | 0 | 2 |\n| gamma | 3 | 2 | 1 |" in report


def test_the_report_says_passed_where_a_row_is_shown(report: str) -> None:
    assert "| C5 | passed (1) | passed (1) | passed (1) |" in report


def test_the_report_says_failed_where_a_row_failed(report: str) -> None:
    assert "| A1 | passed (1) | not applicable: a\\|b | failed |" in report


def test_a_failure_after_the_test_counts(report: str) -> None:
    assert "| A5 | no test | no test | failed |" in report


def test_the_report_gives_the_reason_of_an_expected_failure(report: str) -> None:
    assert "| D24 | expected to fail: sweeps late |" in report


def test_the_report_lists_every_skip_with_its_tests(report: str) -> None:
    assert "| beta | not applicable: a\\|b | test_signs |" in report


def test_the_rows_are_in_the_order_of_the_matrix(report: str) -> None:
    places = [report.index(f"| {row} |") for row in ("A1", "A5", "C5", "C11", "D24")]
    assert places == sorted(places)


def test_old_releases_have_a_table_of_their_own(report: str) -> None:
    assert "| release | alpha | gamma |\n| --- | --- | --- |" in report
    assert "| 0.5.0 unsigned | passed (1) | – |" in report
    assert "| 0.8.0 signed | – | passed (1) |" in report


def test_worker_processes_of_xdist_report_the_same(pytester: pytest.Pytester, report: str) -> None:
    pytester.runpytest_subprocess("-n", "2", "--conformance-report", "parallel.md")
    assert (pytester.path / "parallel.md").read_text("utf-8") == report


def test_the_terminal_shows_the_table(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(THREE_BACKENDS)
    output = pytester.runpytest_inprocess()
    output.stdout.fnmatch_lines(["backend *passed *failed *skipped", "alpha *3 *0 *1"])


def test_the_terminal_gives_the_reason_of_a_skip(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(THREE_BACKENDS)
    output = pytester.runpytest_inprocess()
    output.stdout.fnmatch_lines(["beta *not applicable: a|b"])


def test_no_report_is_written_unless_asked_for(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(THREE_BACKENDS)
    pytester.runpytest_inprocess()
    assert not list(pytester.path.glob("*.md"))


def test_a_test_without_a_backend_belongs_to_its_package(pytester: pytest.Pytester) -> None:
    folder = pytester.mkdir("redis") / "tests"
    folder.mkdir()
    (folder / "test_it.py").write_text("def test_it(): pass\n", "utf-8")
    pytester.runpytest_inprocess("--conformance-report", "report.md")
    assert "| redis | 1 |" in (pytester.path / "report.md").read_text("utf-8")


def test_a_test_may_take_its_backend_from_the_module(pytester: pytest.Pytester) -> None:
    pytester.makepyfile('backend = "delta"\ndef test_it(): pass\n')
    pytester.runpytest_inprocess("--conformance-report", "report.md")
    assert "| delta | 1 |" in (pytester.path / "report.md").read_text("utf-8")


def test_a_server_that_cannot_be_had_fails_the_test_in_one_line(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"tcp://127.0.0.1:{free_ports(1)[0]}")
    pytester.makepyfile("def test_it(server): server('redis')\n")
    output = pytester.runpytest_inprocess()
    output.assert_outcomes(failed=1)
    output.stdout.fnmatch_lines(["The redis server cannot be had. *apt-get install docker.io*"])


def test_the_run_removes_its_servers(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        from pathlib import Path

        def test_it(server):
            Path("address").write_text(str(server("memcached").port))
    """)
    pytester.runpytest_inprocess().assert_outcomes(passed=1)
    assert refuses(int((pytester.path / "address").read_text("utf-8")))


def refuses(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) != 0
