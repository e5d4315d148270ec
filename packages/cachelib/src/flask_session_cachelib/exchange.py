"""Swap two files in one step, where the system can.

Renaming a file over another makes ext4 and btrfs send its data to the disk at once, and the request
waits for that. Swapping the two and removing the other one does not, and is atomic as well.
https://man7.org/linux/man-pages/man2/rename.2.html (RENAME_EXCHANGE)
https://docs.kernel.org/admin-guide/ext4.html (auto_da_alloc)
"""

from __future__ import annotations

import ctypes
import os
import sys
from typing import Any

AT_FDCWD = -100
RENAME_EXCHANGE = 2


def exchange(path: str, other: str) -> bool:
    """Swap two files; ``False`` where one is missing or the system or file system cannot."""
    if _renameat2 is None:
        return False
    names = os.fsencode(path), os.fsencode(other)
    return bool(_renameat2(AT_FDCWD, names[0], AT_FDCWD, names[1], RENAME_EXCHANGE) == 0)


def _find_renameat2() -> Any:
    """Find the C library's function, which glibc has since 2.28."""
    if sys.platform != "linux":
        return None
    function = getattr(ctypes.CDLL(None), "renameat2", None)
    if function is not None:
        name = ctypes.c_char_p
        function.argtypes = [ctypes.c_int, name, ctypes.c_int, name, ctypes.c_uint]
    return function


_renameat2 = _find_renameat2()
