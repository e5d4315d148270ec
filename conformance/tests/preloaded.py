"""An application whose module makes requests before its server forks; see test_preforking.py."""

from __future__ import annotations

import json
import os
from typing import Any

from flask import Flask, session
from flask_session import Session

app = Flask(__name__)
app.config.update(json.loads(os.environ["PRELOADED_CONFIG"]), SECRET_KEY="key")
Session(app)


@app.get("/<visitor>")
def read(visitor: str) -> dict[str, Any]:
    return {"seen": items(), "process": os.getpid()}


@app.get("/<visitor>/<key>/<token>")
def write(visitor: str, key: str, token: str) -> dict[str, Any]:
    session[key] = token
    return {"seen": {}, "process": os.getpid()}


@app.get("/<visitor>/log-out")
def log_out(visitor: str) -> dict[str, Any]:
    session.clear()
    return {"seen": {}, "process": os.getpid()}


def items() -> dict[str, Any]:
    return {key: value for key, value in session.items() if key != "_permanent"}


with app.test_client() as parent:
    assert parent.get("/parent/key/token").status_code == 200
    assert parent.get("/parent").json["seen"] == {"key": "token"}  # type: ignore[index]
