"""Releases as pages and files take them: found, read once in one language, and kept."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import get_locale
from flask_babel import gettext as _

from survey.cache import Kept
from survey.campaigns.models import Wave
from survey.campaigns.queries import questionnaire_of
from survey.database import read
from survey.disclosure.release import Release
from survey.errors import NotNowError, NotThereError
from survey.questionnaires.gender_question.wording import speak_of
from survey.releases.models import StoredRelease
from survey.reports.school.chapters import Chapter, by_chapter
from survey.reports.school.item_blocks import read_blocks
from survey.reports.school.overviews import Overviews, read_overviews
from survey.reports.school.place_profiles import PlacePage, read_places
from survey.reports.school.report_data import Block, Reading
from survey.reports.school.summary import Opening, read_opening
from survey.year_groups.wording import speak_as


class NoReportError(NotThereError):
    """The wave has no release yet."""


class WithdrawnError(NotNowError):
    """A withdrawn release is not handed out."""


@dataclass(frozen=True)
class Book:
    """A release as read once, in one language: it never changes, so neither does this."""

    reading: Reading
    opening: Opening
    chapters: tuple[tuple[Chapter, tuple[Block, ...]], ...]
    places: tuple[PlacePage, ...]
    overviews: Overviews

    def place(self, key: str) -> PlacePage | None:
        return next((one for one in self.places if one.key == key), None)


_books: Kept[tuple[str, ...], Book] = Kept(64)


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


def book_of(wave: Wave, stored: StoredRelease) -> Book:
    questionnaire = questionnaire_of(wave)
    speak_as(questionnaire.naming)
    speak_of(questionnaire)

    def bind() -> Book:
        reading = Reading(Release.from_json(stored.document), questionnaire, spoken())
        chapters = by_chapter(read_blocks(reading))
        places, overviews = read_places(reading), read_overviews(reading)
        return Book(reading, read_opening(reading), chapters, places, overviews)

    return _books.get(kept_as(wave, stored), bind)


def kept_as(wave: Wave, stored: StoredRelease) -> tuple[str, ...]:
    """Names what a page or file is made of: the same name, the same figures and words."""
    return stored.release_hash, wave.questionnaire_hash or "", spoken()
