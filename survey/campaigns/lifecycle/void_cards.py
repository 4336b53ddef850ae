"""Making the cards of an open survey void, after the database was restored from a backup.

What was sent after the backup is lost, and with it which codes were used. So no card of that time
can be used again: the survey gets another door, and the old cards lead to the page of a survey that
has finished. What was sent before the backup stays in its boxes, next to the blank ones of the old
cards, which show no one how many were used. The lead prints new cards, or closes the survey.
"""

from __future__ import annotations

from datetime import date

from flask_babel import gettext as _
from sqlalchemy import delete
from sqlalchemy.orm import Session

from survey.audit_log import EventName, record
from survey.campaigns import access_codes
from survey.campaigns.card_allowance import LARGEST_BATCH
from survey.campaigns.models import LinkBatch, VoidDoor, Wave
from survey.campaigns.queries import lock_wave
from survey.campaigns.states import WaveState

COARSE = 10


def void_cards(db: Session, *, wave: Wave, restored_to: date, key: bytes, today: date) -> None:
    """Makes every card of an open wave void. New cards are allowed for the roll, less the answers
    that are kept, counted to the next ten above so that no one reads off how many there are."""
    lock_wave(db, wave)
    if wave.state is not WaveState.OPEN:
        return
    kept = (access_codes.used(db, wave=wave, key=key) // COARSE + 1) * COARSE
    if wave.questionnaire_hash:
        db.add(VoidDoor.of(wave, today))
    wave.door = access_codes.draw_door(db)
    wave.restored_to = restored_to
    where = {"school_id": wave.school_id, "wave_id": wave.wave_id}
    db.execute(delete(LinkBatch).where(*(LinkBatch.__table__.c[k] == v for k, v in where.items())))
    for start in range(0, kept, LARGEST_BATCH):
        db.add(
            LinkBatch(
                **where,
                year=None,
                label=str(_("Answers that are kept")),
                count=min(LARGEST_BATCH, kept - start),
                made_on=restored_to,
                begins_at=0,
            )
        )
    record(db, EventName.CARDS_VOIDED, by=None, **where, restored_to=restored_to.isoformat())
    db.flush()
    db.expire(wave, ["batches"])


def new_door(db: Session, *, wave: Wave) -> None:
    """Another door for a draft: if it was launched after the backup, cards were printed with the
    door that it has."""
    if wave.state is WaveState.DRAFT:
        wave.door = access_codes.draw_door(db)
