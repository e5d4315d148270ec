"""One contender in a process of its own: a Flask app, or a bare client, driven without a server.

``python -m benchmarks.worker`` runs with the Python of either environment, reads one JSON command a
line from standard input and answers each with one line. The first command sets the contender up.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import time
from typing import Any

from .apps import AppScenarios, Without, payload
from .backends import Command
from .bare import bare_client
from .breakdown import break_down
from .commands import CommandLog
from .crowd import Crowd
from .filling import fill_files
from .in_a_view import ViewedScenarios


class BareScenarios:
    """The least store work of each scenario, without Flask, cookies and encoding."""

    def __init__(self, command: Command) -> None:
        import msgspec

        self.client = bare_client(command["backend"], command["address"])
        self.data = msgspec.msgpack.encode(payload(command["size"]))
        self.number = 0
        self.key = self.fresh_key()
        self.client.create(self.key, self.data)

    def fresh_key(self) -> str:
        """Make a key as long as a session's."""
        self.number += 1
        return f"session:{os.getpid():08}{self.number:035}"

    def run(self, scenario: str, count: int) -> float:
        """Answer the seconds that ``count`` rounds of store work took."""
        keys = [self.fresh_key() for _ in range(count)]
        if scenario == "logout":
            for key in keys:
                self.client.create(key, self.data)
        work = getattr(self, scenario)
        began = time.perf_counter()
        for key in keys:
            work(key)
        return time.perf_counter() - began

    def anonymous(self, key: str) -> None:
        """Nothing is stored, so nothing is asked for."""

    untouched = anonymous

    def stale(self, key: str) -> None:
        self.client.read(key)

    def read(self, key: str) -> None:
        self.client.read(self.key)

    def change(self, key: str) -> None:
        self.client.write(self.key, self.client.read(self.key))

    nested = change

    def create(self, key: str) -> None:
        self.client.create(key, self.data)

    def logout(self, key: str) -> None:
        self.client.read(key)
        self.client.delete(key)


class Worker:
    """Obey commands; each method is one, named by ``do``."""

    def __init__(self, command: Command) -> None:
        self.log = CommandLog(command["backend"], command["address"])
        kinds = {"bare": BareScenarios, "viewed": ViewedScenarios}
        self.scenarios: Any = kinds.get(command["contender"], AppScenarios)(command)
        self.without = None if command["contender"] == "bare" else Without(command)

    def run(self, scenario: str, count: int) -> float:
        """Time a batch, which begins without garbage of the one before."""
        gc.collect()
        return float(self.scenarios.run(scenario, count))

    def compare(self, scenario: str, count: int, slices: int) -> tuple[float, float | None]:
        """Time slices of ``count`` requests, in turn with as many to the app without sessions."""
        if self.without is None:
            return self.run(scenario, count * slices), None
        gc.collect()
        seconds = without = 0.0
        for _ in range(slices):
            seconds += self.scenarios.run(scenario, count)
            without += self.without.run(scenario, count)
        return seconds, without

    def prepare(self, scenario: str, count: int) -> None:
        """Do what the next batch needs and what is not to be counted with it."""
        self.scenarios.prepare(scenario, count)

    def commands(self, scenario: str, count: int) -> dict[str, float]:
        """Count what a batch asks of the store, as far as that shows in this process."""
        with self.log.counting() as counted:
            self.scenarios.run(scenario, count)
        return {name: number / count for name, number in sorted(counted.items())}

    def break_down(self, scenario: str, count: int) -> dict[str, float]:
        """Tell where the microseconds of a scenario go."""
        self.scenarios.run(scenario, count)
        return break_down(lambda: self.scenarios.run(scenario, count), count)

    def crowd(self, threads: int, count: int, seconds: float) -> dict[str, float]:
        """Let threads make requests, each for a visitor of its own."""
        return Crowd(self.scenarios.app, threads).run(count, seconds)

    def latencies(self, count: int) -> list[float]:
        """Answer the microseconds of each of ``count`` requests: four reads, then a change."""
        return [
            self.scenarios.run("read" if each % 5 else "change", 1) * 1e6 for each in range(count)
        ]

    def fill(self, first: int, last: int, age: int = 0) -> None:
        """Store many sessions in files, by the contender's own means."""
        fill_files(self.scenarios.app.session_interface, first, last, age)

    def purge(self) -> dict[str, float]:
        """Remove the expired records, by the store of ours."""
        began = time.perf_counter()
        rows = self.scenarios.app.session_interface.store.purge()
        return {"rows": rows, "seconds": time.perf_counter() - began}


def main() -> None:
    """Serve commands until standard input ends."""
    worker: Worker | None = None
    for line in sys.stdin:
        command = json.loads(line)
        answer: Any = None
        if worker is None:
            worker = Worker(command)
        else:
            answer = getattr(worker, command.pop("do"))(**command)
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
