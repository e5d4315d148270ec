"""Do several things at the same moment, and hear of every failure."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from random import random
from threading import Barrier, Lock
from types import FrameType
from typing import Any, TypeVar

Result = TypeVar("Result")

PATIENCE = 60.0
"""Seconds after which a thread that never came to the start fails the test."""
LONGEST_PAUSE = 1e-4
"""Seconds for which a thread gives way; unequal, so that each overtakes each at every line."""
INSTALLING = Lock()
"""Python refuses to install a trace function while another thread installs one."""


def together(jobs: Sequence[Callable[[], Result]]) -> list[Result]:
    """Run each job in a thread of its own, all released at once; answer their results in order.

    The first exception of a job is raised here, after all of them have ended.
    """
    start = Barrier(len(jobs))

    def run(job: Callable[[], Result]) -> Result:
        start.wait(PATIENCE)
        return job()

    with ThreadPoolExecutor(len(jobs)) as pool:
        futures = [pool.submit(run, job) for job in jobs]
    return [future.result() for future in futures]


def interleaved(
    store: object, jobs: Sequence[Callable[[], Result]], *, at_lines: bool = True
) -> list[Result]:
    """Run jobs together, and let another one go on before each line of the store's own code.

    Python changes threads where one waits, or every 5 ms. A verb on a dictionary or a file has
    ended by then, so that a store without a lock would pass nearly always. Other mistakes show
    where verbs run through; without ``at_lines`` they do.
    """
    if not at_lines:
        return together(jobs)
    files = source_files(type(store))
    return together([partial(handing_over, files, job) for job in jobs])


def source_files(kind: type) -> set[str]:
    """Answer the files in which a class and what it inherits from are written."""
    modules = [sys.modules.get(each.__module__) for each in kind.__mro__]
    return {path for module in modules if (path := getattr(module, "__file__", None))}


def handing_over(files: set[str], job: Callable[[], Result]) -> Result:
    """Run a job, and give way to other threads before each line in one of the files."""

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        if frame.f_code.co_filename not in files:
            return None
        if event == "line":
            time.sleep(random() * LONGEST_PAUSE)
        return trace

    before = sys.gettrace()
    with INSTALLING:
        sys.settrace(trace)
    try:
        return job()
    finally:
        with INSTALLING:
            sys.settrace(before)
