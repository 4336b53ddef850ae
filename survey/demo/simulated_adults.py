"""Invented adults of the demo's first school: a short survey of parents, one of staff, and two
self-assessments, a year apart.

The same seed gives the same adults. Parents and staff see less than students do: neither group
knows about the toilets, so that the page of three perspectives has something to show.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import TYPE_CHECKING

from survey.campaigns import adult_surveys, operations
from survey.database import begin
from survey.demo import second_person
from survey.demo.fieldwork import OpenWave, collect_all
from survey.demo.gshs_records import Raw
from survey.questionnaires.model import Audience, Item, ItemKind, Questionnaire, QuestionRole
from survey.releases import operations as release_operations
from survey.responses.ballot_box import opening
from survey.self_assessment import operations as assessment
from survey.self_assessment.models import Light
from survey.self_assessment.operations import StatementAnswer
from survey.self_assessment.statements import KEYS

if TYPE_CHECKING:
    from survey.disclosure.certify import Each

SEED = 20262
FIELDWORK = timedelta(days=12)
SKIPPED = 0.03
PEOPLE: Mapping[Audience, int] = {Audience.PARENTS: 196, Audience.STAFF: 74}

CHOICES: Mapping[str, tuple[int, ...]] = {
    "Q1": (22, 44, 20, 11, 3), "Q2": (14, 38, 24, 19, 5), "Q4": (46, 33, 21),
    "Q5": (16, 37, 27, 14, 6), "Q6": (22, 9, 8, 4, 6, 24, 14, 5, 6, 2),
    "S5": (34, 45, 12, 7, 2), "S6": (9, 28, 31, 24, 8), "S7": (15, 38, 25, 17, 5),
    "S8": (33, 8, 6, 7, 19, 14, 4, 4, 4, 1),
}  # fmt: skip
"""Weights of the plain answers of a question that takes one, in printed order."""

SHARES: Mapping[str, Mapping[str, int]] = {
    "Q3": {
        "stops": 41, "transport": 32, "outside_gates": 29, "parks": 23, "corridors": 17, "town": 14,
        "journey": 22, "outdoors": 12, "toilets": 11, "gates": 15, "changing_rooms": 8,
    },
    "S1": {
        "corridors": 44, "outdoors": 34, "gates": 28, "canteen": 22, "changing_rooms": 16,
        "toilets": 13, "library": 4, "classrooms": 3,
    },
    "S2": {
        "between_lessons": 48, "lunch": 52, "break": 33, "end_of_day": 30, "before_school": 13,
        "in_lessons": 8, "clubs": 4,
    },
    "S3": {
        "names": 68, "hurt": 41, "sexual": 29, "unfair": 38, "online": 26, "control": 6,
        "groups": 17, "weapons": 5, "used": 4,
    },
    "S4": {
        "names": 51, "hurt": 27, "sexual": 14, "unfair": 22, "online": 37, "control": 9,
        "groups": 12, "weapons": 4, "used": 3,
    },
}  # fmt: skip
"""Per cent of the adults who tick an option; each other option is ticked by a few."""

FEW = 4


@dataclass(frozen=True)
class Noted:
    """What the school wrote about a statement: before, now, and the evidence."""

    before: Light
    now: Light
    evidence: str = ""
    owner: str = ""
    due_in: int | None = None


RED, AMBER, GREEN = Light
NOTED: Mapping[str, Noted] = {
    "lead": Noted(GREEN, GREEN, "Named in the policy. Governors asked in June.", "Headteacher"),
    "policy": Noted(AMBER, GREEN, "Part 3 of the policy, agreed in May."),
    "records": Noted(RED, AMBER, "The form asks for place and time since April.", "Ms Okafor", 60),
    "training": Noted(RED, AMBER, "Lunch staff trained. Site staff to follow.", "Ms Okafor", 90),
    "students": Noted(AMBER, AMBER, "Student council, Years 9 to 11 only.", "Mr Bell", 120),
    "lessons": Noted(AMBER, GREEN, "Plan of lessons by year, looked at every term."),
    "cover": Noted(RED, AMBER, "Second adult at lunch by the toilets.", "Mr Bell", 30),
    "language": Noted(AMBER, AMBER, "Agreed words, not yet used by everybody.", "Ms Reid", 90),
    "bystanders": Noted(RED, RED, "One assembly so far.", "Ms Reid", 150),
    "asking": Noted(RED, GREEN, "Two waves of the survey, ten languages, easy read."),
    "together": Noted(RED, AMBER, "Parents and staff asked this term.", "Ms Okafor", 45),
    "groups": Noted(AMBER, AMBER, "Done for two groups in Year 9.", "Ms Okafor", 75),
    "walks": Noted(RED, AMBER, "Walk with Year 8 in October.", "Mr Bell", 60),
    "partners": Noted(AMBER, GREEN, "Bus company and council meet us each term."),
    "told": Noted(RED, AMBER, "Poster after the second wave.", "Headteacher", 30),
}
DEFAULT = Noted(AMBER, GREEN)


def hold_pulses(school_id: uuid.UUID, *, code_key: bytes, opened: date, each: Each) -> None:
    """Runs a short survey of parents and one of staff, from start to publication."""
    random = Random(SEED)  # noqa: S311 - invented adults, the same every time
    for audience, people in PEOPLE.items():
        with begin() as db:
            campaign = adult_surveys.start_pulse(
                db, school_id=school_id, audience=audience, by=None
            )
            (wave,) = campaign.waves
            operations.launch(db, wave=wave, closes_on=opened + FIELDWORK, today=opened, by=None)
            here = OpenWave(school_id, wave.wave_id, code_key)
            questionnaire = operations.questionnaire_of(wave)
        answers = [draw_adult(questionnaire, random) for _ in range(people)]
        for _done in collect_all(here, answers, today=opened):
            pass
        closed = opened + FIELDWORK
        with begin() as db:
            found = operations.find_wave(db, school_id, here.wave_id)
            release_operations.close(db, wave=found, by=None, today=closed)
        opening.finish(school_id=school_id, wave_id=here.wave_id, by=None)
        with begin() as db:
            found = operations.find_wave(db, school_id, here.wave_id)
            second_person.agree(db, wave=found, today=closed)
            release_operations.make(db, wave=found, by=None, today=closed, each=each)


def draw_adult(questionnaire: Questionnaire, random: Random) -> Raw:
    """Raw answers by question, as the form of a page has them."""
    raw: Raw = {}
    for item in questionnaire.asked:
        if random.random() >= SKIPPED:
            raw[item.key] = _DRAW[item.kind](item, random)
    return raw


def _one(item: Item, random: Random) -> str:
    plain = [option.key for option in item.options if option.role is QuestionRole.ANSWER]
    return random.choices(plain, weights=CHOICES[item.key])[0]


def _several(item: Item, random: Random) -> list[str]:
    ticked = list(_ticks(item, random))
    alone = [option.key for option in item.options if option.role is QuestionRole.NONE]
    return ticked or alone


def _ticks(item: Item, random: Random) -> Iterator[str]:
    for option in item.options:
        share = SHARES[item.key].get(option.key, FEW)
        if not option.stands_alone and random.random() * 100 < share:
            yield option.key


_DRAW: Mapping[ItemKind, Callable[[Item, Random], str | list[str]]] = {
    ItemKind.ONE: _one,
    ItemKind.SEVERAL: _several,
}


def assess(school_id: uuid.UUID, *, before: date, now: date) -> None:
    """Self-assessments of the school: one of now and one of a year earlier."""
    for day, is_now in ((before, False), (now, True)):
        with begin() as db:
            one = assessment.start(db, school_id=school_id, today=day, by=None)
            assessment.save(db, assessment=one, said=_said(day, is_now=is_now), by=None)
            assessment.finish(db, assessment=one, today=day, by=None)


def _said(day: date, *, is_now: bool) -> dict[str, StatementAnswer]:
    found = {}
    for key in KEYS:
        noted = NOTED.get(key, DEFAULT)
        if not is_now:
            found[key] = StatementAnswer(noted.before)
            continue
        due = None if noted.due_in is None else day + timedelta(days=noted.due_in)
        found[key] = StatementAnswer(noted.now, noted.evidence, noted.owner, due)
    return found
