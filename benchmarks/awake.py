"""CPUs that do not go to sleep while something is measured.

A CPU with nothing to do is halted, and a virtual one given back to its host: waking it up again
costs up to several hundred microseconds, at random, in the middle of a round trip. A process that
runs only when nothing else wants to keeps each of them awake.
https://www.man7.org/linux/man-pages/man7/sched.7.html (SCHED_IDLE)
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

SPIN = """
import os, sys
os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
os.sched_setaffinity(0, {int(sys.argv[1])})
parent = os.getppid()
while os.getppid() == parent:
    for _ in range(1_000_000):
        pass
"""


@contextmanager
def cpus_awake() -> Iterator[None]:
    """Keep every CPU of this process awake; where the system has no such priority, do nothing."""
    if not hasattr(os, "SCHED_IDLE"):
        yield
        return
    command = [sys.executable, "-c", SPIN]
    spinning = [subprocess.Popen([*command, str(cpu)]) for cpu in os.sched_getaffinity(0)]
    try:
        yield
    finally:
        for process in spinning:
            process.kill()
            process.wait()
