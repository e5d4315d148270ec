"""What a client library says about a broken line tells neither an id nor a payload."""

from __future__ import annotations

import logging
from functools import partial

import pytest

from ..proxy import Proxy
from ..site import Site
from ..views import in_turn, put, user
from .base import log_in
from .faults import Faults
from .theft import SECRET, leaks, reveal_everything


class Discretion(Faults):
    """The errors here are those of the real client."""

    @pytest.mark.row("A12")
    @pytest.mark.parametrize("fault", ["refuse", "drop_answer", "kill_connections", "cut_after"])
    def test_a_line_that_breaks_tells_neither_id_nor_payload(
        self, far: Site, proxy: Proxy, caplog: pytest.LogCaptureFixture, fault: str
    ) -> None:
        caplog.set_level(logging.DEBUG)
        told, alice = reveal_everything(far), log_in(far, SECRET)
        begin = partial(getattr(proxy, fault), *([5] if fault == "cut_after" else []))
        answer = alice.visit(in_turn(user, begin, put(more=SECRET)))
        assert bool(told) == (answer.status == 503)
        assert leaks([caplog.text, *told], far) == []
