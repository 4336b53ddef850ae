"""The history of a survey: what staff did with it, who and on which day.

Everybody who can see the survey sees this, so a person who prints cards knows that it is seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString
from sqlalchemy import select
from sqlalchemy.orm import Session

from survey.approvals.models import ApprovalKind
from survey.audit_log import Event, EventName
from survey.campaigns.models import Wave
from survey.organisations.models import Member

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
NAMES = (*SAID, *ASKED[ApprovalKind.CARDS.value])


@dataclass(frozen=True)
class Line:
    """One thing that was done. `who` is empty for what happened by the clock."""

    on: date
    who: str
    what: str


def history_of(db: Session, wave: Wave) -> tuple[Line, ...]:
    """What was done with a survey, the latest first."""
    found = db.execute(
        select(Event, Member.name)
        .outerjoin(Member, Member.id == Event.member_id)
        .where(Event.school_id == wave.school_id, Event.name.in_(NAMES))
        .order_by(Event.at.desc())
    )
    return tuple(
        Line(event.day, name or "", _said(event))
        for event, name in found
        if event.details.get("wave_id") == str(wave.wave_id)
    )


def _said(event: Event) -> str:
    kind = str(event.details.get("kind", ""))
    words = str(SAID[event.name] if event.name in SAID else ASKED[kind][event.name])
    count = event.details.get("count")
    if not isinstance(count, int):
        return words
    return f"{words}: {count}"
