"""The ends of a survey: with its report, with a withdrawn report, or without one."""

from __future__ import annotations

from datetime import date

from sqlalchemy.orm import Session

from survey.approvals import operations as approvals
from survey.approvals.models import ApprovalKind
from survey.audit_log import EventName, record
from survey.campaigns.models import Wave
from survey.campaigns.queries import lock_wave
from survey.campaigns.states import EndReason, WaveState, move
from survey.mail import outbox
from survey.mail.kinds import MailKind
from survey.organisations.models import School
from survey.organisations.seats.operations import seats_at
from survey.permissions import MemberLike, Permission, may


def mark_released(
    db: Session, *, wave: Wave, today: date, by: MemberLike | None, reference: str = ""
) -> None:
    """Records that the wave has its one report, and tells its readers the report reference: an
    e-mail keeps it outside this database."""
    lock_wave(db, wave)
    wave.state = move(wave.state, WaveState.RELEASED)
    _lapse(db, wave, today, *ApprovalKind)
    record(db, EventName.WAVE_RELEASED, by=by, school_id=wave.school_id, wave_id=wave.wave_id)
    for member in seats_at(db, db.get_one(School, wave.school_id)):
        if may(member, Permission.REPORT_READ) and (by is None or member.id != by.id):
            outbox.put(
                db,
                kind=MailKind.REPORT_READY,
                member_id=member.id,
                about=f"{wave.wave_id} {reference}".strip(),
            )


def mark_ended(
    db: Session, *, wave: Wave, reason: EndReason, today: date, by: MemberLike | None
) -> None:
    """Ends a wave without a report. `responses.ballot_box.ending` destroys the answers with it."""
    lock_wave(db, wave)
    wave.state = move(wave.state, WaveState.ENDED)
    wave.end_reason, wave.ended_on = reason, today
    wave.closed_on = wave.closed_on or today
    _lapse(db, wave, today, *ApprovalKind)
    record(
        db,
        EventName.WAVE_ENDED,
        by=by,
        school_id=wave.school_id,
        wave_id=wave.wave_id,
        reason=reason.value,
    )


def mark_withdrawn(db: Session, *, wave: Wave) -> None:
    """Records that the report can no longer be read."""
    lock_wave(db, wave)
    wave.state = move(wave.state, WaveState.WITHDRAWN)


def mark_restored(db: Session, *, wave: Wave) -> None:
    """Records that a withdrawn report can be read again."""
    lock_wave(db, wave)
    wave.state = move(wave.state, WaveState.RELEASED)


def _lapse(db: Session, wave: Wave, today: date, *kinds: ApprovalKind) -> None:
    approvals.lapse(db, school_id=wave.school_id, wave_id=wave.wave_id, today=today, kinds=kinds)
