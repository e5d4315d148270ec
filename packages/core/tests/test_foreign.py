"""Serializers of the app's own."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

import msgspec
import pytest
from flask.json.tag import TaggedJSONSerializer
from flask_session import Session
from flask_session.base import MsgSpecSerializer
from flask_session.errors import ConfigurationError
from flask_session.memory import MemorySessionInterface
from flask_session.serialization.foreign import adapt
from flask_session.signals import session_rejected
from flask_session_conformance.hearing import heard

from packages.core.tests.apps import Salted, add_views, app_with, new_app
from packages.core.tests.values import deep


class OnlyDumps:
    def dumps(self, session: dict[str, object]) -> str:
        return "v1:" + msgspec.json.encode(session).decode()

    def loads(self, data: bytes) -> dict[str, object]:
        assert data.startswith(b"v1:")
        items: dict[str, object] = msgspec.json.decode(data[3:])
        return items


def test_a_foreign_serializer_writes_and_reads_whole_sessions() -> None:
    adapted = adapt(OnlyDumps())
    items = adapted.split(b'v1:{"a":1,"b":[2]}')
    assert {key: adapted.decode_item(key, raw) for key, raw in items.items()} == {"a": 1, "b": [2]}
    assert adapted.join(items) == b'v1:{"a":1,"b":[2]}'


def test_a_foreign_serializer_still_opens_our_records() -> None:
    adapted = adapt(OnlyDumps())
    assert adapted.decode(MsgSpecSerializer().encode({"a": 1})) == {"a": 1}


def test_pickle_is_refused_as_a_serializer() -> None:
    import pickle

    with pytest.raises(ConfigurationError, match="not pickle"):
        adapt(pickle)


def test_one_that_swaps_the_serializer_for_tagged_json() -> None:
    app = new_app(SESSION_TYPE="memory")
    Session(app)
    app.session_interface.serializer = TaggedJSONSerializer()  # type: ignore[attr-defined]
    client = add_views(app).test_client()
    moment = datetime(2026, 1, 2, tzinfo=timezone.utc)
    with client.session_transaction() as stored:
        stored["pair"], stored["moment"] = (1, 2), moment
    (key,) = [key for key, _ in app.session_interface.store.keys("session:")]  # type: ignore[attr-defined]
    record = app.session_interface.store.load(key)  # type: ignore[attr-defined]
    assert b'" t":[1,2]' in record.data
    with client.session_transaction() as stored:
        assert (stored["pair"], stored["moment"]) == ((1, 2), moment)


def test_one_with_both_pairs_of_methods_as_airflow_ships_it() -> None:
    class Both(TaggedJSONSerializer):
        def encode(self, session: Mapping[str, Any]) -> bytes:
            return self.dumps(dict(session)).encode()

        def decode(self, data: bytes) -> dict[str, Any]:
            items: dict[str, Any] = self.loads(data.decode())
            return items

    class Airflow(MemorySessionInterface):
        serializer = Both()

    app = new_app()
    client = app_with(Airflow(app), app).test_client()
    client.get("/set/a/1")
    assert client.get("/").json == {"_permanent": True, "a": "1"}


def test_one_whose_bytes_differ_each_time_is_written_only_when_it_changed() -> None:
    app = new_app(SESSION_TYPE="memory")
    Session(app)
    interface: Any = app.session_interface
    interface.serializer = Salted()
    client = add_views(app).test_client()
    with client.session_transaction() as stored:
        stored["cart"] = [1]
    before = list(interface.store._records.values())
    assert client.get("/").json == {"_permanent": True, "cart": [1]}
    assert list(interface.store._records.values()) == before
    with client.session_transaction() as stored:
        stored["cart"].append(2)
    assert client.get("/").json == {"_permanent": True, "cart": [1, 2]}


def test_one_whose_bytes_differ_each_time_tells_true_from_one() -> None:
    app = new_app(SESSION_TYPE="memory")
    Session(app)
    app.session_interface.serializer = Salted()  # type: ignore[attr-defined]
    client = add_views(app).test_client()
    with client.session_transaction() as stored:
        stored["flags"] = [1, {"on": 0}]
    with client.session_transaction() as stored:
        stored["flags"] = [True, {"on": False}]
    assert client.get("/").get_data(as_text=True).count("true") == 2


@pytest.mark.parametrize(
    ("serializer", "data"),
    [
        (MsgSpecSerializer(), pickle.dumps({"user": "alice", "deep": deep()})),
        (TaggedJSONSerializer(), pickle.dumps({"user": "alice", "number": 1j})),
        (Salted(), msgspec.msgpack.encode({"user": "alice", "token": b"\xff"})),
        (Salted(), pickle.dumps({"user": "alice", "since": datetime(2026, 1, 1)})),
    ],
)
def test_an_old_record_that_the_serializer_cannot_take_over_is_no_session(
    serializer: Any, data: bytes
) -> None:
    # It was a 500 at every request.
    app = new_app(SESSION_TYPE="memory", SESSION_USE_SIGNER=False)
    Session(app)
    interface: Any = app.session_interface
    interface.serializer = serializer
    interface.store.create("session:" + "p" * 43, data, 77)
    client = add_views(app).test_client()
    client.set_cookie("session", "p" * 43)
    with heard(session_rejected) as rejected:
        assert client.get("/").json == {"_permanent": True}
    assert len(rejected) == 1
    assert client.get("/set/user/bob").status_code == 200
    assert client.get("/").json == {"_permanent": True, "user": "bob"}


@pytest.mark.parametrize("serializer", [TaggedJSONSerializer(), MsgSpecSerializer(format="json")])
def test_a_serializer_of_the_apps_own_reads_old_pickles_only_as_the_app_says(
    serializer: Any,
) -> None:
    found = []
    for mode in ("convert", "clear"):
        app = new_app(SESSION_TYPE="memory", SESSION_LEGACY_PICKLE=mode, SESSION_USE_SIGNER=False)
        Session(app)
        interface: Any = app.session_interface
        interface.serializer = serializer
        interface.store.create("session:" + "p" * 43, pickle.dumps({"user": "alice"}), 77)
        client = add_views(app).test_client()
        client.set_cookie("session", "p" * 43)
        found.append(client.get("/").json)
    assert found == [{"user": "alice"}, {"_permanent": True}]
