"""A time limit, the exception of a signal's handler, that falls into any step of a verb."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from flask_session_cachelib import FileStore, locks
from flask_session_cachelib.names import bucket_of, name_of

backend = "cachelib files"
KEY = "session:alice"
TEMPORARY = f"{bucket_of(name_of(KEY)):02x}.tmp{locks.UNLISTED}"
DESCRIPTORS = Path("/proc/self/fd")

pytestmark = [
    pytest.mark.skipif(not DESCRIPTORS.exists(), reason="descriptors are counted in /proc"),
    # Python says so when it closes what was interrupted.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


class TimeLimitError(Exception):
    """What the handler raises."""


class Interruption:
    """Raise where Python would run a handler: when the n-th call from here has returned."""

    def __init__(self, number: int) -> None:
        self.left = number

    def __call__(self, _frame: object, event: str, _argument: object) -> None:
        self.left -= event in ("c_return", "return")
        if self.left == 0:
            raise TimeLimitError

    def fall_into(self, verb: Callable[[], object]) -> bool:
        """Call the verb; tell whether it made so many calls."""
        try:
            sys.setprofile(self)
            verb()
        except TimeLimitError:
            pass
        finally:
            sys.setprofile(None)
        return self.left <= 0


def keeps_descriptors(
    verb: Callable[[], object], prepare: Callable[[], object] = lambda: None
) -> bool:
    """Interrupt the verb after each of its calls in turn."""
    number, was_interrupted = 0, True
    while was_interrupted:
        number += 1
        prepare()
        before = os.listdir(DESCRIPTORS)
        was_interrupted = Interruption(number).fall_into(verb)
        if len(os.listdir(DESCRIPTORS)) > len(before):
            return False
    assert number > 50, "hardly any calls were seen"
    return True


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FileStore:
    monkeypatch.setattr(locks, "SETTLING", 0)
    return FileStore(tmp_path / "sessions")


# After some hundreds no file could be opened any more: 503 until the worker's end.
def test_a_write_that_is_interrupted_loses_no_descriptor(store: FileStore) -> None:
    store.create(KEY, b"data", 60)
    assert keeps_descriptors(lambda: store.touch(KEY, 60))


def test_a_first_write_that_is_interrupted_loses_no_descriptor(store: FileStore) -> None:
    def prepare() -> None:
        shutil.rmtree(store.directory, ignore_errors=True)

    assert keeps_descriptors(lambda: store.create(KEY, b"data", 60), prepare)


def test_a_write_after_a_killed_one_that_is_interrupted_loses_no_descriptor(
    store: FileStore,
) -> None:
    store.create(KEY, b"data", 60)
    left_behind = Path(store.directory, TEMPORARY)
    assert keeps_descriptors(lambda: store.touch(KEY, 60), left_behind.touch)
