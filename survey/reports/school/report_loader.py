"""Releases as pages and files take them: found, read once in one language, and kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from flask_babel import get_locale
from flask_babel import gettext as _

from survey.campaigns.models import Wave
from survey.campaigns.queries import questionnaire_of
from survey.database import read
from survey.disclosure.release import Release
from survey.errors import NotNowError, NotThereError
from survey.questionnaires.gender_question.wording import speak_of
from survey.questionnaires.model import Questionnaire
from survey.releases.models import StoredRelease
from survey.reports.school.chapter_overviews import Overviews, read_overviews
from survey.reports.school.chapters import Chapter, by_chapter
from survey.reports.school.place_profiles import PlacePage, place_grids, place_keys, read_places
from survey.reports.school.question_blocks import read_blocks
from survey.reports.school.report_data import Block, ReportData
from survey.reports.school.summary import Opening, read_opening
from survey.reports.value_cache import Kept
from survey.year_groups.wording import speak_as


class NoReportError(NotThereError):
    """The wave has no release yet."""


class WithdrawnError(NotNowError):
    """A withdrawn release is not handed out."""


@dataclass(frozen=True)
class Book:
    """A release as read once, in one language: it never changes, so neither does this. Each part is
    read when a page first shows it."""

    reading: ReportData

    @cached_property
    def opening(self) -> Opening:
        return read_opening(self.reading)

    @cached_property
    def chapters(self) -> tuple[tuple[Chapter, tuple[Block, ...]], ...]:
        return by_chapter(read_blocks(self.reading))

    @cached_property
    def places(self) -> tuple[PlacePage, ...]:
        return read_places(self.reading)

    @cached_property
    def overviews(self) -> Overviews:
        return read_overviews(self.reading)

    @cached_property
    def place_keys(self) -> frozenset[str]:
        """The keys of the places that have a page."""
        return frozenset(
            key for item in place_grids(self.reading) for key in place_keys(self.reading, item)
        )

    def place(self, key: str) -> PlacePage | None:
        return next((one for one in self.places if one.key == key), None)


_books: Kept[tuple[str, ...], Book] = Kept(8)
_readings: Kept[tuple[str, str, str], ReportData] = Kept(8)


def spoken() -> str:
    """The language of this request."""
    locale = get_locale()
    return str(locale) if locale else "en"


def stored_of(wave: Wave) -> StoredRelease:
    stored = read().get(StoredRelease, (wave.school_id, wave.wave_id))
    if stored is None:
        raise NoReportError(
            _("There is no report of this survey yet. It is made after the survey is closed.")
        )
    return stored


def readable_of(wave: Wave) -> StoredRelease:
    """The release, if its files are still handed out."""
    stored = stored_of(wave)
    if stored.withdrawn_on is not None:
        raise WithdrawnError(_("This report was withdrawn, so its files are no longer handed out."))
    return stored


def reading_of(
    name: tuple[str, str, str], questionnaire: Questionnaire, document: Callable[[], str]
) -> ReportData:
    """A release read with its questionnaire, once for all pages. ``name``: as of `kept_as`;
    ``document`` fetches what is stored, which is long."""
    return _readings.get(
        name, lambda: ReportData(Release.from_json(document()), questionnaire, name[2])
    )


def book_of(wave: Wave, stored: StoredRelease) -> Book:
    questionnaire = questionnaire_of(wave)
    speak_as(questionnaire.naming)
    speak_of(questionnaire)

    name = kept_as(wave, stored)
    return _books.get(name, lambda: Book(reading_of(name, questionnaire, lambda: stored.document)))


def kept_as(wave: Wave, stored: StoredRelease) -> tuple[str, str, str]:
    """Names what a page or file is made of: the same name, the same figures and words."""
    return stored.release_hash, wave.questionnaire_hash or "", spoken()
