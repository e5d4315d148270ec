"""Another process with an app on the same data.

It runs as ``python -m flask_session_conformance.worker``, started from plain configuration
values, so nothing has to be pickled. It is told what to do in lines of JSON: the name of a function
in :mod:`flask_session_conformance.tasks` and its arguments.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any


class Worker:
    """A process that runs tasks on an app of its own, one after the other; close it in the end."""

    def __init__(self, config: dict[str, Any], timezone: str = "UTC") -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "flask_session_conformance.worker", json.dumps(config)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "TZ": timezone},
        )

    def call(self, task: str, **arguments: Any) -> Any:
        """Run a task there and answer its result; an exception there fails the test here."""
        self.start(task, **arguments)
        return self.answer()

    def start(self, task: str, **arguments: Any) -> None:
        """Let the process begin with a task."""
        assert self._process.stdin
        self._process.stdin.write(json.dumps([task, arguments]) + "\n")
        self._process.stdin.flush()

    def answer(self) -> Any:
        """Wait for the end of the task that was started."""
        assert self._process.stdout
        line = self._process.stdout.readline()
        assert line, "the worker process ended with an error, see its standard error"
        return json.loads(line)

    def kill(self) -> None:
        """End the process at once, as a crash does."""
        self._process.kill()
        self.close()

    def close(self) -> None:
        """Let the process end and wait for it."""
        with self._process:
            pass


def main() -> None:
    """Run the tasks that come in on standard input."""
    from . import tasks

    app = tasks.make_app(json.loads(sys.argv[1]))
    for line in sys.stdin:
        name, arguments = json.loads(line)
        print(json.dumps(getattr(tasks, name)(app, **arguments)), flush=True)


if __name__ == "__main__":
    main()
