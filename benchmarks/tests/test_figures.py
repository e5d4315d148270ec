"""How figures are made of what was measured; nothing is measured here."""

from __future__ import annotations

import pytest

from benchmarks.breakdown import part_of
from benchmarks.results import Backend, Case, Compared, Line, spread
from benchmarks.verdict import faster, is_slower, not_slower, untouched, waiting
from benchmarks.wire import COMMANDS, commands_in


def line(**times: list[float]) -> Line:
    return Line("read", times, {name: [100.0] * 3 for name in times if name != "bare"})


def on(backend: str, *lines: Line) -> Backend:
    return Backend(backend, "", [Compared(Case("small"), list(lines))])


def test_a_cost_is_net_of_the_app_without_sessions_of_the_same_round() -> None:
    found = Line("read", {"ours": [150.0, 190.0]}, {"ours": [100.0, 130.0], "old": [1.0, 1.0]})
    assert found.net("ours") == [50.0, 60.0]


def test_a_round_is_noted_per_request() -> None:
    found = Line("read", {"ours": []}, {})
    found.note("ours", 0.002, 0.001, 10)
    assert (found.times, found.without) == ({"ours": [200.0]}, {"ours": [100.0]})


def test_the_bare_client_has_no_app_to_take_off() -> None:
    assert line(bare=[70.0, 70.0, 70.0]).net("bare") == [70.0, 70.0, 70.0]


def test_a_ratio_is_the_median_of_the_pairs() -> None:
    found = line(old=[400.0, 300.0, 300.0], ours=[200.0, 200.0, 150.0])
    ratio = found.ratio("old", "ours")
    assert ratio is not None
    assert ratio[0] == 3.0


def test_what_costs_about_nothing_is_no_divisor() -> None:
    assert line(old=[400.0, 400.0, 400.0], ours=[101.0, 99.0, 100.0]).ratio("old", "ours") is None


def test_a_spread_is_the_median_and_the_quartiles() -> None:
    assert spread([1.0, 2.0, 3.0, 4.0, 5.0]) == (3.0, 1.5, 4.5)


def test_slower_is_more_than_noise() -> None:
    assert is_slower(line(old=[200.0, 201.0, 202.0], ours=[220.0, 221.0, 222.0]))
    assert not is_slower(line(old=[200.0, 201.0, 202.0], ours=[201.0, 202.0, 203.0]))
    assert not is_slower(line(old=[200.0, 201.0, 260.0], ours=[220.0, 221.0, 222.0]))


def test_a_verdict_names_what_is_slower() -> None:
    slow = line(old=[200.0, 201.0, 202.0], ours=[220.0, 221.0, 222.0])
    verdict = not_slower("no scenario slower", "redis", on("redis", slow).compared)
    assert not verdict.reached
    assert "read (small session, default settings)" in verdict.figure


def test_writes_that_are_waited_for_are_judged_by_themselves() -> None:
    slow = line(old=[200.0, 201.0, 202.0], ours=[220.0, 221.0, 222.0])
    quick = line(old=[220.0, 221.0, 222.0], ours=[200.0, 201.0, 202.0])
    found = on("memcached", slow)
    assert list(waiting(found)) == []
    found.compared.append(Compared(Case("small", {"acknowledged": True}), [quick]))
    assert [verdict.reached for verdict in waiting(found)] == [True]


@pytest.mark.parametrize(("cost", "reached"), [(110.0, True), (111.0, False)])
def test_untouched_may_cost_ten_microseconds(cost: float, reached: bool) -> None:
    found = Line("untouched", {"ours": [cost] * 3}, {"ours": [100.0] * 3})
    (verdict,) = untouched(on("redis", found))
    assert verdict.reached is reached


@pytest.mark.parametrize(("ours", "reached"), [(180.0, True), (190.0, False)])
def test_faster_is_0_8_0_divided_by_ours(ours: float, reached: bool) -> None:
    (verdict,) = faster(on("redis", line(old=[300.0] * 3, ours=[ours] * 3)), {"read": 2.5})
    assert verdict.reached is reached


@pytest.mark.parametrize(
    ("backend", "sent", "expected"),
    [
        ("redis", b"*2\r\n$3\r\nGET\r\n$1\r\na\r\n*2\r\n$3\r\nDEL\r\n$1\r\na\r\n", ["DEL", "GET"]),
        ("memcached", b"gets a\r\ncas a 0 60 4 17\r\ndata\r\n", ["cas", "gets"]),
        ("dynamodb", b"POST / HTTP/1.1\r\nX-Amz-Target: DynamoDB_2012.GetItem\r\n", ["GetItem"]),
        (
            "mongodb",
            b"\x2c\0\0\0\x01\0\0\0\0\0\0\0\xdd\x07\0\0\0\0\0\0\0\x17\0\0\0\x02find\0\x02\0\0\0a\0\0",
            ["find"],
        ),
    ],
)  # fmt: skip
def test_commands_are_read_from_the_wire(backend: str, sent: bytes, expected: list[str]) -> None:
    assert list(commands_in(COMMANDS[backend], sent)) == expected


@pytest.mark.parametrize(
    ("filename", "part"),
    [
        ("/a/packages/core/src/flask_session/web/cookies.py", "cookie: parse, verify, sign"),
        ("/a/packages/core/src/flask_session/lifecycle/saving.py", "core: life of the session"),
        ("/a/packages/redis/src/flask_session_redis/store.py", "store"),
        ("/a/site-packages/redis/client.py", "client library"),
        ("/a/site-packages/flask/app.py", "Flask and Werkzeug"),
    ],
)
def test_time_is_told_apart_by_file(filename: str, part: str) -> None:
    assert part_of(filename) == part
