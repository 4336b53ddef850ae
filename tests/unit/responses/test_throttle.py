"""Guessing is slowed by what is guessed, not by who guesses."""

from __future__ import annotations

import pytest

from survey.responses.throttle import WRONG_PER_HALF_AND_HOUR, WRONG_PER_MINUTE, GuessLimit


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def limit(clock: Clock) -> GuessLimit:
    return GuessLimit(clock)


def test_one_half_may_be_wrong_ten_times_an_hour(limit: GuessLimit, clock: Clock) -> None:
    for last in range(WRONG_PER_HALF_AND_HOUR):
        assert not limit.wrong(f"K7QM-{last}")
    assert limit.wrong("K7QM-3XPD")
    assert limit.half_is_hammered("k7qm 9999")
    assert not limit.half_is_hammered("Z7QM-3XPD")
    assert not limit.wrong("Z7QM-3XPD")
    clock.now += 3600
    assert not limit.half_is_hammered("K7QM-3XPD")
    assert not limit.wrong("K7QM-3XPD")


def test_all_together_there_is_a_limit_a_minute(limit: GuessLimit, clock: Clock) -> None:
    for number in range(WRONG_PER_MINUTE):
        assert not limit.wrong(f"{number:04d}")
    assert limit.wrong("9999-XXXX")
    assert not limit.half_is_hammered("9999-XXXX"), "a right code still passes"
    clock.now += 60
    assert not limit.wrong("9999-XXXX")


def test_the_memory_stays_bounded(limit: GuessLimit, clock: Clock) -> None:
    for minute in range(120):
        for number in range(WRONG_PER_MINUTE + 50):
            limit.wrong(f"{(minute * 1000 + number) % 10000:04d}")
        clock.now += 61
    assert len(limit._wrong) <= 60 * WRONG_PER_MINUTE
    assert sum(limit._by_half.values()) == len(limit._wrong)


def test_no_code_is_kept_readable(limit: GuessLimit) -> None:
    limit.wrong("K7QM-3XPD")
    assert "K7QM" not in repr(vars(limit))
