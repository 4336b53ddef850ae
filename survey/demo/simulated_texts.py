"""The texts of the demo's first survey, read and published. Those of the second are left for a
visitor."""

from __future__ import annotations

import uuid
from datetime import date

from survey.campaigns.operations import find_wave
from survey.database import begin
from survey.demo.parameters import STAFF_NAMES
from survey.free_text import operations
from survey.free_text import publication as free_text_publication
from survey.free_text.decisions import TextDecision
from survey.free_text.name_hints import by_word
from survey.free_text.operations import Stage
from survey.organisations.staff_names import change_staff_names


def read_and_release(school_id: uuid.UUID, wave_id: uuid.UUID, *, today: date) -> None:
    """Opens the texts, blacks out what is marked, and publishes the set. A lead would read each
    text; these were all written by us."""
    with begin() as db:
        change_staff_names(db, school_id=school_id, names=sorted(STAFF_NAMES), by=None)
        wave = find_wave(db, school_id, wave_id)
        if operations.standing(db, wave=wave).stage is not Stage.WAITING:
            return
        operations.open_room(db, wave=wave, today=today, by=None)
        for text in operations.texts_marked(db, wave=wave, marks=(TextDecision.UNREAD,)):
            operations.decide(
                db,
                wave=wave,
                text_id=text.text_id,
                mark=TextDecision.FIT,
                out=by_word(text.words, STAFF_NAMES),
                by=None,
            )
        db.flush()
        if operations.standing(db, wave=wave).is_ready:
            free_text_publication.release_texts(db, wave=wave, today=today, by=None)
