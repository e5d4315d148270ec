"""What ``import flask_session`` costs, and what it brings in beyond ``import flask``."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections import Counter
from typing import Any

from .environments import python_of
from .results import Imported, spread

PROBE = """
import json, sys, time, warnings
warnings.simplefilter("ignore")
at, modules = [time.perf_counter()], []
def mark():
    at.append(time.perf_counter())
    modules.append(list(sys.modules))
import flask
mark()
import flask_session
mark()
app = flask.Flask("probe")
app.config.update(SESSION_TYPE="filesystem", SESSION_FILE_DIR=sys.argv[1])
began = time.perf_counter()
flask_session.Session(app)
mark()
print(json.dumps([at[1] - at[0], at[2] - at[1], at[3] - began, modules]))
"""


def measure(contender: str, times: int) -> Imported:
    """Import it ``times`` times, each in a fresh interpreter; the first fills the file cache."""
    runs = [probe(contender) for _ in range(times + 1)][1:]
    flask, imported, loaded = map(set, runs[0][3])
    return Imported(
        flask=spread([run[0] * 1000 for run in runs]),
        ours=spread([run[1] * 1000 for run in runs]),
        session=spread([run[2] * 1000 for run in runs]),
        imported=by_package(imported - flask),
        loaded=by_package(loaded - imported),
    )


def by_package(modules: set[str]) -> dict[str, int]:
    """Count modules by the package they are in."""
    return dict(Counter(name.partition(".")[0] for name in sorted(modules)))


def probe(contender: str) -> Any:
    """Import once, and answer the seconds of each step and the modules after it."""
    with tempfile.TemporaryDirectory() as folder:
        command = [str(python_of(contender)), "-c", PROBE, folder]
        process = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(process.stdout)
