"""A fixed set of locks, in this process and across processes, with bounded waiting.

Files are locked with ``flock`` (``msvcrt.locking`` on Windows) directly: the kernel frees the lock
of a process that dies, and taking one costs 2 µs. The file system has to support it; NFS does since
Linux 2.6.12. https://man7.org/linux/man-pages/man2/flock.2.html
"""

from __future__ import annotations

import os
import random
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import FileIO
from threading import RLock

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

BUCKETS = 64
LONGEST_WAIT = 2.0
"""Seconds to wait for a lock before ``TimeoutError``, an ``OSError``, is raised."""

SETTLING = 0.02
"""Seconds that a lock file has to be old. Whoever holds one that was removed, which nobody can see,
is done by then."""

UNLISTED = ".__wz_cache"
"""cachelib neither reads, counts nor deletes files whose name ends like this: it means its own
temporary files. https://github.com/pallets-eco/cachelib/blob/main/src/cachelib/file.py"""


class Locks:
    """Locks between the threads of one process; start anew after a fork."""

    def __init__(self) -> None:
        self._renew()

    @contextmanager
    def hold(self, bucket: int) -> Iterator[None]:
        """Hold lock number ``bucket``; raises TimeoutError if others hold it for too long."""
        if self._process != os.getpid():
            self._renew()
        lock = self._locks[bucket]
        try:
            # Interrupted between the two, nobody would ever release it.
            if not lock.acquire(timeout=LONGEST_WAIT):
                raise _timeout()
            yield
        finally:
            try:  # noqa: SIM105 - an interruption in suppress() would keep the lock for ever
                lock.release()
            except RuntimeError:  # others have it: RLock knows whose it is
                pass

    def _renew(self) -> None:
        self._locks = [RLock() for _ in range(BUCKETS)]
        self._process = os.getpid()


class FileLocks(Locks):
    """The same, also between processes: one file per lock, all made when the first is needed."""

    def __init__(self, directory: str, mode: int) -> None:
        super().__init__()
        self._directory = directory
        self._mode = mode

    @contextmanager
    def hold(self, bucket: int) -> Iterator[None]:
        """Hold the lock in this process, then its file; make the directory if it is missing.

        A file that was removed meanwhile, by somebody who cleans up, does not count: there may be
        another one already, and somebody who holds it.
        """
        deadline = time.monotonic() + LONGEST_WAIT
        path = self._path(bucket)
        with super().hold(bucket):
            while True:
                with self._open(path) as file:
                    _lock(file.fileno(), deadline)
                    try:
                        if _counts(path, file.fileno()):
                            yield
                            return
                    finally:
                        _unlock(file.fileno())
                if time.monotonic() > deadline:
                    raise _timeout()

    def make_directory(self) -> None:
        """Make the directory, open to those who may read the files; harmless when repeated."""
        os.makedirs(self._directory, mode=self._mode | (self._mode & 0o444) >> 2, exist_ok=True)

    def _open(self, path: str) -> FileIO:
        flags = os.O_RDWR | getattr(os, "O_NOFOLLOW", 0)
        try:
            return _open_file(path, flags)
        except FileNotFoundError:
            self._make_files(flags)
        return _open_file(path, flags | os.O_CREAT, self._mode)

    def _make_files(self, flags: int) -> None:
        """Make what is missing, at once, for new sessions to wait once until it is old enough."""
        self.make_directory()
        for path in map(self._path, range(BUCKETS)):
            with suppress(PermissionError, FileNotFoundError, FileExistsError):
                _open_file(path, flags | os.O_CREAT | os.O_EXCL, self._mode).close()
                os.chmod(path, self._mode)

    def _path(self, bucket: int) -> str:
        return os.path.join(self._directory, f"{bucket:02x}.lock{UNLISTED}")


def _open_file(path: str, flags: int, mode: int = 0) -> FileIO:
    """Open a file, without Python in between: a signal's handler there loses the descriptor."""
    descriptors = map(os.open, [path], [flags], [mode])
    return next(map(FileIO, descriptors, ["r+"]))


def _lock(descriptor: int, deadline: float) -> None:
    """Poll for the lock: the system calls know no time limit."""
    pause = 0.0005
    while not _try_lock(descriptor):
        if time.monotonic() > deadline:
            raise _timeout()
        time.sleep(pause * (0.5 + random.random()))
        pause = min(2 * pause, 0.01)


def _timeout() -> TimeoutError:
    return TimeoutError(f"others held the lock for more than {LONGEST_WAIT:g} s")


if sys.platform == "win32":

    def _try_lock(descriptor: int) -> bool:
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except PermissionError:
            return False
        return True

    def _unlock(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)

    def _counts(path: str, descriptor: int) -> bool:
        return True

else:

    def _try_lock(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _unlock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_UN)

    def _counts(path: str, descriptor: int) -> bool:
        """Tell whether a file, once it is old enough, is still the one under its path."""
        made = os.fstat(descriptor)
        if 0 <= (age := time.time() - made.st_mtime) < SETTLING:
            time.sleep(SETTLING - age)
        try:
            return os.path.samestat(made, os.stat(path))
        except FileNotFoundError:
            return False
