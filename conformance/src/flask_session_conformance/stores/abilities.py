"""What a store declares about itself, and the optional abilities it may have."""

from __future__ import annotations

from functools import partial

import pytest
from flask_session.store import Store, SupportsKeys, SupportsPurge

from ..threads import together
from .base import Expired, MakeKey, StoreSuite, holds, loaded

ABILITIES = (SupportsPurge, SupportsKeys)
MORE_THAN_A_PAGE = 1_100
"""Databases and their clients answer a listing in pages, most of them of 1 000 entries at the most,
or of 1 MB."""


class Abilities(StoreSuite):
    """Declarations are true; ``purge`` and ``keys`` do what they say where they exist."""

    @pytest.fixture
    def listing(self, store: Store) -> SupportsKeys:
        """Provide the store if it declares ``SupportsKeys``."""
        if SupportsKeys not in self.capabilities:
            pytest.skip("not applicable: SupportsKeys is not declared")
        assert isinstance(store, SupportsKeys)
        return store

    def test_the_declared_capabilities_are_those_the_store_has(self, store: Store) -> None:
        has = {ability for ability in ABILITIES if isinstance(store, ability)}
        assert has == set(self.capabilities)

    def test_the_declared_atomicity_is_the_stores_own(self, store: Store) -> None:
        assert store.atomic is self.atomic

    def test_the_test_class_names_its_backend(self) -> None:
        assert self.backend

    def test_errors_are_exception_types_of_a_client(self, store: Store) -> None:
        assert isinstance(store.errors, tuple)
        assert all(issubclass(error, Exception) for error in store.errors)

    def test_errors_are_narrower_than_programming_mistakes(self, store: Store) -> None:
        mistakes = (TypeError("x"), KeyError("x"), AttributeError("x"), AssertionError("x"))
        assert not any(isinstance(mistake, store.errors) for mistake in mistakes)

    @pytest.mark.row("D1")
    @pytest.mark.parametrize("verb", ["load", "create", "update", "touch", "delete"])
    def test_a_server_that_is_away_raises_a_declared_error(
        self, store: Store, unreachable_store: Store, key: str, verb: str
    ) -> None:
        store.create(key, b"data", 60)
        record = loaded(store, key)
        arguments = {"create": (b"new", 60), "update": (b"new", 60, record), "touch": (60,)}
        with pytest.raises(unreachable_store.errors):
            getattr(unreachable_store, verb)(key, *arguments.get(verb, ()))

    def test_setting_up_twice_leaves_the_records(self, store: Store, key: str) -> None:
        store.setup()
        store.create(key, b"data", 60)
        store.setup()
        assert holds(store, key) == b"data"

    def test_keys_lists_the_live_records_of_a_prefix(
        self, listing: SupportsKeys, store: Store, new_key: MakeKey
    ) -> None:
        mine = {new_key(f"mine-{number}") for number in range(30)}
        for key in (*mine, new_key("other")):
            store.create(key, b"data", 60)
        prefix = new_key("mine-")
        assert {key for key, _ in listing.keys(prefix)} == mine

    def test_keys_lists_more_than_a_page(
        self, listing: SupportsKeys, store: Store, new_key: MakeKey
    ) -> None:
        mine = [new_key(f"mine-{number}") for number in range(MORE_THAN_A_PAGE)]
        together([partial(create_each, store, mine[part::4]) for part in range(4)])
        assert {key for key, _ in listing.keys(new_key("mine-"))} == set(mine)

    def test_keys_leaves_out_expired_records(self, listing: SupportsKeys, expired: Expired) -> None:
        assert list(listing.keys(expired.key)) == []

    def test_keys_leaves_out_deleted_records(
        self, listing: SupportsKeys, store: Store, key: str
    ) -> None:
        store.create(key, b"data", 60)
        store.delete(key)
        assert list(listing.keys(key)) == []

    def test_keys_tells_the_expiry_of_each_record(
        self, listing: SupportsKeys, store: Store, key: str
    ) -> None:
        store.create(key, b"data", 3600)
        now = store.clock()
        ((_, expires_at),) = set(listing.keys(key))
        assert expires_at is not None
        assert now + 3590 < expires_at < now + 3602

    @pytest.mark.parametrize("wild", ["*", "?", "[a]", "%", "_", "\\", "^", ".", "$"])
    def test_keys_takes_a_prefix_literally(
        self, listing: SupportsKeys, store: Store, new_key: MakeKey, wild: str
    ) -> None:
        store.create(new_key("xay"), b"data", 60)
        mine = new_key(f"x{wild}y")
        store.create(mine, b"data", 60)
        assert {key for key, _ in listing.keys(mine)} == {mine}

    def test_the_case_of_a_prefix_matters_to_keys(
        self, listing: SupportsKeys, store: Store, new_key: MakeKey
    ) -> None:
        store.create(new_key("abc"), b"data", 60)
        assert list(listing.keys(new_key("ABC"))) == []


def create_each(store: Store, keys: list[str]) -> None:
    """Write a record of a kilobyte under each key."""
    for key in keys:
        store.create(key, b"d" * 1024, 60)
