"""Invitations of schools to programmes, and the surveys that they hold already."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date, timedelta

from flask_babel import gettext as _
from sqlalchemy import or_, select
from sqlalchemy.orm import Session, selectinload

from survey import database
from survey.audit_log import EventName
from survey.campaigns.errors import AnsweredInvitationError, NoSuchInvitationError
from survey.campaigns.models import Campaign, Programme
from survey.campaigns.queries import programme_template
from survey.campaigns.readers import joining
from survey.campaigns.readers.models import Invitation, InvitationState
from survey.campaigns.states import WaveState
from survey.permissions import MemberLike
from survey.questionnaires.adaptation_rules import OWN_ITEM_KEY
from survey.questionnaires.model import Item, Questionnaire

ANSWER_WITHIN = timedelta(days=60)
"""An invitation that a school has not answered by then lapses."""
GONE = frozenset({WaveState.ENDED, WaveState.WITHDRAWN})
"""States of a wave that can no longer be compared."""


def survey_held(db: Session, programme: Programme, school_id: uuid.UUID) -> Campaign | None:
    """The survey from the same template that a school holds for another reader, or is holding now
    for another programme of this one. Its students are not asked a second time: two reports of
    nearly the same answers would be two printings of one table."""
    found = db.scalars(
        select(Campaign)
        .where(
            Campaign.school_id == school_id,
            Campaign.template_key == programme.template_key,
            Campaign.authority_id.is_not(None),
            or_(
                Campaign.authority_id != programme.authority_id,
                Campaign.programme_id != programme.programme_id,
            ),
        )
        .options(selectinload(Campaign.waves))
    ).all()
    held = [one for one in found if one.authority_id != programme.authority_id or _is_going_on(one)]
    return max(held, key=lambda one: (len(one.waves), one.campaign_id), default=None)


def _is_going_on(campaign: Campaign) -> bool:
    """Is it asking students, or about to, or without a report yet?"""
    return bool(campaign.waves) and campaign.waves[-1].state not in GONE | {WaveState.RELEASED}


def not_asked(programme: Programme, held: Questionnaire) -> tuple[Item, ...]:
    """The shared questions of a programme that a survey does not ask, or asks in other words. They
    are compared without its school."""
    asked = {item.key: item for item in held.asked}
    return tuple(
        item
        for item in programme_template(programme).asked
        if item.core and not _is_same(item, asked.get(item.key))
    )


def _is_same(wanted: Item, there: Item | None) -> bool:
    """By its key; a question that an organisation added, by its words too."""
    if there is None or not OWN_ITEM_KEY.fullmatch(wanted.key):
        return there is not None
    return wanted.wording.in_language("en") == there.wording.in_language("en")


def find(db: Session, school_id: uuid.UUID, programme_id: uuid.UUID) -> Invitation:
    found = db.scalar(
        select(Invitation).where(
            Invitation.school_id == school_id, Invitation.programme_id == programme_id
        )
    )
    if found is None:
        raise NoSuchInvitationError(_("There is no such invitation."))
    return found


def of_programme(db: Session, programme: Programme) -> Sequence[Invitation]:
    """The invitations of a programme, by name of the school."""
    found = db.scalars(
        select(Invitation).where(
            Invitation.authority_id == programme.authority_id,
            Invitation.programme_id == programme.programme_id,
        )
    ).all()
    return sorted(found, key=lambda one: one.school.name)


def waiting_at(db: Session, school_id: uuid.UUID) -> Sequence[Invitation]:
    """The invitations that a school has not answered, the oldest first."""
    return db.scalars(
        select(Invitation)
        .where(Invitation.school_id == school_id, Invitation.state == InvitationState.WAITING)
        .order_by(Invitation.invited_on, Invitation.programme_id)
    ).all()


def write(
    db: Session,
    *,
    programme: Programme,
    school_id: uuid.UUID,
    campaign_id: uuid.UUID | None = None,
    by: MemberLike | None,
) -> None:
    """Writes an invitation, also again after it was declined or has lapsed."""
    today = database.today()
    key = programme.authority_id, programme.programme_id, school_id
    there = db.get(Invitation, key)
    if there is not None and there.state in (InvitationState.WAITING, InvitationState.ACCEPTED):
        return
    if there is None:
        there = Invitation(
            authority_id=programme.authority_id,
            programme_id=programme.programme_id,
            school_id=school_id,
        )
        db.add(there)
    there.campaign_id, there.state = campaign_id, InvitationState.WAITING
    there.invited_on, there.answer_by = today, today + ANSWER_WITHIN
    there.answered_on, there.reason = None, ""
    db.flush()
    db.expire(there, ["programme", "school", "campaign"])
    joining.record_event(db, EventName.SCHOOL_INVITED, there, by)


def accept(
    db: Session,
    *,
    invitation: Invitation,
    from_next: bool = False,
    by: MemberLike | None,
    today: date,
) -> None:
    """The school takes part. If it holds a survey for another reader, that one counts, from its
    latest wave on, or from the next one. Raises an `AnsweredInvitationError`."""
    refuse_unless_waiting(invitation)
    if invitation.campaign_id is None:
        held = survey_held(db, invitation.programme, invitation.school_id)
        if held is None:
            raise AnsweredInvitationError(
                _("The survey that could take part is no longer there. Ask to be invited again.")
            )
        invitation.campaign_id = held.campaign_id
        if not from_next and held.waves and held.waves[-1].state not in GONE:
            joining.join(db, programme=invitation.programme, wave=held.waves[-1])
    invitation.state, invitation.answered_on = InvitationState.ACCEPTED, today
    db.flush()
    joining.record_event(db, EventName.INVITATION_ACCEPTED, invitation, by)


def refuse_unless_waiting(invitation: Invitation) -> None:
    if invitation.state is not InvitationState.WAITING:
        raise AnsweredInvitationError(_("This invitation was answered already, or has lapsed."))


def overdue(db: Session, today: date) -> Sequence[Invitation]:
    """Those that wait although their last day has passed."""
    return db.scalars(
        select(Invitation).where(
            Invitation.state == InvitationState.WAITING, Invitation.answer_by < today
        )
    ).all()
