"""What several modules of tests share."""

from __future__ import annotations

import pytest
from flask_session.serializers import MsgSpecSerializer

from packages.core.tests.moves import HookedStore


@pytest.fixture(params=["msgpack", "json"])
def serializer(request: pytest.FixtureRequest) -> MsgSpecSerializer:
    return MsgSpecSerializer(format=request.param)


@pytest.fixture
def old() -> HookedStore:
    return HookedStore()


@pytest.fixture
def new() -> HookedStore:
    return HookedStore()
