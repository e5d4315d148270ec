"""A full disk, a read-only directory, and cleaning up under traffic."""

from __future__ import annotations

import errno
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Thread

import pytest
from flask_session.store import Record
from flask_session_cachelib import FileStore
from flask_session_cachelib.envelope import seal
from flask_session_cachelib.names import name_of

backend = "cachelib files"
KEY = "session:alice"
SETUP = """
import errno, os, sys
from flask_session.store import Record
from flask_session_cachelib import FileStore
store = FileStore(sys.argv[1])
def refused(code, verb, *arguments):
    try:
        verb(*arguments)
    except store.errors as error:
        assert error.errno == code, error
    else:
        raise AssertionError("not refused")
"""
DISK = """
FULL = errno.ENOSPC
"""
LIMIT = """
import resource
FULL = errno.EFBIG
resource.setrlimit(resource.RLIMIT_FSIZE, (64_000, 64_000))
"""
FULL = """
store.create("session:alice", b"old" * 1000, 60)
record, large = store.load("session:alice"), bytes(100_000)
names = sorted(os.listdir(sys.argv[1]))
refused(FULL, store.update, "session:alice", large, 60, record)
assert sorted(os.listdir(sys.argv[1])) == names, "litter"
refused(FULL, store.create, "session:bob", large, 60)
assert not [name for name in os.listdir(sys.argv[1]) if ".tmp." in name], "litter"
assert store.load("session:alice").data == b"old" * 1000
assert store.delete("session:alice").name == "DELETED"
"""
READ_ONLY = """
record = store.load("session:alice")
assert record.data == b"old"
refused(errno.EROFS, store.update, "session:alice", b"new", 60, record)
refused(errno.EROFS, store.create, "session:bob", b"new", 60)
refused(errno.EROFS, store.touch, "session:alice", 60)
refused(errno.EROFS, store.delete, "session:alice")
assert store.load("session:alice").data == b"old"
"""
IN_NAMESPACE = ["unshare", "--map-root-user", "--mount"]
RunMounted = Callable[[str, str], None]


def run(script: str, folder: Path, *, prefix: Sequence[str] = (), command: str = "") -> None:
    """Run a script on a folder in another process, which may mount something there first."""
    shell = f'{command}\nexec "{sys.executable}" -c "$2" "$1"'
    started = [*prefix, "sh", "-ec", shell, "sh", str(folder), SETUP + script]
    done = subprocess.run(started, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.fixture
def run_mounted(tmp_path: Path) -> RunMounted:
    """Provide a function that runs a script where something is mounted, in a namespace."""
    probe = [*IN_NAMESPACE, "mount", "-t", "tmpfs", "tmpfs", str(tmp_path)]
    if (
        not shutil.which("unshare")
        or subprocess.run(probe, capture_output=True, check=False).returncode
    ):
        pytest.skip("not applicable: this machine lets nobody mount in a namespace of his own")
    return lambda mount, script: run(script, tmp_path, prefix=IN_NAMESPACE, command=mount)


@pytest.mark.row("D11")
def test_a_full_disk_is_an_error_and_leaves_old_records_and_no_litter(
    run_mounted: RunMounted,
) -> None:
    run_mounted('mount -t tmpfs -o size=64k tmpfs "$1"', DISK + FULL)


@pytest.mark.row("D11")
def test_a_refused_write_is_an_error_and_leaves_old_records_and_no_litter(tmp_path: Path) -> None:
    run(LIMIT + FULL, tmp_path)


@pytest.mark.row("D10")
def test_a_read_only_directory_can_be_read_and_refuses_the_rest(
    run_mounted: RunMounted, tmp_path: Path
) -> None:
    FileStore(tmp_path).create(KEY, b"old", 60)
    run_mounted('mount --bind -o ro "$1" "$1"', READ_ONLY)


@pytest.mark.row("D24")
def test_no_request_waits_for_a_purge_of_20_000_files(tmp_path: Path) -> None:
    store = FileStore(tmp_path)
    store.create(KEY, b"0", 600)
    content = seal("session:expired", b"data", time.time() - 1)
    for number in range(20_000):
        (tmp_path / name_of(f"session:{number}")).write_bytes(content)
    removed: list[int] = []
    purging = Thread(target=lambda: removed.append(store.purge()))
    purging.start()
    longest, requests = 0.0, 0
    while purging.is_alive():
        began = time.monotonic()
        store.update(KEY, b"%d" % (requests + 1), 600, Record(b"%d" % requests))
        longest, requests = max(longest, time.monotonic() - began), requests + 1
    assert removed == [20_000]
    assert requests > 20
    assert longest < 0.5


def test_the_error_of_a_missing_permission_names_no_session(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    store = FileStore(tmp_path / "file")
    with pytest.raises(NotADirectoryError) as error:
        store.create(KEY, b"payload", 60)
    assert error.value.errno == errno.ENOTDIR
    assert "alice" not in str(error.value)
