"""Replays real records through the whole product: schools, surveys, student pages, reports.

Some students walk the real pages of a real server over HTTP, the rest go through `collect`. The
database should be empty: every run adds another authority.
"""

from __future__ import annotations

import secrets
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey.campaigns import operations
from survey.campaigns.models import Campaign, Programme, Wave
from survey.database import begin
from survey.demo import second_person
from survey.demo.fieldwork import HELPER, OpenWave, collect_all, print_codes
from survey.demo.gshs_records import ReadRecords, Record, deal, read_records
from survey.demo.http_student import walk
from survey.demo.server import running_server
from survey.jobs.process_pool import ProcessPool
from survey.organisations.models import Nation, Phase
from survey.organisations.operations import add_authority, add_member, add_school
from survey.permissions import Role
from survey.questionnaires.adapt import Adaptation
from survey.questionnaires.load import load_all
from survey.releases import operations as release_operations
from survey.reports.comparisons import operations as comparison_operations
from survey.reports.comparisons.errors import TooFewSchoolsError
from survey.responses.ballot_box import opening
from survey.responses.posted_form import numbers
from survey.settings import current_settings

if TYPE_CHECKING:
    from survey.disclosure.certify import Each

TEMPLATE = ("gshs", "2018.1")
SEED = 2018
SMALLEST, LARGEST = 600, 1500
"""Students in a replayed school."""
OVER_HTTP = 300
NAMED_BAD_ROWS = 20

Say = Callable[[str], None]

BEFORE, FIELDWORK = timedelta(days=14), timedelta(days=21)
"""The surveys opened so long ago, and are still open today: some students walk the real pages."""


@dataclass(frozen=True)
class ReplayedSchool:
    name: str
    school_id: uuid.UUID
    wave_id: uuid.UUID
    records: tuple[Record, ...]


@dataclass(frozen=True)
class Replayed:
    """What was made of the records, and who may read it: an analyst, and the lead of the first
    school, with a password made for this run. `is_compared`: whether there were enough schools."""

    authority_id: uuid.UUID
    programme_id: uuid.UUID
    schools: tuple[ReplayedSchool, ...]
    analyst: str
    lead: str
    password: str
    is_compared: bool = True


def replay(
    path: Path,
    *,
    schools: int,
    today: date,
    say: Say,
    least: int = SMALLEST,
    most: int = LARGEST,
    over_http: int = OVER_HTTP,
) -> Replayed:
    """Everything from the file to the comparison. Raises MissingColumnError, OSError or ValueError
    before anything is written if the file cannot make the schools."""
    started = time.monotonic()
    reading = read_records(path)
    dealt = deal(reading.records, schools, least=least, most=most, seed=SEED)
    _tell_reading(reading, say)
    opened = today - BEFORE
    made = _schools(dealt, opened=opened)
    say(f"{len(made.schools)} schools of {min(map(len, dealt))} to {max(map(len, dealt))} students,"
        f" dealt at random with seed {SEED}")  # fmt: skip
    _answer(made.schools, opened=opened, over_http=over_http, say=say)
    _release(made.schools, today=today, say=say)
    is_compared = _compare(made, today=today, say=say)
    say(f"Done in {time.monotonic() - started:.0f} s.")
    return replace(made, is_compared=is_compared)


def _tell_reading(reading: ReadRecords, say: Say) -> None:
    for bad in reading.bad[:NAMED_BAD_ROWS]:
        say(f"  row {bad.line} left out: {bad.why}")
    if len(reading.bad) > NAMED_BAD_ROWS:
        say(f"  and {len(reading.bad) - NAMED_BAD_ROWS} more")
    say(
        f"{len(reading.records)} records of ages 12 to 17;"
        f" {reading.other_ages} of other ages and {len(reading.bad)} bad rows left out"
    )


def _code_key() -> bytes:
    key: bytes = current_settings().code_key
    return key


def _schools(dealt: Sequence[tuple[Record, ...]], *, opened: date) -> Replayed:
    """Makes the authority, its schools with rolls as dealt, and one open survey at each."""
    made: list[ReplayedSchool] = []
    with begin() as db:
        authority = add_authority(
            db, name=f"Replay of {len(dealt)} schools", nation=Nation.ENGLAND, by=None
        )
        programme = operations.start_programme(
            db,
            authority_id=authority.authority_id,
            title="Health survey records 2018",
            template_key=TEMPLATE[0],
            template_version=TEMPLATE[1],
            by=None,
        )
        for number, records in enumerate(dealt, start=1):
            name = f"Replay School {number:02d}"
            roll: dict[str, int] = {}
            for record in records:
                roll[str(record.year)] = roll.get(str(record.year), 0) + 1
            school = add_school(
                db,
                name=name,
                nation=Nation.ENGLAND,
                phase=Phase.SECONDARY,
                roll=dict(sorted(roll.items())),
                authority_id=authority.authority_id,
                by=None,
            )
            campaign = operations.invite(
                db, programme=programme, school_id=school.school_id, by=None
            )
            wave = _launch(db, campaign, opened=opened)
            made.append(ReplayedSchool(name, school.school_id, wave.wave_id, records))
        # A database may be replayed into twice, and two members cannot share an address.
        run, password = authority.authority_id.hex[:6], secrets.token_urlsafe(12)
        analyst, lead = (f"{role}-{run}@replay.example" for role in (Role.ANALYST, Role.LEAD))
        add_member(db, email=analyst, name="Replay Analyst", role=Role.ANALYST, password=password,
                   authority_id=authority.authority_id, by=None)  # fmt: skip
        # A report takes two people: a lead of each school, and the analyst.
        for number, one in enumerate(made):
            email = f"{number}-{lead}" if number else lead
            add_member(db, email=email, name="Replay Lead", role=Role.LEAD, password=password,
                       school_id=one.school_id, by=None)  # fmt: skip
        return Replayed(
            authority.authority_id, programme.programme_id, tuple(made), analyst, lead, password
        )


def _launch(db: Session, campaign: Campaign, *, opened: date) -> Wave:
    operations.save_draft(db, campaign=campaign, adaptation=Adaptation(contacts=(HELPER,)), by=None)
    (wave,) = campaign.waves
    operations.launch(db, wave=wave, closes_on=opened + FIELDWORK, today=opened, by=None)
    return wave


def _answer(schools: Sequence[ReplayedSchool], *, opened: date, over_http: int, say: Say) -> None:
    """The first students of each school over HTTP, shared out evenly; the rest by `collect`."""
    key = _code_key()
    each, more = divmod(over_http, len(schools))
    total = sum(len(school.records) for school in schools)
    walked = done = 0
    with running_server() as address:
        for at, school in enumerate(schools):
            wave = OpenWave(school.school_id, school.wave_id, key)
            by_page = school.records[: each + (at < more)]
            codes = print_codes(wave, count=len(by_page), year=None, today=opened)
            for code, record in zip(codes, by_page, strict=True):
                walk(address, code, numbers(load_all()[TEMPLATE], record.raw))
            walked += len(by_page)
            rest = [record.raw for record in school.records[len(by_page) :]]
            for _ in collect_all(wave, rest, today=opened):
                pass
            done += len(school.records)
            say(f"  {school.name}: {len(school.records)} responses ({done} of {total})")
    say(f"{walked} students walked the pages over HTTP, {total - walked} went through collect")


def _release(schools: Sequence[ReplayedSchool], *, today: date, say: Say) -> None:
    with ProcessPool() as pool:
        for at, school in enumerate(schools, start=1):
            made = _release_one(school, pool.each, today=today)
            say(f"  {school.name}: report released, {made} ({at} of {len(schools)})")


def _release_one(school: ReplayedSchool, each: Each, *, today: date) -> str:
    """Closes a survey and publishes its report; returns the beginning of the report reference."""
    with begin() as db:
        wave = operations.find_wave(db, school.school_id, school.wave_id)
        release_operations.close(db, wave=wave, by=None, today=today)
    opening.finish(school_id=school.school_id, wave_id=school.wave_id, by=None)
    with begin() as db:
        wave = operations.find_wave(db, school.school_id, school.wave_id)
        second_person.agree(db, wave=wave, today=today)
        stored = release_operations.make(db, wave=wave, by=None, today=today, each=each)
        return stored.release_hash[:12]


def _compare(made: Replayed, *, today: date, say: Say) -> bool:
    """Whether there is a comparison now."""
    with begin() as db:
        programme = db.scalars(
            select(Programme).where(Programme.programme_id == made.programme_id)
        ).one()
        try:
            stored = comparison_operations.make(
                db, programme=programme, number=1, by=None, today=today
            )
        except TooFewSchoolsError as few:
            say(f"No comparison: {few.message}")
            return False
        say(f"Comparison of {len(made.schools)} schools released, {stored.release_hash[:12]}")
        return True
