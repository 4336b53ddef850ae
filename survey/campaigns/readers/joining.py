"""Surveys that take part in programmes of several readers: which wave is which survey of whom."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session, joinedload, selectinload

from survey.audit_log import EventName, record
from survey.campaigns.models import Campaign, Programme, Wave
from survey.campaigns.readers import relations
from survey.campaigns.readers.models import Invitation, InvitationState, JoinedSurvey
from survey.campaigns.states import WaveState
from survey.permissions import MemberLike


@dataclass(frozen=True)
class TakesPart:
    """A school's survey in a programme, with its waves by number of the programme's surveys. A
    school that has left takes part in surveys up to `left_after`."""

    campaign: Campaign
    waves: Mapping[int, Wave]
    left_after: int | None = None

    def has_left(self, number: int) -> bool:
        return self.left_after is not None and number > self.left_after


def taking_part(db: Session, programme: Programme) -> tuple[TakesPart, ...]:
    """Every school that is in a programme, by name: those whose survey was started from it, and
    those that joined with a survey that they hold for another reader."""
    joined = _joined(db, programme)
    load = selectinload(Campaign.waves), joinedload(Campaign.school)
    stays = or_(Campaign.left_after.is_(None), Campaign.left_after > 0)
    own = db.scalars(select(Campaign).where(_of(Campaign, programme), stays).options(*load)).all()
    others = db.scalars(
        select(Campaign)
        .join(Invitation, Invitation.campaign_id == Campaign.campaign_id)
        .where(
            Invitation.school_id == Campaign.school_id,
            _of(Invitation, programme),
            Invitation.state == InvitationState.ACCEPTED,
            # A survey that was started from the programme takes part as its own, or has left it.
            or_(Campaign.programme_id.is_(None), Campaign.programme_id != programme.programme_id),
        )
        .options(*load)
    ).all()
    started = {one.school_id for one in own}
    found = [
        TakesPart(
            one,
            {wave.number: wave for wave in one.waves if one.programme_of(wave.number)},
            one.left_after,
        )
        for one in own
    ]
    for one in others:
        if one.school_id not in started:
            numbers = joined.get(one.school_id, {})
            waves = {numbers[w.wave_id]: w for w in one.waves if w.wave_id in numbers}
            found.append(TakesPart(one, waves))
    return tuple(
        sorted(found, key=lambda one: (one.campaign.school.name, one.campaign.campaign_id))
    )


def surveys_of(db: Session, wave: Wave) -> tuple[tuple[Programme, int], ...]:
    """The programmes that a wave takes part in, and its number in each; the one that it was started
    from comes first."""
    own = wave.campaign.programme_of(wave.number)
    rows = db.scalars(
        select(JoinedSurvey).where(
            JoinedSurvey.school_id == wave.school_id, JoinedSurvey.wave_id == wave.wave_id
        )
    ).all()
    found = [] if own is None else [(own, wave.number)]
    return *found, *((one.programme, one.number) for one in rows)


def programmes_joined(db: Session, campaign: Campaign) -> Sequence[Programme]:
    """The programmes of other readers that a survey takes part in."""
    return db.scalars(
        select(Programme)
        .join(
            Invitation,
            (Invitation.authority_id == Programme.authority_id)
            & (Invitation.programme_id == Programme.programme_id),
        )
        .where(
            Invitation.school_id == campaign.school_id,
            Invitation.campaign_id == campaign.campaign_id,
            Invitation.state == InvitationState.ACCEPTED,
            Programme.programme_id.is_distinct_from(campaign.programme_id),
        )
        .order_by(Programme.started_on, Programme.programme_id)
    ).all()


def join(db: Session, *, programme: Programme, wave: Wave) -> None:
    """Makes a wave the next survey of a programme that its school joined, once."""
    rows = db.scalars(
        select(JoinedSurvey).where(
            _of(JoinedSurvey, programme), JoinedSurvey.school_id == wave.school_id
        )
    ).all()
    if any(one.wave_id == wave.wave_id for one in rows):
        return
    after = max((one.number for one in rows), default=0)
    db.add(
        JoinedSurvey(
            authority_id=programme.authority_id,
            programme_id=programme.programme_id,
            school_id=wave.school_id,
            number=next_number(programme, after=after),
            wave_id=wave.wave_id,
        )
    )
    db.flush()


def join_all(db: Session, wave: Wave) -> None:
    """The same for every programme that the survey of a new wave takes part in, of readers that
    the school still answers to."""
    school = wave.campaign.school
    for programme in programmes_joined(db, wave.campaign):
        if relations.answers_to(db, school, programme.authority_id):
            join(db, programme=programme, wave=wave)


def move_on(db: Session, waves: Iterable[Wave]) -> None:
    """Drafts whose number in a joined programme was compared take part in its next survey."""
    for wave in waves:
        rows = db.scalars(
            select(JoinedSurvey).where(
                JoinedSurvey.school_id == wave.school_id, JoinedSurvey.wave_id == wave.wave_id
            )
        ).all()
        for one in rows:
            if one.number in one.programme.compared:
                one.number = next_number(one.programme, after=one.number)
    db.flush()


def drafts_joined(db: Session, programme: Programme, number: int) -> Sequence[Wave]:
    """The drafts that are survey `number` of a programme that their school joined."""
    return db.scalars(
        select(Wave)
        .join(
            JoinedSurvey,
            (JoinedSurvey.school_id == Wave.school_id) & (JoinedSurvey.wave_id == Wave.wave_id),
        )
        .where(
            _of(JoinedSurvey, programme),
            JoinedSurvey.number == number,
            Wave.state == WaveState.DRAFT,
        )
    ).all()


def next_number(programme: Programme | None, *, after: int) -> int:
    """The number of a school's next survey: the first after `after` that the programme has not
    compared. A school that comes too late for a comparison takes part in the next."""
    compared = programme.compared if programme is not None else []
    number = after + 1
    while number in compared:
        number += 1
    return number


def note_accepted(db: Session, campaign: Campaign, *, by: MemberLike | None, today: date) -> None:
    """A school that changes or launches the draft of an invitation has accepted it."""
    if campaign.programme_id is None or campaign.authority_id is None:
        return
    key = campaign.authority_id, campaign.programme_id, campaign.school_id
    found = db.get(Invitation, key)
    if found is None or found.state is not InvitationState.WAITING:
        return
    found.state, found.answered_on = InvitationState.ACCEPTED, today
    record_event(db, EventName.INVITATION_ACCEPTED, found, by)


def let_go(db: Session, campaign: Campaign, *, today: date) -> None:
    """Before a survey without a launched wave is deleted: it takes part in nothing any more. The
    invitation that it came from stays, as declined."""
    this = (Invitation.school_id == campaign.school_id) & (
        Invitation.campaign_id == campaign.campaign_id
    )
    declined = {"state": InvitationState.DECLINED, "answered_on": today}
    waiting = Invitation.state.in_((InvitationState.WAITING, InvitationState.ACCEPTED))
    db.execute(update(Invitation).where(this, waiting).values(**declined))
    db.execute(update(Invitation).where(this).values(campaign_id=None))


def record_event(db: Session, name: EventName, one: Invitation, by: MemberLike | None) -> None:
    record(
        db,
        name,
        by=by,
        school_id=one.school_id,
        authority_id=one.authority_id,
        programme_id=one.programme_id,
    )


def _joined(db: Session, programme: Programme) -> dict[uuid.UUID, dict[uuid.UUID, int]]:
    found: dict[uuid.UUID, dict[uuid.UUID, int]] = {}
    for one in db.scalars(select(JoinedSurvey).where(_of(JoinedSurvey, programme))):
        found.setdefault(one.school_id, {})[one.wave_id] = one.number
    return found


def _of(kept: type[Campaign | Invitation | JoinedSurvey], programme: Programme):  # type: ignore[no-untyped-def]
    return (kept.authority_id == programme.authority_id) & (
        kept.programme_id == programme.programme_id
    )
