"""A flood is slowed for a minute, for what floods and for nothing else."""

from __future__ import annotations

from survey.asking.limit import MINUTE_SECONDS, FloodLimit


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_so_many_in_a_minute_and_no_more() -> None:
    clock = Clock()
    limit = FloodLimit(clock)
    assert [limit.is_full("a", 3) for _time in range(5)] == [False, False, False, True, True]
    assert not limit.is_full("b", 3)
    clock.now += MINUTE_SECONDS - 1
    assert limit.is_full("a", 3)
    clock.now += 1
    assert [limit.is_full("a", 3) for _time in range(4)] == [False, False, False, True]


def test_who_is_refused_does_not_wait_longer_for_it() -> None:
    clock = Clock()
    limit = FloodLimit(clock)
    limit.is_full("a", 1)
    for _second in range(59):
        clock.now += 1
        assert limit.is_full("a", 1)
    clock.now += 1
    assert not limit.is_full("a", 1)
