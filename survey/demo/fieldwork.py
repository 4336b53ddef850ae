"""Holds a survey with answers that are prepared: prints codes and collects, as a school would.

The demo and the replay share it. Everything goes through the operations of the packages; only the
students are invented, or replayed from records.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from survey.campaigns import access_codes, card_allowance, operations
from survey.campaigns.models import Wave
from survey.database import begin
from survey.demo.gshs_records import Raw
from survey.questionnaires import routing
from survey.questionnaires.adapt import OwnContact
from survey.questionnaires.model import Text
from survey.responses.collect import CollectOutcome, collect, hash_receipt, new_receipt

AT_ONCE = 250
"""Responses in one transaction; no student is waiting for an acknowledgement of each."""

LARGEST_BATCH = 1000

HELPER = OwnContact(
    name=Text.of({"en": "Safeguarding lead", "cy": "Arweinydd diogelu"}),
    how=Text.of({"en": "Knock at any break", "cy": "Cnocia yn ystod unrhyw egwyl"}),
    room=Text.of({"en": "Room 12, by the library", "cy": "Ystafell 12, ger y llyfrgell"}),
    times=Text.of({"en": "Every day, 8.30 to 3.30", "cy": "Bob dydd, 8.30 tan 3.30"}),
    email="lead@school.example",
)
"""The contacts of an invented school."""


class LostResponseError(RuntimeError):
    """A prepared response was not stored, so the demo would be wrong."""


@dataclass(frozen=True)
class OpenWave:
    """The open survey that prepared students answer, by keys that outlive a transaction."""

    school_id: uuid.UUID
    wave_id: uuid.UUID
    code_key: bytes


def print_codes(wave: OpenWave, *, count: int, year: int | None, today: date) -> list[str]:
    """Codes from as many batches as it takes, for one year group or for all."""
    made: list[str] = []
    while len(made) < count:
        with begin() as db:
            _batch, fresh = operations.make_batch(
                db,
                wave=operations.find_wave(db, wave.school_id, wave.wave_id),
                year=year,
                label=f"Year {year}" if year else "Everybody",
                count=min(LARGEST_BATCH, count - len(made)),
                key=wave.code_key,
                today=today,
                by=None,
            )
        made.extend(fresh)
    return made


def collect_all(wave: OpenWave, answers: Sequence[Raw], *, today: date) -> Iterator[int]:
    """Prints a code for each prepared student and collects the answers. Yields how many are in."""
    printed = print_codes(wave, count=len(answers), year=None, today=today)
    yield from collect_with(wave, printed, answers, today=today)


def collect_rest(wave: OpenWave, answers: Sequence[Raw], *, today: date) -> Iterator[int]:
    """The same, and continues where an interrupted run ended. Codes and answers of a part are one
    transaction, so the cards that were made say how many are in. Yields how many are in."""
    with begin() as db:
        done = card_allowance.cards_of(db, _find(db, wave)).made
    for start in range(done, len(answers), AT_ONCE):
        part = answers[start : start + AT_ONCE]
        with begin() as db:
            _batch, codes = operations.make_batch(
                db,
                wave=_find(db, wave),
                year=None,
                label="Everybody",
                count=len(part),
                key=wave.code_key,
                today=today,
                by=None,
            )
            _collect(db, wave, codes, part, today=today)
        yield start + len(part)


def _find(db: Session, wave: OpenWave) -> Wave:
    return operations.find_wave(db, wave.school_id, wave.wave_id)


def collect_with(
    wave: OpenWave, printed: Sequence[str], answers: Sequence[Raw], *, today: date
) -> Iterator[int]:
    """Collects each answer with one of the codes given. Yields how many are in."""
    done = 0
    for start in range(0, len(answers), AT_ONCE):
        part = answers[start : start + AT_ONCE]
        with begin() as db:
            _collect(db, wave, printed[start : start + AT_ONCE], part, today=today)
        done += len(part)
        yield done


def _collect(
    db: Session, wave: OpenWave, codes: Sequence[str], answers: Sequence[Raw], *, today: date
) -> None:
    found = _find(db, wave)
    questionnaire = operations.questionnaire_of(found)
    for code, raw in zip(codes, answers, strict=True):
        outcome = collect(
            db,
            wave=found,
            code_hash=access_codes.hash_code(code, key=wave.code_key),
            receipt=hash_receipt(new_receipt(), key=wave.code_key),
            answers=routing.check(questionnaire, None, raw),
            today=today,
            key=wave.code_key,
        )
        if outcome is not CollectOutcome.STORED:
            raise LostResponseError(f"A prepared response was not stored: {outcome}")
