"""Do several things at the same moment, and hear of every failure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

Result = TypeVar("Result")

PATIENCE = 60.0
"""Seconds after which a thread that never came to the start fails the test."""


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
