"""The app of a contender for a WSGI server, described by the environment variable BENCHMARK."""

from __future__ import annotations

import json
import os

from .apps import make_app

app = make_app(json.loads(os.environ["BENCHMARK"]))
