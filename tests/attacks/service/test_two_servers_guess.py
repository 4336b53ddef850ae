"""A person with half a card, who spreads the guesses over several servers of one service.

Each process used to count for itself: with N of them, N times as many guesses passed before the
wait began, and a restart began again.
"""

from __future__ import annotations

import sqlite3
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from survey.database import read
from survey.responses.code_entry import shared_guesses
from survey.responses.code_entry.rate_limit import WAITS, GuessLimit
from survey.responses.code_entry.shared_guesses import SHARED_FROM, SharedGuesses, WrongHalf
from survey.settings import Settings
from tests.real_server import serving
from tests.world import World

FIRST, SECONDS = WAITS[0]
KEY = bytes(range(32))


def processes(number: int) -> list[GuessLimit]:
    """Each with separate memory, and one database."""
    return [GuessLimit(shared=SharedGuesses(KEY)) for _ in range(number)]


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every wrong code is written at once."""
    monkeypatch.setattr(shared_guesses, "FLUSH_SECONDS", 0.0)


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize("number", [2, 4])
def test_guesses_spread_over_processes_count_together(app: Flask, number: int) -> None:
    with app.app_context():
        guessers = processes(number)
        passed = 0
        while not guessers[passed % number].wait("K7QM-3XPD") and passed < 100:
            guessers[passed % number].wrong(f"K7QM-{passed:04d}")
            passed += 1
        assert passed <= FIRST + (SHARED_FROM - 1) * (number - 1)
        assert processes(1)[0].wait("K7QM-3XPD") == SECONDS, "also after a restart"
        assert processes(1)[0].wait("Z7QM-3XPD") == 0
        rows = read().scalars(select(WrongHalf)).all()
        assert len(rows) == 1, "by first half alone"


@pytest.mark.usefixtures("at_once")
def test_a_student_who_mistypes_leaves_nothing_and_counts_end(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    with app.app_context():
        (one,) = processes(1)
        for _again in range(20):
            one.wrong("K7QM-3XPE")
        one.wrong("K7QM-3XPF")
        assert read().scalars(select(WrongHalf)).all() == []
        read().rollback()
        for number in range(40):
            one.wrong(f"K7QM-{number:04d}")
        fresh, begun = processes(1)[0], time.time()
        assert fresh.wait("K7QM-3XPD") == SECONDS
        monkeypatch.setattr(shared_guesses, "hour_now", lambda: int(begun // 3600) + 2)
        assert fresh.wait("K7QM-3XPD") == 0
        for number in range(SHARED_FROM):
            fresh.wrong(f"Z7QM-{number:04d}")
        assert [row.wrong for row in read().scalars(select(WrongHalf))] == [SHARED_FROM]


def test_a_storm_of_guesses_writes_rarely(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Writes take the lock that Send needs."""
    writes = []
    with app.app_context():
        (one,) = processes(1)
        monkeypatch.setattr(shared_guesses, "_write", lambda *given: writes.append(given))
        monkeypatch.setattr(time, "monotonic", lambda: 1000.0)
        for number in range(4000):
            one.wrong(f"{number % 40:04d}-{number:04d}")
    assert len(writes) == 1


def refused(address: str, code: str) -> bool:
    """Was this guess made to wait?"""
    data = urllib.parse.urlencode({"code": code}).encode()
    try:
        with urllib.request.urlopen(f"{address}/", data=data, timeout=300) as answer:
            assert answer.status == 200
    except urllib.error.HTTPError as error:
        return error.code == 429
    return False


@pytest.mark.slow
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_two_real_servers_slow_one_guesser(
    app: Flask, settings: Settings, world: World, tmp_path: Path
) -> None:
    with serving(settings, tmp_path) as one, serving(settings, tmp_path) as other:
        passed = 0
        for number in range(2 * FIRST + 2):
            address = (one, other)[number % 2].address
            passed += not refused(address, f"K7QM-{number:04d}")
            time.sleep(0.25)  # a person, not a program: each server writes once in a second
        # Each server alone would let FIRST pass: 20 in all.
        assert passed <= FIRST + SHARED_FROM + 4
        assert refused(one.address, "K7QM-3XPD")
        assert refused(other.address, "K7QM-3XPD")
    kept = b"".join(path.read_bytes() for path in tmp_path.glob("survey.db*") if path.is_file())
    assert b"K7QM" not in kept
    with sqlite3.connect(tmp_path / "survey.db") as database:
        ((hour, half_hash, _wrong),) = database.execute("SELECT * FROM wrong_half")
    assert (abs(hour - time.time() / 3600) < 2, len(half_hash)) == (True, 32)
