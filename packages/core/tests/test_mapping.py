"""What Flask's own session, a dict of Werkzeug's, takes beyond a dict."""

from __future__ import annotations

from flask_session import ServerSideSession


def test_pop_takes_its_default_by_name() -> None:
    # As in many a log-out, which was a TypeError.
    session = ServerSideSession({"user": "alice"})
    assert session.pop("user", default=None) == "alice"
    assert session.pop("user", default=None) is None
    assert session.pop("user", None) is None


def test_update_takes_none() -> None:
    session = ServerSideSession({"user": "alice"})
    session.update(None)
    session.update(None, n=1)
    assert dict(session) == {"user": "alice", "n": 1}


def test_update_takes_items_of_any_name() -> None:
    session = ServerSideSession({})
    session.update(self=1, other=2)
    assert dict(session) == {"self": 1, "other": 2}
