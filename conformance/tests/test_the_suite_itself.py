"""A store that breaks the contract fails, by the tests whose names say what is broken."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

PATIENCE = 600.0
"""Seconds for the suite on all broken stores; alone it takes one minute."""
SLOW = "test_a_record_lives_its_ttl_and_at_most_one_second_longer"
"""Takes two seconds of real time."""

FAILURES = {
    "UpsertOnUpdate": {
        "test_update_never_creates",
        "test_update_answers_gone_for_a_deleted_record",
        "test_update_does_not_revive_an_expired_record",
    },
    "TouchThatCreates": {
        "test_touch_never_creates",
        "test_touch_answers_false_for_a_key_nobody_wrote",
        "test_touch_does_not_revive_an_expired_record",
        "test_a_touch_never_brings_back_a_deleted_record",
    },
    "NoExpiryCheck": {
        "test_load_answers_none_for_an_expired_record",
        "test_create_answers_true_over_an_expired_record",
        "test_update_answers_gone_for_an_expired_record",
        "test_touch_answers_false_for_an_expired_record",
        "test_delete_answers_gone_for_an_expired_record",
        SLOW,
    },
    "UnconditionalDelete": {
        "test_delete_answers_conflict_for_a_replaced_record",
        "test_a_conflict_of_delete_leaves_the_record",
    },
    "LastWriterWins": {
        "test_update_answers_conflict_for_a_replaced_record",
        "test_a_conflict_of_update_writes_nothing",
        "test_one_of_eight_threads_replaces_the_expected_record",
    },
    "ReadThenWriteUpdate": {
        "test_one_of_eight_threads_replaces_the_expected_record",
        "test_no_increment_of_eight_threads_is_lost",
        "test_an_update_never_brings_back_a_deleted_record",
    },
    "TouchThatRewrites": {
        "test_a_touch_never_brings_back_replaced_data",
        "test_a_touch_never_brings_back_a_deleted_record",
    },
    "TouchExpectedComparesNothing": {
        "test_touch_expected_answers_false_for_another_record",
        "test_touch_expected_sees_what_another_handle_wrote",
    },
    "CheckThenCreate": {
        "test_one_of_eight_threads_creates_a_record",
        "test_one_of_eight_threads_creates_over_an_expired_record",
    },
    "NoLock": {
        "test_one_of_eight_threads_creates_a_record",
        "test_one_of_eight_threads_replaces_the_expected_record",
        "test_a_touch_never_brings_back_a_deleted_record",
    },
    "LoadRemovesWithoutALock": {
        "test_a_look_leaves_what_is_created_over_an_expired_record_meanwhile",
    },
    "CreateThatReplaces": {"test_create_leaves_a_taken_record_as_it_is"},
    "LoadsWhatHasExpired": {"test_load_answers_none_for_an_expired_record"},
    "TouchThatRevives": {"test_touch_does_not_revive_an_expired_record"},
    "ComparesLengths": {"test_a_difference_in_the_last_byte_is_a_conflict[a number]"},
    "EmptyIsNotExpected": {"test_an_empty_record_is_not_what_replaced_it"},
    "EqualDataKeepsTheExpiry": {"test_an_update_with_equal_data_starts_a_new_ttl"},
    "ConflictTouches": {"test_a_conflict_does_not_shorten_the_life"},
    "RepeatedUpdateConflicts": {
        "test_a_repeated_update_is_saved_because_the_record_is_already_ours",
    },
    "CaseBlind": {
        "test_the_case_of_a_key_matters_to_load",
        "test_the_case_of_a_key_matters_to_delete",
        "test_keys_that_differ_in_case_are_two_records",
    },
    "ShortKeys": {"test_long_keys_that_differ_in_the_last_byte_are_two_records"},
    "DataAsText": {"test_created_data_comes_back_byte_for_byte[every byte value]"},
    "EmptyIsMissing": {
        "test_created_data_comes_back_byte_for_byte[nothing]",
        "test_an_empty_record_can_be_deleted_as_expected",
    },
    "LimitTooHigh": {"test_max_bytes_can_be_created"},
    "WholeSecondsRoundedDown": {SLOW},
    "LivesTooLong": {SLOW},
    "MonthsAreDates": {
        "test_a_record_for_many_days_is_readable_at_once[31]",
        "test_a_record_for_many_days_is_readable_at_once[400]",
    },
    "UpdateKeepsTheExpiry": {
        "test_an_update_starts_a_new_ttl",
        "test_an_update_may_shorten_the_life",
    },
    "TouchDoesNothing": {
        "test_a_touch_lets_the_record_live_longer",
        "test_a_touch_may_shorten_the_life",
        "test_the_expiry_that_load_tells_follows_a_touch",
    },
    "PurgesEverything": {
        "test_purge_leaves_live_records",
        "test_purge_leaves_a_record_that_was_touched_in_time",
    },
    "PurgesWhatEndsSoon": {"test_purge_leaves_a_record_in_its_last_second"},
    "PurgesWithoutASecondLook": {"test_purge_leaves_what_is_created_anew_meanwhile"},
    "KeysOfOnePage": {"test_keys_lists_more_than_a_page"},
    "PatternInKeys": {"test_keys_takes_a_prefix_literally[*]"},
    "ExpiredInKeys": {"test_keys_leaves_out_expired_records"},
    "ErrorsOfEverything": {"test_errors_are_narrower_than_programming_mistakes"},
    "SaysItIsNotAtomic": {"test_the_declared_atomicity_is_the_stores_own"},
}


ROWS = {
    "UpsertOnUpdate": {"C2", "C3", "C4", "C9"},
    "TouchThatCreates": {"C2", "C9"},
    "NoExpiryCheck": {"F1"},
    "UnconditionalDelete": {"C4", "C9"},
    "LastWriterWins": {"C3", "C4", "C5", "C7", "C9"},
    "ReadThenWriteUpdate": {"C7"},
    "TouchExpectedComparesNothing": {"C4", "C9"},
}
"""The rows of the trust matrix that a broken store fails through a Flask app."""


def named(store: str) -> set[str]:
    """Name the tests that a broken store has to fail, without their parameters."""
    return {test.partition("[")[0] for test in FAILURES[store]}


class Run:
    """What came of the suite on every broken store."""

    def __init__(self, report: Path) -> None:
        sound = [f"(TestStoreSmallStore and not {SLOW})"]
        broken = [f"(TestStore{store} and ({' or '.join(named(store))}))" for store in FAILURES]
        sessions = [f"TestSessions{store}" for store in ("SmallStore", *ROWS)]
        chosen = " or ".join(sound + broken + sessions)
        suite = Path(__file__).with_name("suite_on_broken_stores.py")
        options = ["-rf", "--tb=no", "-k", chosen, f"--conformance-report={report}"]
        command = [sys.executable, "-m", "pytest", str(suite), *options]
        run = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=PATIENCE,
            # As the authors of other backends run it, where pytest shows every difference whole.
            env={**os.environ, "CI": "true"},
        )  # fmt: skip
        self.output = run.stdout
        self.report = report.read_text()

    def failed(self, store: str) -> set[str]:
        """Answer the names of the tests of a store that failed."""
        failed = re.findall(r"FAILED \S+::Test(\w+)::(test_\w+(?:\[.*?\])?)", self.output)
        return {test for kind, test in failed if kind == f"Store{store}"}

    def failed_rows(self, store: str) -> set[str]:
        """Answer the rows of the trust matrix that a store failed through a Flask app."""
        section = self.report.partition("## The trust matrix")[2].partition("##")[0]
        head, *rows = [line.split(" | ") for line in section.splitlines() if line[:1] == "|"]
        column = [name.strip("| ") for name in head].index(f"sessions {store}")
        return {row[0].strip("| ") for row in rows if row[column].strip("| ") == "failed"}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return Run(tmp_path_factory.mktemp("suite") / "report.md")


def test_a_store_that_keeps_the_contract_passes(run: Run) -> None:
    assert run.failed("SmallStore") | run.failed_rows("SmallStore") == set()
    assert " passed" in run.output


@pytest.mark.parametrize("store", FAILURES)
def test_a_broken_store_fails(run: Run, store: str) -> None:
    assert FAILURES[store] - run.failed(store) == set()


@pytest.mark.parametrize("store", ROWS)
def test_a_broken_store_fails_these_rows_through_an_app(run: Run, store: str) -> None:
    assert ROWS[store] - run.failed_rows(store) == set()


def test_a_skipped_test_names_the_fixture_it_lacks(run: Run) -> None:
    skipped = run.report.partition("## What was skipped, and why")[2]
    of_sound = [line for line in skipped.splitlines() if "| store SmallStore |" in line]
    for fixture in ("worker_config", "unreachable_store", "put_foreign_value"):
        assert any(f"lack the fixture '{fixture}'" in line for line in of_sound)
