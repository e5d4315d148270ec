"""A user's first five minutes, from the README alone, in an empty environment."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from http.cookiejar import CookieJar
from urllib.request import HTTPCookieProcessor, build_opener

import pytest
import redis
from flask_session_conformance.plugin import GetServer

from tools.cases import cases, pins
from tools.environments import HERE, Environment, build_wheels, wheel_of
from tools.workspace import ROOT, find, packages, run

PROGRAM = re.compile(r"```python\n(from flask import .*?)```", re.DOTALL)
INSTALL = 'pip install "flask-session[redis]"'


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """Provide an environment in which only the README's install command was run."""
    assert INSTALL in (ROOT / "README.md").read_text("utf-8")
    core, dist = find("core"), tmp_path_factory.mktemp("dist")
    build_wheels(dist, packages())
    *_, newest = cases(core, wheel_of(core, dist), dist)
    environment = Environment(tmp_path_factory.mktemp("user"), HERE)
    environment.install(f"{newest.wheel}[redis]", options=pins(newest, environment, dist))
    return environment


@pytest.fixture
def address(environment: Environment, server: GetServer) -> Iterator[str]:
    """Provide the address of the README's app, served as the README says."""
    (program,) = PROGRAM.findall((ROOT / "README.md").read_text("utf-8"))
    app = program.replace("redis://localhost:6379/0", server("redis").url)
    (environment.folder / "app.py").write_text(app)
    with subprocess.Popen(
        [environment.python, "-m", "flask", "run", "--port", "0"],
        cwd=environment.folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        told = (re.search(r"Running on (http://\S+)", line) for line in process.stderr)
        yield next(found[1] for found in told if found)
        process.terminate()


def test_the_quickstart_counts_visits_in_redis(address: str, server: GetServer) -> None:
    jar = CookieJar()
    browser = build_opener(HTTPCookieProcessor(jar))
    answers = []
    for _ in range(2):
        with browser.open(address) as answer:
            answers.append(answer.read().decode())
    assert answers == ["Visit number 1", "Visit number 2"]
    (cookie,) = jar
    with redis.Redis.from_url(server("redis").url) as client:
        assert client.exists(f"session:{(cookie.value or '').split('.')[0]}") == 1


def test_nothing_of_another_backend_is_installed(environment: Environment) -> None:
    command = ("uv", "pip", "list", "--python", environment.python, "--format", "json")
    names = {package["name"] for package in json.loads(run(*command))}
    of_flask = {"flask", "blinker", "click", "itsdangerous", "jinja2", "markupsafe", "werkzeug"}
    of_redis = {"async-timeout"}  # before Python 3.11.3
    expected = {"flask-session", "flask-session-redis", "msgspec", "redis"}
    assert names - of_flask - of_redis == expected


def test_importing_flask_session_imports_no_client(environment: Environment) -> None:
    environment.call("-c", "import sys, flask_session; assert 'redis' not in sys.modules")
