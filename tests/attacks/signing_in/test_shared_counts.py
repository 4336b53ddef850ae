"""Counts that processes share are exact when many count at once, on each engine."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from flask import Flask
from limits import parse
from sqlalchemy import select

from survey.database import read
from survey.http.rate_limits import RateCount, SharedLimits

SEVEN = parse("7 per hour")


def test_hits_of_many_threads_are_each_counted_once(app: Flask) -> None:
    limits = SharedLimits(app.config["SECRET_KEY"])

    def hit(_number: int) -> bool:
        with app.app_context():
            return limits.hit(SEVEN, "x")

    with ThreadPoolExecutor(4) as threads:
        assert sum(threads.map(hit, range(24))) == SEVEN.amount
    with app.app_context():
        assert read().scalars(select(RateCount.hits)).one() >= SEVEN.amount
        limits.clear(SEVEN, "x")
        assert limits.hit(SEVEN, "x")
        assert limits.hit(SEVEN, "y")
        read().rollback()
