"""Invitations that a school declines, and those that are not answered in time."""

from __future__ import annotations

from datetime import date

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from survey.audit_log import EventName
from survey.campaigns.errors import EndReasonError, StillUsedError
from survey.campaigns.lifecycle import undo
from survey.campaigns.models import Campaign
from survey.campaigns.readers import invitations, joining
from survey.campaigns.readers.models import Invitation, InvitationState
from survey.campaigns.states import WaveState
from survey.permissions import MemberLike


def decline(
    db: Session, *, invitation: Invitation, reason: str, by: MemberLike | None, today: date
) -> None:
    """The school does not take part. The draft that came with the invitation is deleted; a survey
    that it holds for another reader stays. The organisation reads the reason."""
    invitations.refuse_unless_waiting(invitation)
    words = " ".join(reason.split())
    if len(words) > undo.LONGEST_REASON:
        raise EndReasonError(
            _("Give a reason of up to %(most)s characters.", most=undo.LONGEST_REASON)
        )
    _end(db, invitation, InvitationState.DECLINED, by=by, today=today)
    invitation.reason = words
    joining.record_event(db, EventName.INVITATION_DECLINED, invitation, by)


def lapse_overdue(db: Session, *, today: date) -> int:
    """Ends the invitations that no school answered in time, and returns how many. An untouched
    draft goes with its invitation; it can be invited again."""
    found = invitations.overdue(db, today)
    for one in found:
        _end(db, one, InvitationState.LAPSED, by=None, today=today)
        joining.record_event(db, EventName.INVITATION_LAPSED, one, None)
    return len(found)


def _end(
    db: Session, one: Invitation, state: InvitationState, *, by: MemberLike | None, today: date
) -> None:
    campaign = db.get(Campaign, (one.school_id, one.campaign_id)) if one.campaign_id else None
    if campaign is not None and campaign.programme_id == one.programme_id:
        if any(wave.state is not WaveState.DRAFT for wave in campaign.waves):
            raise StillUsedError(_("This survey was launched, so the invitation was accepted."))
        undo.discard_campaign(db, campaign=campaign, by=by)
        db.refresh(one)
    one.campaign_id, one.state, one.answered_on = None, state, today
    db.flush()
