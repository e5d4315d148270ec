"""CPUs that do not go to sleep while something is measured.

A CPU with nothing to do is halted, and a virtual one given back to its host: waking it up again
costs up to several hundred microseconds, at random, in the middle of a round trip. The kernel can
be asked not to do so, by whoever may: an idle CPU then looks for work in a loop.
https://docs.kernel.org/power/pm_qos_interface.html
Else a process that runs only when nothing else wants to keeps each of them awake; to interrupt it
still takes some tens of microseconds.
https://www.man7.org/linux/man-pages/man7/sched.7.html (SCHED_IDLE)
"""

from __future__ import annotations

import os
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

SPIN = """
import os, sys
os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
os.sched_setaffinity(0, {int(sys.argv[1])})
parent = os.getppid()
while os.getppid() == parent:
    for _ in range(1_000_000):
        pass
"""

LATENCY = "/dev/cpu_dma_latency"


@contextmanager
def cpus_awake() -> Iterator[str]:
    """Keep every CPU of this process awake, as far as the system has a way to; tell which."""
    with ExitStack() as stack:
        try:
            request = stack.enter_context(open(LATENCY, "wb", buffering=0))
            request.write(struct.pack("i", 0))  # counts as long as the file is open
            way = f"{LATENCY} (0)"
        except OSError:
            way = stack.enter_context(spinning())
        yield way


@contextmanager
def spinning() -> Iterator[str]:
    """Run a process of the lowest priority on each CPU; without such a priority, do nothing."""
    if not hasattr(os, "SCHED_IDLE"):
        yield "nothing"
        return
    command = [sys.executable, "-c", SPIN]
    processes = [subprocess.Popen([*command, str(cpu)]) for cpu in os.sched_getaffinity(0)]
    try:
        yield "processes of the lowest priority"
    finally:
        for process in processes:
            process.kill()
            process.wait()
