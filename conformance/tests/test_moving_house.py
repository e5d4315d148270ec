"""Sessions move from server to server while people use them; nobody is logged out.

``FLASK_SESSION_MOVING=10000`` moves as many as the release notes speak of; a run of the suite moves
fewer. Each way is the command ``flask session migrate``, in a process of its own.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask, session
from flask_session import ServerSideSessionInterface, Session
from flask_session.serializers import MsgSpecSerializer
from flask_session_conformance.plugin import GetServer

NUMBER = int(os.environ.get("FLASK_SESSION_MOVING", "400"))
CHANGED = range(0, NUMBER, 20)
PREFIX = f"moving-{os.getpid()}-{time.time_ns()}:"
COMMAND = """
import json, sys
from flask import Flask
from flask.cli import ScriptInfo
from flask_session import Session
app = Flask("moving")
app.config.update(json.loads(sys.argv[1]))
Session(app)
app.cli.main(["session", "migrate"], "flask", obj=ScriptInfo(create_app=lambda: app))
"""

opened: list[Flask] = []


@pytest.fixture(scope="module")
def places(server: GetServer, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Provide the settings of each store."""
    common = {"SECRET_KEY": "key", "SESSION_KEY_PREFIX": PREFIX}
    return {
        "redis": {**common, "SESSION_TYPE": "redis", "SESSION_REDIS": server("redis").url},
        "postgresql": {
            **common,
            "SESSION_TYPE": "sqlalchemy",
            "SESSION_SQLALCHEMY": server("postgresql").url,
        },
        "dynamodb": {
            **common,
            "SESSION_TYPE": "dynamodb",
            "SESSION_DYNAMODB": server("dynamodb").url + "?read_timeout=30",
        },
        "files": {
            **common,
            "SESSION_TYPE": "cachelib",
            "SESSION_CACHELIB": str(tmp_path_factory.mktemp("files")),
        },
    }


def make_app(settings: dict[str, Any]) -> Flask:
    """Make a worker on a store, as a deployment would; the fixture closes it."""
    app = Flask("moving")
    app.config.update(settings)
    Session(app)
    opened.append(app)

    @app.get("/change")
    def change() -> str:
        session["changed"] = session.get("changed", 0) + 1
        return str(session["user"])

    @app.get("/")
    def show() -> str:
        return str(session.get("user"))

    @app.get("/logout")
    def logout() -> str:
        session.clear()
        return ""

    return app


def interface_of(app: Flask) -> ServerSideSessionInterface:
    assert isinstance(app.session_interface, ServerSideSessionInterface)
    return app.session_interface


def sid_of(number: int) -> str:
    return f"{number:043}"


def fill(app: Flask, number: int) -> None:
    store, encode = interface_of(app).store, MsgSpecSerializer().encode
    store.setup()
    for each in range(number):
        data = encode({"user": each, "cart": [{"sku": "x", "count": each}]})
        assert store.create(PREFIX + sid_of(each), data, 50_000 + each)


def contents(app: Flask) -> dict[str, tuple[dict[Any, Any], float | None]]:
    """Answer what a store holds: items and expiry of every session.

    A command that was killed leaves the mark by which it tells two stores apart, for a minute.
    """
    store = interface_of(app).store
    found: dict[str, tuple[dict[Any, Any], float | None]] = {}
    for key, expires_at in sessions_in(app):
        record = store.load(key)
        assert record is not None
        items = MsgSpecSerializer().decode(record.data)
        items.pop("_fs", None)
        found[key] = (items, expires_at)
    return found


def settings_of(places: dict[str, Any], old: str, new: str) -> dict[str, Any]:
    return {**places[new], "SESSION_MIGRATE_FROM": places[old]}


def start_command(settings: dict[str, Any]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", COMMAND, json.dumps(settings)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def visit(app: Flask, number: int, path: str = "/") -> str:
    client = app.test_client()
    signed = interface_of(app)._runtime_of(app).codec.write(sid_of(number), time.time())
    client.set_cookie("session", signed)
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.text


def change_some(app: Flask, target: Flask) -> None:
    """Change one session in twenty, once the move has begun."""
    wait_for_a_session(target)
    for number in CHANGED:
        visit(app, number, "/change")


def sessions_in(app: Flask) -> list[tuple[str, float | None]]:
    listed = interface_of(app).store.keys(PREFIX)  # type: ignore[attr-defined]
    return [each for each in listed if each[0].removeprefix(PREFIX).isdigit()]


def wait_for_a_session(app: Flask) -> None:
    deadline = time.monotonic() + 60
    while not sessions_in(app):
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.fixture
def moved(places: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Provide the stores, and leave them empty of what a test put there."""
    yield places
    for settings in places.values():
        store = interface_of(make_app(settings)).store
        for key, _ in list(store.keys(PREFIX)):  # type: ignore[attr-defined]
            store.delete(key)
    while opened:
        interface_of(opened.pop()).store.close()


def test_three_moves_in_traffic_keep_every_session(moved: dict[str, Any]) -> None:
    first = make_app(moved["redis"])
    fill(first, NUMBER)
    before = contents(first)
    for old, new in (("redis", "postgresql"), ("postgresql", "dynamodb"), ("dynamodb", "redis")):
        app = make_app(settings_of(moved, old, new))
        interface_of(app).store.setup()
        writer = threading.Thread(target=change_some, args=(app, make_app(moved[new])))
        command = start_command(settings_of(moved, old, new))
        writer.start()
        output, _ = command.communicate(timeout=600)
        writer.join()
        assert command.returncode == 0, output
        assert contents(make_app(moved[old])) == {}, old
    after = contents(make_app(moved["redis"]))
    assert after.keys() == before.keys()
    for number in range(NUMBER):
        items, expires_at = after[PREFIX + sid_of(number)]
        expected, expected_at = before[PREFIX + sid_of(number)]
        changed = items.pop("changed", None)
        assert items == expected
        assert changed == (3 if number in CHANGED else None)
        if number not in CHANGED:
            assert expires_at is not None
            assert expected_at is not None
            assert abs(expires_at - expected_at) <= 4


def test_a_killed_move_is_completed_by_the_next(moved: dict[str, Any]) -> None:
    first, settings = make_app(moved["redis"]), settings_of(moved, "redis", "postgresql")
    fill(first, NUMBER)
    target = make_app(moved["postgresql"])
    interface_of(target).store.setup()
    command = start_command(settings)
    wait_for_a_session(target)
    command.kill()
    command.communicate()
    assert contents(first)
    again = start_command(settings)
    output, _ = again.communicate(timeout=600)
    assert again.returncode == 0, output
    users = {items["user"] for items, _ in contents(target).values()}
    assert users == set(range(NUMBER))
    assert contents(first) == {}


def test_files_move_to_redis_online_and_nobody_is_logged_out(moved: dict[str, Any]) -> None:
    number = min(NUMBER, 400)
    fill(make_app(moved["files"]), number)
    app = make_app(settings_of(moved, "files", "redis"))
    with_errors: list[int] = []

    def browse(offset: int) -> None:
        for each in range(number):
            person = (each * 7 + offset) % number
            if visit(app, person) != str(person):
                with_errors.append(person)

    crowd = [threading.Thread(target=browse, args=(offset,)) for offset in range(4)]
    for thread in crowd:
        thread.start()
    for thread in crowd:
        thread.join()
    assert with_errors == []
    assert len(contents(make_app(moved["redis"]))) == number
    visit(app, 5, "/logout")
    assert visit(app, 5) == "None"
