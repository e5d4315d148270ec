"""Many threads on one app, bounded in requests and in time."""

from __future__ import annotations

import threading
import time
from typing import Any

from .apps import Browser


class Crowd:
    """Threads, each with a visitor of its own who reads and changes in turn."""

    def __init__(self, app: Any, threads: int) -> None:
        self.visitors = [Browser(app) for _ in range(threads)]
        for visitor in self.visitors:
            visitor.request("create")
            visitor.check()

    def run(self, count: int, seconds: float) -> dict[str, float]:
        """Answer how many of ``count`` requests were made, how many failed, and the seconds."""
        share, deadline = max(1, count // len(self.visitors)), time.monotonic() + seconds
        done = [0] * len(self.visitors)
        failed = [0] * len(self.visitors)

        def visit(number: int) -> None:
            visitor = self.visitors[number]
            for each in range(share):
                if time.monotonic() > deadline:
                    return
                failed[number] += is_failure(visitor, "change" if each % 2 else "read")
                done[number] += 1

        threads = [threading.Thread(target=visit, args=(each,)) for each in range(len(done))]
        began = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        elapsed = time.perf_counter() - began
        return {"done": sum(done), "failed": sum(failed), "seconds": elapsed}


def is_failure(visitor: Browser, scenario: str) -> bool:
    """Make one request; anything but 200 is a failure."""
    visitor.statuses.clear()
    visitor.request(scenario)
    return visitor.statuses != {"200 OK"}
