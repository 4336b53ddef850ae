"""Guessing is slowed by what is guessed, not by who guesses, and no one is refused."""

from __future__ import annotations

import pytest

from survey.responses.code_entry.rate_limit import (
    MOST_KEPT,
    TICKET_SECONDS,
    WAITS,
    GuessLimit,
    Ticket,
)

KEY = bytes(range(32))
FIRST, SECONDS = WAITS[0]


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


def test_many_wrong_second_halves_make_the_next_wait(limit: GuessLimit, clock: Clock) -> None:
    for number in range(FIRST - 1):
        limit.wrong(f"K7QM-{number:04d}")
    assert limit.wait("K7QM-3XPD") == 0
    limit.wrong("K7QM-9999")
    assert limit.wait("k7qm 3xpd") == SECONDS
    assert limit.wait("see https://survey.test/s/K7QM-3XPD") == SECONDS, "however it is written"
    assert limit.wait("Z7QM-3XPD") == 0
    clock.now += 3600
    assert limit.wait("K7QM-3XPD") == 0


def test_the_same_mistake_counts_once(limit: GuessLimit) -> None:
    for _again in range(100):
        limit.wrong("K7QM-9999")
    assert limit.wait("K7QM-3XPD") == 0


def test_the_wait_grows_and_has_an_end(limit: GuessLimit) -> None:
    longest = max(seconds for _least, seconds in WAITS)
    for number in range(5000):
        limit.wrong(f"K7QM-{number:04d}")
        assert limit.wait("K7QM-3XPD") <= longest
    assert limit.wait("K7QM-3XPD") == longest <= 30


def test_the_memory_stays_bounded(limit: GuessLimit) -> None:
    for number in range(MOST_KEPT + 500):
        limit.wrong(f"{number:08d}")
    assert len(limit._wrong) == MOST_KEPT
    assert sum(limit._by_half.values()) == MOST_KEPT


def test_no_code_is_kept_readable(limit: GuessLimit) -> None:
    limit.wrong("K7QM-3XPD")
    assert "K7QM" not in repr(vars(limit))


def test_a_ticket_is_of_one_code_and_ends() -> None:
    ticket = Ticket.new("K7QM-3XPD", seconds=5, now=1000.9, key=KEY)
    assert Ticket.read(str(ticket), "k7qm3xpd", key=KEY) == ticket
    assert Ticket.read(str(ticket), "K7QM-3XPE", key=KEY) is None
    assert Ticket.read(f"1.{ticket.seal}", "K7QM-3XPD", key=KEY) is None
    for nonsense in ("", ".", "x", "٣.0", "9" * 200, f"{2**60}.", "1005"):
        assert Ticket.read(nonsense, "K7QM-3XPD", key=KEY) is None
    assert [ticket.seconds_left(now) for now in (1000.9, 1003, 1005, 2000)] == [5, 2, 0, 0]
    assert not ticket.is_over(1005)
    assert ticket.is_over(1005 + TICKET_SECONDS + 1)
