"""A flood is slowed for a minute, for what floods and for nothing else."""

from __future__ import annotations

import uuid

import pytest

from survey.help_requests.operations import RequestText
from survey.help_requests.rate_limit import FloodLimit
from tests.limits_clock import MINUTE_SECONDS, Clock, moved_by_hand


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return moved_by_hand(monkeypatch)


def test_so_many_in_a_minute_and_no_more(clock: Clock) -> None:
    limit = FloodLimit()
    assert [limit.is_full("a", 3) for _time in range(5)] == [False, False, False, True, True]
    assert not limit.is_full("b", 3)
    clock.now += MINUTE_SECONDS - 1
    assert limit.is_full("a", 3)
    clock.now += 1
    assert [limit.is_full("a", 3) for _time in range(4)] == [False, False, False, True]


def test_who_is_refused_does_not_wait_longer_for_it(clock: Clock) -> None:
    limit = FloodLimit()
    limit.is_full("a", 1)
    for _second in range(59):
        clock.now += 1
        assert limit.is_full("a", 1)
    clock.now += 1
    assert not limit.is_full("a", 1)


KEY = b"k" * 32
"""Lanes are drawn at random in life; here always the same."""


def asked(name: str, words: str = "In form time, something at the bus stop") -> RequestText:
    return RequestText(name, "8B", words, "", urgent=True)


def waits(limit: FloodLimit, name: str, words: str = "In form time") -> bool:
    return limit.must_wait("school", uuid.uuid4(), asked(name, words))


def test_one_text_again_and_again_takes_two_lanes_and_leaves_the_others(clock: Clock) -> None:
    limit = FloodLimit(KEY)
    flood = [waits(limit, f"Flood {n}") for n in range(200)]
    assert flood.count(False) == 2
    honest = [waits(limit, name, f"Find {name}") for name in NAMES]
    assert honest.count(True) <= 2
    assert not limit.must_wait("another school", 1, asked("Flood"))


def test_a_lane_is_free_again_within_a_minute(clock: Clock) -> None:
    limit = FloodLimit()
    assert [waits(limit, "Robin") for _n in range(3)] == [False, False, True]
    clock.now += MINUTE_SECONDS
    assert not waits(limit, "Robin")


def test_a_page_sent_again_does_not_wait(clock: Clock) -> None:
    limit = FloodLimit()
    assert not any(limit.must_wait("school", 7, asked("Robin")) for _n in range(5))


def test_one_message_after_another_for_a_day_closes_nothing(clock: Clock) -> None:
    """Ten a minute, each of other words: who comes then nearly always passes at once."""
    limit = FloodLimit(KEY)
    waited = 0
    for minute in range(24 * 60):
        for number in range(10):
            clock.now += MINUTE_SECONDS / 10
            words = "".join(chr(97 + int(d)) for d in f"{minute}{number}")
            waits(limit, words, words * 2)
        waited += waits(limit, NAMES[minute % len(NAMES)], f"room {minute}")
    assert waited < 24 * 60 // 10


NAMES = ("Robin", "Sam", "Alex", "Jo", "Priya", "Mohammed", "Zofia", "Ewan", "Cerys", "Tamsin",
         "Oluwaseun", "Li", "Amina", "Kai", "Freya", "Idris")  # fmt: skip
