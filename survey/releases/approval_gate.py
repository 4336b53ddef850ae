"""The conditions for reading the answers of a closed survey: two people agree, and there are no
more answers than students.

A person who can make most of the answers of a group, and then reads the report, knows the rest. So
no single person gets from cards to figures: see docs/insiders.md. The same conditions apply to the
texts of a survey.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from survey.approvals import operations as approvals
from survey.approvals.models import Approval, ApprovalKind
from survey.campaigns import card_allowance as cards
from survey.campaigns.card_allowance import Cards
from survey.campaigns.models import Wave
from survey.campaigns.operations import questionnaire_of
from survey.campaigns.staff_history import HistoryLine, roll_changes
from survey.campaigns.states import REPORTED
from survey.errors import NotNowError
from survey.permissions import MemberLike
from survey.questionnaires.model import Questionnaire
from survey.releases import launch_gate
from survey.releases.tabulation import StrangeAnswerError, count_by_year, count_responses
from survey.year_groups.wording import year_name

COARSE = 10
"""The step, in people, to which the second person sees the number of answers rounded down, as on
every earlier page."""


class NotAgreedError(NotNowError):
    """No second person has agreed that the answers of this survey are read."""


class OverRollError(NotNowError):
    """A year group, or the school, gave more answers than it has students. `years` are those year
    groups; the number of answers is not given."""

    def __init__(self, years: tuple[int, ...]) -> None:
        self.years = years
        where = ", ".join(year_name(year) for year in years)
        super().__init__(
            _(
                "There are more answers than students on roll: %(where)s. Some cards were used by"
                " others, or the roll is out of date. Nothing is read or published until the roll"
                " is raised, which takes a second person.",
                where=where or _("the whole school"),
            )
        )


@dataclass(frozen=True)
class Checks:
    """What the second person checks. `answers` is rounded down to tens; `roll` says how the roll
    was changed before the launch."""

    cards: Cards
    answers: int
    granted: tuple[Approval, ...]
    roll: tuple[HistoryLine, ...]


def checks(db: Session, wave: Wave) -> Checks:
    """Cards against the roll, and roughly how many answered."""
    stored = count_responses(db, school_id=wave.school_id, wave_id=wave.wave_id)
    return Checks(
        cards.cards_of(db, wave),
        stored // COARSE * COARSE,
        cards.granted(db, wave),
        roll_changes(db, wave),
    )


def ask(
    db: Session,
    *,
    wave: Wave,
    by: MemberLike,
    today: date,
    kind: ApprovalKind = ApprovalKind.RELEASE,
) -> Approval:
    """One person asks that the answers of a closed survey are read, or its withdrawn report
    published again. From here on the roll is fixed, also if the survey was launched without one."""
    if not wave.roll:
        wave.roll = dict(wave.campaign.school.roll)
    return approvals.ask(
        db,
        school_id=wave.school_id,
        wave_id=wave.wave_id,
        kind=kind,
        by=by,
        today=today,
    )


def request_of(
    db: Session, wave: Wave, kind: ApprovalKind = ApprovalKind.RELEASE
) -> Approval | None:
    """The last request for the answers of this survey, or for its withdrawn report."""
    found = approvals.of_wave(db, school_id=wave.school_id, wave_id=wave.wave_id)
    return approvals.latest(found, kind)


def is_agreed(db: Session, wave: Wave) -> bool:
    """Whether two people want the answers read. A report that was made before it took two people
    counts as agreed, so that its texts are not lost."""
    if wave.state in REPORTED:
        return True
    return approvals.has_approved_release(db, school_id=wave.school_id, wave_id=wave.wave_id)


def refuse_unless_agreed(db: Session, wave: Wave) -> None:
    """Raises a `NotAgreedError` unless two people want the answers read."""
    if not is_agreed(db, wave):
        raise NotAgreedError(
            _("This takes two people: one asks, and a second one agrees. No one has agreed yet.")
        )


def refuse_over_roll(db: Session, wave: Wave, by_year: Mapping[str, int] | None = None) -> None:
    """Raises an `OverRollError` if a year group, or all together, gave more answers than it has
    students, or a `launch_gate.UnreportableError`. Adults are on no roll."""
    questionnaire = questionnaire_of(wave)
    if questionnaire.is_pulse:
        return
    counted = _by_year(db, wave, questionnaire) if by_year is None else by_year
    allowed = cards.cards_of(db, wave)
    roll = {one.year: one.on_roll for one in allowed.years}
    years = {key: _years(key) for key in counted}
    over = [
        year
        for key, number in counted.items()
        if years[key] and number > sum(roll.get(year, 0) for year in years[key])
        for year in years[key]
    ]
    if over or sum(counted.values()) > allowed.on_roll:
        raise OverRollError(tuple(sorted(set(over))))


def _by_year(db: Session, wave: Wave, questionnaire: Questionnaire) -> Mapping[str, int]:
    try:
        return count_by_year(
            db, school_id=wave.school_id, wave_id=wave.wave_id, questionnaire=questionnaire
        )
    except StrangeAnswerError as problem:
        raise launch_gate.unreportable_page(problem, wave.wave_id) from problem


def _years(key: str) -> tuple[int, ...]:
    """The year groups of a key; none for those who did not say."""
    return tuple(int(number) for number in re.findall(r"\d+", key))


def printed(made: Cards, granted: Sequence[Approval]) -> dict[str, str | int]:
    """What a release says of its cards, in the plain names and values of its header. Where cards
    are as many as slips with a yes, the number of a year group would tell how many have none, so
    only the sum of all is printed."""
    said: dict[str, str | int] = {"cards": made.made}
    by_year = all(one.slips is None for one in made.stocks)
    for one in made.stocks:
        name = "any" if one.year is None else f"y{one.year}"
        if one.made and by_year:
            said[f"cards_{name}"] = one.made
        for kind, count in ((ApprovalKind.CARDS, one.extra), (ApprovalKind.ROLL, one.raised)):
            reasons = [g.reason for g in granted if g.kind is kind and g.year == one.year]
            if count:
                said[f"{PRINTED[kind]}_{name}"] = count
                said |= {
                    f"{PRINTED[kind]}_{name}_reason_{number}": reason
                    for number, reason in enumerate(reasons, start=1)
                }
    return said


PRINTED: Mapping[ApprovalKind, str] = {
    ApprovalKind.CARDS: "extra_cards",
    ApprovalKind.ROLL: "roll_raised",
}
"""What the header of a release calls what a second person agreed to."""
