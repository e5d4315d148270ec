"""The mapping in a view's hands."""

from __future__ import annotations

import copy
import gc
import warnings
import weakref
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask, session, stream_with_context
from flask_session import ConfigurationError, ServerSideSession, Session, SessionClosed


@pytest.fixture
def app() -> Flask:
    app = Flask("object")
    app.config.update(SESSION_TYPE="memory", SECRET_KEY="key", TESTING=True)
    Session(app)
    return app


def opened(app: Flask, **items: Any) -> ServerSideSession:
    """Answer a session as a second request sees it."""
    client = app.test_client()
    with client.session_transaction() as stored:
        stored.update(items)
    cookie = client.get_cookie("session")
    assert cookie is not None
    context = app.test_request_context(headers={"Cookie": f"session={cookie.value}"})
    return app.session_interface.open_session(app, context.request)  # type: ignore[return-value]


def test_it_does_not_load_for_its_repr(app: Flask) -> None:
    assert repr(opened(app, a=1)) == "<MemorySession (not looked at)>"


def test_its_repr_shows_neither_data_nor_id(app: Flask) -> None:
    looked = opened(app, secret="hunter2")
    assert "hunter2" not in repr(looked)
    assert looked.sid not in repr(looked)
    assert repr(looked) == "<MemorySession (2 items)>"


def test_a_session_with_nothing_but_permanent_is_false_and_has_one_item(app: Flask) -> None:
    fresh = app.session_interface.open_session(app, app.test_request_context().request)
    assert fresh is not None
    assert (bool(fresh), len(fresh)) == (False, 1)


def test_clear_keeps_permanent(app: Flask) -> None:
    looked = opened(app, a=1)
    looked.clear()
    assert dict(looked) == {"_permanent": True}


def test_clear_makes_no_session_permanent(app: Flask) -> None:
    (looked := opened(app, a=1, _permanent=False)).clear()
    assert dict(looked) == {}


def test_the_bookkeeping_does_not_show(app: Flask) -> None:
    looked = opened(app, a=1)
    assert list(looked) == ["_permanent", "a"]
    assert "_fs" not in looked


def test_the_bookkeeping_key_cannot_be_assigned(app: Flask) -> None:
    with pytest.raises(KeyError, match="reserved"):
        opened(app, a=1)["_fs"] = 1


def test_copy_is_a_plain_dict(app: Flask) -> None:
    assert type(opened(app, a=1).copy()) is dict


def test_it_has_the_operators_of_a_dict(app: Flask) -> None:
    looked = opened(app, a=1)
    assert looked | {"a": 2} == {"_permanent": True, "a": 2}
    assert {"a": 2} | looked == {"a": 1, "_permanent": True}
    looked |= {"b": 3}
    assert (looked["b"], looked.modified, type(looked).__name__) == (3, True, "MemorySession")
    with pytest.raises(TypeError):
        _ = looked | 5  # type: ignore[operator]


def test_it_has_the_order_of_a_dict(app: Flask) -> None:
    looked = opened(app, a=1, b=2)
    assert list(reversed(looked)) == ["b", "a", "_permanent"]
    assert looked.popitem() == ("b", 2)
    looked.clear()
    del looked["_permanent"]
    with pytest.raises(KeyError):
        looked.popitem()


def test_copies_are_plain_dicts_that_change_nothing_in_it(app: Flask) -> None:
    looked = opened(app, a=[1])
    shallow: Any = copy.copy(looked)
    deep: Any = copy.deepcopy(looked)
    shallow["b"] = 2
    deep["a"].append(2)
    assert (type(shallow), type(deep)) == (dict, dict)
    assert looked == {"_permanent": True, "a": [1]}


def test_it_equals_a_dict_of_its_items(app: Flask) -> None:
    assert opened(app, a=[1]) == {"_permanent": True, "a": [1]}


def test_new_tells_whether_something_was_found(app: Flask) -> None:
    fresh = app.session_interface.open_session(app, app.test_request_context().request)
    assert fresh is not None
    assert fresh.new
    assert not opened(app, a=1).new


def test_lifetime_is_that_of_the_app_until_it_is_set(app: Flask) -> None:
    looked = opened(app, a=1)
    assert looked.lifetime == timedelta(days=31)
    looked.lifetime = timedelta(hours=2)
    assert looked.lifetime == timedelta(hours=2)


@pytest.mark.parametrize("value", [0, -1, timedelta(0), timedelta(days=401), "1h", True])
def test_a_wrong_lifetime_is_refused(app: Flask, value: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"session\.lifetime"):
        opened(app, a=1).lifetime = value


def test_a_session_can_be_made_by_hand_as_in_0_8() -> None:
    made = ServerSideSession({"a": 1}, sid="x" * 43, permanent=True)
    assert dict(made) == {"a": 1, "_permanent": True}
    assert made.sid == "x" * 43


def streaming(app: Flask) -> None:
    @app.get("/")
    def stream() -> Any:
        def chunks() -> Iterator[str]:
            yield "a"
            session["late"] = 1

        session["early"] = 1
        return app.response_class(stream_with_context(chunks()))


def test_a_change_while_streaming_raises_in_testing(app: Flask) -> None:
    streaming(app)
    with pytest.raises(SessionClosed, match="streaming"):
        _ = app.test_client().get("/").text


def test_a_change_while_streaming_warns_in_production(app: Flask) -> None:
    app.config["TESTING"] = False
    streaming(app)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert app.test_client().get("/").text == "a"
    assert "change is lost" in str(caught[0].message)
    assert caught[0].filename == __file__


@pytest.mark.parametrize("sid", ["", "with space", "a; Domain=example.org", "é", "x" * 251])
def test_an_id_of_which_no_key_can_be_made_is_refused(sid: str) -> None:
    # What stands behind a semicolon became an attribute of the cookie.
    session = ServerSideSession({"user": "alice"}, "the id it has")
    with pytest.raises(ValueError, match=r"session\.sid"):
        session.sid = sid
    assert session.sid == "the id it has"


@pytest.mark.parametrize("sid", ["user:42", "short", "x" * 129])
def test_an_id_that_would_not_be_looked_up_is_refused(app: Flask, sid: str) -> None:
    # It was stored, and never found again.
    looked = opened(app, user="alice")
    with pytest.raises(ValueError, match=r"session\.sid.*16 to 128"):
        looked.sid = sid


@pytest.fixture
def _no_collector() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def current() -> ServerSideSession:
    """Answer what the proxy stands for."""
    answer: ServerSideSession = session._get_current_object()  # type: ignore[attr-defined]
    return answer


VIEWS: dict[str, Callable[[], object]] = {
    "nothing": lambda: None,
    "a look": lambda: session.get("a"),
    "a change": lambda: session.update(b=2),
    "a new id": lambda: current().regenerate(),
    "a log-out": lambda: current().clear(),
}


@pytest.mark.usefixtures("_no_collector")
@pytest.mark.parametrize("view", VIEWS)
def test_a_session_is_gone_with_its_request(app: Flask, view: str) -> None:
    """No reference cycle leaves it, and the whole request, to the garbage collector."""
    seen: list[weakref.ref[Any]] = []

    @app.get("/")
    def act() -> str:
        VIEWS[view]()
        seen.append(weakref.ref(current()))
        return "ok"

    client = app.test_client()
    with client.session_transaction() as stored:
        stored["a"] = 1
    assert client.get("/").status_code == 200
    assert [reference() for reference in seen] == [None]


def test_update_takes_what_a_dict_takes(app: Flask) -> None:
    looked = opened(app, a=1)
    looked.update({"b": 2}, c=3)
    looked.update([("d", 4)])
    assert (dict(looked), looked.modified) == (
        {"a": 1, "b": 2, "c": 3, "d": 4, "_permanent": True},
        True,
    )


def test_update_with_nothing_is_no_change(app: Flask) -> None:
    looked = opened(app, a=1)
    looked.update({})
    assert not looked.modified


def test_update_refuses_the_reserved_key_and_assigns_nothing(app: Flask) -> None:
    looked = opened(app, a=1)
    with pytest.raises(KeyError, match="_fs"):
        looked.update({"b": 2, "_fs": {}})
    assert (dict(looked), looked.modified) == ({"a": 1, "_permanent": True}, False)


def test_a_session_made_by_hand_without_an_id_has_none() -> None:
    assert ServerSideSession({"a": 1}).sid is None
