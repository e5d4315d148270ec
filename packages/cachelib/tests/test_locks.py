"""The locks between threads and processes: bounded, freed by a death, not inherited by a fork."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from flask_session.store import Outcome, Record
from flask_session_cachelib import FileStore, locks
from flask_session_cachelib.envelope import seal
from flask_session_cachelib.locks import FileLocks, Locks
from flask_session_cachelib.names import bucket_of, name_of

backend = "cachelib files"
KEY = "session:alice"
BUCKET = bucket_of(name_of(KEY))
HOLD = """
import sys, time
from flask_session_cachelib.envelope import seal
from flask_session_cachelib.locks import FileLocks
with FileLocks(sys.argv[1], 0o600).hold(int(sys.argv[2])):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def store(tmp_path: Path) -> FileStore:
    store = FileStore(tmp_path)
    store.create(KEY, b"data", 60)
    return store


@pytest.fixture
def holder(store: FileStore) -> Iterator[subprocess.Popen[bytes]]:
    """Provide another process that holds the lock of KEY."""
    command = [sys.executable, "-c", HOLD, store.directory, str(BUCKET)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stdout.readline() == b"held\n"
        yield process
        process.kill()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locks, "LONGEST_WAIT", 0.2)


@pytest.mark.usefixtures("holder", "impatient")
@pytest.mark.parametrize("verb", ["create", "update", "touch", "delete"])
def test_a_verb_gives_up_where_another_process_keeps_the_lock(store: FileStore, verb: str) -> None:
    arguments = {"create": (b"new", 60), "update": (b"new", 60, Record(b"data")), "touch": (60,)}
    began = time.monotonic()
    with pytest.raises(store.errors):
        getattr(store, verb)(KEY, *arguments.get(verb, ()))
    assert time.monotonic() - began < 1


@pytest.mark.usefixtures("holder")
def test_loading_needs_no_lock(store: FileStore) -> None:
    assert store.load(KEY) is not None


def test_the_lock_of_a_killed_process_is_free(
    store: FileStore, holder: subprocess.Popen[bytes]
) -> None:
    holder.kill()
    assert store.delete(KEY) is Outcome.DELETED


def test_the_longest_wait_is_two_seconds() -> None:
    assert locks.LONGEST_WAIT <= 2


@pytest.mark.usefixtures("impatient")
def test_a_thread_gives_up_where_another_keeps_the_lock() -> None:
    held = Locks()

    def take() -> None:
        with held.hold(3):
            pass

    with held.hold(3), ThreadPoolExecutor(1) as pool, pytest.raises(TimeoutError):
        pool.submit(take).result()


def test_two_keys_do_not_wait_for_each_other() -> None:
    held = Locks()
    with held.hold(3), held.hold(4):
        pass


@pytest.mark.usefixtures("impatient")
def test_two_stores_of_one_process_share_the_locks_of_a_directory(store: FileStore) -> None:
    with FileLocks(store.directory, 0o600).hold(BUCKET), pytest.raises(TimeoutError):
        store.touch(KEY, 60)


def test_purge_looks_again_once_it_has_the_lock(store: FileStore) -> None:
    store.touch(KEY, 1)
    store.clock = lambda: time.time() + 2
    with store._locks.hold(BUCKET):
        purging = Thread(target=store.purge)
        purging.start()
        time.sleep(0.1)
        store._files.replace(name_of(KEY), seal(KEY, b"live", time.time() + 60), BUCKET)
    purging.join()
    assert store.load(KEY) is not None


@pytest.mark.row("E2")
@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
def test_a_child_forked_while_a_lock_was_held_can_take_it_once_it_is_free(
    store: FileStore,
) -> None:
    with store._locks.hold(BUCKET):
        child = os.fork()
        if child == 0:
            os._exit(0 if store.touch(KEY, 60) else 1)
        time.sleep(0.05)
    assert os.waitpid(child, 0)[1] == 0


class Interrupting:
    """A lock whose owner is interrupted in the moment in which it has got it."""

    def __init__(self, lock: Any) -> None:
        self.lock = lock

    def acquire(self, timeout: float) -> bool:
        self.lock.acquire(timeout=timeout)
        raise KeyboardInterrupt

    def release(self) -> None:
        self.lock.release()


@pytest.mark.usefixtures("impatient")
def test_an_interruption_right_after_a_lock_was_taken_frees_it() -> None:
    # Each write to a 64th of the sessions failed from then on.
    held = Locks()
    lock = held._locks[0]
    held._locks[0] = Interrupting(lock)  # type: ignore[call-overload]
    with pytest.raises(KeyboardInterrupt), held.hold(0):
        pass
    held._locks[0] = lock

    def take() -> int:
        with held.hold(0):
            return 1

    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(take).result() == 1
