"""Operations on actions: a lead plans one, edits it, changes its state, and shows it to
students."""

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
    """No page has this word."""


class NothingToShowError(RefusedError):
    """An action to show to students has no words for them."""


@dataclass(frozen=True)
class Subject:
    """The subject of an action: the key of a place, or the tag of a theme."""

    kind: SubjectKind
    key: str


@dataclass(frozen=True)
class Measured:
    """The figure that measures an action: its place in every release of the school."""

    table: str
    answer: str
    group: str


@dataclass(frozen=True)
class ActionWords:
    """The texts of an action. `found`: the finding of the report; `owner`: who is responsible for
    the place; `other_signs`: other signs of change; `we_did`: the words for students, in
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
        """The text without blanks at its ends. Raises a `NothingToShowError` if it is empty."""
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
    """Creates an action from the report of a survey."""
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
    """Changes an action. Without `measured`, its measure stays the same."""
    _write(action, measured, words)
    _record(db, EventName.ACTION_CHANGED, action, by)


def move_on(
    db: Session, *, action: Action, to: ActionState, note: str, today: date, by: MemberLike | None
) -> None:
    """Changes the state, and stores the day, member and note."""
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
    """Actions of a campaign: open ones first, by due date; then finished ones, then dropped
    ones."""
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
"""The order of states in a list."""


def students_page(db: Session, campaign: Campaign) -> StudentsPage | None:
    """The page that is shown now, if any."""
    return db.get(StudentsPage, (campaign.school_id, campaign.campaign_id))


def show_students(
    db: Session, *, campaign: Campaign, today: date, by: MemberLike | None
) -> StudentsPage:
    """Opens the page “You said, we did” for students."""
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
    """The campaign whose page has this word."""
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
    """Records the event without any text."""
    record(db, name, by=by, school_id=action.school_id, action_id=action.action_id, **more)


def _record_page(db: Session, name: EventName, campaign: Campaign, by: MemberLike | None) -> None:
    record(db, name, by=by, school_id=campaign.school_id, campaign_id=campaign.campaign_id)
