"""The demo: one authority, eight schools, two finished surveys at each, and one that is open now.

Places and schools are invented, and no name is that of a real person. Two hotspots are planted in
every school. One is treated between the two surveys, so the second report should show it better,
and the other not. The same seed gives the same students.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from survey.actions.models import Action
from survey.campaigns import operations, programme_operations
from survey.campaigns.models import Programme, Wave
from survey.campaigns.states import WaveState
from survey.database import begin, read
from survey.demo import later_schools, simulated_adults, simulated_texts
from survey.demo.colleagues import add_colleagues
from survey.demo.fieldwork import HELPER, OpenWave, collect_all, print_codes
from survey.demo.school_plan import give_plan
from survey.demo.simulated_actions import plant_actions
from survey.demo.simulated_help_requests import fill_desk
from survey.demo.surveys import (
    FIELDWORK,
    NUMBERS,
    SCHOOLS,
    TEMPLATE,
    WAVES_AGO,
    answers_of,
    code_key,
    hold_survey,
    launch,
)
from survey.jobs.process_pool import ProcessPool
from survey.organisations.help_desk import change_desk
from survey.organisations.models import Authority, Member, Membership, Nation, School
from survey.organisations.operations import add_authority, add_member, add_school, change_school
from survey.permissions import Role
from survey.questionnaires.adapt import Adaptation

if TYPE_CHECKING:
    from survey.disclosure.certify import Each

PASSWORD = "a long demo password"  # noqa: S105 - the demo's, printed at its start
AUTHORITY = "Calderbrook Borough Council"
ADULTS_AGO = timedelta(days=30)

Say = Callable[[str], None]


class CutOffError(RuntimeError):
    """The demo was cut off while its first part was being filled."""


@dataclass(frozen=True)
class FilledDemo:
    """What the demo has to show: ids for links, and a code that opens the current survey."""

    authority_id: uuid.UUID
    programme_id: uuid.UUID
    first_school_id: uuid.UUID
    finished_wave_id: uuid.UUID
    code: str
    sign_ins: tuple[tuple[str, str], ...]  # who, e-mail


def fill(*, today: date, say: Say) -> FilledDemo:
    """Fills an empty database, or finds what an earlier run left, and prints a new code."""
    with begin() as db:
        begun = db.scalar(select(func.count()).select_from(Authority)) or 0
        filled = db.scalar(select(func.count()).select_from(Action)) or 0
    if begun and not filled:
        raise CutOffError
    if not begun:
        _build(today=today, say=say)
    return _show(today=today)


def _build(*, today: date, say: Say) -> None:
    """What a visitor sees first: the first school with all its surveys. The other schools' surveys
    and the comparisons are put on the queue, for the worker of the served demo."""
    with ProcessPool() as pool:
        programme_id, school_ids = add_organisations()
        first, name = school_ids[0], SCHOOLS[0].name
        for number in NUMBERS:
            responses = hold_survey(first, number, today=today, each=pool.each)
            say(f"  {name}: survey {number}, {responses} responses, report released")
        _plan_third(programme_id, today=today)
        _read_texts(first)
        _open_third(first, today=today)
        _ask_adults(first, today=today, each=pool.each)
    with begin() as db:
        fill_desk(db, school_id=first, today=today)
        programme = db.scalars(
            select(Programme).where(Programme.programme_id == programme_id)
        ).one()
        plant_actions(
            db,
            programme=programme,
            school_ids=school_ids,
            first_report=today - WAVES_AGO[0] + FIELDWORK,
            today=today,
        )
        add_colleagues(db, school_id=first, password=PASSWORD)
        later_schools.ask(db, programme, school_ids)
    say(f"  {name}: two actions, shown to students; a bus station shared by five")
    say(f"  {name}: short surveys of parents and of staff, two self-assessments")
    say(f"  {name}: an open help desk with three requests")


def add_organisations() -> tuple[uuid.UUID, list[uuid.UUID]]:
    """Makes the authority, its schools, members and a programme with a survey at each school."""
    with begin() as db:
        authority = add_authority(db, name=AUTHORITY, nation=Nation.ENGLAND, by=None)
        programme = operations.start_programme(
            db,
            authority_id=authority.authority_id,
            title="Safer Places Calderbrook",
            template_key=TEMPLATE[0],
            template_version=TEMPLATE[1],
            by=None,
        )
        add_member(db, email="analyst@demo.example", name="Demo Analyst", role=Role.ANALYST,
                   password=PASSWORD, authority_id=authority.authority_id, by=None)  # fmt: skip
        add_member(db, email="operator@demo.example", name="Demo Operator", role=Role.OPERATOR,
                   password=PASSWORD, by=None)  # fmt: skip
        school_ids = []
        for planned in SCHOOLS:
            roll = {str(year): count for year, count in enumerate(planned.roll, start=7)}
            school = add_school(
                db,
                name=planned.name,
                nation=Nation.ENGLAND,
                phase=planned.phase,
                roll=roll,
                authority_id=authority.authority_id,
                by=None,
            )
            if planned.names_itself:
                change_school(db, school=school, roll=roll, names_itself=True, by=None)
            campaign = operations.invite(
                db, programme=programme, school_id=school.school_id, by=None
            )
            operations.save_draft(db, campaign=campaign, adaptation=_adaptation(), by=None)
            change_desk(
                db,
                school_id=school.school_id,
                is_open=True,
                who="Ms Okafor, our safeguarding lead",
                hours="on school days, before 4 pm",
                by=None,
            )
            school_ids.append(school.school_id)
        # The school that visitors sign in to has a plan; the others show that none is needed.
        give_plan(db, school=db.get_one(School, school_ids[0]))
        # A report takes two people. At the first school its coordinator is the second; the others
        # have a lead alone, so the analyst of the authority agrees.
        for number, school_id in enumerate(school_ids[1:], start=2):
            add_member(db, email=f"lead{number}@demo.example", name=f"Demo Lead {number}",
                       role=Role.LEAD, password=PASSWORD, school_id=school_id, by=None)  # fmt: skip
        for role in (Role.LEAD, Role.COORDINATOR):
            add_member(db, email=f"{role}@demo.example", name=f"Demo {role.capitalize()}",
                       role=role, password=PASSWORD, school_id=school_ids[0], by=None)  # fmt: skip
        return programme.programme_id, school_ids


def _adaptation() -> Adaptation:
    """What the demo schools changed in their drafts: little, so that they can be compared, and the
    contacts."""
    return Adaptation(contacts=(HELPER,))


def _plan_third(programme_id: uuid.UUID, *, today: date) -> None:
    """The days in which the authority would like the current survey."""
    with begin() as db:
        programme = db.scalars(
            select(Programme).where(Programme.programme_id == programme_id)
        ).one()
        programme_operations.plan_wave(
            db,
            programme=programme,
            number=len(WAVES_AGO) + 1,
            opens_from=today - timedelta(days=5),
            opens_until=today + timedelta(days=9),
            closes_by=today + timedelta(days=23),
            by=None,
        )


def _open_third(school_id: uuid.UUID, *, today: date) -> None:
    """An open survey: part of the school has answered, as of some days ago."""
    opened, number = today - timedelta(days=3), len(WAVES_AGO) + 1
    wave, questionnaire = launch(school_id, number, opened=opened)
    students = list(answers_of(0, number, questionnaire))
    some = students[::3]
    for part, day in ((some[:-20], opened), (some[-20:], opened + timedelta(days=1))):
        for _ in collect_all(wave.at, part, today=day):
            pass


def _read_texts(school_id: uuid.UUID) -> None:
    """The lead of the first school has published what students wrote in the first survey."""
    first = (
        read()
        .scalars(
            select(Wave)
            .where(Wave.school_id == school_id, Wave.state == WaveState.RELEASED)
            .order_by(Wave.number)
        )
        .first()
    )
    if first is None or first.closed_on is None:
        raise LookupError("The school has no finished wave.")
    simulated_texts.read_and_release(
        school_id, first.wave_id, today=first.closed_on + timedelta(days=3)
    )


def _ask_adults(school_id: uuid.UUID, *, today: date, each: Each) -> None:
    """The first school asked its adults too, and looked at itself twice."""
    simulated_adults.hold_pulses(
        school_id, code_key=code_key(), opened=today - ADULTS_AGO, each=each
    )
    simulated_adults.assess(
        school_id, before=today - timedelta(days=380), now=today - timedelta(days=14)
    )


def _show(*, today: date) -> FilledDemo:
    db = read()
    lead = db.scalars(select(Member).where(Member.email == "lead@demo.example")).one()
    school = db.get_one(School, lead.school_id)
    waves = list(db.scalars(select(Wave).where(Wave.school_id == school.school_id)))
    running = next(wave for wave in waves if wave.state is WaveState.OPEN)
    finished = max(
        (wave for wave in waves if wave.state is WaveState.RELEASED), key=lambda wave: wave.number
    )
    campaign = running.campaign
    if campaign.authority_id is None or campaign.programme_id is None:
        raise LookupError("The demo's campaign belongs to no programme.")
    filled = FilledDemo(
        authority_id=campaign.authority_id,
        programme_id=campaign.programme_id,
        first_school_id=school.school_id,
        finished_wave_id=finished.wave_id,
        code="",
        sign_ins=tuple(
            (member.name, member.email)
            for member in db.scalars(
                select(Member)
                .join(Membership, Membership.member_id == Member.id)
                .order_by(Membership.role)
            )
            if member.school_id in (None, school.school_id)
        ),
    )
    wave = OpenWave(school.school_id, running.wave_id, code_key())
    return replace(filled, code=print_codes(wave, count=1, year=9, today=today)[0])
