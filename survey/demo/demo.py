"""The demo: one authority, eight schools, two finished surveys at each, and one that is open now.

Places and schools are invented, and no name is that of a real person. Two hotspots are planted in
every school. One is treated between the two surveys, so the second report should show it better,
and the other not. The same seed gives the same students.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random

from sqlalchemy import func, select

from survey.campaigns import operations, programme_operations
from survey.campaigns.models import Programme, Wave
from survey.campaigns.states import WaveState
from survey.database import begin, read
from survey.demo import adults, parameters, second_person, texts
from survey.demo.acts import plant_actions
from survey.demo.desk import fill_desk
from survey.demo.fieldwork import HELPER, OpenWave, collect_all, print_codes
from survey.demo.school_plan import give_plan
from survey.demo.students import SchoolEffect, draw_answers, draw_student
from survey.disclosure.certify import Each
from survey.jobs.pool import Pool
from survey.organisations.help_desk import change_desk
from survey.organisations.models import Authority, Member, Nation, Phase, School
from survey.organisations.operations import add_authority, add_member, add_school, change_school
from survey.permissions import Role
from survey.questionnaires.adapt import Adaptation
from survey.questionnaires.model import Questionnaire
from survey.releases import operations as release_operations
from survey.reports.comparisons import operations as comparison_operations
from survey.responses.ballot_box import opening
from survey.settings import current_settings

TEMPLATE = ("safety", "2026.3")
SEED = 20261
PASSWORD = "a long demo password"  # noqa: S105 - the demo's, printed at its start
AUTHORITY = "Calderbrook Borough Council"
WAVES_AGO = (timedelta(days=236), timedelta(days=47))
"""How long before today the two finished surveys opened."""
FIELDWORK = timedelta(days=12)
ADULTS_AGO = timedelta(days=30)
TAKES_PART = (0.78, 0.93)

Say = Callable[[str], None]


@dataclass(frozen=True)
class DemoSchool:
    name: str
    roll: tuple[int, ...]  # Years 7, 8, ...
    hotspots: tuple[str, str]  # the first is treated between the waves
    peak: str
    phase: Phase = Phase.SECONDARY
    names_itself: bool = False


SCHOOLS = (
    DemoSchool("Weirside High School", (182, 178, 180, 175, 170), ("toilets", "stops"), "lunch",
               names_itself=True),
    DemoSchool("Harrow Fold Academy", (210, 206, 204, 199, 190, 96, 84), ("corridors", "parks"),
               "between_lessons"),
    DemoSchool("St Winefride's Catholic School", (150, 152, 149, 147, 141),
               ("toilets", "transport"),
               "lunch"),
    DemoSchool("Moorgate Vale School", (120, 122, 118, 114, 109), ("outdoors", "outside_gates"),
               "break"),
    DemoSchool("The Tannery Academy", (240, 238, 231, 226, 220), ("changing_rooms", "town"),
               "end_of_day", names_itself=True),
    DemoSchool("Larkhill Community College", (165, 160, 166, 158, 150, 70, 61), ("gates", "stops"),
               "end_of_day"),
    DemoSchool("Beckfoot Bridge School", (98, 101, 96, 94, 90), ("toilets", "parks"), "break",
               phase=Phase.ALL_THROUGH),
    DemoSchool("Saltersgate School", (188, 190, 184, 181, 177), ("corridors", "journey"), "lunch"),
)  # fmt: skip


@dataclass(frozen=True)
class Filled:
    """What the demo has to show: ids for links, and a code that opens the current survey."""

    authority_id: uuid.UUID
    programme_id: uuid.UUID
    first_school_id: uuid.UUID
    finished_wave_id: uuid.UUID
    open_wave_id: uuid.UUID
    code: str
    sign_ins: tuple[tuple[str, str], ...]  # who, e-mail


def fill(*, today: date, say: Say) -> Filled:
    """Fills an empty database, or finds what an earlier run left, and prints a new code."""
    with begin() as db:
        filled = db.scalar(select(func.count()).select_from(Authority)) or 0
    if not filled:
        _build(today=today, say=say)
    return _show(today=today)


def _code_key() -> bytes:
    key: bytes = current_settings().code_key
    return key


def _build(*, today: date, say: Say) -> None:
    with Pool() as pool:
        _build_with(pool, today=today, say=say)


def _build_with(pool: Pool, *, today: date, say: Say) -> None:
    random = Random(SEED)  # noqa: S311 - invented students, the same every time
    programme_id, school_ids = _organisations()
    effects = [effect_of(school, random) for school in SCHOOLS]
    for number, ago in enumerate(WAVES_AGO, start=1):
        opened = today - ago
        for school, school_id, effect in zip(SCHOOLS, school_ids, effects, strict=True):
            here = effect if number == 1 else treated(effect, school, random)
            responses = _hold(school, school_id, here, opened=opened, random=random, each=pool.each)
            say(f"  wave {number}: {school.name}, {responses} responses, report released")
        with begin() as db:
            programme = db.scalars(
                select(Programme).where(Programme.programme_id == programme_id)
            ).one()
            comparison_operations.make(
                db, programme=programme, number=number, by=None, today=opened + FIELDWORK
            )
        say(f"  wave {number}: the authority's comparison of {len(SCHOOLS)} schools")
    _plan_third(programme_id, today=today)
    _read_texts(school_ids[0])
    _open_third(school_ids[0], effects[0], today=today, random=random)
    _ask_adults(school_ids[0], today=today, each=pool.each)
    with begin() as db:
        fill_desk(db, school_id=school_ids[0], today=today)
        programme = db.scalars(
            select(Programme).where(Programme.programme_id == programme_id)
        ).one()
        first_report = today - WAVES_AGO[0] + FIELDWORK
        plant_actions(
            db,
            programme=programme,
            school_ids=school_ids,
            first_report=first_report,
            today=today,
        )
    say(f"  {SCHOOLS[0].name}: two actions, shown to students; a bus station shared by five")
    say(f"  {SCHOOLS[0].name}: a pulse of parents, a pulse of staff, two self-assessments")
    say(f"  {SCHOOLS[0].name}: an open help desk with three requests")


def _organisations() -> tuple[uuid.UUID, list[uuid.UUID]]:
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


def effect_of(school: DemoSchool, random: Random) -> SchoolEffect:
    """What is different at a school in its first wave: two hotspots, and a time of day."""
    return SchoolEffect(
        level=random.gauss(0, parameters.SCHOOL_SPREAD),
        places=dict.fromkeys(school.hotspots, parameters.HOTSPOT),
        peak=school.peak,
    )


def treated(effect: SchoolEffect, school: DemoSchool, random: Random) -> SchoolEffect:
    """The school in the second survey: one hotspot treated, all places moved a little."""
    drifted = {
        place: effect.places.get(place, 0) + random.uniform(-parameters.DRIFT, parameters.DRIFT)
        for place in sorted(parameters.UNSAFE)
    }
    drifted[school.hotspots[0]] += parameters.TREATED
    return replace(effect, places=drifted)


def _hold(
    school: DemoSchool,
    school_id: uuid.UUID,
    effect: SchoolEffect,
    *,
    opened: date,
    random: Random,
    each: Each,
) -> int:
    """Runs one survey from launch to publication, and returns the number of responses."""
    wave, questionnaire = _launch(school_id, opened=opened)
    answers = list(draw_school(school, questionnaire, effect, random))
    responses = max(collect_all(wave, answers, today=opened))
    closed = opened + FIELDWORK
    with begin() as db:
        found = operations.find_wave(db, wave.school_id, wave.wave_id)
        release_operations.close(db, wave=found, by=None, today=closed)
    opening.finish(school_id=wave.school_id, wave_id=wave.wave_id, by=None)
    with begin() as db:
        found = operations.find_wave(db, wave.school_id, wave.wave_id)
        second_person.agree(db, wave=found, today=closed)
        release_operations.make(db, wave=found, by=None, today=closed, each=each)
    return responses


def _launch(school_id: uuid.UUID, *, opened: date) -> tuple[OpenWave, Questionnaire]:
    """Launches the school's draft, after starting one if there is none."""
    with begin() as db:
        draft = db.scalars(
            select(Wave).where(Wave.school_id == school_id, Wave.state == WaveState.DRAFT)
        ).one_or_none()
        if draft is None:
            last = db.scalars(
                select(Wave).where(Wave.school_id == school_id).order_by(Wave.number.desc())
            ).first()
            if last is None:
                raise LookupError("The school has no campaign.")
            draft = operations.next_wave(db, campaign=last.campaign, by=None)
        operations.launch(db, wave=draft, closes_on=opened + FIELDWORK, today=opened, by=None)
        return OpenWave(school_id, draft.wave_id, _code_key()), operations.questionnaire_of(draft)


def draw_school(
    school: DemoSchool, questionnaire: Questionnaire, effect: SchoolEffect, random: Random
) -> Iterator[dict[str, str | list[str]]]:
    """The answers of all who take part."""
    for year, on_roll in enumerate(school.roll, start=7):
        for _ in range(round(on_roll * random.uniform(*TAKES_PART))):
            yield draw_answers(questionnaire, draw_student(year, random), effect, random)


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


def _open_third(school_id: uuid.UUID, effect: SchoolEffect, *, today: date, random: Random) -> None:
    """An open survey: part of the school has answered, as of some days ago."""
    opened = today - timedelta(days=3)
    wave, questionnaire = _launch(school_id, opened=opened)
    students = list(draw_school(SCHOOLS[0], questionnaire, effect, random))
    some = random.sample(students, len(students) // 3)
    for part, day in ((some[:-20], opened), (some[-20:], opened + timedelta(days=1))):
        for _ in collect_all(wave, part, today=day):
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
    texts.read_and_release(school_id, first.wave_id, today=first.closed_on + timedelta(days=3))


def _ask_adults(school_id: uuid.UUID, *, today: date, each: Each) -> None:
    """The first school asked its adults too, and looked at itself twice."""
    adults.hold_pulses(school_id, code_key=_code_key(), opened=today - ADULTS_AGO, each=each)
    adults.assess(school_id, before=today - timedelta(days=380), now=today - timedelta(days=14))


def _show(*, today: date) -> Filled:
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
    filled = Filled(
        authority_id=campaign.authority_id,
        programme_id=campaign.programme_id,
        first_school_id=school.school_id,
        finished_wave_id=finished.wave_id,
        open_wave_id=running.wave_id,
        code="",
        sign_ins=tuple(
            (member.name, member.email)
            for member in db.scalars(select(Member).order_by(Member.role))
            if member.school_id in (None, school.school_id)
        ),
    )
    wave = OpenWave(school.school_id, running.wave_id, _code_key())
    return replace(filled, code=print_codes(wave, count=1, year=9, today=today)[0])
