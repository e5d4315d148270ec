"""The contenders of one comparison, each in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

from flask_session_conformance.migration.neighbour import NEWEST, make_environment

CACHE = Path(".cache")
WORKER = Path(__file__).with_name("worker.py")


class Contender:
    """A worker process; it ends with the ``with`` block."""

    def __init__(self, python: Path | str, command: dict[str, Any]) -> None:
        self._process = subprocess.Popen(
            [str(python), str(WORKER)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        )
        self._exchange(command)

    def run(self, scenario: str, count: int) -> float:
        """Answer the seconds one batch took."""
        return self._exchange({"scenario": scenario, "count": count})

    def _exchange(self, command: dict[str, Any]) -> float:
        process = self._process
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(command) + "\n")
        process.stdin.flush()
        line = process.stdout.readline()
        if not line:
            raise RuntimeError("a contender ended; its error output is above")
        return float(json.loads(line))

    def __enter__(self) -> Contender:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        process = self._process
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.close()
        process.wait(30)
        process.stdout.close()


def python_of(contender: str) -> Path | str:
    """Answer the interpreter of a contender; that of 0.8.0 is made from PyPI, once."""
    if contender == "old":
        return make_environment(CACHE / "flask-session-0.8.0", NEWEST)
    return sys.executable


@contextmanager
def contenders(
    names: tuple[str, ...], backend: str, address: str, size: str, options: dict[str, Any]
) -> Iterator[dict[str, Contender]]:
    """Start the named contenders: ``plain``, ``bare``, ``old``, ``ours``."""
    with ExitStack() as stack:
        started = {}
        for name in names:
            command = {"contender": name, "backend": backend, "address": address, "size": size}
            if name in ("old", "ours"):
                command.update(options)
            started[name] = stack.enter_context(Contender(python_of(name), command))
        yield started
