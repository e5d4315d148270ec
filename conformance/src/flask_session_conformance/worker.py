"""Another process with a site on the same data.

It runs as ``python -m flask_session_conformance.worker`` and gets plain configuration values, so
nothing has to be pickled. It is told what to do in lines of JSON: the name of a function in
:mod:`flask_session_conformance.tasks` and its arguments. A task may stop at points of its choice
and wait until it is told to go on.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

OPEN, CLOSE = "open", "close"


class Worker:
    """A process that runs tasks, one after the other, on a site that it opens and closes."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "flask_session_conformance.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.busy: bool = False
        """Whether a task has not ended, because it hangs or has failed."""

    def call(
        self, task: str, at_stop: Callable[[str], None] | None = None, **arguments: Any
    ) -> Any:
        """Run a task there and answer its result; an exception there fails the test here.

        ``at_stop`` is called with the name of each point at which the task stops.
        """
        self.busy = True
        self._send([task, arguments])
        while "stop" in (message := self._receive()):
            if at_stop:
                at_stop(message["stop"])
            self._send("go")
        self.busy = False
        return message["result"]

    def kill_during(self, task: str, tellings: int, **arguments: Any) -> list[str]:
        """Run a task there and kill the process when it has told so much; answer all it told."""
        self.busy = True
        self._send([task, arguments])
        assert self._process.stdout
        told: list[str] = []
        for line in self._process.stdout:
            told.append(json.loads(line)["told"])
            if len(told) == tellings:
                self._process.kill()
        self._process.wait()
        return told

    def _send(self, message: Any) -> None:
        assert self._process.stdin
        self._process.stdin.write(json.dumps(message) + "\n")
        self._process.stdin.flush()

    def _receive(self) -> dict[str, Any]:
        assert self._process.stdout
        line = self._process.stdout.readline()
        assert line, "the worker process ended with an error, see its standard error"
        message: dict[str, Any] = json.loads(line)
        return message

    def end(self) -> None:
        """End the process and wait for it; one that is busy is killed."""
        if self.busy:
            self._process.kill()
        with self._process:
            pass


class WorkerPool:
    """Workers that are started once and used by one test after the other."""

    def __init__(self) -> None:
        self._idle: list[Worker] = []

    def open(self, config: dict[str, Any], timezone: str) -> Worker:
        """Let a worker open a site with this configuration, in this time zone."""
        worker = self._idle.pop() if self._idle else Worker()
        worker.call(OPEN, config=config, timezone=timezone)
        return worker

    def take_back(self, worker: Worker) -> None:
        """Let a worker remove what it stored and wait for the next test."""
        if not worker.busy:
            worker.call(CLOSE)
            self._idle.append(worker)
        else:
            worker.end()

    def end(self) -> None:
        """End all processes."""
        for worker in self._idle:
            worker.end()


def stop(point: str) -> None:
    """Tell the test that a point is reached and wait until it lets us go on; inside a task."""
    print(json.dumps({"stop": point}), flush=True)
    sys.stdin.readline()


def tell(fact: str) -> None:
    """Tell the test something and go on; inside a task."""
    print(json.dumps({"told": fact}), flush=True)


def main() -> None:
    """Run the tasks that come in on standard input."""
    from .sessions.base import build_site, tidy_up
    from .site import Site

    sites: list[Site] = []

    def open_site(config: dict[str, Any], timezone: str) -> None:
        os.environ["TZ"] = timezone
        time.tzset()
        sites.append(build_site(config))

    def close_site() -> None:
        tidy_up(sites.pop())

    run(sites, {OPEN: open_site, CLOSE: close_site})


def run(sites: list[Any], own: dict[str, Callable[..., None]]) -> None:
    """Answer every line of standard input: our own commands, and the tasks on the open site."""
    from . import tasks

    while line := sys.stdin.readline():
        name, arguments = json.loads(line)
        if name in own:
            result = own[name](**arguments)
        else:
            result = getattr(tasks, name)(sites[-1], **arguments)
        print(json.dumps({"result": result}), flush=True)


if __name__ == "__main__":
    main()
