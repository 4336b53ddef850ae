"""Every step of the schema goes up, down and up again, with data in every table, on each engine."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from flask import Flask
from sqlalchemy import create_engine, func, inspect, select, text
from sqlalchemy.exc import DBAPIError

from survey.actions.models import ActionMove, StudentsPage
from survey.actions.shared_places.models import PartnerMove, SharedFigure
from survey.actions.states import ActionState
from survey.app import ROOT, alembic
from survey.approvals.models import SignOff, SignOffKind
from survey.audit_log import EventName, record
from survey.campaigns.access_codes import fresh
from survey.campaigns.models import (
    AccessCode,
    PlannedWave,
    PrintDetails,
    Programme,
    ProgrammeCore,
    SetAside,
    VoidDoor,
    Wave,
)
from survey.campaigns.readers.models import JoinedSurvey
from survey.campaigns.site_plans.models import SitePlan, WavePlan
from survey.campaigns.states import WaveState
from survey.database import Base, begin, database, read
from survey.free_text.models import RoomText, TextRoom
from survey.free_text.published_models import ReleasedTexts
from survey.help_contacts.models import NationalContact, SchoolContact
from survey.http.submit_once import SentForm
from survey.jobs.operations import enqueue
from survey.organisations.models import Letterhead, Member, Membership, StaffNames, StaffSession
from survey.permissions import Role
from survey.releases.job_subjects import RELEASE, subject_of
from survey.releases.models import StoredComparison, StoredRelease
from survey.reports.charts.stored_charts import StoredDrawing
from survey.self_assessment.models import Mark
from survey.serving.last_runs import RunName, note
from tests.world import Side, World

MIGRATIONS = ROOT / "migrations"
DAY = date(2026, 12, 1)
NEWEST = 8
"""Steps that are tried one by one in the ordinary run: those of several releases."""


@pytest.fixture
def filled(app: Flask, world: World) -> Iterator[Flask]:
    """The app with a row in every table."""
    with app.app_context():
        with begin() as db:
            fill(db, world.own)
        yield app
        database.session.rollback()


def fill(db, own: Side) -> None:  # type: ignore[no-untyped-def]
    at_wave = {"school_id": own.school_id, "wave_id": own.wave_id}
    tables = Base.metadata.tables
    open_wave = db.get_one(Wave, (own.school_id, own.wave_id))
    db.add(AccessCode(**fresh(open_wave, b"c" * 32, key=bytes(range(32)))))
    closed_wave = {"school_id": own.school_id, "wave_id": uuid.uuid4()}
    db.add(
        Wave(
            **closed_wave,
            campaign_id=own.campaign_id,
            number=2,
            state=WaveState.CLOSED,
            questionnaire_hash=open_wave.questionnaire_hash,
            door=own.door + 500,
            opened_on=DAY,
            closes_on=DAY,
            closed_on=DAY,
        )
    )
    db.flush()
    picture = {"picture": b"p", "kind": "image/png", "width": 720, "height": 400, "areas": []}
    db.add(SitePlan(school_id=own.school_id, **picture))
    db.add(WavePlan(**at_wave, plan_hash="0" * 64, **picture))
    db.add(Letterhead(school_id=own.school_id, name="Northmoor"))
    db.add(StaffNames(school_id=own.school_id, names=["Ms Okafor"]))
    db.add(TextRoom(**at_wave, opened_on=DAY, read_by=DAY))
    db.flush()  # its texts point to it
    db.add(RoomText(**at_wave, item="P2", words="More light."))
    db.add(ReleasedTexts(**at_wave, texts_hash="0" * 64, document="{}", released_on=DAY))
    programme = {"authority_id": own.authority_id, "programme_id": own.programme_id}
    db.add(ProgrammeCore(**programme, adaptation={}))
    days = {"opens_from": DAY, "opens_until": DAY, "closes_by": date(2026, 12, 18)}
    db.add(PlannedWave(**programme, number=1, **days))
    at_school = {"school_id": own.school_id, "authority_id": own.authority_id}
    db.add(JoinedSurvey(**at_school, programme_id=own.programme_id, number=1, wave_id=own.wave_id))
    aside = {"number": 1, "school_id": own.school_id, "reason": "Flooded", "set_aside_on": DAY}
    db.add(SetAside(**programme, **aside))
    voided = {"title": "Safe?", "voided_on": DAY, "school_id": own.school_id}
    db.add(VoidDoor(door=7, questionnaire_hash=open_wave.questionnaire_hash, **voided))
    db.add(SentForm(form_hash=b"f" * 32, sent_on=DAY, led_to="/staff"))
    record(db, EventName.CODES_MADE, by=None, school_id=own.school_id)
    for name, row in {
        "response": {"response_id": uuid.uuid4(), "answers": '{"A1":"y9"}'},
        "free_text": {"text_id": uuid.uuid4(), "item": "P3", "words": "More light."},
    }.items():
        db.execute(tables[name].insert().values(**closed_wave, **row))
    db.execute(tables["ended_session"].insert().values(hour=1, session_hash=b"h" * 32))
    db.execute(tables["wrong_half"].insert().values(hour=1, half_hash=b"h" * 32, wrong=3))
    db.execute(tables["change_count"].insert().values(slot=1, number=1))
    db.execute(tables["rate_count"].insert().values(name_hash=b"h" * 32, until=1, hits=3))
    rule = {"rule_id": uuid.uuid4(), "role": "operator", "since": DAY}
    db.execute(tables["second_step_rule"].insert().values(authority_id=own.authority_id, **rule))
    db.add(PrintDetails(**at_wave))
    # Someone who signs in nowhere below: a passkey asks for a second step.
    email = own.email[Role.COORDINATOR]
    somebody = db.scalars(select(Member.id).where(Member.email == email)).one()
    signed = {"kind": SignOffKind.HEAD, "words_hash": "0" * 64, "given_by": somebody}
    db.add(SignOff(**at_wave, **signed, given_on=DAY))
    said = {"name": {"en": "Club"}, "how": {"en": "Call 1."}, "key": "own_club"}
    db.add(NationalContact(**said, checked_on=DAY, checked_by=somebody))
    db.add(SchoolContact(**said, school_id=own.school_id))
    for name, row in {
        "out_mail": {
            "mail_id": uuid.uuid4(),
            "kind": "digest",
            "about": "2026-12-01",
            "written_on": DAY,
            "state": "waiting",
            "tries": 0,
        },
        "mail_switched_off": {"kind": "digest"},
        "passkey": {
            "passkey_id": uuid.uuid4(),
            "credential_id": b"c" * 32,
            "public_key": b"k",
            "sign_count": 0,
            "transports": ["internal"],
            "works_alone": True,
            "name": "Laptop",
            "added_on": DAY,
        },
        "provider_account": {
            "account_id": uuid.uuid4(),
            "provider": "google",
            "issuer": "https://accounts.google.com",
            "subject": "1",
            "name": "a@b.test",
            "linked_on": DAY,
        },
        "password_link": {
            "token_hash": b"h" * 32,
            "kind": "reset",
            "until": datetime(2026, 12, 1, tzinfo=UTC).replace(tzinfo=None),
        },
    }.items():
        db.execute(tables[name].insert().values(member_id=somebody, **row))
    db.add(
        StaffSession(
            token_hash=b"h" * 32,
            member_id=db.scalars(select(Member.id)).first(),
            began_at=datetime(2026, 12, 1, tzinfo=UTC).replace(tzinfo=None),
            seen_at=datetime(2026, 12, 1, tzinfo=UTC).replace(tzinfo=None),
            browser="Firefox, Windows",
        )
    )
    db.add(
        Mark(
            school_id=own.school_id, assessment_id=own.assessment_id, statement="lead", light="red"
        )
    )
    enqueue(db, RELEASE, subject_of(own.school_id, own.wave_id), by=None)
    note(db, RunName.HOUSEKEEPING)
    drawn = {"made_by": "b" * 16, "svg": b"s", "specification": b"v"}
    db.add(StoredDrawing(document_hash="0" * 64, name="a" * 32, **drawn))
    db.add(StoredRelease(**at_wave, release_hash="0" * 64, document="{}", released_on=DAY))
    at_action = {"school_id": own.school_id, "action_id": own.action_id}
    db.add(ActionMove(**at_action, number=1, state=ActionState.UNDER_WAY, moved_on=DAY, note=""))
    at_place = {"authority_id": own.authority_id, "shared_place_id": own.shared_place_id}
    db.add(SharedFigure(**at_place, number=1, schools=5, percent=25, made_on=DAY))
    db.add(
        PartnerMove(
            authority_id=own.authority_id,
            partner_action_id=own.partner_action_id,
            number=1,
            state=ActionState.UNDER_WAY,
            moved_on=DAY,
            note="",
        )
    )
    db.add(
        StudentsPage(
            school_id=own.school_id, campaign_id=own.campaign_id, word="w" * 12, opened_on=DAY
        )
    )
    db.add(
        StoredComparison(
            authority_id=own.authority_id,
            programme_id=own.programme_id,
            number=1,
            release_hash="0" * 64,
            document="{}",
            released_on=DAY,
        )
    )


def rows() -> dict[str, int]:
    """How many rows each table of ours has."""
    there = inspect(database.engine).get_table_names()
    counted = {
        name: read().scalar(select(func.count()).select_from(table)) or 0
        for name, table in Base.metadata.tables.items()
        if name in there
    }
    database.session.rollback()  # PostgreSQL would not drop a table that a reader holds
    return counted


def tables() -> set[str]:
    found = set(inspect(database.engine).get_table_names()) - {"alembic_version"}
    return {name for name in found if not name.startswith("procrastinate_")}


def functions() -> list[str]:
    """What a downgrade could forget: functions in PostgreSQL, triggers and views in SQLite."""
    statement = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type IN ('trigger', 'view')",
        "postgresql": "SELECT proname FROM pg_proc JOIN pg_namespace n ON n.oid = pronamespace"
        " WHERE nspname = 'public'",
    }[database.engine.dialect.name]
    with database.engine.connect() as connection:
        return sorted(connection.scalars(text(statement)))


def test_the_world_of_this_file_fills_every_table(filled: Flask) -> None:
    assert set(rows()) == set(Base.metadata.tables)
    assert [name for name, count in rows().items() if count == 0] == []


def test_the_newest_schema_is_that_of_the_models(app: Flask) -> None:
    with app.app_context():
        assert alembic.current() == alembic.heads()
        assert alembic.compare_metadata() == []
        assert tables() == set(Base.metadata.tables)


@pytest.mark.parametrize("steps", [NEWEST, pytest.param(None, marks=pytest.mark.slow)])
def test_each_step_goes_down_and_up_again_with_data(filled: Flask, steps: int | None) -> None:
    """The newest steps one by one, in the long run all of them; the others go down together."""
    newest = shape()
    for _step in alembic.log()[:steps]:  # newest first
        before, held = shape(), rows()
        alembic.downgrade(-1)
        kept = rows()
        assert kept.items() <= held.items()  # what a step leaves standing, it leaves whole
        alembic.upgrade("+1")
        assert shape() == before
        assert kept.items() <= rows().items()
        alembic.downgrade(-1)
    alembic.downgrade("base")
    assert (tables(), functions(), alembic.current()) == (set(), [], ())
    alembic.upgrade()
    assert alembic.current() == alembic.heads()
    assert alembic.compare_metadata() == []
    assert shape() == newest
    assert set(rows().values()) == {0}
    with begin() as db:
        record(db, EventName.SCHOOL_ADDED, by=None)
    assert rows()["event"] == 1, "it works as before"


def shape() -> dict[str, object]:
    """What a step could forget to bring back: columns, keys, indexes, checks and functions."""
    there = inspect(database.engine)
    found: dict[str, object] = {"functions": functions()}
    columns, keys = there.get_multi_columns(), there.get_multi_pk_constraint()
    indexes, unique = there.get_multi_indexes(), there.get_multi_unique_constraints()
    foreign, checks = there.get_multi_foreign_keys(), there.get_multi_check_constraints()
    for name in tables():
        at = (None, name)
        found[name] = (
            {(one["name"], str(one["type"]), one["nullable"]) for one in columns[at]},
            keys[at]["constrained_columns"],
            {(one["name"], *one["column_names"], one["unique"]) for one in indexes[at]},
            {(one["name"], *one["column_names"]) for one in unique[at]},
            {
                (one["name"], one["referred_table"], *one["constrained_columns"])
                for one in foreign[at]
            },
            {(one["name"], one["sqltext"]) for one in checks[at]},
        )
    return found


def test_a_survey_that_is_running_is_held_to_the_roll_its_school_gives_today(
    filled: Flask, world: World
) -> None:
    before = alembic.script_directory.get_revision("0015").down_revision
    alembic.downgrade(str(before))
    alembic.upgrade()
    wave = read().get_one(Wave, (world.own.school_id, world.own.wave_id))
    assert wave.roll == {str(year): 180 for year in range(7, 12)}
    assert {batch.begins_at for batch in wave.batches} == {None}
    database.session.rollback()


def test_a_withdrawn_report_and_a_comparison_are_known_to_their_survey_and_programme(
    filled: Flask, world: World
) -> None:
    which = {"school_id": world.own.school_id, "wave_id": world.own.wave_id}
    alembic.downgrade("0017")
    with begin() as db:
        db.execute(text("UPDATE wave SET state = 'released' WHERE number = 1"))
        db.execute(text("UPDATE release SET withdrawn_on = '2026-12-02', notice = 'Wrong'"))
    alembic.upgrade()
    assert read().get_one(Wave, tuple(which.values())).state is WaveState.WITHDRAWN
    other = read().get_one(Wave, (world.other.school_id, world.other.wave_id))
    assert other.state is WaveState.RELEASED, "it has no report to be withdrawn"
    programme = read().get_one(Programme, (world.own.authority_id, world.own.programme_id))
    assert programme.compared == [1]
    assert (
        read().get_one(Programme, (world.other.authority_id, world.other.programme_id)).compared
        == []
    )
    database.session.rollback()


def test_a_member_becomes_a_person_with_a_seat(filled: Flask, world: World) -> None:
    def seats() -> set[tuple[str, str, object, bool]]:
        return {
            (one.member.email, one.role, one.place_id, one.ended_on is None)
            for one in read().scalars(select(Membership))
        }

    before = seats()
    emails = world.own.email
    assert {(emails[Role.LEAD], "lead", world.own.school_id, True)} <= before
    assert {(emails[Role.ANALYST], "analyst", world.own.authority_id, True)} <= before
    with begin() as db:
        lead = db.scalars(select(Member).where(Member.email == emails[Role.LEAD])).one()
        lead.memberships.append(
            Membership(role=Role.GOVERNOR, school_id=world.other.school_id, since=DAY)
        )
        closed = db.scalars(select(Member).where(Member.email == emails[Role.COORDINATOR])).one()
        closed.active = False
    alembic.downgrade("0031")
    with begin() as db:
        rows = db.execute(text("SELECT email, role FROM member")).all()
    assert dict(rows)[emails[Role.LEAD]] == "lead"  # the oldest seat
    alembic.upgrade()
    assert seats() == {
        (email, role, place, is_live and email != emails[Role.COORDINATOR])
        for email, role, place, is_live in before
    }
    database.session.rollback()


def test_a_step_that_fails_leaves_nothing_half_done(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    with app.app_context():
        alembic.downgrade("base")
        first = alembic.script_directory.get_revision("0001").module
        wrong = {database.engine.dialect.name: ("CREATE NONSENSE",)}
        monkeypatch.setattr(first, "APPEND_ONLY", wrong)
        with pytest.raises(DBAPIError, match="NONSENSE"):
            alembic.upgrade()
        assert tables() == set()


def test_upgrading_what_is_up_to_date_changes_nothing(filled: Flask) -> None:
    before = rows()
    alembic.upgrade()
    assert rows() == before


def test_every_migration_file_is_a_step_of_one_line_from_the_first() -> None:
    scripts = ScriptDirectory(str(MIGRATIONS), version_locations=[str(MIGRATIONS)])
    line = list(scripts.walk_revisions())[::-1]
    files = sorted(path.name for path in MIGRATIONS.glob("*.py"))
    assert [Path(step.path).name for step in line] == files
    assert [step.down_revision for step in line] == [None, *(s.revision for s in line[:-1])]
    for number, (step, name) in enumerate(zip(line, files, strict=True), 1):
        assert step.revision == f"{number:04}"
        assert name.startswith(f"{step.revision}_")


def test_the_migrations_say_every_event_name() -> None:
    said = "".join(path.read_text() for path in sorted(MIGRATIONS.glob("*.py")))
    assert [name.value for name in EventName if f'"{name.value}"' not in said] == []


def test_checks_and_tables_without_rowid_are_those_of_the_models(
    sqlite_template: Path, tmp_path: Path
) -> None:
    """What Alembic does not compare. The text of the migration is the same for both engines, so
    SQLite, which keeps what it was given, speaks for both."""
    made = create_engine(f"sqlite:///{tmp_path / 'models.db'}")
    migrated = create_engine(f"sqlite:///{sqlite_template}")
    Base.metadata.create_all(made)
    try:
        for name in Base.metadata.tables:
            assert checks(migrated, name) == checks(made, name), name
            assert rowid(migrated, name) == rowid(made, name), name
    finally:
        made.dispose()
        migrated.dispose()


def checks(engine, table: str) -> dict[str | None, str]:  # type: ignore[no-untyped-def]
    found = inspect(engine).get_check_constraints(table)
    return {check["name"]: re.sub(r"\s+", " ", check["sqltext"]) for check in found}


def rowid(engine, table: str) -> bool:  # type: ignore[no-untyped-def]
    with engine.connect() as connection:
        statement = text("SELECT sql FROM sqlite_master WHERE name = :table")
        return "WITHOUT ROWID" not in connection.scalar(statement, {"table": table})


def test_rows_that_came_from_students_lie_in_no_order_that_tells(sqlite_template: Path) -> None:
    engine = create_engine(f"sqlite:///{sqlite_template}")
    try:
        without = {name for name in Base.metadata.tables if not rowid(engine, name)}
    finally:
        engine.dispose()
    assert without == {
        "access_code",
        "response",
        "free_text",
        "help_box",
        "ended_session",
        "room_text",
        "wrong_half",
        "rate_count",
        "out_mail",
    }
