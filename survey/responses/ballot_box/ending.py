"""Ending a survey without a report: the reason is recorded and its answers are destroyed at once,
because no report will ever be made of them."""

from __future__ import annotations

from datetime import date

from blinker import Signal
from sqlalchemy.orm import Session

from survey.campaigns.lifecycle import outcomes
from survey.campaigns.models import Wave
from survey.campaigns.states import EndReason, WaveState
from survey.disclosure.policy import STANDARD
from survey.permissions import MemberLike
from survey.responses import collect

survey_ended = Signal()
"""Sent with `wave`, inside the write (`db`) that ends it, for what else is kept of its answers."""


def end(db: Session, *, wave: Wave, reason: EndReason, today: date, by: MemberLike | None) -> None:
    """Ends a wave and destroys its answers, sealed ones too. Raises an `IllegalWaveMoveError` for a
    draft, and for a wave that has its report."""
    outcomes.mark_ended(db, wave=wave, reason=reason, today=today, by=by)
    collect.erase(db, school_id=wave.school_id, wave_id=wave.wave_id)
    survey_ended.send(db, wave=wave, today=today, by=by)


def has_too_few(db: Session, *, wave: Wave) -> bool:
    """Is the wave closed, and did fewer people answer than can be reported?"""
    if wave.state is not WaveState.CLOSED:
        return False
    return collect.count_opened(db, wave=wave) < STANDARD.nothing_under


def end_if_too_few(db: Session, *, wave: Wave, today: date, by: MemberLike | None) -> bool:
    """Ends a closed wave that too few people answered; returns whether it did."""
    if not has_too_few(db, wave=wave):
        return False
    end(db, wave=wave, reason=EndReason.TOO_FEW, today=today, by=by)
    return True
