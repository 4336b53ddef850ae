"""The history of a survey: what staff did with it, who and on which day.

Everyone who can see the survey sees this, so a person who prints cards knows that it is seen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString
from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from survey.approvals.models import ApprovalKind
from survey.audit_log import Event, EventName
from survey.campaigns.adult_surveys import is_pulse
from survey.campaigns.models import Wave
from survey.campaigns.states import REPORTED
from survey.organisations.models import Member
from survey.year_groups.wording import year_name

SAID: Mapping[EventName, LazyString] = {
    EventName.WAVE_LAUNCHED: _l("Launched the survey"),
    EventName.SLIPS_COUNTED: _l("Counted slips with a yes"),
    EventName.CODES_MADE: _l("Made cards"),
    EventName.CODES_PRINTED: _l("Printed or saved cards"),
    EventName.WAVE_CLOSED: _l("Closed the survey"),
    EventName.TEXTS_OPENED: _l("Opened what students wrote"),
    EventName.WAVE_RELEASED: _l("The report was made"),
    EventName.RELEASE_WITHDRAWN: _l("Withdrew the report"),
    EventName.RELEASE_RESTORED: _l("Published the report again"),
    EventName.WAVE_EXTENDED: _l("Moved the last day"),
    EventName.LAUNCH_UNDONE: _l("Undid the launch"),
    EventName.WAVE_ENDED: _l("Ended the survey without a report"),
    EventName.RESPONSES_ERASED: _l("Answers were erased"),
}
ASKED: Mapping[str, Mapping[EventName, LazyString]] = {
    ApprovalKind.CARDS.value: {
        EventName.APPROVAL_ASKED: _l("Asked for more cards than the roll allows"),
        EventName.APPROVAL_GIVEN: _l("Agreed to more cards than the roll allows"),
        EventName.APPROVAL_DECLINED: _l("Declined more cards than the roll allows"),
    },
    ApprovalKind.ROLL.value: {
        EventName.APPROVAL_ASKED: _l("Asked for more students on the roll"),
        EventName.APPROVAL_GIVEN: _l("Agreed to more students on the roll"),
        EventName.APPROVAL_DECLINED: _l("Declined more students on the roll"),
    },
    ApprovalKind.RESTORE.value: {
        EventName.APPROVAL_ASKED: _l("Asked for the withdrawn report to be published again"),
        EventName.APPROVAL_GIVEN: _l("Agreed to publish the withdrawn report again"),
        EventName.APPROVAL_DECLINED: _l("Declined to publish the withdrawn report again"),
    },
    ApprovalKind.QUESTIONS.value: {
        EventName.APPROVAL_ASKED: _l("Asked a second person to read the school’s own questions"),
        EventName.APPROVAL_GIVEN: _l("Agreed to the school’s own questions"),
        EventName.APPROVAL_DECLINED: _l("Declined the school’s own questions"),
    },
    ApprovalKind.RELEASE.value: {
        EventName.APPROVAL_ASKED: _l("Asked for the report"),
        EventName.APPROVAL_GIVEN: _l("Agreed to the report"),
        EventName.APPROVAL_DECLINED: _l("Declined the report"),
    },
}
NAMES = (*SAID, *ASKED[ApprovalKind.CARDS.value], EventName.SCHOOL_CHANGED)


@dataclass(frozen=True)
class HistoryLine:
    """One thing that was done. `who` is empty for what happened by the clock."""

    on: date
    who: str
    what: str


def history_of(db: Session, wave: Wave) -> tuple[HistoryLine, ...]:
    """What was done with a survey, the latest first, and the changes of its roll."""
    since = _roll_since(db, wave)
    return tuple(
        _line(event, name)
        for event, name in _events(db, wave, NAMES)
        if event.details.get("wave_id") == str(wave.wave_id) or _is_of_roll(event, wave, since)
    )


def roll_changes(db: Session, wave: Wave) -> tuple[HistoryLine, ...]:
    """Changes of the roll that this survey was launched with, since the survey before it. The
    number of cards follows from the roll, which one person can change before a launch."""
    since = _roll_since(db, wave)
    return tuple(
        _line(event, name)
        for event, name in _events(db, wave, (EventName.SCHOOL_CHANGED,))
        if _is_of_roll(event, wave, since)
    )


def _line(event: Event, name: str | None) -> HistoryLine:
    """A roll that no member changed came from a file that the operator read in."""
    is_by_file = event.name is EventName.SCHOOL_CHANGED and not name
    return HistoryLine(
        event.day, _("The operator's computer") if is_by_file else name or "", _said(event)
    )


def _events(
    db: Session, wave: Wave, names: Sequence[EventName]
) -> Iterable[Row[Event, str | None]]:
    return db.execute(
        select(Event, Member.name)
        .outerjoin(Member, Member.id == Event.member_id)
        .where(Event.school_id == wave.school_id, Event.name.in_(names))
        .order_by(Event.at.desc())
    )


def _roll_since(db: Session, wave: Wave) -> date:
    """The day of the last launch whose roll a second person has seen, as they agreed to its report.
    Changes up to then were for earlier surveys. A survey that was launched and ended without a
    report does not count, nor does one of staff or parents, whose page says nothing of the roll: a
    survey for show would hide a change."""
    earlier = select(Wave).where(
        Wave.school_id == wave.school_id, Wave.wave_id != wave.wave_id, Wave.state.in_(REPORTED)
    )
    if wave.opened_on is not None:
        earlier = earlier.where(Wave.opened_on < wave.opened_on)
    days = (one.opened_on for one in db.scalars(earlier) if not is_pulse(one.campaign))
    return max((day for day in days if day is not None), default=date.min)


def _is_of_roll(event: Event, wave: Wave, since: date) -> bool:
    """Whether an event changed the roll that this survey has. Adults are on none."""
    if "roll" not in event.details or is_pulse(wave.campaign):
        return False
    return since <= event.day <= (wave.opened_on or date.max)


def _said(event: Event) -> str:
    if event.name is EventName.SCHOOL_CHANGED:
        return str(_("Changed the roll: %(years)s", years="; ".join(_roll_said(event))))
    kind = str(event.details.get("kind", ""))
    words = str(SAID[event.name] if event.name in SAID else ASKED[kind][event.name])
    count = event.details.get("count")
    if not isinstance(count, int):
        return words
    return f"{words}: {count}"


def _roll_said(event: Event) -> Iterator[str]:
    for year, (before, after) in event.details["roll"].items():
        yield _(
            "%(year)s from %(before)s to %(after)s",
            year=year_name(int(year)),
            before=before,
            after=after,
        )
