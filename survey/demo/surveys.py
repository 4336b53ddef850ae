"""The surveys of the demo's schools: who they are, what their students answer, and how a survey is
held from launch to publication. The same seed gives the same students."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey.approvals.operations import has_approved_release
from survey.campaigns import operations
from survey.campaigns.models import Campaign, Wave
from survey.campaigns.states import WaveState
from survey.database import begin, read
from survey.demo import parameters, second_person
from survey.demo.fieldwork import OpenWave, collect_rest
from survey.demo.simulated_students import SchoolEffect, draw_answers, draw_student
from survey.organisations.models import Phase, School
from survey.questionnaires.model import Questionnaire
from survey.releases import operations as release_operations
from survey.releases.certified_figures import certified
from survey.responses.ballot_box import opening
from survey.settings import current_settings

if TYPE_CHECKING:
    from survey.disclosure.certify import Each

TEMPLATE = ("safety", "2026.3")
SEED = 20261
WAVES_AGO = (timedelta(days=236), timedelta(days=47))
"""How long before today the two finished surveys opened."""
FIELDWORK = timedelta(days=12)
TAKES_PART = (0.78, 0.93)

NUMBERS = (1, 2)
"""The numbers of the two finished surveys."""


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


def code_key() -> bytes:
    key: bytes = current_settings().code_key
    return key


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


def hold_survey(
    school_id: uuid.UUID,
    number: int,
    *,
    today: date,
    each: Each,
    finish: Callable[[], AbstractContextManager[Session]] = begin,
) -> int:
    """Runs one survey of a school from launch to publication, and returns the number of responses.
    After an interruption it continues where it ended. The report is stored in a transaction of
    ``finish``."""
    at = place_of(school_id)
    wave, questionnaire = launch(school_id, number, opened=today - WAVES_AGO[number - 1])
    opened = wave.opened_on
    answers = list(answers_of(at, number, questionnaire))
    if wave.state is WaveState.OPEN:
        for _ in collect_rest(wave.at, answers, today=opened):
            pass
    closed = opened + FIELDWORK
    with begin() as db:
        found = operations.find_wave(db, school_id, wave.at.wave_id)
        if found.state in (WaveState.OPEN, WaveState.CLOSING):
            release_operations.close(db, wave=found, by=None, today=closed)
    _finish_close(school_id, wave.at.wave_id)
    with begin() as db:
        found = operations.find_wave(db, school_id, wave.at.wave_id)
        if not has_approved_release(db, school_id=school_id, wave_id=found.wave_id):
            second_person.agree(db, wave=found, today=closed)
    found = operations.find_wave(read(), school_id, wave.at.wave_id)
    prepared = release_operations.prepare(read(), wave=found)
    read().rollback()  # no reader is held up while the audit runs
    release, certificate = certified(prepared, each)
    with finish() as db:
        found = operations.find_wave(db, school_id, wave.at.wave_id)
        release_operations.keep(
            db, wave=found, release=release, certificate=certificate, by=None, today=closed
        )
    return len(answers)


MOST_WAITS, WAIT_SECONDS = 60, 5.0


def _finish_close(school_id: uuid.UUID, wave_id: uuid.UUID) -> None:
    """Finishes the close. A visitor who reads pages of the demo meanwhile can be in its way, so it
    is tried for some minutes."""
    for _ in range(MOST_WAITS):
        with suppress(opening.BoxesNotSweptError):
            opening.finish(school_id=school_id, wave_id=wave_id, by=None)
            return
        time.sleep(WAIT_SECONDS)
    opening.finish(school_id=school_id, wave_id=wave_id, by=None)


def place_of(school_id: uuid.UUID) -> int:
    """Which of the demo's schools this is."""
    name = read().get_one(School, school_id).name
    return next(at for at, school in enumerate(SCHOOLS) if school.name == name)


def answers_of(
    at: int, number: int, questionnaire: Questionnaire
) -> Iterator[dict[str, str | list[str]]]:
    """The answers of one survey of one school: the same whenever they are drawn."""
    school, random = SCHOOLS[at], Random(f"{SEED} {at}")  # noqa: S311 - invented students
    effect = effect_of(school, random)
    if number == 2:
        effect = treated(effect, school, random)
    drawn = Random(f"{SEED} {at} {number}")  # noqa: S311 - invented students
    return draw_school(school, questionnaire, effect, drawn)


@dataclass(frozen=True)
class Launched:
    at: OpenWave
    state: WaveState
    opened_on: date


def launch(school_id: uuid.UUID, number: int, *, opened: date) -> tuple[Launched, Questionnaire]:
    """The survey of this number, launched if it is not yet."""
    with begin() as db:
        found = db.scalars(
            select(Wave)
            .join(Wave.campaign)
            .where(Wave.school_id == school_id, Campaign.programme_id.is_not(None))
            .order_by(Wave.number)
        ).all()
        wave = next((one for one in found if one.number == number), None)
        if wave is None:
            wave = operations.next_wave(db, campaign=found[-1].campaign, by=None)
        if wave.state is WaveState.DRAFT:
            operations.launch(db, wave=wave, closes_on=opened + FIELDWORK, today=opened, by=None)
        return (
            Launched(
                OpenWave(school_id, wave.wave_id, code_key()),
                wave.state,
                wave.opened_on or opened,
            ),
            operations.questionnaire_of(wave),
        )


def draw_school(
    school: DemoSchool, questionnaire: Questionnaire, effect: SchoolEffect, random: Random
) -> Iterator[dict[str, str | list[str]]]:
    """The answers of all who take part."""
    for year, on_roll in enumerate(school.roll, start=7):
        for _ in range(round(on_roll * random.uniform(*TAKES_PART))):
            yield draw_answers(questionnaire, draw_student(year, random), effect, random)
