"""Counts answers: the only module that reads single answers, and returns tables.

The tables hold true counts by year and gender; nothing in them may be shown before `gate` has
protected it. Free text is in no table: it only goes to the page where a lead reads it.
"""

from __future__ import annotations

import hmac
import json
import uuid
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from survey.disclosure.group_labels import without_small_groups
from survey.disclosure.merged_groups import parts
from survey.disclosure.release import PARTICIPATION
from survey.disclosure.sources import Question, SourceKind
from survey.disclosure.tables import Cell, CountTable, Lattice
from survey.questionnaires.check_answers import Answer, Answers, age_of, options_given
from survey.questionnaires.model import YEAR_ITEM, Questionnaire
from survey.questionnaires.year_bands import YearBands
from survey.releases.policy import POLICY
from survey.releases.tabulation_plan import (
    NO_BANDS,
    UNSAID,
    TablePlan,
    cell_of,
    from_year,
    lattice_of,
    plan,
    questions_of,
)
from survey.responses.models import FreeText, Response

DRAW = b"safety-survey labels/1"
"""Separates this use of a release's seed from every other."""

AT_ONCE = 1000
"""Rows held in memory at a time."""


class StrangeAnswerError(ValueError):
    """A stored response that its questionnaire cannot have given. The message names the item and
    never the answer. Nothing is counted then: a wrong number is worse than none."""

    def __init__(self, item: str) -> None:
        super().__init__(f"a stored response holds something that item {item} does not take")
        self.item = item


@dataclass(frozen=True)
class Tabulation:
    """True counts of one wave. `participation` counts each student once; every table adds up to it,
    except for the years that are not asked its item.

    Raises a `TotalsDisagreeError` if one does not."""

    lattice: Lattice
    participation: CountTable
    tables: tuple[CountTable, ...]
    questions: tuple[Question, ...] = ()
    said: Mapping[str, int] | None = None
    """How many gave each year, where a few are counted without it (`group_labels`)."""

    def __post_init__(self) -> None:
        sizes = self.participation.sizes()
        for table in self.tables:
            table.check_sizes(sizes)

    @property
    def respondents(self) -> int:
        return sum(self.participation.sizes().values())

    @property
    def by_year(self) -> Mapping[str, int]:
        """How many answered, by the key of the year group they gave."""
        if self.said is not None:
            return self.said
        counted: dict[str, int] = {}
        for (year, _gender), number in self.participation.sizes().items():
            counted[year] = counted.get(year, 0) + number
        return counted


def tabulate(
    db: Session,
    *,
    school_id: uuid.UUID,
    wave_id: uuid.UUID,
    questionnaire: Questionnaire,
    bands: YearBands = NO_BANDS,
    seed: bytes | None = None,
) -> Tabulation:
    """The counts of a wave, in one pass over its responses. `seed`: see `count`."""
    stored = db.scalars(
        select(Response.answers)
        .where(Response.school_id == school_id, Response.wave_id == wave_id)
        .execution_options(yield_per=AT_ONCE)
    )
    responses = (read_response(questionnaire, line) for line in stored)
    return count(questionnaire, responses, bands, seed)


def count_responses(db: Session, *, school_id: uuid.UUID, wave_id: uuid.UUID) -> int:
    """How many responses are stored. Exact, so never for a page."""
    stored = db.scalar(
        select(func.count())
        .select_from(Response)
        .where(Response.school_id == school_id, Response.wave_id == wave_id)
    )
    return stored or 0


def count_by_year(
    db: Session, *, school_id: uuid.UUID, wave_id: uuid.UUID, questionnaire: Questionnaire
) -> Mapping[str, int]:
    """How many responses are stored, by the key of their year group. Exact, so never for a page."""
    lattice, counted = lattice_of(questionnaire), dict[str, int]()
    stored = db.scalars(
        select(Response.answers)
        .where(Response.school_id == school_id, Response.wave_id == wave_id)
        .execution_options(yield_per=AT_ONCE)
    )
    for line in stored:
        year, _gender = cell_of(lattice, read_response(questionnaire, line))
        counted[year] = counted.get(year, 0) + 1
    return counted


def count_texts(db: Session, *, school_id: uuid.UUID, wave_id: uuid.UUID) -> Mapping[str, int]:
    """Item to how many texts are stored. Exact, so never for a page."""
    counted = db.execute(
        select(FreeText.item, func.count())
        .where(FreeText.school_id == school_id, FreeText.wave_id == wave_id)
        .group_by(FreeText.item)
    )
    return dict(counted.all())


def texts_of(db: Session, *, school_id: uuid.UUID, wave_id: uuid.UUID, item: str) -> list[str]:
    """What students wrote to an item, in no meaningful order. For `survey.free_text` alone."""
    return list(
        db.scalars(
            select(FreeText.words).where(
                FreeText.school_id == school_id,
                FreeText.wave_id == wave_id,
                FreeText.item == item,
            )
        )
    )


def read_response(questionnaire: Questionnaire, line: str) -> Answers:
    """A stored response, parsed. Raises a `StrangeAnswerError`."""
    try:
        data = json.loads(line)
    except ValueError:
        raise StrangeAnswerError("?") from None
    if not isinstance(data, dict):
        raise StrangeAnswerError("?")
    answers: dict[str, Answer] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in data.items()
    }
    for key, answer in answers.items():
        item = questionnaire.by_key.get(key)
        if item is None or not isinstance(answer, item.kind.stored_as or ()):
            raise StrangeAnswerError(key)
        if not options_given(answer) <= set(item.answers):
            raise StrangeAnswerError(key)
        if isinstance(answer, dict) and not set(answer) <= {row.key for row in item.rows}:
            raise StrangeAnswerError(key)
    return answers


def count(
    questionnaire: Questionnaire,
    responses: Iterable[Answers],
    bands: YearBands = NO_BANDS,
    seed: bytes | None = None,
) -> Tabulation:
    """The counts of these responses. The order they come in makes no difference.

    With a `seed` (that of the wave's release) no group without a row is left with fewer than five
    students, whom a certificate would count: a few others are counted with them (`group_labels`).
    """
    lattice, plans = lattice_of(questionnaire, bands), plan(questionnaire)
    given = list(responses)
    cells = said = [cell_of(lattice, answers) for answers in given]
    if seed is not None:
        order = [_order_of(seed, answers) for answers in given]
        cells = without_small_groups(
            said, order, *_parts(questionnaire, lattice, plans, said), POLICY.small
        )
    places = [{answer: at for at, answer in enumerate(one.answers)} for one in plans]
    counts: list[dict[Cell, list[int]]] = [{} for _ in plans]
    for answers, cell, before in zip(given, cells, said, strict=True):
        age = age_of(questionnaire, None, answers if cell[0] == before[0] else {})
        for one, place, counted in zip(plans, places, counts, strict=True):
            answer = _counts_as(one, answers, age)
            if answer is not None:
                counted.setdefault(cell, [0] * len(one.answers))[place[answer]] += 1
    return Tabulation(
        lattice,
        _participation(lattice, cells),
        tuple(
            CountTable(
                one.key,
                one.answers,
                one.base,
                one.boxes,
                {cell: tuple(row) for cell, row in counted.items()},
                lattice,
                one.source,
            )
            for one, counted in zip(plans, counts, strict=True)
        ),
        _questions_asked(questionnaire, lattice),
        dict(Counter(year for year, _gender in said)),
    )


def _questions_asked(questionnaire: Questionnaire, lattice: Lattice) -> tuple[Question, ...]:
    """The questions, each with the years that are asked it, also those in which no one took part:
    so who was asked follows from the questionnaire alone."""
    ages = {
        year: age_of(questionnaire, None, {YEAR_ITEM: year} if year != UNSAID else {})
        for year in lattice.single_years
    }
    return tuple(
        replace(
            question,
            years=tuple(
                year
                for year, age in ages.items()
                if age >= (from_year(questionnaire, questionnaire.by_key[question.key]) or 0)
            ),
        )
        for question in questions_of(questionnaire)
    )


def _order_of(seed: bytes, answers: Answers) -> bytes:
    """The place of a response in the draw. Equal responses are next to each other, and the counts
    are the same whichever of them is drawn."""
    written = json.dumps(answers, sort_keys=True, default=list).encode()
    return hmac.new(seed, DRAW + written, sha256).digest()


def _participation(lattice: Lattice, cells: Iterable[Cell]) -> CountTable:
    one = (PARTICIPATION,)
    people = {cell: (number,) for cell, number in Counter(cells).items()}
    return CountTable(PARTICIPATION, one, one, (), people, lattice)


def _parts(
    questionnaire: Questionnaire,
    lattice: Lattice,
    plans: tuple[TablePlan, ...],
    cells: Sequence[Cell],
) -> tuple[dict[str, str], dict[str, str]]:
    """Years and genders that no row distinguishes, where years that are asked different questions
    are separate as well."""
    from survey.disclosure.certify import participation_of  # when a survey is counted, by a worker

    table = _participation(lattice, cells)
    took_part = participation_of(table, POLICY, len(cells))
    ages = {year: age_of(questionnaire, None, {YEAR_ITEM: year}) for year in lattice.single_years}
    asked = [
        Question(
            f"from-{least}", SourceKind.ONE, tuple(year for year in ages if ages[year] >= least)
        )
        for least in sorted({min(ages.values()), *(one.from_year for one in plans)})
    ]
    return parts(lattice, took_part, asked)


def _counts_as(one: TablePlan, answers: Answers, age: int) -> str | None:
    """The answer a response counts as in a table, or None if it has no part in it."""
    if age < one.from_year:
        return None
    return one.read(answers)
