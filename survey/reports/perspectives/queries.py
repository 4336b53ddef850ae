"""Queries for the current releases of a school's students, staff and parents."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey.campaigns.models import Wave
from survey.campaigns.queries import questionnaire_of
from survey.database import read
from survey.questionnaires.model import Audience
from survey.releases.models import StoredRelease
from survey.reports.perspectives.compare import VOICES, Gaps, PlaceVoices, read_gaps, read_voices
from survey.reports.school.report_loader import Book, book_of


@dataclass(frozen=True)
class Voices:
    """`waves`: whose release each audience's figures are of. `missing`: audiences without one."""

    places: tuple[PlaceVoices, ...]
    gaps: Gaps
    waves: Mapping[Audience, Wave]
    missing: tuple[Audience, ...]

    def of(self, place: str) -> PlaceVoices | None:
        return next((one for one in self.places if one.key == place), None)


def voices_of(wave: Wave, book: Book) -> Voices:
    """The students' wave and, of each adult audience, the newest that has a standing release."""
    waves = {Audience.STUDENTS: wave}
    readings = {Audience.STUDENTS: book.reading}
    for pulse, stored in _standing(read(), wave.school_id):
        audience = questionnaire_of(pulse).audience
        if audience not in waves:
            waves[audience] = pulse
            readings[audience] = book_of(pulse, stored).reading
    places = read_voices(readings)
    missing = tuple(one for one in VOICES if one not in waves)
    return Voices(places, read_gaps(places), waves, missing)


def voices_names(wave: Wave) -> tuple[str, ...]:
    """Names the releases that `voices_of` is read from."""
    return tuple(
        f"{one.wave_id} {one.opened_on} {one.closed_on} {stored.release_hash}"
        for one, stored in _standing(read(), wave.school_id)
    )


def newest_of_students(school_id: uuid.UUID) -> Wave | None:
    """The wave whose page shows the views of students next to those of adults."""
    for wave, _stored in _standing(read(), school_id):
        if not questionnaire_of(wave).is_pulse:
            return wave
    return None


def _standing(db: Session, school_id: uuid.UUID) -> list[tuple[Wave, StoredRelease]]:
    """Waves of the school whose release was not withdrawn, the newest first."""
    found = db.execute(
        select(Wave, StoredRelease)
        .join(
            StoredRelease,
            (StoredRelease.school_id == Wave.school_id) & (StoredRelease.wave_id == Wave.wave_id),
        )
        .where(Wave.school_id == school_id, StoredRelease.withdrawn_on.is_(None))
        .order_by(Wave.opened_on.desc(), Wave.wave_id)
    )
    return [(wave, stored) for wave, stored in found]
