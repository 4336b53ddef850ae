"""The page of a school's report that holds students' own words. It is drawn from the released set
alone, and can reach no text of the room and no answer."""

from __future__ import annotations

import uuid
from collections.abc import Mapping

from flask_babel import get_locale
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from survey.campaigns.queries import find_wave, questionnaire_of
from survey.database import read
from survey.free_text.blueprint import bp
from survey.free_text.document import FEWEST, TextSet
from survey.free_text.published_models import ReleasedTexts
from survey.permissions import Permission, requires
from survey.questionnaires.model import Audience, ItemKind, Questionnaire
from survey.reports.blueprint import REPORT
from survey.reports.page_shell import school_page
from survey.reports.school.report_loader import stored_of

OWN_WORDS: Mapping[Audience, LazyString] = {
    Audience.STUDENTS: _l("In students’ own words"),
    Audience.PARENTS: _l("In parents’ own words"),
    Audience.STAFF: _l("In their own words: staff"),
}


@bp.get(f"{REPORT}words")
@requires(Permission.REPORT_READ)
def published(school_id: uuid.UUID, wave_id: uuid.UUID) -> str:
    wave = find_wave(read(), school_id, wave_id)
    stored = stored_of(wave)
    if stored.withdrawn_on is not None:
        return school_page(wave, stored, "reports/school/withdrawn.html")
    questionnaire = questionnaire_of(wave)
    released = read().get(ReleasedTexts, (school_id, wave_id))
    return school_page(
        wave,
        stored,
        "free_text/published.html",
        chapter={"key": "words", "title": OWN_WORDS[questionnaire.audience]},
        released=released,
        shown_texts=TextSet.from_json(released.document)
        if released is not None and released.document is not None
        else None,
        item_words=item_words(questionnaire),
        years=from_years(questionnaire),
        fewest=FEWEST,
    )


def item_words(questionnaire: Questionnaire) -> Mapping[str, str]:
    """The wording of each text item, in the language of the reader."""
    language = str(get_locale() or "en")
    return {
        item.key: item.wording.in_language(language)
        for item in questionnaire.asked
        if item.kind is ItemKind.TEXT
    }


def from_years(questionnaire: Questionnaire) -> Mapping[str, int | None]:
    """The first year that is asked each text item; None if every year is asked it."""
    first = min(item.from_year for item in questionnaire.asked)
    return {
        item.key: item.from_year if item.from_year > first else None
        for item in questionnaire.asked
        if item.kind is ItemKind.TEXT
    }
