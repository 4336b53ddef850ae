"""What happens after the close: the boxes are opened in memory, shuffled and written once. Then
every trace of their order is cleared away, the result is checked, and the key is destroyed.

Each step can be repeated, and the key is destroyed last: a server that dies at any moment leaves
either the sealed boxes and their key, or the answers written, and the next try continues there.
"""

from __future__ import annotations

import uuid
from pathlib import Path

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from survey.audit_log import EventName, record
from survey.campaigns import ballot_box
from survey.campaigns.ballot_box import (
    BallotBox,
    KeyLostError,
    PartNeededError,
    WrongPartError,
)
from survey.campaigns.models import Wave
from survey.campaigns.operations import questionnaire_of
from survey.campaigns.queries import lock_wave
from survey.campaigns.states import OVER, WaveState, move
from survey.database import begin, database, folder_of, key_folder
from survey.encryption import keys
from survey.encryption.sealing import PrivateKey, UnsealError
from survey.errors import NotNowError, RefusedError
from survey.permissions import MemberLike
from survey.questionnaires.codecs.fixed_size_codec import DecodedAnswers, TextTooLongError
from survey.questionnaires.model import Questionnaire
from survey.responses import collect
from survey.responses.ballot_box import sweep

OPENED = OVER - {WaveState.CLOSING, WaveState.LOST}
"""States in which nothing is sealed any more."""


class WrongKeyError(RefusedError):
    """The key typed from paper does not open the box of this wave."""


class BoxesNotSweptError(NotNowError):
    """The answers are written, but traces of their order could not be cleared away yet."""


def open_boxes(
    db: Session, *, wave: Wave, by: MemberLike | None, typed: bytes | None = None
) -> None:
    """Opens the sealed answers, if the key is there, and writes them; counts them to the nearest
    ten below. Without the lead's part of the key the wave stays as it is. Without the key it is
    lost, which is recorded and can be undone by the paper copy. Raises a `WrongKeyError` if the
    typed key does not fit."""
    lock_wave(db, wave)
    if wave.state not in (WaveState.CLOSING, WaveState.LOST):
        return
    try:
        key = ballot_box.find_key(key_folder(db), wave, typed)
    except PartNeededError:
        return
    except WrongPartError:
        raise _wrong() from None
    except KeyLostError:
        _lose(db, wave, by)
        return
    contents, unreadable = _opened(wave, key, questionnaire_of(wave), collect.sealed(db, wave=wave))
    responses = collect.keep_opened(db, wave=wave, opened=contents)
    collect.set_final_counter(wave, responses=responses)
    wave.state = move(wave.state, WaveState.CLOSED)
    record(
        db,
        EventName.BOXES_OPENED,
        by=by,
        school_id=wave.school_id,
        wave_id=wave.wave_id,
        unreadable=unreadable,
    )


def refuse_wrong_key(db: Session, *, wave: Wave, typed: bytes | None) -> None:
    """Raises a `WrongKeyError` before anything is closed with a key that does not fit."""
    if typed is None or wave.box_key is None:
        return
    try:
        ballot_box.find_key(key_folder(db), wave, typed)
    except (WrongPartError, KeyLostError):
        raise _wrong() from None


def _wrong() -> WrongKeyError:
    return WrongKeyError(
        _("This is not the key of this survey. Look at the paper again, letter by letter.")
    )


def _opened(
    wave: Wave, key: PrivateKey, questionnaire: Questionnaire, sealed: list[bytes]
) -> tuple[list[DecodedAnswers], int]:
    """The contents of the boxes, and how many could not be opened because someone changed them."""
    its_box, contents, unreadable = BallotBox.of(wave), [], 0
    for one in sealed:
        try:
            contents.append(its_box.open(key, questionnaire, one))
        except (UnsealError, TextTooLongError):
            unreadable += 1
    return contents, unreadable


def _lose(db: Session, wave: Wave, by: MemberLike | None) -> None:
    if wave.state is WaveState.LOST:
        return
    wave.state = move(wave.state, WaveState.LOST)
    record(db, EventName.BOXES_LOST, by=by, school_id=wave.school_id, wave_id=wave.wave_id)


def finish(*, school_id: uuid.UUID, wave_id: uuid.UUID, by: MemberLike | None) -> None:
    """Clears away traces of the order, checks that, destroys the key and records it. Does nothing
    if that was done before. Call it outside any transaction; it can be called again after a
    `BoxesNotSweptError`."""
    database.session.rollback()  # our own read must not be what is in the way
    with database.engine.connect() as connection:
        found = connection.execute(
            select(Wave.state, Wave.box_key, Wave.box_size).where(
                Wave.school_id == school_id, Wave.wave_id == wave_id
            )
        ).one()
    if found.state not in OPENED:
        return
    if found.box_key is None:  # done before, or a survey without cards, whose key opens nothing
        keys.destroy(folder_of(database.engine), f"box-{wave_id}")
        return
    try:
        sweep.sweep(database.engine, school_id=school_id, wave_id=wave_id)
    except sweep.SweepError as problem:
        raise BoxesNotSweptError(
            _(
                "The survey is closed and nothing is lost, but traces of the order in which"
                " answers came could not be cleared away yet (%(reason)s). Nothing is published"
                " before that. Try again in a few minutes; if it stays so, tell the operator.",
                reason=str(problem),
            )
        ) from problem
    _destroy(folder_of(database.engine), school_id, wave_id, by)


def _destroy(folder: Path, school_id: uuid.UUID, wave_id: uuid.UUID, by: MemberLike | None) -> None:
    with begin() as db:
        wave = db.get_one(Wave, (school_id, wave_id))
        lock_wave(db, wave)
        if wave.box_key is None:  # another server was quicker
            return
        keys.destroy(folder, ballot_box.key_name(wave))
        wave.box_key = wave.box_size = None
        record(db, EventName.KEY_DESTROYED, by=by, school_id=school_id, wave_id=wave_id)


def refuse_unless_swept(wave: Wave) -> None:
    """Raises a `BoxesNotSweptError` for a closed wave whose close has not come to its end."""
    if wave.box_key is not None and wave.state is WaveState.CLOSED:
        raise BoxesNotSweptError(
            _("The close of this survey is not finished. Finish it first, on the survey's page.")
        )
