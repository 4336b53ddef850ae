"""What the daily command does, and what it leaves alone."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, make_url, select, text, update

from survey.campaigns.models import Wave
from survey.campaigns.states import WaveState
from survey.db import Base, begin, read
from survey.events import Event, EventName
from survey.reports.models import StoredRelease
from tests.world import OPENED, Side, World

TODAY = date(2026, 11, 2)
YEAR = timedelta(days=365)
RAW = ("response", "free_text", "receipt")


@pytest.fixture
def here(app: Flask, world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    set_day(monkeypatch, TODAY)
    with app.app_context():
        yield app


def set_day(monkeypatch: pytest.MonkeyPatch, day: date) -> None:
    monkeypatch.setattr("survey.cli.today", lambda: day)


def keep_house(app: Flask) -> str:
    done = app.test_cli_runner().invoke(args=["housekeeping"])
    assert done.exception is None, done.output
    read().rollback()
    return done.output


def answer(side: Side, count: int) -> None:
    """Raw answers of `count` students, each sent by itself."""
    at_wave = {"school_id": side.school_id, "wave_id": side.wave_id}
    for _ in range(count):
        number = uuid.uuid4()
        with begin() as db:
            for name, row in {
                "response": {"response_id": number, "answers": f'{{"sent":"{number}"}}'},
                "free_text": {"text_id": number, "item": "P3", "words": str(number)},
                "receipt": {"receipt_hash": number.bytes * 2},
            }.items():
                db.execute(Base.metadata.tables[name].insert().values(**at_wave, **row))


def raw(side: Side) -> dict[str, int]:
    return {
        name: read().scalar(
            select(func.count())
            .select_from(Base.metadata.tables[name])
            .where(Base.metadata.tables[name].c.wave_id == side.wave_id)
        )
        or 0
        for name in RAW
    }


def wave_of(side: Side) -> Wave:
    return read().scalars(select(Wave).where(Wave.wave_id == side.wave_id)).one()


def close(side: Side, *, closed_on: date, released_on: date | None = None) -> None:
    with begin() as db:
        state = WaveState.RELEASED if released_on else WaveState.CLOSED
        db.execute(
            update(Wave)
            .where(Wave.wave_id == side.wave_id)
            .values(state=state, closed_on=closed_on, opened_on=closed_on - timedelta(days=30))
        )
        if released_on:
            db.add(
                StoredRelease(
                    school_id=side.school_id,
                    wave_id=side.wave_id,
                    release_hash="0" * 64,
                    document="{}",
                    released_on=released_on,
                )
            )


def test_counters_of_open_waves_move_to_the_end_of_yesterday(here: Flask, world: World) -> None:
    answer(world.own, 27)
    answer(world.other, 9)
    said = keep_house(here)
    assert said == (
        "2 open waves mixed, raw responses of 0 waves erased, 0 requests for help erased,"
        " 0 pages of reports drawn.\n"
    )
    yesterday = TODAY - timedelta(days=1)
    assert (wave_of(world.own).counter, wave_of(world.own).counter_on) == (20, yesterday)
    assert (wave_of(world.other).counter, wave_of(world.other).counter_on) == (0, yesterday)


def test_a_counter_moves_once_a_day(
    here: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer(world.own, 10)
    keep_house(here)
    answer(world.own, 10)
    keep_house(here)
    assert wave_of(world.own).counter == 10
    set_day(monkeypatch, TODAY + timedelta(days=1))
    keep_house(here)
    assert wave_of(world.own).counter == 20


def test_on_the_day_a_wave_opens_its_counter_stays(
    here: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_day(monkeypatch, OPENED)
    answer(world.own, 12)
    keep_house(here)
    assert (wave_of(world.own).counter, wave_of(world.own).counter_on) == (0, None)


def sent(table: str, column: str, side: Side) -> list[str]:
    which = Base.metadata.tables[table]
    return sorted(read().scalars(select(which.c[column]).where(which.c.wave_id == side.wave_id)))


def test_mixing_loses_and_changes_no_answer(here: Flask, world: World) -> None:
    answer(world.own, 5)
    answers, words = (
        sent("response", "answers", world.own),
        sent("free_text", "words", world.own),
    )
    keep_house(here)
    assert sent("response", "answers", world.own) == answers
    assert sent("free_text", "words", world.own) == words


ONLY_POSTGRESQL = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
ONLY_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@ONLY_POSTGRESQL
def test_on_postgresql_rows_no_longer_tell_when_they_came(here: Flask, world: World) -> None:
    answer(world.own, 5)
    keys = {table: anonymous_keys(table) for table in ("response", "free_text")}
    assert [transactions(table) for table in keys] == [5, 5]
    keep_house(here)
    assert [transactions(table) for table in keys] == [1, 1]
    for table, before in keys.items():
        assert len(anonymous_keys(table)) == 5
        assert not before & anonymous_keys(table)


def transactions(table: str) -> int | None:
    """Of how many transactions PostgreSQL has noted the number beside the rows."""
    return read().scalar(text(f"SELECT count(DISTINCT xmin::text) FROM {table}"))


def anonymous_keys(table: str) -> set[uuid.UUID]:
    key = {"response": "response_id", "free_text": "text_id"}[table]
    return set(read().scalars(select(Base.metadata.tables[table].c[key])))


@ONLY_SQLITE
def test_on_sqlite_the_log_of_writes_is_emptied(here: Flask, world: World) -> None:
    answer(world.own, 5)
    log = Path(f"{make_url(here.extensions['settings'].database_url).database}-wal")
    assert log.stat().st_size > 0
    keep_house(here)
    assert log.stat().st_size == 0


DUE = """
closed_days_ago  released_days_ago  erased
364              -                  no
365              -                  yes
800              -                  yes
800              364                no
800              365                yes
"""


@pytest.mark.parametrize("line", DUE.strip().splitlines()[1:])
def test_raw_answers_go_when_their_time_is_up(here: Flask, world: World, line: str) -> None:
    closed, released, erased = line.split()
    answer(world.own, 3)
    answer(world.other, 2)
    close(
        world.own,
        closed_on=TODAY - timedelta(days=int(closed)),
        released_on=None if released == "-" else TODAY - timedelta(days=int(released)),
    )
    said = keep_house(here)
    gone = erased == "yes"
    assert said.startswith(f"1 open waves mixed, raw responses of {int(gone)} waves erased,")
    assert raw(world.own) == dict.fromkeys(RAW, 0 if gone else 3)
    assert raw(world.other) == dict.fromkeys(RAW, 2)
    events = read().scalars(select(Event).where(Event.name == EventName.RESPONSES_ERASED)).all()
    assert [(one.school_id, one.member_id) for one in events] == (
        [(world.own.school_id, None)] if gone else []
    )
    assert bool(read().scalars(select(StoredRelease)).all()) == (released != "-")


def test_what_was_erased_is_not_erased_again(here: Flask, world: World) -> None:
    answer(world.own, 3)
    close(world.own, closed_on=TODAY - YEAR)
    assert "raw responses of 1 waves erased" in keep_house(here)
    assert "raw responses of 0 waves erased" in keep_house(here)
    erasures = select(func.count()).where(Event.name == EventName.RESPONSES_ERASED)
    assert read().scalar(erasures) == 1


def test_an_open_wave_keeps_its_answers_however_long(
    here: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer(world.own, 3)
    set_day(monkeypatch, OPENED + 5 * YEAR)
    keep_house(here)
    assert raw(world.own) == dict.fromkeys(RAW, 3)


def test_an_empty_database_needs_no_housekeeping(app: Flask) -> None:
    with app.app_context():
        assert keep_house(app) == (
            "0 open waves mixed, raw responses of 0 waves erased, 0 requests for help erased,"
            " 0 pages of reports drawn.\n"
        )
