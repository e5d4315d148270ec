"""One contender in a process of its own: a Flask app, or a bare client, driven without a server.

It runs with the Python of any environment, ours or that of Flask-Session 0.8.0, reads one JSON
command a line from standard input and answers each with one line. The first command sets it up, the
others run a batch of one scenario and answer its seconds.
"""

from __future__ import annotations

import io
import json
import os
import sys
import time
import warnings
from typing import Any

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from backends import bare_store, configure

warnings.simplefilter("ignore")
SIZES = {"small": 0, "2KB": 2_000, "100KB": 100_000}


def payload(size: str) -> dict[str, Any]:
    """Make the content of a session: six keys, one of which grows with the size."""
    items = [
        {"id": each, "name": f"item {each}", "price": each * 1.5, "tags": ["a", "b"]}
        for each in range(SIZES[size] // 46)
    ]
    return {
        "_user_id": "1234", "_fresh": True, "csrf_token": "c" * 40, "locale": "en", "number": 0,
        "cart": {"items": items, "count": 0},
    }  # fmt: skip


def add_views(app: Any, session: Any, size: str) -> None:
    """Add one view per scenario; without ``session`` they only answer."""

    @app.get("/<scenario>")
    def view(scenario: str) -> str:
        if session is None or scenario == "untouched":
            return "ok"
        if scenario in ("read", "anonymous", "stale"):
            return str(session.get("number"))
        if scenario == "change":
            session["number"] = session["number"] + 1
        elif scenario == "nested":
            session["cart"]["count"] += 1
            session.modified = True
        elif scenario == "create":
            session.update(payload(size))
        elif scenario == "logout":
            session.clear()
        return "ok"


class AppWorker:
    """Requests to a Flask app, straight into its WSGI callable."""

    def __init__(self, command: dict[str, Any]) -> None:
        import flask

        app = flask.Flask("benchmark")
        app.config["SECRET_KEY"] = "key" if command["contender"] != "plain" else None
        app.config["SESSION_REFRESH_EACH_REQUEST"] = command.get("refresh", True)
        session = None
        if command["contender"] != "plain":
            from flask_session import Session

            configure(app.config, command)
            if command.get("signer") is not None:
                app.config["SESSION_USE_SIGNER"] = command["signer"]
            Session(app)
            session = flask.session
        add_views(app, session, command["size"])
        self.app, self.statuses = app, set()
        self.cookie = "" if session is None else self.request("create", "")

    def request(self, scenario: str, cookie: str) -> str:
        """Send one request and answer the cookie that comes back."""
        environ = {
            "REQUEST_METHOD": "GET", "SCRIPT_NAME": "", "PATH_INFO": "/" + scenario,
            "QUERY_STRING": "", "SERVER_NAME": "localhost", "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1", "HTTP_HOST": "localhost", "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http", "wsgi.input": io.BytesIO(), "wsgi.errors": sys.stderr,
            "wsgi.multithread": True, "wsgi.multiprocess": True, "wsgi.run_once": False,
        }  # fmt: skip
        if cookie:
            environ["HTTP_COOKIE"] = cookie
        found = [""]

        def start(status: str, headers: list[tuple[str, str]], error: Any = None) -> None:
            self.statuses.add(status)
            for name, value in headers:
                if name == "Set-Cookie":
                    found[0] = value.partition(";")[0]

        answer = self.app.wsgi_app(environ, start)
        for _ in answer:
            pass
        answer.close()
        return found[0]

    def run(self, scenario: str, count: int) -> float:
        """Time ``count`` requests."""
        cookies = [self.cookie_for(scenario) for _ in range(count)]
        began = time.perf_counter()
        for cookie in cookies:
            self.request(scenario, cookie)
        seconds = time.perf_counter() - began
        assert self.statuses == {"200 OK"}, self.statuses
        return seconds

    def cookie_for(self, scenario: str) -> str:
        """Answer what the browser of one request sends."""
        if scenario in ("anonymous", "create"):
            return ""
        if scenario == "stale":
            return "session=" + "s" * 43
        return self.request("create", "") if scenario == "logout" else self.cookie


class BareWorker:
    """The least that the client library itself can do for a scenario."""

    def __init__(self, command: dict[str, Any]) -> None:
        import msgspec

        self.store = bare_store(command)
        self.data = msgspec.msgpack.encode(payload(command["size"]))
        self.number = 0
        self.key = self.fresh_key()
        self.store.write(self.key, self.data)

    def fresh_key(self) -> str:
        """Make a key as long as a session's."""
        self.number += 1
        return f"session:{os.getpid():08}{self.number:035}"

    def run(self, scenario: str, count: int) -> float:
        """Time ``count`` rounds of store work."""
        keys = [self.fresh_key() for _ in range(count)]
        if scenario == "logout":
            for key in keys:
                self.store.write(key, self.data)
        work = getattr(self, scenario)
        began = time.perf_counter()
        for key in keys:
            work(key)
        return time.perf_counter() - began

    def read(self, key: str) -> None:
        self.store.read(self.key)

    untouched = read

    def change(self, key: str) -> None:
        self.store.write(self.key, self.store.read(self.key) or self.data)

    nested = change

    def create(self, key: str) -> None:
        self.store.write(key, self.data)

    def logout(self, key: str) -> None:
        self.store.read(key)
        self.store.delete(key)

    def anonymous(self, key: str) -> None:
        """Nothing is stored, so nothing is asked for."""

    def stale(self, key: str) -> None:
        self.store.read("session:" + "s" * 43)


def main() -> None:
    """Serve commands until standard input ends."""
    worker: Any = None
    for line in sys.stdin:
        command = json.loads(line)
        if worker is None:
            kind = BareWorker if command["contender"] == "bare" else AppWorker
            worker, reply = kind(command), 0.0
        else:
            reply = worker.run(command["scenario"], command["count"])
        sys.stdout.write(json.dumps(reply) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
