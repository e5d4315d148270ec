"""Lock files that somebody removes while they are in use: a cleaner of old files, or a hand."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from flask_session_cachelib import FileStore, locks
from flask_session_cachelib.names import bucket_of, name_of

backend = "cachelib files"
KEY = "session:alice"
BUCKET = bucket_of(name_of(KEY))


@pytest.fixture
def store(tmp_path: Path) -> FileStore:
    store = FileStore(tmp_path)
    store.create(KEY, b"data", 60)
    return store


@pytest.fixture
def lock_file(store: FileStore) -> Path:
    """Provide the lock file of KEY, which has been there for long."""
    path = Path(store.directory, f"{BUCKET:02x}.lock{locks.UNLISTED}")
    os.utime(path, (1, 1))
    return path


def is_free(lock_file: Path) -> bool:
    with lock_file.open("rb+") as file:
        return locks._try_lock(file.fileno())


def before_locking(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> None:
    """Let it happen once a lock file was opened, before it is locked."""
    try_lock = locks._try_lock

    def act_first(descriptor: int) -> bool:
        act()
        return try_lock(descriptor)

    monkeypatch.setattr(locks, "_try_lock", act_first)


# Two processes held one lock, each by a file of its own, and of two changes one was lost.
@pytest.mark.parametrize("left", ["nothing", "another file"])
def test_a_lock_file_that_was_removed_before_it_was_locked_does_not_count(
    store: FileStore, lock_file: Path, monkeypatch: pytest.MonkeyPatch, left: str
) -> None:
    def remove() -> None:
        monkeypatch.undo()
        lock_file.unlink()
        if left == "another file":
            lock_file.touch()

    before_locking(monkeypatch, remove)
    with store._locks.hold(BUCKET):
        assert not is_free(lock_file)
    assert is_free(lock_file)


def test_a_verb_gives_up_where_the_lock_file_is_removed_again_and_again(
    store: FileStore, lock_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(locks, "LONGEST_WAIT", 0.2)
    before_locking(monkeypatch, lock_file.unlink)
    with pytest.raises(TimeoutError):
        store.touch(KEY, 60)


def test_a_directory_that_is_removed_before_the_lock_is_taken_is_made_again(
    store: FileStore, lock_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def remove() -> None:
        monkeypatch.undo()
        shutil.rmtree(store.directory)

    before_locking(monkeypatch, remove)
    assert store.create(KEY, b"new", 60) is True


def test_a_lock_file_that_is_removed_while_it_is_made_is_made_again(
    store: FileStore, lock_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def remove(path: str, mode: int) -> None:
        monkeypatch.undo()
        os.remove(path)
        os.chmod(path, mode)

    lock_file.unlink()
    monkeypatch.setattr(os, "chmod", remove)
    with store._locks.hold(BUCKET):
        assert not is_free(lock_file)


def test_who_holds_a_lock_file_that_was_removed_is_waited_for(
    store: FileStore, lock_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []
    monkeypatch.setattr(locks, "SETTLING", 60)
    monkeypatch.setattr(time, "sleep", slept.append)
    with store._locks.hold(BUCKET):
        lock_file.unlink()
        store.touch(KEY, 60)
    assert [30 < seconds <= 60 for seconds in slept] == [True]


@pytest.mark.parametrize("made", [-3600, 3600], ids=["an hour ago", "by a clock that is ahead"])
def test_an_old_lock_file_is_not_waited_for(
    store: FileStore, lock_file: Path, monkeypatch: pytest.MonkeyPatch, made: int
) -> None:
    slept: list[float] = []
    now = time.time()
    os.utime(lock_file, (now, now + made))
    monkeypatch.setattr(time, "sleep", slept.append)
    assert store.touch(KEY, 60) is True
    assert slept == []


# Each of the first 64 sessions waited for its own lock file, 20 ms at most.
def test_lock_files_are_new_together(
    store: FileStore, lock_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []
    for path in lock_file.parent.glob("*.lock.*"):
        os.utime(path, (1, 1))
    monkeypatch.setattr(time, "sleep", slept.append)
    for number in range(500):
        store.create(f"session:{number}", b"data", 60)
    assert slept == []


@pytest.mark.skipif(not hasattr(os, "O_NOFOLLOW"), reason="this system opens what a link names")
def test_a_link_in_the_place_of_a_lock_file_is_not_followed(
    store: FileStore, lock_file: Path
) -> None:
    lock_file.unlink()
    lock_file.symlink_to("elsewhere")
    with pytest.raises(OSError):
        store.delete(KEY)
    assert not Path(store.directory, "elsewhere").exists()
