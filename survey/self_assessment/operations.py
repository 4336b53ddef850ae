"""Operations on self-assessments, and the comparison of two."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from flask_babel import gettext as _
from sqlalchemy import delete, select
from sqlalchemy.orm import Session, selectinload

from survey.audit_log import EventName, record
from survey.errors import NotNowError, NotThereError
from survey.organisations.models import School
from survey.permissions import MemberLike
from survey.self_assessment.models import Assessment, Light, Mark
from survey.self_assessment.statements import AREAS, KEYS, AssessmentArea, Statement

LONGEST_EVIDENCE = 1000
LONGEST_OWNER = 80
RANKS: Mapping[Light, int] = {Light.RED: 0, Light.AMBER: 1, Light.GREEN: 2}


class NoSuchAssessmentError(NotThereError):
    """The school has no such self-assessment."""


class NoSuchAreaError(NotThereError):
    """A self-assessment has no such area."""


class FinishedError(NotNowError):
    """A finished one cannot be changed; the next starts with its entries."""


class NotRatedError(NotNowError):
    """Some statements have no rating yet."""


@dataclass(frozen=True)
class StatementAnswer:
    """The entry for one statement."""

    light: Light | None = None
    evidence: str = ""
    owner: str = ""
    due: date | None = None


NOTHING = StatementAnswer()


@dataclass(frozen=True)
class ComparedStatement:
    """One statement in an earlier and a later assessment. `step` is positive if it got better, and
    None if one of the two has no rating."""

    statement: Statement
    before: StatementAnswer
    after: StatementAnswer

    @property
    def step(self) -> int | None:
        if self.before.light is None or self.after.light is None:
            return None
        return RANKS[self.after.light] - RANKS[self.before.light]


def all_of(db: Session, school_id: uuid.UUID) -> list[Assessment]:
    """All versions, the newest first; one that is being written comes before them."""
    found = db.scalars(
        select(Assessment)
        .where(Assessment.school_id == school_id)
        .options(selectinload(Assessment.marks))
    )
    return sorted(
        found,
        key=lambda one: (one.finished_on is None, one.finished_on or one.started_on),
        reverse=True,
    )


def find(db: Session, school_id: uuid.UUID, assessment_id: uuid.UUID) -> Assessment:
    assessment = db.get(Assessment, (school_id, assessment_id))
    if assessment is None:
        raise NoSuchAssessmentError(_("There is no such self-assessment."))
    return assessment


def find_area(key: str) -> AssessmentArea:
    area = next((one for one in AREAS if one.key == key), None)
    if area is None:
        raise NoSuchAreaError(_("There is no such area."))
    return area


def said_in(assessment: Assessment) -> Mapping[str, StatementAnswer]:
    """The entries for the statements of today, by key."""
    marks = {mark.statement: mark for mark in assessment.marks}
    return {
        key: StatementAnswer(
            marks[key].light, marks[key].evidence, marks[key].owner, marks[key].due
        )
        if key in marks
        else NOTHING
        for key in KEYS
    }


def unrated(assessment: Assessment) -> int:
    """How many statements have no rating yet."""
    return sum(said.light is None for said in said_in(assessment).values())


def lights(area: AssessmentArea, said: Mapping[str, StatementAnswer]) -> Mapping[Light, int]:
    """How many statements of an area have each rating."""
    given = [said[statement.key].light for statement in area.statements]
    return {light: given.count(light) for light in Light}


def refuse_if_finished(assessment: Assessment) -> None:
    if assessment.finished_on is not None:
        raise FinishedError(_("This self-assessment is finished. Start the next one."))


def start(db: Session, *, school_id: uuid.UUID, today: date, by: MemberLike | None) -> Assessment:
    """The version that is being written, or a new one that starts with the last entries."""
    db.get(School, school_id, with_for_update=True)  # two taps wait for each other
    before = all_of(db, school_id)
    if before and before[0].finished_on is None:
        return before[0]
    assessment = Assessment(school_id=school_id, started_on=today)
    db.add(assessment)
    db.flush()  # its marks and the event name its id
    if before:
        _write(db, assessment, said_in(before[0]))
    record(
        db,
        EventName.ASSESSMENT_STARTED,
        by=by,
        school_id=school_id,
        assessment_id=assessment.assessment_id,
    )
    return assessment


def save(
    db: Session,
    *,
    assessment: Assessment,
    said: Mapping[str, StatementAnswer],
    by: MemberLike | None,
) -> None:
    """Saves the entries for some statements."""
    refuse_if_finished(assessment)
    _write(db, assessment, said)
    record(
        db,
        EventName.ASSESSMENT_CHANGED,
        by=by,
        school_id=assessment.school_id,
        assessment_id=assessment.assessment_id,
    )


def finish(db: Session, *, assessment: Assessment, today: date, by: MemberLike | None) -> None:
    """Finishes it with a day; it cannot be changed after that."""
    refuse_if_finished(assessment)
    if unrated(assessment):
        raise NotRatedError(_("Choose a light for every statement first."))
    assessment.finished_on = today
    record(
        db,
        EventName.ASSESSMENT_FINISHED,
        by=by,
        school_id=assessment.school_id,
        assessment_id=assessment.assessment_id,
    )


def discard(db: Session, *, assessment: Assessment, by: MemberLike | None) -> None:
    """Deletes one that is not finished, with all that was written in it."""
    refuse_if_finished(assessment)
    which = {"school_id": assessment.school_id, "assessment_id": assessment.assessment_id}
    for kept in (Mark, Assessment):
        db.execute(
            delete(kept).where(
                kept.school_id == assessment.school_id,
                kept.assessment_id == assessment.assessment_id,
            )
        )
    record(db, EventName.ASSESSMENT_DISCARDED, by=by, **which)
    db.expunge(assessment)


def compare(
    before: Assessment, after: Assessment
) -> tuple[tuple[AssessmentArea, tuple[ComparedStatement, ...]], ...]:
    """Statement by statement, in their order."""
    was, now = said_in(before), said_in(after)
    return tuple(
        (area, tuple(ComparedStatement(one, was[one.key], now[one.key]) for one in area.statements))
        for area in AREAS
    )


def count_steps(
    compared: Iterable[tuple[AssessmentArea, tuple[ComparedStatement, ...]]],
) -> tuple[int, int]:
    """How many statements got better, and how many worse."""
    steps = [one.step for _area, lines in compared for one in lines if one.step is not None]
    return sum(step > 0 for step in steps), sum(step < 0 for step in steps)


def _write(db: Session, assessment: Assessment, said: Mapping[str, StatementAnswer]) -> None:
    for statement, one in said.items():
        db.merge(
            Mark(
                school_id=assessment.school_id,
                assessment_id=assessment.assessment_id,
                statement=statement,
                light=one.light,
                evidence=one.evidence,
                owner=one.owner,
                due=one.due,
            )
        )
    db.flush()
    db.expire(assessment, ["marks"])
