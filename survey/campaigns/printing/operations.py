"""Operations on the words that a school writes for its sheets, and on the public page of its
questions."""

from __future__ import annotations

import secrets
from datetime import date

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from survey.audit_log import EventName, record
from survey.campaigns.errors import NoSuchWaveError, OptOutDayError
from survey.campaigns.models import PrintDetails, Wave
from survey.permissions import MemberLike

LONGEST_LINE = 120
WORD_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"
"""Parents type it from a letter: nothing in it looks like something else."""
WORD_LENGTH = 8


def save_details(
    db: Session,
    *,
    wave: Wave,
    asked_on: date | None,
    opt_out_by: date | None,
    opt_out_how: str,
    signed_by: str,
    drop_in: str,
    by: MemberLike | None,
) -> None:
    """Stores the text of a wave's sheets. An empty field becomes a line to fill in by hand."""
    if asked_on and opt_out_by and opt_out_by > asked_on:
        raise OptOutDayError(_("Choose a day before the survey, so that parents are heard."))
    details = _details(db, wave)
    details.asked_on, details.opt_out_by = asked_on, opt_out_by
    details.opt_out_how = " ".join(opt_out_how.split())
    details.signed_by = " ".join(signed_by.split())
    details.drop_in = " ".join(drop_in.split())
    record(
        db,
        EventName.PRINT_DETAILS_CHANGED,
        by=by,
        school_id=wave.school_id,
        wave_id=wave.wave_id,
    )


def show_items(db: Session, *, wave: Wave, by: MemberLike | None) -> str:
    """Opens the page on which parents read every item; gives the word its address ends with."""
    details = _details(db, wave)
    if details.items_word is None:
        details.items_word = "".join(secrets.choice(WORD_LETTERS) for _n in range(WORD_LENGTH))
        record(db, EventName.ITEMS_SHOWN, by=by, school_id=wave.school_id, wave_id=wave.wave_id)
    return details.items_word


def hide_items(db: Session, *, wave: Wave, by: MemberLike | None) -> None:
    """Closes the page. Its address is never used again, even if the page is opened again."""
    details = _details(db, wave)
    if details.items_word is not None:
        details.items_word = None
        record(db, EventName.ITEMS_HIDDEN, by=by, school_id=wave.school_id, wave_id=wave.wave_id)


def wave_shown_under(db: Session, word: str) -> Wave:
    """The wave whose items parents read under this word."""
    found = db.scalar(select(Wave).join(Wave.print_details).where(PrintDetails.items_word == word))
    if found is None:
        raise NoSuchWaveError(_("This page is not there. Please ask the school."))
    return found


def _details(db: Session, wave: Wave) -> PrintDetails:
    if wave.print_details is None:
        wave.print_details = PrintDetails(school_id=wave.school_id, wave_id=wave.wave_id)
        db.flush()  # a second tap meets the row, and no second one is made
    return wave.print_details
