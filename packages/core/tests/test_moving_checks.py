"""What ``flask session migrate`` finds out before it moves anything, in a dry run and for real."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from flask_session import Record
from flask_session.errors import UnreadableRecord
from flask_session.memory import MemorySessionInterface, MemoryStore

from packages.core.tests.counting import Rows
from packages.core.tests.moves import (
    NOW,
    EndlessStore,
    HookedStore,
    app_on,
    filled,
    msgpack_of,
    run,
)


def former(store: MemoryStore, prefix: str) -> dict[str, object]:
    return {"SESSION_TYPE": "memory", "SESSION_MEMORY": store, "SESSION_KEY_PREFIX": prefix}


def refuse() -> None:
    raise AssertionError("a dry run writes")


def test_a_dry_run_refuses_to_move_sessions_to_where_they_are(old: HookedStore) -> None:
    # It said that they were moved, and the real run refused.
    filled(old, 3)
    old.before.update(create=refuse, delete=refuse)
    result = run(app_on(old, old, SESSION_KEY_PREFIX="old:"), "--dry-run")
    assert (result.exit_code, "moved" in result.output) == (1, False)
    assert "SESSION_MIGRATE_FROM is the app's own store, or a copy" in result.output
    assert len(list(old.keys(""))) == 3


def test_a_dry_run_counts_no_session_that_is_under_the_longer_prefix(old: HookedStore) -> None:
    filled(old, 3)
    app = app_on(old, old, SESSION_KEY_PREFIX="old:x")
    assert "3 moved" in run(app, "--dry-run").output
    assert run(app).exit_code == 0
    assert "There are no sessions" in run(app, "--dry-run").output


def test_a_dry_run_tells_two_stores_apart_by_one_session(
    old: HookedStore, new: HookedStore
) -> None:
    filled(new, 2)
    filled(old, 3)
    result = run(app_on(new, old, SESSION_KEY_PREFIX="old:"), "--dry-run")
    assert (result.exit_code, "2 there" in result.output) == (0, True)
    assert "1 moved" in result.output


def test_a_dry_run_is_not_misled_by_a_session_that_changes(old: HookedStore) -> None:
    filled(old, 2)
    key = f"old:{0:043}"
    first = Record(old._records[key][0])
    steps: list[Callable[[], object]] = [
        lambda: None,
        lambda: None,
        lambda: old.update(key, b"\x80", 500, first),
    ]

    def next_step() -> None:  # it is listed, looked at in one store, and changed
        steps.pop(0)()
        if steps:
            old.before["load"] = next_step

    app = app_on(old, old, SESSION_KEY_PREFIX="old:")
    old.before["load"] = next_step
    assert run(app, "--dry-run").exit_code == 1
    assert old.load(key) == Record(b"\x80", expires_at=NOW + 500)


def test_a_dry_run_counts_what_the_new_store_has_as_the_real_one(
    old: HookedStore, new: HookedStore
) -> None:
    filled(old, 2)
    new.create(f"new:{0:043}", msgpack_of("newer"), 100)
    app = app_on(new, old)
    assert run(app, "--dry-run").output.split()[-4:] == run(app).output.split()


@pytest.mark.parametrize("error", [OSError, KeyboardInterrupt])
def test_a_marker_whose_answer_was_lost_is_removed(
    old: HookedStore, error: type[BaseException]
) -> None:
    # It stayed for a minute, as a session.
    class Failing(HookedStore):
        def create(self, key: str, data: bytes, ttl: int) -> bool:
            super().create(key, data, ttl)
            raise error("no answer")

    new = Failing()
    filled(old, 1)
    result = run(app_on(new, old))
    assert (result.exit_code, list(new.keys(""))) == (1, [])
    assert ("failed (OSError)" in result.output) is (error is OSError)


class BlindStore(HookedStore):
    """Lists sessions, and can read nothing that is there."""

    def load(self, key: str) -> Record | None:
        if super().load(key) is not None:
            raise UnreadableRecord("another format")
        return None

    def keys(self, prefix: str) -> Iterator[tuple[str, float | None]]:
        return iter([(key, None) for key in self._records if key.startswith(prefix)])


def test_a_store_that_holds_the_marker_is_the_same_though_it_cannot_read_it() -> None:
    # The command ended with a traceback.
    old = BlindStore()
    new = HookedStore()
    new._records = old._records
    filled(old, 1)
    result = run(app_on(new, old, SESSION_KEY_PREFIX="old:"))
    assert (result.exit_code, "the app's own store" in result.output) == (1, True)
    assert len(old._records) == 1


def test_nothing_is_moved_to_a_store_that_keeps_nothing(old: HookedStore) -> None:
    # Each session was deleted from the old store, its only copy.
    class Forgetful(HookedStore):
        def create(self, key: str, data: bytes, ttl: int) -> bool:
            return True

    filled(old, 2)
    result = run(app_on(Forgetful(), old))
    assert (result.exit_code, "does not keep" in result.output) == (1, True)
    assert len(list(old.keys(""))) == 2


def on_hooks() -> Flask:
    app = app_on(MemoryStore())
    app.session_interface = Rows(app)
    return app


@pytest.mark.parametrize(
    ("arguments", "said"), [((), "set SESSION_MIGRATE_FROM"), (("--reencode",), "cannot list")]
)
def test_an_app_with_storage_hooks_is_told_what_to_do(
    arguments: tuple[str, ...], said: str
) -> None:
    # It was told that ClickException had stopped it, and to run it again.
    output = run(on_hooks(), *arguments).output
    assert (said in output, "the store failed" in output) == (True, False)


def test_an_app_with_storage_hooks_can_be_moved_to(old: HookedStore) -> None:
    filled(old, 1)
    app = on_hooks()
    app.config["SESSION_MIGRATE_FROM"] = former(old, "old:")
    app.session_interface = Rows(app)
    result = run(app)
    assert (result.exit_code, "1 moved" in result.output) == (0, True)


def test_a_dry_run_refuses_null_expiry_where_the_real_one_does(new: HookedStore) -> None:
    result = run(app_on(new), "--reencode", "--null-expiry", "1h", "--dry-run")
    assert (result.exit_code, "every record" in result.output) == (1, True)


def test_a_dry_run_gives_no_row_an_expiry_and_says_so(new: HookedStore) -> None:
    old = EndlessStore()
    result = run(app_on(new, old), "--null-expiry", "1h", "--dry-run")
    assert (result.exit_code, "are not counted" in result.output) == (0, True)
    assert list(old.keys("")) == []


@pytest.mark.parametrize("arguments", [(), ("--dry-run",), ("--reencode",)])
@pytest.mark.parametrize("prefix", ["", "old:"])
def test_an_empty_prefix_is_warned_about(
    old: HookedStore, new: HookedStore, prefix: str, arguments: tuple[str, ...]
) -> None:
    app = app_on(new, SESSION_KEY_PREFIX=prefix, SESSION_MIGRATE_FROM=former(old, prefix))
    result = run(app, *arguments)
    assert ("prefix of the keys is empty" in result.stderr) is (prefix == "")


class Grouped(MemorySessionInterface):
    """Keeps sessions under keys of which no part looks like an id."""

    def _get_store_id(self, sid: str) -> str:
        return f"{self.key_prefix}{sid[:2]}/{sid[2:]}"


class Named(MemorySessionInterface):
    """Makes ids that are shorter than ours, and of other characters."""

    def _generate_sid(self, session_id_length: int) -> str:
        return "user~1"


@pytest.mark.parametrize(("kind", "name"), [(Grouped, "00/" + "0" * 41), (Named, "user~1")])
def test_sessions_move_whose_keys_a_subclass_makes(
    old: HookedStore,
    new: HookedStore,
    kind: Callable[..., MemorySessionInterface],
    name: str,
) -> None:
    old.create("old:" + name, msgpack_of("alice"), 100)
    app = app_on(new, old)
    app.session_interface = kind(app, new, "new:", use_signer=False)
    assert "1 moved" in run(app, "--dry-run").output
    assert run(app).exit_code == 0
    assert list(new.keys("")) == [("new:" + name, NOW + 100)]


def test_the_sessions_of_a_subclass_that_makes_keys_are_reencoded(new: HookedStore) -> None:
    new.create("new:00/" + "0" * 41, b'{"user": "alice"}', 100)
    app = app_on(new)
    app.session_interface = Grouped(app, new, "new:", use_signer=False)
    assert "1 reencoded" in run(app, "--reencode").output
