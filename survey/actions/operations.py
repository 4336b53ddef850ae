"""Operations on an action: a lead plans it, changes its words, moves it on, and shows students
what was said and done."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from survey.actions.models import Action, ActionMove, StudentsPage, SubjectKind
from survey.actions.states import ActionState, move
from survey.audit_log import EventName, record
from survey.campaigns.models import Campaign, Wave
from survey.campaigns.printing.operations import WORD_LETTERS
from survey.errors import NotThereError, RefusedError
from survey.permissions import MemberLike

LONGEST_LINE = 120
LONGEST_TEXT = 600
WORD_LENGTH = 12
"""The length of the random word in an address, too long to guess: 12 of 31 letters."""


class NoSuchActionError(NotThereError):
    """The school has no such action."""


class NoStudentsPageError(NotThereError):
    """No page is shown under this word."""


class NothingToShowError(RefusedError):
    """An action is shown to students without words for them."""


@dataclass(frozen=True)
class Subject:
    """What an action is against: the key of a place, or the tag of a theme."""

    kind: SubjectKind
    key: str


@dataclass(frozen=True)
class Measured:
    """The printed figure an action is to change: its place in every release of the school."""

    table: str
    answer: str
    group: str


@dataclass(frozen=True)
class ActionWords:
    """What a school writes of an action. `found`: what the report says; `owner`: who is in charge
    of the place; `other_signs`: how else change will show; `we_did`: the words for students, in
    `language`."""

    found: str
    goal: str
    owner: str
    steps_taken: str
    due_on: date
    other_signs: str = ""
    for_students: bool = False
    we_did: str = ""
    language: str = "en"

    def tidied(self) -> ActionWords:
        """Without blanks at the ends; raises a `NothingToShowError`."""
        if self.for_students and not self.we_did.strip():
            raise NothingToShowError(_("Write what students will read."))
        return replace(
            self,
            found=self.found.strip(),
            goal=self.goal.strip(),
            owner=self.owner.strip(),
            steps_taken=self.steps_taken.strip(),
            other_signs=self.other_signs.strip(),
            we_did=self.we_did.strip(),
        )


def plan(
    db: Session,
    *,
    wave: Wave,
    subject: Subject,
    measured: Measured,
    words: ActionWords,
    today: date,
    by: MemberLike | None,
) -> Action:
    """Begins an action that a wave's report led to."""
    action = Action(
        school_id=wave.school_id,
        action_id=uuid.uuid4(),
        campaign_id=wave.campaign_id,
        wave_id=wave.wave_id,
        kind=subject.kind,
        subject=subject.key,
        planned_on=today,
        state=ActionState.PLANNED,
    )
    _write(action, measured, words)
    db.add(action)
    _record(db, EventName.ACTION_PLANNED, action, by, wave_id=wave.wave_id)
    return action


def change(
    db: Session,
    *,
    action: Action,
    words: ActionWords,
    measured: Measured | None = None,
    by: MemberLike | None,
) -> None:
    """Changes an action. Without `measured` it is measured as before."""
    _write(action, measured, words)
    _record(db, EventName.ACTION_CHANGED, action, by)


def move_on(
    db: Session, *, action: Action, to: ActionState, note: str, today: date, by: MemberLike | None
) -> None:
    """Changes the state, and stores the day, the member and a note."""
    action.state = move(action.state, to)
    action.moves.append(
        ActionMove(
            number=len(action.moves) + 1,
            state=to,
            moved_on=today,
            moved_by=by.id if by else None,
            note=note.strip(),
        )
    )
    _record(db, EventName.ACTION_MOVED, action, by, to=to.value)


def find_action(db: Session, school_id: uuid.UUID, action_id: uuid.UUID) -> Action:
    action = db.get(Action, (school_id, action_id))
    if action is None:
        raise NoSuchActionError(_("There is no such action."))
    return action


def actions_of(db: Session, campaign: Campaign) -> Sequence[Action]:
    """Those that go on first, the nearest day first of them; then what is done, then what is
    dropped."""
    found = db.scalars(
        select(Action)
        .where(Action.school_id == campaign.school_id, Action.campaign_id == campaign.campaign_id)
        .options(selectinload(Action.moves), selectinload(Action.wave))
    )
    return sorted(found, key=lambda one: (_TURN[one.state], one.due_on, one.action_id))


_TURN = {
    ActionState.PLANNED: 0,
    ActionState.UNDER_WAY: 0,
    ActionState.DONE: 1,
    ActionState.DROPPED: 2,
}
"""Which come first in a list."""


def students_page(db: Session, campaign: Campaign) -> StudentsPage | None:
    """The page that is shown now, if any is."""
    return db.get(StudentsPage, (campaign.school_id, campaign.campaign_id))


def show_students(
    db: Session, *, campaign: Campaign, today: date, by: MemberLike | None
) -> StudentsPage:
    """Opens the page on which students read what was said and done."""
    page = students_page(db, campaign)
    if page is None:
        page = StudentsPage(
            school_id=campaign.school_id,
            campaign_id=campaign.campaign_id,
            word="".join(secrets.choice(WORD_LETTERS) for _n in range(WORD_LENGTH)),
            opened_on=today,
        )
        db.add(page)
        _record_page(db, EventName.STUDENTS_PAGE_SHOWN, campaign, by)
    return page


def hide_from_students(db: Session, *, campaign: Campaign, by: MemberLike | None) -> None:
    """Closes the page for students. Its address is never used again, even if it is reopened."""
    page = students_page(db, campaign)
    if page is not None:
        db.delete(page)
        _record_page(db, EventName.STUDENTS_PAGE_HIDDEN, campaign, by)


def campaign_shown_under(db: Session, word: str) -> Campaign:
    """The campaign whose students read under this word."""
    page = db.scalar(select(StudentsPage).where(StudentsPage.word == word))
    if page is None:
        raise NoStudentsPageError
    return page.campaign


def _write(action: Action, measured: Measured | None, words: ActionWords) -> None:
    for name, value in asdict(words.tidied()).items():
        setattr(action, name, value)
    if measured is not None:
        action.measured_table = measured.table
        action.measured_answer = measured.answer
        action.measured_group = measured.group


def _record(
    db: Session, name: EventName, action: Action, by: MemberLike | None, **more: Any
) -> None:
    """Records what was done, never what was written."""
    record(db, name, by=by, school_id=action.school_id, action_id=action.action_id, **more)


def _record_page(db: Session, name: EventName, campaign: Campaign, by: MemberLike | None) -> None:
    record(db, name, by=by, school_id=campaign.school_id, campaign_id=campaign.campaign_id)
