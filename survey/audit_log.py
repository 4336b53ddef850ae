"""An append-only record of what staff did. Students leave no event."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, Session, mapped_column

from survey.database import Base, by_value
from survey.permissions import MemberLike


class EventName(StrEnum):
    """Everything that is recorded; a constant name with identifiers beside it."""

    AUTHORITY_ADDED = "authority.added"
    SCHOOL_ADDED = "school.added"
    SCHOOL_CHANGED = "school.changed"
    SCHOOL_DISCARDED = "school.discarded"
    LETTERHEAD_CHANGED = "letterhead.changed"
    MEMBER_ADDED = "member.added"
    MEMBER_CLOSED = "member.closed"
    MEMBER_RENEWED = "member.renewed"
    PROGRAMME_STARTED = "programme.started"
    CORE_CHANGED = "core.changed"
    WAVE_PLANNED = "wave.planned"
    PROGRAMME_DISCARDED = "programme.discarded"
    SCHOOL_INVITED = "school.invited"
    SCHOOL_UNINVITED = "school.uninvited"
    SCHOOL_SET_ASIDE = "school.set_aside"
    SCHOOL_TAKEN_BACK = "school.taken_back"
    CAMPAIGN_STARTED = "campaign.started"
    CAMPAIGN_DISCARDED = "campaign.discarded"
    DRAFT_CHANGED = "draft.changed"
    DRAFT_DISCARDED = "draft.discarded"
    PLAN_CHANGED = "plan.changed"
    PLAN_REMOVED = "plan.removed"
    WAVE_STARTED = "wave.started"
    WAVE_LAUNCHED = "wave.launched"
    LAUNCH_UNDONE = "launch.undone"
    WAVE_EXTENDED = "wave.extended"
    CODES_MADE = "codes.made"
    CODES_PRINTED = "codes.printed"
    APPROVAL_ASKED = "approval.asked"
    APPROVAL_GIVEN = "approval.given"
    APPROVAL_DECLINED = "approval.declined"
    APPROVAL_LAPSED = "approval.lapsed"
    PRINT_DETAILS_CHANGED = "print_details.changed"
    ITEMS_SHOWN = "items.shown"
    ITEMS_HIDDEN = "items.hidden"
    KEY_MADE_AGAIN = "key.made_again"
    KEY_PRINTED = "key.printed"
    WAVE_CLOSED = "wave.closed"
    BOXES_OPENED = "boxes.opened"
    BOXES_LOST = "boxes.lost"
    KEY_DESTROYED = "key.destroyed"
    WAVE_ENDED = "wave.ended"
    WAVE_RELEASED = "wave.released"
    RELEASE_WITHDRAWN = "release.withdrawn"
    RELEASE_RESTORED = "release.restored"
    COMPARISON_RELEASED = "comparison.released"
    RESPONSES_ERASED = "responses.erased"
    ASSESSMENT_STARTED = "assessment.started"
    ASSESSMENT_CHANGED = "assessment.changed"
    ASSESSMENT_FINISHED = "assessment.finished"
    ASSESSMENT_DISCARDED = "assessment.discarded"
    TEXTS_OPENED = "texts.opened"
    TEXTS_READ = "texts.read"
    TEXT_PASSED_ON = "text.passed_on"
    TEXTS_RELEASED = "texts.released"
    TEXTS_WITHDRAWN = "texts.withdrawn"
    TEXTS_ERASED = "texts.erased"
    STAFF_NAMES_CHANGED = "staff_names.changed"
    HELP_DESK_CHANGED = "help_desk.changed"
    DESK_KEY_MADE = "desk_key.made"
    DESK_KEY_CANCELLED = "desk_key.cancelled"
    DESK_KEY_OPENED = "desk_key.opened"
    DESK_KEY_REFUSED = "desk_key.refused"
    DESK_SHEET_MADE = "desk_sheet.made"
    DESK_READER_INVITED = "desk_reader.invited"
    DESK_READER_ADDED = "desk_reader.added"
    DESK_READER_REMOVED = "desk_reader.removed"
    NEWS_SEEN = "news.seen"
    HELP_REQUEST_READ = "help_request.read"
    HELP_REQUEST_CLOSED = "help_request.closed"
    HELP_REQUESTS_ERASED = "help_requests.erased"
    ACTION_PLANNED = "action.planned"
    ACTION_CHANGED = "action.changed"
    ACTION_MOVED = "action.moved"
    STUDENTS_PAGE_SHOWN = "students_page.shown"
    STUDENTS_PAGE_HIDDEN = "students_page.hidden"
    SHARED_PLACE_BEGUN = "shared_place.begun"
    SHARED_PLACE_CHANGED = "shared_place.changed"
    SHARED_FIGURE_MADE = "shared_figure.made"
    PARTNER_ACTION_PLANNED = "partner_action.planned"
    PARTNER_ACTION_CHANGED = "partner_action.changed"
    PARTNER_ACTION_MOVED = "partner_action.moved"


class Event(Base):
    __tablename__ = "event"

    event_id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    at: Mapped[datetime]
    name: Mapped[EventName] = mapped_column(by_value(EventName, 40))
    member_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("member.id"))
    school_id: Mapped[uuid.UUID | None] = mapped_column(index=True)
    authority_id: Mapped[uuid.UUID | None] = mapped_column(index=True)
    details: Mapped[dict[str, Any]]


def record(
    db: Session,
    name: EventName,
    *,
    by: MemberLike | None,
    school_id: uuid.UUID | None = None,
    authority_id: uuid.UUID | None = None,
    **details: Any,
) -> None:
    """Writes one event beside the change it tells of. `by` is None for the command line."""
    db.add(
        Event(
            at=datetime.now(UTC).replace(microsecond=0, tzinfo=None),
            name=name,
            member_id=by.id if by else None,
            school_id=school_id,
            authority_id=authority_id,
            details={key: _plain(value) for key, value in details.items()},
        )
    )


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, uuid.UUID) else value
