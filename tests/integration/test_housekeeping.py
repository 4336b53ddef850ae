"""What the daily command does, and what it leaves alone."""

from __future__ import annotations

import struct
import uuid
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, make_url, select, text
from sqlalchemy.orm import Session

from survey.approvals import operations as approvals
from survey.approvals.models import Approval, ApprovalKind
from survey.approvals.states import AlreadyAnsweredError, ApprovalState
from survey.audit_log import Event, EventName
from survey.campaigns.access_codes import hash_code
from survey.campaigns.models import AccessCode, Wave
from survey.campaigns.operations import find_wave
from survey.campaigns.states import EndReason, WaveState
from survey.database import SCHOOL_TIME, Base, begin, database, folder_of, read
from survey.encryption import keys
from survey.organisations.models import Member
from survey.permissions import Role
from survey.releases import operations as release_operations
from survey.releases.models import StoredRelease
from survey.responses import collect
from survey.responses.ballot_box import opening
from tests.integration.responses.doors import make_codes, used_codes
from tests.world import OPENED, Side, World

TODAY = date(2026, 11, 2)
DAY = timedelta(days=1)
YEAR = timedelta(days=365)
RAW = ("response", "free_text")


@pytest.fixture
def here(app: Flask, world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    set_day(monkeypatch, TODAY)
    with app.app_context():
        yield app


def set_day(monkeypatch: pytest.MonkeyPatch, day: date) -> None:
    monkeypatch.setattr("survey.retention.jobs.today", lambda: day)


def keep_house(app: Flask) -> str:
    done = app.test_cli_runner().invoke(args=["housekeeping"])
    assert done.exception is None, done.output
    read().rollback()
    return done.output


def answer(app: Flask, side: Side, count: int) -> None:
    """Answers of `count` students, each sent by itself."""
    key = app.extensions["settings"].code_key
    for code in make_codes(app, side, count=count):
        with begin() as db:
            outcome = collect.collect(
                db,
                wave=find_wave(db, side.school_id, side.wave_id),
                code_hash=hash_code(code, key=key),
                receipt=collect.hash_receipt(code, key=key),
                answers={"B1": "safe", "P2": f"The gate, {code}"},
                today=OPENED,
                key=key,
            )
        assert outcome is collect.CollectOutcome.STORED


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


def wave_of(side: Side, db: Session | None = None) -> Wave:
    return (db or read()).scalars(select(Wave).where(Wave.wave_id == side.wave_id)).one()


def close(side: Side, *, closed_on: date, released_on: date | None = None) -> None:
    which = {"school_id": side.school_id, "wave_id": side.wave_id}
    with begin() as db:
        release_operations.close(db, wave=find_wave(db, **which), today=closed_on, by=None)
    opening.finish(**which, by=None)
    with begin() as db:
        wave = find_wave(db, **which)
        wave.opened_on = closed_on - timedelta(days=30)
        if released_on:
            wave.state = WaveState.RELEASED
            db.add(
                StoredRelease(
                    **which, release_hash="0" * 64, document="{}", released_on=released_on
                )
            )


def test_counters_of_open_waves_move_to_the_end_of_yesterday(here: Flask, world: World) -> None:
    answer(here, world.own, 27)
    answer(here, world.other, 9)
    said = keep_house(here)
    assert said == (
        "0 surveys closed after their last day, 0 ended with too few answers,"
        " raw responses of 0 surveys erased, 0 requests for help erased,"
        " charts of 0 reports to be drawn.\n"
    )
    yesterday = TODAY - timedelta(days=1)
    assert (wave_of(world.own).counter, wave_of(world.own).counter_on) == (20, yesterday)
    assert (wave_of(world.other).counter, wave_of(world.other).counter_on) == (0, yesterday)


def test_a_counter_moves_once_a_day(
    here: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer(here, world.own, 10)
    keep_house(here)
    answer(here, world.own, 10)
    keep_house(here)
    assert wave_of(world.own).counter == 10
    set_day(monkeypatch, TODAY + timedelta(days=1))
    keep_house(here)
    assert wave_of(world.own).counter == 20


def test_on_the_day_a_wave_opens_its_counter_stays(
    here: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_day(monkeypatch, OPENED)
    answer(here, world.own, 12)
    keep_house(here)
    assert (wave_of(world.own).counter, wave_of(world.own).counter_on) == (0, None)


ONLY_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@ONLY_SQLITE
def test_on_sqlite_the_log_of_writes_is_emptied(here: Flask, world: World) -> None:
    answer(here, world.own, 5)
    log = Path(f"{make_url(here.extensions['settings'].database_url).database}-wal")
    assert log.stat().st_size > 0
    keep_house(here)
    kept = set(frames_of(log))
    assert kept <= pages_of_jobs(), "nothing is left in it but that the housekeeping itself ended"


def frames_of(log: Path) -> Iterator[int]:
    """The numbers of the pages of which a log holds a version."""
    held = log.read_bytes()
    (page_size,) = struct.unpack(">I", held[8:12]) if held else (4096,)
    for at in range(32, len(held), 24 + page_size):
        yield struct.unpack(">I", held[at : at + 4])[0]


def pages_of_jobs() -> set[int]:
    read().rollback()
    query = text("SELECT rootpage FROM sqlite_master WHERE tbl_name IN ('job', 'service_run')")
    return set(read().scalars(query))


DUE = """
closed_days_ago  released_days_ago  erased
364              -                  no
365              -                  yes
800              -                  yes
364              1                  no
365              1                  yes
800              1                  yes
"""


@pytest.mark.parametrize("line", DUE.strip().splitlines()[1:])
def test_raw_answers_go_when_their_time_is_up(here: Flask, world: World, line: str) -> None:
    closed, released, erased = line.split()
    answer(here, world.own, 21)
    answer(here, world.other, 2)
    close(
        world.own,
        closed_on=TODAY - timedelta(days=int(closed)),
        released_on=None if released == "-" else TODAY - timedelta(days=int(released)),
    )
    said = keep_house(here)
    gone = erased == "yes"
    assert f"raw responses of {int(gone)} surveys erased," in said
    assert raw(world.own) == dict.fromkeys(RAW, 0 if gone else 21)
    if gone and released == "-":
        assert wave_of(world.own).state is WaveState.ENDED
        assert wave_of(world.own).end_reason is EndReason.TIME_UP
    assert raw(world.other) == dict.fromkeys(RAW, 0), "an open wave's are sealed"
    assert used_codes(here) == 2
    events = read().scalars(select(Event).where(Event.name == EventName.RESPONSES_ERASED)).all()
    assert [(one.school_id, one.member_id) for one in events] == (
        [(world.own.school_id, None)] if gone else []
    )
    assert bool(read().scalars(select(StoredRelease)).all()) == (released != "-")


def test_what_was_erased_is_not_erased_again(here: Flask, world: World) -> None:
    answer(here, world.own, 21)
    close(world.own, closed_on=TODAY - YEAR)
    assert "raw responses of 1 surveys erased" in keep_house(here)
    assert "raw responses of 0 surveys erased" in keep_house(here)
    erasures = select(func.count()).where(Event.name == EventName.RESPONSES_ERASED)
    assert read().scalar(erasures) == 1


def test_a_survey_closes_by_itself_after_its_last_day(
    here: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer(here, world.own, 27)
    with begin() as db:
        wave_of(world.own, db).closes_on = TODAY
    assert keep_house(here).startswith("0 surveys closed"), "the last day is a day to answer"
    assert raw(world.own) == dict.fromkeys(RAW, 0)
    set_day(monkeypatch, TODAY + timedelta(days=1))
    assert keep_house(here).startswith("1 surveys closed after their last day")
    wave = wave_of(world.own)
    assert (wave.state, wave.closed_on) == (WaveState.CLOSED, TODAY + timedelta(days=1))
    assert raw(world.own) == dict.fromkeys(RAW, 27)
    assert (wave.counter, wave.counter_on) == (20, wave.closed_on), "counted at the close"
    assert wave_of(world.other).state is WaveState.OPEN
    assert wave.box_key is None, "swept, and the key is destroyed"
    set_day(monkeypatch, TODAY + YEAR - timedelta(days=1))
    keep_house(here)
    assert raw(world.own) == dict.fromkeys(RAW, 27)
    set_day(monkeypatch, TODAY + YEAR)
    keep_house(here)
    assert raw(world.own) == dict.fromkeys(RAW, 0), "a year after its last day, without anybody"


def test_a_key_that_opens_nothing_is_ended_and_one_of_a_launch_is_not(
    here: Flask, world: World
) -> None:
    """A survey that closed without cards left its key; a launch has just written another."""
    folder = folder_of(database.engine)
    draft = f"box-{uuid.uuid4()}"
    keys.write(folder, draft, b"of a wave that is not committed yet")
    with begin() as db:
        wave_of(world.own, db).closes_on = TODAY - timedelta(days=1)
    keep_house(here)
    assert wave_of(world.own).state is WaveState.ENDED, "nobody answered"
    boxes = {name for name in keys.names(folder) if name.startswith("box-")}
    assert boxes == {draft, f"box-{world.other.wave_id}"}


def test_the_day_is_the_schools_own() -> None:
    """In summer a day begins in London an hour before it does in UTC."""
    assert SCHOOL_TIME.utcoffset(datetime(2026, 7, 1)) == timedelta(hours=1)  # noqa: DTZ001


def test_answers_whose_key_is_lost_are_named_and_erased_in_their_time(
    here: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer(here, world.own, 12)
    with begin() as db:
        wave_of(world.own, db).closes_on = TODAY - timedelta(days=1)
    keys.destroy(folder_of(database.engine), f"box-{world.own.wave_id}")
    assert "the key of its sealed answers is lost" in keep_house(here)
    assert wave_of(world.own).state is WaveState.LOST
    set_day(monkeypatch, TODAY + YEAR)
    keep_house(here)
    assert wave_of(world.own).end_reason is EndReason.TIME_UP
    assert read().scalar(select(func.count()).select_from(AccessCode)) == 0
    assert "raw responses of 0 surveys" in keep_house(here)
    assert "is lost" not in keep_house(here)


def test_an_empty_database_needs_no_housekeeping(app: Flask) -> None:
    with app.app_context():
        assert keep_house(app) == (
            "0 surveys closed after their last day, 0 ended with too few answers,"
            " raw responses of 0 surveys erased, 0 requests for help erased,"
            " charts of 0 reports to be drawn.\n"
        )


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_survey_that_too_few_answered_ends_by_itself(
    here: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer(here, world.own, 19)
    with begin() as db:
        wave_of(world.own, db).closes_on = TODAY - timedelta(days=1)
    assert "1 ended with too few answers" in keep_house(here)
    wave = wave_of(world.own)
    assert (wave.state, wave.end_reason) == (WaveState.ENDED, EndReason.TOO_FEW)
    assert raw(world.own) == dict.fromkeys(RAW, 0), "no report will ever be made of them"
    assert wave.box_key is None
    assert "0 ended with too few answers" in keep_house(here)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_closed_survey_that_was_never_counted_is_counted_in_the_night(
    here: Flask, world: World
) -> None:
    answer(here, world.own, 34)
    close(world.own, closed_on=TODAY - timedelta(days=30))
    with begin() as db:
        wave_of(world.own, db).counter = 0
        wave_of(world.own, db).counter_on = None
    keep_house(here)
    assert wave_of(world.own).counter == 30


@pytest.mark.parametrize("kind", ApprovalKind)
def test_a_request_that_no_one_answers_lapses_by_the_clock(
    here: Flask, world: World, monkeypatch: pytest.MonkeyPatch, kind: ApprovalKind
) -> None:
    """Everyone who could answer may have left."""
    about = {"school_id": world.own.school_id, "wave_id": world.own.wave_id, "kind": kind}
    counted = {} if kind in (ApprovalKind.RELEASE, ApprovalKind.RESTORE) else {"count": 2}
    with begin() as db:
        lead = db.scalars(select(Member).filter_by(email=world.email(Role.LEAD))).one()
        one = approvals.ask(db, by=lead, today=TODAY, reason="A box got wet", **about, **counted)
        key, last = (one.school_id, one.approval_id), one.answer_by
    for day, state in ((last, ApprovalState.WAITING), (last + DAY, ApprovalState.LAPSED)):
        set_day(monkeypatch, day)
        with begin() as db:
            db.get_one(Wave, (world.own.school_id, world.own.wave_id)).closes_on = last + DAY
        if day > last:  # the night has not come yet
            late = read().get_one(Approval, key)
            with pytest.raises(AlreadyAnsweredError, match="lapsed"):
                approvals.approve(read(), approval=late, by=lead, today=day)
        keep_house(here)
        assert read().get_one(Approval, key).state is state
