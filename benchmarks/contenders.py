"""The contenders of one comparison, each in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from select import select
from typing import Any

from .environments import ROOT, python_of


class Contender:
    """A worker process, which is ready when its first :meth:`answer` comes; close it in the end."""

    def __init__(self, command: dict[str, Any]) -> None:
        self._process = subprocess.Popen(
            [str(python_of(command["contender"])), "-m", "benchmarks.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        )
        self._send(command)

    def ask(self, do: str, **arguments: Any) -> Any:
        """Let the worker obey one command, and answer what it answers."""
        self.begin(do, **arguments)
        return self.answer()

    def run(self, scenario: str, count: int) -> float:
        """Answer the seconds one batch took."""
        return float(self.ask("run", scenario=scenario, count=count))

    def compare(self, scenario: str, count: int, slices: int) -> tuple[float, float | None]:
        """Answer the seconds of ``slices`` times ``count`` requests, and without sessions."""
        seconds, without = self.ask("compare", scenario=scenario, count=count, slices=slices)
        return seconds, without

    def begin(self, do: str, **arguments: Any) -> None:
        """Let the worker begin to obey; :meth:`answer` waits for the end."""
        self._send({"do": do, **arguments})

    def is_done(self) -> bool:
        """Tell whether the answer is there."""
        assert self._process.stdout is not None
        return bool(select([self._process.stdout], [], [], 0)[0])

    def answer(self) -> Any:
        """Wait for the answer. RuntimeError if the worker ended instead."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("a contender ended; its error output is above")
        return json.loads(line)

    def _send(self, command: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(command) + "\n")
        self._process.stdin.flush()

    def close(self) -> None:
        """End the process, which ends by itself when nobody can ask it anything more."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()


@contextmanager
def contenders(names: tuple[str, ...], command: dict[str, Any]) -> Iterator[dict[str, Contender]]:
    """Start the named contenders (``bare``, ``old``, ``ours`` …) on one backend."""
    with ExitStack() as stack:
        started = {}
        for name in names:
            started[name] = Contender({"contender": name, **command})
            stack.callback(started[name].close)
            started[name].answer()  # one after the other: two of them make the same table
        yield started
