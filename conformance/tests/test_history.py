"""The history checker finds what must not happen, and nothing else."""

from __future__ import annotations

from flask_session_conformance.history import OK, UNKNOWN, History, Operation


def history(*operations: Operation) -> list[str]:
    made = History()
    made.operations.extend(operations)
    return made.anomalies()


def write(start: float, end: float, token: str = "t") -> Operation:
    return at(start, end, Operation("a", "write", "k"), token)


def at(start: float, end: float, operation: Operation, token: str = "") -> Operation:
    operation.start, operation.end, operation.token = start, end, token
    operation.outcome = OK
    return operation


def read(start: float, end: float, visitor: str = "a", **seen: str) -> Operation:
    return at(start, end, Operation(visitor, "read", seen=seen))


def log_out(start: float, end: float, outcome: str = OK) -> Operation:
    operation = at(start, end, Operation("a", "log out"))
    operation.outcome = outcome
    return operation


def test_a_write_that_is_read_is_fine() -> None:
    assert history(write(1, 2), read(3, 4, k="t")) == []


def test_a_write_that_is_missing_later_is_a_lost_update() -> None:
    assert history(write(1, 2), read(3, 4)) == ["lost update: t to k"]


def test_a_write_without_an_answer_may_be_missing() -> None:
    unknown = write(1, 2)
    unknown.outcome = UNKNOWN
    assert history(unknown, read(3, 4)) == []


def test_a_write_that_overlaps_the_read_may_be_missing() -> None:
    assert history(write(1, 3), read(2, 4)) == []


def test_a_write_that_was_replaced_is_not_lost() -> None:
    assert history(write(1, 2), write(3, 4, "u"), read(5, 6, k="u")) == []


def test_of_two_writes_at_once_either_may_be_there() -> None:
    assert history(write(1, 3), write(2, 4, "u"), read(5, 6, k="t")) == []


def test_an_old_write_that_replaces_a_newer_one_is_a_lost_update() -> None:
    assert history(write(1, 2), write(3, 4, "u"), read(5, 6, k="t")) == ["lost update: u to k"]


def test_a_write_that_may_have_been_before_a_log_out_is_not_lost() -> None:
    assert history(write(1, 3), log_out(2, 4), read(5, 6)) == []


def test_a_write_after_a_log_out_is_not_excused_by_it() -> None:
    assert history(log_out(1, 2), write(3, 4), read(5, 6)) == ["lost update: t to k"]


def test_a_log_out_without_an_answer_may_have_ended_the_session() -> None:
    assert history(write(1, 2), log_out(3, 4, UNKNOWN), read(5, 6)) == []
    assert history(write(1, 2), log_out(3, 4, UNKNOWN), read(5, 6, k="t")) == []


def test_what_was_written_before_a_log_out_must_not_be_read_after_it() -> None:
    found = history(write(1, 2), log_out(3, 4), read(5, 6, k="t"))
    assert found == ["resurrection: a sees data from before a log-out"]


def test_what_was_written_during_a_log_out_may_be_read_after_it() -> None:
    assert history(write(1, 4), log_out(3, 5), read(6, 7, k="t")) == []


def test_what_one_visitor_wrote_must_not_be_read_by_another() -> None:
    assert history(write(1, 2), read(3, 4, k="t"), read(3, 4, "b", k="t")) == [
        "leak: b sees what a wrote"
    ]


def test_an_operation_that_was_answered_with_an_error_is_unknown() -> None:
    def fail() -> None:
        raise AssertionError

    assert History().note(Operation("a", "read"), fail).outcome == UNKNOWN


def test_tokens_are_unique() -> None:
    made = History()
    assert len({made.token("a") for _ in range(100)}) == 100
