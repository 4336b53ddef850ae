"""Publishes texts: one set of them leaves the room, once, for a page of the school's report. Erases
the words when their time is up. An authority gets none of them."""

from __future__ import annotations

import hmac
import json
from collections.abc import Sequence
from datetime import date

from flask_babel import gettext as _
from sqlalchemy import delete
from sqlalchemy.orm import Session

from survey.audit_log import EventName, record
from survey.campaigns.models import Wave
from survey.campaigns.states import WaveState
from survey.errors import NotNowError, RefusedError
from survey.free_text.decisions import TextDecision
from survey.free_text.document import FEWEST, ItemTexts, TextSet, hash_of
from survey.free_text.models import RoomText
from survey.free_text.operations import (
    ReleasedBeforeError,
    find_released,
    find_room,
    hold,
    of_wave,
    standing,
    texts_marked,
)
from survey.free_text.published_models import ReleasedTexts
from survey.free_text.redaction import Part, redact
from survey.permissions import MemberLike
from survey.releases.register import publications
from survey.responses.ballot_box.ending import survey_ended
from survey.serving import last_runs
from survey.serving.last_runs import RunName
from survey.settings import current_settings
from survey.typed_text import length

LONGEST_NOTICE = 1000

ERASED = str(RoomText.__tablename__)
"""The table that erasing leaves dead rows in, for `sweep.clear_erased`."""


class TextsNotReadyError(NotNowError):
    """The set cannot be released, or withdrawn, at present."""


class TextNoticeError(RefusedError):
    """A withdrawal without words, or with too many."""


def release_texts(db: Session, *, wave: Wave, today: date, by: MemberLike | None) -> ReleasedTexts:
    """Freezes what is fit to be shown as one set, in another order. There is no second."""
    hold(db, wave)
    now = standing(db, wave=wave)
    if now.released is not None:
        raise ReleasedBeforeError(_("The texts of this survey were published before."))
    if wave.state is not WaveState.RELEASED:
        raise TextsNotReadyError(
            _("Make the report of this survey first. The texts become a page of it.")
        )
    if not now.is_ready:
        raise TextsNotReadyError(
            _(
                "Texts are published when every one is decided about and at least %(fewest)s are"
                " fit to be shown.",
                fewest=FEWEST,
            )
        )
    short = {item.key for item in now.short}
    items = [item.key for item in now.items if item.key not in short]
    document = _set_of(
        wave, items, texts_marked(db, wave=wave, marks=(TextDecision.FIT,))
    ).to_json()
    released = ReleasedTexts(
        school_id=wave.school_id,
        wave_id=wave.wave_id,
        texts_hash=hash_of(document),
        document=document,
        released_on=today,
    )
    db.add(released)
    db.flush()  # the database refuses a second
    _enter(wave, released.texts_hash, today)  # also after a restore
    _tell_released(db, EventName.TEXTS_RELEASED, released, by)
    return released


def _enter(wave: Wave, reference: str, today: date) -> None:
    try:
        publications.enter(_name_of(wave), reference, today)
    except publications.PublishedOtherwiseError as other:
        raise ReleasedBeforeError(
            _(
                "Another set of these texts was published, so this one is not: a reader of both"
                " would see what was changed. Decide about each text as it was decided then. If"
                " you cannot, leave it: nothing more has to be done, and the words are erased when"
                " their time is up."
            )
        ) from other


def published_before(db: Session, *, wave: Wave) -> date | None:
    """The day on which a set was published that a restored database does not know of."""
    if find_released(db, wave=wave) is not None:
        return None
    return publications.published_on(_name_of(wave))


def withdraw_again(db: Session, *, wave: Wave, on: date, notice: str) -> None:
    """Withdraws, in a restored database, what was withdrawn after it was copied. Of a set that it
    does not hold, the ledger has the reference."""
    released = find_released(db, wave=wave)
    entry = publications.find(_name_of(wave))
    if entry is not None and entry.withdrawn_on is not None:
        on, notice = entry.withdrawn_on, entry.notice or notice
    if released is None and entry is not None:
        released = ReleasedTexts(
            school_id=wave.school_id,
            wave_id=wave.wave_id,
            texts_hash=entry.reference,
            released_on=entry.published_on,
        )
        db.add(released)
    if released is not None and released.withdrawn_on is None:
        released.withdrawn_on, released.document, released.notice = on, None, notice
    publications.enter_withdrawal(_name_of(wave), on, notice)


def _name_of(wave: Wave) -> str:
    return f"texts {wave.school_id} {wave.wave_id}"


def withdraw_texts(
    db: Session, *, wave: Wave, notice: str, today: date, by: MemberLike | None
) -> ReleasedTexts:
    """Withdraws the set and erases its words. A notice takes its place."""
    released = refuse_unless_shown(db, wave=wave)
    words = notice.strip()
    if not 0 < length(words) <= LONGEST_NOTICE:
        raise TextNoticeError(
            _(
                "Say in up to %(number)s letters why the texts are withdrawn. Readers see it in"
                " place of them.",
                number=LONGEST_NOTICE,
            )
        )
    released.withdrawn_on, released.notice, released.document = today, words, None
    _tell_released(db, EventName.TEXTS_WITHDRAWN, released, by)
    db.flush()
    publications.enter_withdrawal(_name_of(wave), today, words)
    return released


def refuse_unless_shown(db: Session, *, wave: Wave) -> ReleasedTexts:
    """The set of a wave. Raises a `TextsNotReadyError` if it was not released, or was withdrawn."""
    released = find_released(db, wave=wave)
    if released is None or released.withdrawn_on is not None:
        raise TextsNotReadyError(_("No texts of this survey are shown."))
    return released


def erase(db: Session, *, wave: Wave, today: date, by: MemberLike | None = None) -> bool:
    """Erases what students wrote, with the lead's marks and notes; returns whether there was any.
    The published set stays."""
    room = find_room(db, wave=wave)
    if room is None or room.erased_on is not None:
        return False
    db.execute(delete(RoomText).where(*of_wave(wave)))
    last_runs.note_due(db, RunName.CLEARING)
    room.erased_on = today
    record(db, EventName.TEXTS_ERASED, by=by, school_id=wave.school_id, wave_id=wave.wave_id)
    return True


@survey_ended.connect
def _erase_with_survey(db: Session, *, wave: Wave, today: date, by: MemberLike | None) -> None:
    erase(db, wave=wave, today=today, by=by)


ORDER = b"order of published texts 1"
"""Separates this use of the code key from every other."""


def _set_of(wave: Wave, items: Sequence[str], fit: list[RoomText]) -> TextSet:
    """The set in an order that follows from a secret key and the words as they are shown. So the
    same decisions in a restored database give the same set, and no order says who wrote what."""
    key = hmac.digest(current_settings().code_key, ORDER + wave.wave_id.bytes, "sha256")

    def place(parts: Sequence[Part]) -> bytes:
        return hmac.digest(key, json.dumps(parts).encode(), "sha256")

    shown = {
        item: [redact(one.words, one.out) for one in fit if one.item == item] for item in items
    }
    return TextSet(
        wave.questionnaire_hash or "",
        tuple(ItemTexts(item, tuple(sorted(shown[item], key=place))) for item in items),
    )


def _tell_released(
    db: Session, name: EventName, released: ReleasedTexts, by: MemberLike | None
) -> None:
    record(
        db,
        name,
        by=by,
        school_id=released.school_id,
        wave_id=released.wave_id,
        texts_hash=released.texts_hash,
    )
