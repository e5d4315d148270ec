"""One flat directory of files that are read, replaced and removed as a whole."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from io import BufferedWriter
from typing import TypeVar

from .exchange import exchange
from .locks import UNLISTED

Result = TypeVar("Result")

PRIVATE = 0o600
PATIENCE = 1.0
"""Seconds for which Windows may refuse because another process has the file open."""


class Directory:
    """Files by name; a missing file is ``None`` or ``False``, everything else an OSError."""

    def __init__(self, path: str, mode: int) -> None:
        self.path = path
        self.mode = mode
        self._prefix = os.path.join(path, "")

    def read(self, name: str, limit: int = -1) -> bytes | None:
        """Answer the content, or its first ``limit`` bytes."""
        try:
            with insist(lambda: open(self._path(name), "rb", buffering=0)) as file:
                return file.read(limit)
        except FileNotFoundError:
            return None

    def has(self, name: str) -> bool:
        """Tell whether the file is there; ``False`` also where the directory cannot be read."""
        return os.access(self._path(name), os.F_OK)

    def replace(self, name: str, content: bytes, slot: int) -> None:
        """Put ``content`` in place of the file; it is never seen half.

        It is written through the temporary file of ``slot``, which the caller has to himself. A
        process that dies meanwhile leaves that one file, which the next use of the slot removes.
        """
        temporary, path = self._path(f"{slot:02x}.tmp{UNLISTED}"), self._path(name)
        try:
            with _open_new(temporary) as file:
                file.write(content)
            if self.mode != PRIVATE:
                os.chmod(temporary, self.mode)
            if exchange(temporary, path):
                os.remove(temporary)
            else:
                insist(lambda: os.replace(temporary, path))
        except BaseException:
            with suppress(OSError):
                os.remove(temporary)
            raise

    def rename(self, name: str, new_name: str) -> None:
        """Move a file; one of the new name is replaced."""
        insist(lambda: os.replace(self._path(name), self._path(new_name)))

    def remove(self, name: str) -> bool:
        """Remove a file; ``False`` if it was gone already."""
        try:
            insist(lambda: os.remove(self._path(name)))
        except FileNotFoundError:
            return False
        return True

    def names(self) -> Iterator[str]:
        """List the directory; a missing one is empty."""
        with suppress(FileNotFoundError), os.scandir(self.path) as entries:
            for entry in entries:
                yield entry.name

    def _path(self, name: str) -> str:
        return self._prefix + name


def insist(action: Callable[[], Result]) -> Result:
    """Try for a while on Windows, where a file that somebody has open cannot be replaced."""
    if sys.platform != "win32":
        return action()
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return action()
        except PermissionError:
            if time.monotonic() > deadline:
                raise
        time.sleep(0.002)


def _open_new(path: str) -> BufferedWriter:
    """Open a new file. One left behind is removed and not reused: somebody may be reading it.

    The opener is no Python: a signal's handler between it and ``open`` would lose the descriptor.
    """
    opener = partial(os.open, mode=PRIVATE)
    try:
        return open(path, "xb", opener=opener)
    except FileExistsError:
        os.remove(path)
        return open(path, "xb", opener=opener)
