"""The demo page, in files and on the servers that `make demo BACKEND=…` starts."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest
from flask.testing import FlaskClient
from flask_session import Store, StoreUnavailable
from flask_session_conformance.plugin import GetServer

Load = Callable[[str], ModuleType]
BACKENDS = {
    "redis": "redis",
    "memcached": "memcached",
    "mongodb": "mongodb",
    "postgresql": "sqlalchemy",
    "mariadb": "sqlalchemy",
    "dynamodb": "dynamodb",
}


@pytest.fixture(params=["files", "sqlite", *BACKENDS])
def client(
    request: pytest.FixtureRequest, load: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[FlaskClient]:
    """Provide a browser on the demo, with its sessions in each store in turn."""
    kind, place = "cachelib", str(tmp_path / "sessions")
    if request.param == "sqlite":
        kind, place = "sqlalchemy", f"sqlite:///{tmp_path}/sessions.sqlite"
    elif request.param != "files":
        kind = BACKENDS[request.param]
        server: GetServer = request.getfixturevalue("server")
        place = server(request.param).url
    monkeypatch.setenv("FLASK_SESSION_TYPE", kind)
    monkeypatch.setenv(f"FLASK_SESSION_{kind.upper()}", place)
    app = load("quickstart/app.py").app
    app.testing = True
    set_up(app.session_interface.store)
    yield app.test_client()
    app.session_interface.store.close()


def set_up(store: Store) -> None:
    """Make the table; the first request to a fresh DynamoDB Local takes it longer than we wait."""
    deadline = time.monotonic() + 30
    while True:
        try:
            return store.setup()
        except store.errors:
            assert time.monotonic() < deadline


def test_everything_the_page_offers_works(client: FlaskClient) -> None:
    assert "None. A visitor without data gets no cookie." in client.get("/").text
    page = client.post("/login", data={"name": "Alice"}, follow_redirects=True).text
    assert "Hello, Alice" in page
    assert "Welcome, Alice." in page
    assert "Welcome, Alice." not in client.get("/").text
    client.post("/count")
    client.post("/cart", data={"product": "bread"})
    client.post("/cart", data={"product": "coffee"})
    page = client.post("/count", follow_redirects=True).text
    assert '<p class="figure">2</p>' in page
    assert "<th>2 in the cart</th><th>10.10</th>" in page
    assert "for one request" in client.post("/flash", follow_redirects=True).text
    page = client.post("/logout", follow_redirects=True).text
    assert "Nothing is stored before there is something to keep." in page
    assert client.get_cookie("session") is None


@pytest.mark.parametrize("client", ["files"], indirect=True)
def test_the_page_shows_the_cookie_and_the_stored_record(client: FlaskClient) -> None:
    client.post("/login", data={"name": "Alice"})
    client.get("/")
    page = client.get("/").text
    cookie = client.get_cookie("session")
    assert cookie
    for part in cookie.value.split("."):
        assert f">{part}</span>" in page
    for shown in ("FileStore", "bytes", "Expires", "&#39;user&#39;: &#39;Alice&#39;"):
        assert shown in page


@pytest.mark.parametrize("client", ["files"], indirect=True)
def test_a_name_is_text_and_not_markup(client: FlaskClient) -> None:
    page = client.post("/login", data={"name": "<b>&"}, follow_redirects=True).text
    assert "<b>&" not in page.replace("<b>files</b>", "")


@pytest.mark.parametrize("client", ["files"], indirect=True)
def test_the_page_without_a_look_sets_nothing(client: FlaskClient) -> None:
    client.post("/login", data={"name": "Alice"})
    answer = client.get("/plain")
    assert "Set-Cookie" not in answer.headers
    assert "Vary" not in answer.headers


def test_a_store_that_is_away_has_a_page_of_its_own(
    load: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("FLASK_SESSION_CACHELIB", str(tmp_path / "file" / "sessions"))
    demo = load("quickstart/app.py")
    answer = demo.app.test_client().post("/count")
    assert answer.status_code == StoreUnavailable.code == 503
    assert "The session store does not answer" in answer.text
