"""Loads the earlier releases of a school that were not withdrawn, with a cache. Withdrawn releases
are never compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey.campaigns.models import Wave
from survey.campaigns.queries import questionnaire_of
from survey.releases.models import StoredRelease
from survey.reports.school.report_data import ReportData
from survey.reports.school.report_loader import reading_of
from survey.reports.trends.change import FigureChanges
from survey.reports.value_cache import Kept


@dataclass(frozen=True)
class SurveyReport:
    """A survey with its release. `opened_on` and `closed_on` are its days of fieldwork."""

    number: int
    release_hash: str
    opened_on: date | None
    closed_on: date | None
    reading: ReportData


_changes: Kept[tuple[int | str, ...], FigureChanges] = Kept(8)


def standing(db: Session, wave: Wave) -> Sequence[tuple[Wave, str]]:
    """The waves of a campaign up to this one whose releases are not withdrawn, the oldest first,
    and the hash of each release."""
    rows = db.execute(
        select(Wave, StoredRelease.release_hash)
        .join(
            StoredRelease,
            (StoredRelease.school_id == Wave.school_id) & (StoredRelease.wave_id == Wave.wave_id),
        )
        .where(
            Wave.school_id == wave.school_id,
            Wave.campaign_id == wave.campaign_id,
            Wave.number <= wave.number,
            StoredRelease.withdrawn_on.is_(None),
        )
        .order_by(Wave.number)
    )
    return [(one, release_hash) for one, release_hash in rows]


def standing_names(db: Session, wave: Wave) -> tuple[str, ...]:
    """Names the releases that a wave is shown against, and the days of their waves."""
    return tuple(
        f"{one.number}:{release_hash} {one.opened_on} {one.closed_on}"
        for one, release_hash in standing(db, wave)
    )


def read_held(db: Session, *, wave: Wave, language: str) -> tuple[SurveyReport, ...]:
    """The standing releases of a wave's campaign up to that wave, the oldest first."""
    return tuple(
        SurveyReport(
            one.number,
            release_hash,
            one.opened_on,
            one.closed_on,
            _reading(db, one, release_hash, language),
        )
        for one, release_hash in standing(db, wave)
    )


def _reading(db: Session, wave: Wave, release_hash: str, language: str) -> ReportData:
    """The document is long, so it is fetched only if it is not in the cache."""

    def document() -> str:
        return db.scalars(
            select(StoredRelease.document).where(
                StoredRelease.school_id == wave.school_id, StoredRelease.wave_id == wave.wave_id
            )
        ).one()

    name = release_hash, wave.questionnaire_hash or "", language
    return reading_of(name, questionnaire_of(wave), document)


def has_earlier(db: Session, *, wave: Wave) -> bool:
    """Whether an earlier survey of the campaign has a release that was not withdrawn."""
    found = db.scalar(
        select(Wave.number)
        .join(
            StoredRelease,
            (StoredRelease.school_id == Wave.school_id) & (StoredRelease.wave_id == Wave.wave_id),
        )
        .where(
            Wave.school_id == wave.school_id,
            Wave.campaign_id == wave.campaign_id,
            Wave.number < wave.number,
            StoredRelease.withdrawn_on.is_(None),
        )
        .limit(1)
    )
    return found is not None


def changes_between(before: SurveyReport, now: SurveyReport) -> FigureChanges:
    key = (before.number, before.release_hash, now.number, now.release_hash, now.reading.language)
    return _changes.get(
        key, lambda: FigureChanges(before.reading, now.reading, before.number, now.number)
    )
