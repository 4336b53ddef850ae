"""Collecting: the only writer of answers.

At Send a student's answers are sealed to the key of the wave, which this server cannot undo alone
from the database, and put in the place of the blank box of their code. Opened, they are written
once, after the close, by `keep_opened`.
"""

from __future__ import annotations

import hmac
import json
import secrets
import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from survey.campaigns import access_codes
from survey.campaigns.access_codes import spend, used
from survey.campaigns.ballot_box import BallotBox, key_name
from survey.campaigns.models import AccessCode, Wave
from survey.campaigns.operations import questionnaire_of
from survey.campaigns.states import WaveState
from survey.database import key_folder
from survey.encryption import keys
from survey.questionnaires.check_answers import Answers
from survey.questionnaires.codecs.fixed_size_codec import DecodedAnswers
from survey.responses.models import FreeText, Response
from survey.serving import last_runs
from survey.serving.last_runs import RunName

RECEIPT_BYTES = 16
MARK_BYTES = 32
COARSE = 10


class CollectOutcome(StrEnum):
    """The result of a Send."""

    STORED = "stored"
    ALREADY = "already"  # this very page was sent before, with these answers
    CHANGED = "changed"  # this very page was sent before, with other answers: those are kept
    SPENT = "spent"  # the code was used with another page, or was never printed
    CLOSED = "closed"  # the wave is not open, or its last day is over


def new_receipt() -> str:
    """A random number for a page to carry, so that sending it twice is harmless."""
    return secrets.token_urlsafe(RECEIPT_BYTES)


def hash_receipt(receipt: str, *, key: bytes) -> bytes:
    """The hash of a page's receipt. It is not stored itself: it is the key of the two marks that
    are stored."""
    derived = hmac.digest(key, b"receipts 1", "sha256")
    return hmac.digest(derived, receipt.encode(), "sha256")


def collect(
    db: Session,
    *,
    wave: Wave,
    code_hash: bytes,
    receipt: bytes,
    answers: Answers,
    today: date,
    key: bytes,
) -> CollectOutcome:
    """Takes one student's answers, once. `receipt` is the hash of the page's receipt, `answers` is
    what `routing.check` gave, `key` is the operator's code key."""
    if is_over(wave, today=today):
        return CollectOutcome.CLOSED
    access_codes.note_in_use(db, wave)
    box = BallotBox.of(wave).seal(questionnaire_of(wave), answers)
    marks = _marks(receipt, answers)
    put = spend(db, wave=wave, code_hash=code_hash, box=box, receipt=b"".join(marks), key=key)
    return CollectOutcome.STORED if put else _why_not(db, wave, code_hash, marks)


def compare(
    db: Session, *, wave: Wave, code_hash: bytes, receipt: bytes, answers: Answers
) -> CollectOutcome:
    """The outcome of a second Send of a page, which takes nothing: `ALREADY`, `CHANGED`, or why
    neither can be said."""
    return _why_not(db, wave, code_hash, _marks(receipt, answers))


def is_over(wave: Wave, *, today: date) -> bool:
    """Are answers refused? After the last day they are, even if the wave is still open."""
    return wave.state is not WaveState.OPEN or (
        wave.closes_on is not None and wave.closes_on < today
    )


def _marks(receipt: bytes, answers: Answers) -> tuple[bytes, bytes]:
    """One mark of the page and one of its answers. Only a person who has the page can make them
    again: no one can try out answers against the database, not even with the operator's key."""
    said = b"answers " + canonical(answers).encode()
    return hmac.digest(receipt, b"page", "sha256"), hmac.digest(receipt, said, "sha256")


def _why_not(
    db: Session, wave: Wave, code_hash: bytes, marks: tuple[bytes, bytes]
) -> CollectOutcome:
    """Why a box was not put: the code was used before, or the wave closed at this moment."""
    found = db.execute(
        select(Wave.state, AccessCode.receipt)
        .outerjoin(
            AccessCode,
            (AccessCode.school_id == Wave.school_id)
            & (AccessCode.wave_id == Wave.wave_id)
            & (AccessCode.code_hash == code_hash),
        )
        .where(Wave.school_id == wave.school_id, Wave.wave_id == wave.wave_id)
    ).one()
    if found.state is not WaveState.OPEN:
        return CollectOutcome.CLOSED
    kept, (page, content) = found.receipt or b"", marks
    if not hmac.compare_digest(kept[:MARK_BYTES], page):
        return CollectOutcome.SPENT
    same = hmac.compare_digest(kept[MARK_BYTES:], content)
    return CollectOutcome.ALREADY if same else CollectOutcome.CHANGED


def move_counter(db: Session, *, wave: Wave, today: date, key: bytes) -> bool:
    """Brings the coarse counter up to date, at most once a day; no if it is there already.
    Housekeeping does it, and never a student's request."""
    if not counter_is_due(wave, today=today):
        return False
    wave.counter = used(db, wave=wave, key=key) // COARSE * COARSE
    wave.counter_on = today - timedelta(days=1)
    return True


def counter_is_due(wave: Wave, *, today: date) -> bool:
    """Has a day passed that the counter does not cover?"""
    yesterday = today - timedelta(days=1)
    opened = wave.opened_on
    return (
        wave.state is WaveState.OPEN
        and opened is not None
        and opened <= yesterday
        and (wave.counter_on is None or wave.counter_on < yesterday)
    )


# After the close


def count_opened(db: Session, *, wave: Wave) -> int:
    """How many responses of a closed wave are stored. Exact, so never for a page."""
    found = db.scalar(
        select(func.count())
        .select_from(Response)
        .where(Response.school_id == wave.school_id, Response.wave_id == wave.wave_id)
    )
    return found or 0


def set_final_counter(wave: Wave, *, responses: int) -> None:
    """The coarse counter of a wave that is over, as of its last day."""
    wave.counter = responses // COARSE * COARSE
    wave.counter_on = wave.closed_on


def sealed(db: Session, *, wave: Wave) -> list[bytes]:
    """Every box of a wave, blank ones too, held until this write ends."""
    return list(
        db.scalars(
            select(AccessCode.box)
            .where(AccessCode.school_id == wave.school_id, AccessCode.wave_id == wave.wave_id)
            .with_for_update()
        )
    )


def keep_opened(db: Session, *, wave: Wave, opened: Sequence[DecodedAnswers]) -> int:
    """Writes what was in the boxes, in one pass and in the order of fresh random keys, the texts
    apart from the answers they came with, and deletes the boxes. Says how many responses."""
    responses = [canonical(one.answers) for one in opened if one.answers is not None]
    texts = [text for one in opened for text in one.texts.items()]
    where = {"school_id": wave.school_id, "wave_id": wave.wave_id}
    _write(db, Response, (where | {"answers": one} for one in responses), "response_id")
    _write(db, FreeText, (where | {"item": key, "words": said} for key, said in texts), "text_id")
    _delete(db, AccessCode, wave.school_id, wave.wave_id)
    last_runs.note_due(db, RunName.CLEARING)
    return len(responses)


def _write(
    db: Session, model: type[Response | FreeText], rows: Iterable[dict[str, Any]], key: str
) -> None:
    mixed = list(rows)
    secrets.SystemRandom().shuffle(mixed)
    ordered = sorted(uuid.UUID(int=secrets.randbits(128), version=4) for _row in mixed)
    if mixed:
        db.execute(
            insert(model), [row | {key: one} for row, one in zip(mixed, ordered, strict=True)]
        )


def erase(db: Session, *, school_id: uuid.UUID, wave_id: uuid.UUID) -> None:
    """Deletes the raw answers of a wave, sealed ones too. Its release stays."""
    for kept in (Response, FreeText, AccessCode):
        _delete(db, kept, school_id, wave_id)
    last_runs.note_due(db, RunName.CLEARING)
    wave = db.get(Wave, (school_id, wave_id))
    if wave is not None and wave.box_key is not None:  # it was never opened
        keys.destroy(key_folder(db), key_name(wave))
        wave.box_key = wave.box_size = None


def has_raw(db: Session, *, school_id: uuid.UUID, wave_id: uuid.UUID) -> bool:
    """Is anything of single students kept of this wave, open or sealed?"""
    return any(
        db.scalar(
            select(kept.wave_id)
            .where(kept.school_id == school_id, kept.wave_id == wave_id)
            .limit(1)
        )
        for kept in (Response, FreeText, AccessCode)
    )


def erase_texts(db: Session, *, school_id: uuid.UUID, wave_id: uuid.UUID, item: str) -> None:
    """Deletes the texts of an item here: they were moved to be read elsewhere."""
    db.execute(
        delete(FreeText).where(
            FreeText.school_id == school_id, FreeText.wave_id == wave_id, FreeText.item == item
        )
    )
    last_runs.note_due(db, RunName.CLEARING)


def _delete(
    db: Session,
    kept: type[Response | FreeText | AccessCode],
    school_id: uuid.UUID,
    wave_id: uuid.UUID,
) -> None:
    db.execute(delete(kept).where(kept.school_id == school_id, kept.wave_id == wave_id))


ANONYMOUS_KEYS: Mapping[type[Response | FreeText], str] = {
    Response: "response_id",
    FreeText: "text_id",
}
"""The random key of each table that holds opened answers."""

TABLES = (AccessCode.__tablename__, Response.__tablename__, FreeText.__tablename__)
"""The tables that hold what came from students, sealed or opened."""


def canonical(answers: Answers) -> str:
    """One spelling for equal answers, so that it does not show how they were given."""
    return json.dumps(answers, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
