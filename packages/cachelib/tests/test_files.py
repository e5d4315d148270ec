"""What is particular to sessions in files: names, modes, and what else is in the directory."""

from __future__ import annotations

import os
import stat
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from cachelib import FileSystemCache
from flask_session.errors import UnreadableRecord
from flask_session.store import Outcome, Record
from flask_session_cachelib import FileStore
from flask_session_cachelib.locks import BUCKETS, UNLISTED
from flask_session_cachelib.names import bucket_of, name_of

backend = "cachelib files"
KEY = "session:alice"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "sessions"


@pytest.fixture
def store(folder: Path) -> FileStore:
    return FileStore(folder)


def records(folder: Path) -> list[str]:
    """List the files but for locks."""
    return sorted(path.name for path in folder.iterdir() if ".lock." not in path.name)


def temporary(folder: Path) -> Path:
    """Answer the file through which KEY's record is written."""
    return folder / f"{bucket_of(name_of(KEY)):02x}.tmp{UNLISTED}"


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_constructing_makes_no_directory(store: FileStore, folder: Path) -> None:
    assert not folder.exists()


def test_a_relative_directory_stays_where_it_was_when_the_process_moves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    store = FileStore("sessions")
    monkeypatch.chdir("/")
    store.setup()
    assert (tmp_path / "sessions").is_dir()


def test_files_and_directory_are_for_their_owner_alone(store: FileStore, folder: Path) -> None:
    store.create(KEY, b"data", 60)
    assert mode_of(folder) == 0o700
    assert {mode_of(path) for path in folder.iterdir()} == {0o600}


def test_a_mode_is_given_to_every_file_whatever_the_umask(folder: Path) -> None:
    before = os.umask(0o077)
    try:
        FileStore(folder, mode=0o660).create(KEY, b"data", 60)
    finally:
        os.umask(before)
    assert {mode_of(path) for path in folder.iterdir()} == {0o660}


def test_a_record_is_one_file_beside_the_locks(store: FileStore, folder: Path) -> None:
    store.create(KEY, b"old", 60)
    store.update(KEY, b"new", 60, Record(b"old"))
    store.touch(KEY, 120)
    assert records(folder) == [name_of(KEY)]
    assert len(list(folder.iterdir())) == 1 + BUCKETS


def test_a_deleted_record_leaves_no_file(store: FileStore, folder: Path) -> None:
    store.create(KEY, b"data", 60)
    store.delete(KEY)
    assert records(folder) == []


def test_there_are_never_more_locks_than_buckets(store: FileStore, folder: Path) -> None:
    for number in range(500):
        store.create(f"session:{number}", b"data", 60)
    locks = [path for path in folder.iterdir() if ".lock." in path.name]
    assert len(locks) == BUCKETS


def test_what_a_killed_writer_left_is_removed_by_the_next(store: FileStore, folder: Path) -> None:
    store.create(KEY, b"old", 60)
    temporary(folder).write_bytes(b"half a rec" * 1000)
    store.update(KEY, b"new", 60, Record(b"old"))
    assert store.load(KEY) is not None
    assert records(folder) == [name_of(KEY)]


def test_a_file_that_is_being_read_never_gets_other_content(store: FileStore, folder: Path) -> None:
    store.create(KEY, b"old", 60)
    with (folder / name_of(KEY)).open("rb") as reading:
        os.link(folder / name_of(KEY), temporary(folder))
        store.update(KEY, b"new", 60, Record(b"old"))
        assert reading.read().endswith(b"old")


def test_a_file_is_replaced_also_where_two_cannot_be_swapped(
    store: FileStore, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flask_session_cachelib.exchange._renameat2", None)
    store.create(KEY, b"old", 60)
    assert store.update(KEY, b"new", 60, Record(b"old")) is Outcome.SAVED
    assert records(folder) == [name_of(KEY)]


def test_a_file_under_another_keys_name_is_unreadable(store: FileStore, folder: Path) -> None:
    store.create("session:mallory", b"data", 60)
    (folder / name_of("session:mallory")).rename(folder / name_of(KEY))
    with pytest.raises(UnreadableRecord):
        store.load(KEY)


def test_an_unreadable_file_can_be_deleted(store: FileStore, folder: Path) -> None:
    store.setup()
    (folder / name_of(KEY)).write_bytes(b"x")
    assert store.delete(KEY) is Outcome.DELETED
    assert store.load(KEY) is None


def test_an_unreadable_file_is_never_the_expected_one(store: FileStore, folder: Path) -> None:
    store.setup()
    (folder / name_of(KEY)).write_bytes(b"x")
    assert store.update(KEY, b"new", 60, Record(b"x")) is Outcome.CONFLICT
    assert store.touch(KEY, 60) is False
    assert store.create(KEY, b"new", 60) is False


@pytest.fixture
def listings() -> Iterator[list[str]]:
    """Provide the directories that were listed since; an audit hook stays for good."""
    heard: list[str] = []
    listening = [True]

    def hear(event: str, arguments: tuple[object, ...]) -> None:
        if listening[0] and event in ("os.listdir", "os.scandir"):
            heard.append(str(arguments[0]))

    sys.addaudithook(hear)
    yield heard
    listening[0] = False


def test_no_verb_lists_the_directory(store: FileStore, listings: list[str]) -> None:
    store.create(KEY, b"old", 60)
    store.update(KEY, b"new", 60, Record(b"old"))
    store.touch(KEY, 60)
    store.load(KEY)
    store.delete(KEY)
    assert listings == []


def test_a_cachelib_cache_on_the_same_directory_deletes_no_session(
    store: FileStore, folder: Path
) -> None:
    for number in range(20):
        store.create(f"session:{number}", b"data", 60)
    cache = FileSystemCache(str(folder), threshold=2)
    for number in range(20):
        cache.set(f"cached {number}", number)
    cache.clear()
    assert all(store.load(f"session:{number}") for number in range(20))


def test_purge_leaves_files_of_other_programs(store: FileStore, folder: Path) -> None:
    store.setup()
    (folder / "notes.txt").write_bytes(b"\x01\0\0\0 long past if this were an expiry")
    (folder / "sub").mkdir()
    assert store.purge() == 0
    assert records(folder) == ["notes.txt", "sub"]


@pytest.mark.parametrize("begin", [b"\x89PNG\r\n", b"PK\x03\x04", b"%PDF", b"\x1f\x8b\x08\0"])
def test_purge_leaves_files_that_are_named_by_their_digest(
    store: FileStore, folder: Path, begin: bytes
) -> None:
    # Four bytes that mean something else were taken for an expiry.
    store.setup()
    (folder / ("0a" * 16)).write_bytes(begin + b"\0" * 100)
    assert (store.purge(), records(folder)) == (0, ["0a" * 16])


def test_purge_goes_on_behind_what_cannot_be_read(
    store: FileStore, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(20):
        store.create(f"session:{number}", b"data", 1)
    (folder / name_of("session:none")).mkdir()
    store.clock = lambda: time.time() + 2
    assert (store.purge(), list(store.keys(""))) == (20, [])
    assert "1 files in the sessions' directory" in caplog.text


def test_purge_of_a_missing_directory_removes_nothing(store: FileStore) -> None:
    assert store.purge() == 0
