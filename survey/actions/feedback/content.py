"""The content of “You said, we did”: the actions that a school shows its students.

What students said comes only from the releases and cannot be edited. The school writes what was
done. An action whose report was withdrawn, or whose figure is hidden, is not shown.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from survey.actions.models import SubjectKind
from survey.actions.operations import actions_of
from survey.actions.states import ActionState
from survey.actions.tracking import Followed, TrackedReport, follow, reports_of
from survey.campaigns.models import Campaign
from survey.questionnaires.model import Item, QuestionRole
from survey.questionnaires.table_key import TableKey
from survey.releases import sums_of_answers
from survey.reports.school.report_data import ReportData, Share
from survey.reports.trends.caveats import Caveat
from survey.reports.trends.change import ChangeVerdict


@dataclass(frozen=True)
class Quote:
    """What students said: the question, its row or place, and the answers counted in the published
    share (none for an indicator). `of_goers`: the share is of those who go to the place."""

    asked: str
    part: str | None
    answers: tuple[str, ...]
    share: Share
    of_goers: bool = False


@dataclass(frozen=True)
class FurtherComparison:
    """The same figure in a later survey, and the verdict on the difference."""

    share: Share
    verdict: ChangeVerdict
    asked_on: date | None
    caveats: tuple[Caveat, ...] = ()


@dataclass(frozen=True)
class Told:
    """One action as students read it. `place` is None if it is about a theme."""

    followed: Followed
    place: str | None
    said: Quote
    asked_on: date | None
    again: FurtherComparison | None
    is_of_few: bool = False
    """Whether so few of the roll answered that the figure is only of those who did."""

    @property
    def state(self) -> ActionState:
        return self.followed.action.state

    @property
    def shares(self) -> tuple[Share, ...]:
        """Every figure that is shown."""
        return (self.said.share, self.again.share) if self.again else (self.said.share,)


def read_told(db: Session, campaign: Campaign) -> tuple[Told, ...]:
    """Actions in the language of the page: places first, then themes; the newest survey first."""
    reports = reports_of(db, campaign)
    shown = (
        action
        for action in actions_of(db, campaign)
        if action.for_students and action.state is not ActionState.DROPPED
    )
    found = [told for one in follow(reports, shown) if (told := _tell(reports, one))]
    return tuple(
        sorted(
            found,
            key=lambda one: (
                one.followed.action.kind is not SubjectKind.PLACE,
                -one.followed.action.wave.number,
            ),
        )
    )


def _tell(reports: Iterable[TrackedReport], followed: Followed) -> Told | None:
    action, found = followed.action, followed.found
    if found is None or found.share is None or not found.share.is_shown:
        return None
    reading = next(one.reading for one in reports if one.wave.wave_id == action.wave_id)
    said = say(reading, found.share)
    if said is None:
        return None
    change, newest = followed.change, followed.newest
    again = None
    if change and change.now and newest and followed.verdict is not ChangeVerdict.UNSAID:
        closed = newest.wave.closed_on
        again = FurtherComparison(change.now, followed.verdict, closed, followed.caveats)
    place = followed.label if action.kind is SubjectKind.PLACE else None
    is_of_few = reading.turnout is not None and reading.turnout.is_low
    return Told(followed, place, said, found.wave.closed_on, again, is_of_few)


def say(reading: ReportData, share: Share) -> Quote | None:
    """What a figure represents, in the words of the questionnaire; None if they are no longer in
    it."""
    name, answer = TableKey(share.table), share.answer
    if name.is_indicator:
        indicator = next(
            (one for one in reading.questionnaire.indicators if one.key == name.indicator), None
        )
        return Quote(reading.words(indicator.label), None, (), share) if indicator else None
    item = reading.questionnaire.by_key.get(name.item)
    if item is None:
        return None
    asked = reading.words(item.wording)
    if name.option:
        return Quote(asked, None, _labels(reading, item, (name.option,)), share)
    row = next((reading.words(one.label) for one in item.rows if one.key == name.row), None)
    box = next((one for one in sums_of_answers.boxes_of(item) if one.key == answer), None)
    answers = _labels(reading, item, box.answers if box else (answer,))
    has_away = any(option.role is QuestionRole.AWAY for option in item.options)
    return Quote(asked, row, answers, share, has_away and box is not None) if answers else None


def _labels(reading: ReportData, item: Item, answers: tuple[str, ...]) -> tuple[str, ...]:
    if item.kind.fixed_answers:
        return (f"{answers[0]}–{answers[-1]}",) if len(answers) > 1 else answers
    labels = {option.key: reading.words(option.label) for option in item.options}
    return tuple(labels[one] for one in answers if one in labels)
