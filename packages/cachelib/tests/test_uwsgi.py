"""UWSGICache, which exists inside a uWSGI server only: a script that runs in one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

backend = "cachelib caches"
PRELUDE = """
import os, sys, traceback
from pathlib import Path
from cachelib import UWSGICache
from flask_session.store import Outcome, Record
from flask_session_cachelib import CacheStore

KEY = "session:alice"
cache = UWSGICache(cache="sessions")
store = CacheStore(cache)

def run(test):
    try:
        test()
    except BaseException:
        traceback.print_exc()
        os._exit(1)
    os._exit(0)
"""
VERBS = """
def test():
    assert [store.create(KEY, b"old", 60), store.create(KEY, b"new", 60)] == [True, False]
    assert store.update(KEY, b"new", 60, Record(b"old")) is Outcome.SAVED
    assert store.update(KEY, b"mine", 60, Record(b"old")) is Outcome.CONFLICT
    assert store.touch(KEY, 60) is True
    assert store.load(KEY).data == b"new"
    assert [store.delete(KEY), store.delete(KEY)] == [Outcome.DELETED, Outcome.GONE]
"""
TOO_LARGE = """
def test():
    try:
        store.create(KEY, bytes(100_000), 60)
    except store.errors:
        return
    raise AssertionError("not refused")
"""
COMMAND = """
class Marker:
    def __reduce__(self):
        return Path.touch, (Path("ran"),)

def test():
    cache.set(KEY, {"user": Marker()}, 60)
    assert store.load(KEY).data.startswith(b"\\x80")
    assert not Path("ran").exists()
"""
MISS = """
def test():
    store.create(KEY, b"data", 60)
    assert cache.get(KEY) is None
"""


@pytest.fixture(autouse=True)
def _uwsgi() -> None:
    if sys.platform != "linux":
        pytest.skip("not applicable: pyuwsgi is installed on Linux only")


def run_in_uwsgi(folder: Path, script: str) -> None:
    """Run a script as the application that a uWSGI server loads, and end the server with it."""
    (folder / "script.py").write_text(f"{PRELUDE}{script}\nrun(test)\n")
    options = ["--http-socket=127.0.0.1:0", "--cache2=name=sessions,items=100,blocksize=4096"]
    server = Path(sys.executable).with_name("uwsgi")
    done = subprocess.run(
        [server, *options, "--wsgi-file=script.py", f"--venv={sys.prefix}"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_every_verb_works(tmp_path: Path) -> None:
    run_in_uwsgi(tmp_path, VERBS)


def test_a_record_larger_than_the_caches_blocks_is_an_error(tmp_path: Path) -> None:
    run_in_uwsgi(tmp_path, TOO_LARGE)


@pytest.mark.row("B1")
def test_a_command_in_a_cached_pickle_is_not_run(tmp_path: Path) -> None:
    run_in_uwsgi(tmp_path, COMMAND)


def test_0_8_takes_our_record_for_a_miss(tmp_path: Path) -> None:
    run_in_uwsgi(tmp_path, MISS)
