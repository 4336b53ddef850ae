"""The page "Over time" of a report."""

from __future__ import annotations

import uuid
from collections.abc import Mapping

from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from survey.campaigns.models import Wave
from survey.campaigns.queries import find_wave
from survey.database import read
from survey.permissions import Permission, requires
from survey.releases.models import StoredRelease
from survey.reports.blueprint import REPORT, bp
from survey.reports.cached_page_parts import Piece
from survey.reports.page_shell import (
    kept_part,
    lend,
    made_ahead,
    on_each_page,
    school_page,
    to_notice,
)
from survey.reports.school.chapters import Chapter
from survey.reports.school.report_loader import Book, stored_of
from survey.reports.trends import change_charts
from survey.reports.trends import wording as trend_wording
from survey.reports.trends.caveats import away_of, stays_away
from survey.reports.trends.earlier_releases import has_earlier, standing_names
from survey.reports.trends.load_trends import side_of
from survey.reports.trends.over_time import RARELY

OVER_TIME = Chapter(
    "over-time",
    _l("Over time"),
    _l("What was said in each survey, and what changed."),
    (),
)


lend(trend_wording=trend_wording, away_of=away_of, stays_away=stays_away)


@on_each_page
def _earlier(wave: Wave) -> Mapping[str, object]:
    """Whether the report leads to this page."""
    return {"has_earlier": has_earlier(read(), wave=wave)}


@made_ahead
def _over_time(wave: Wave, stored: StoredRelease) -> tuple[Piece, ...]:
    """The cached part with all changes and figures; empty if there is nothing to compare."""
    names = standing_names(read(), wave)

    def give(book: Book) -> Mapping[str, object]:
        timeframe = book.reading.questionnaire.timeframe
        return {
            "chapter": OVER_TIME,
            "is_pulse": book.reading.questionnaire.is_pulse,
            "timeframe": timeframe and book.reading.words(timeframe),
            "side": side_of(wave),
            "rarely": RARELY,
            "pictures_of": change_charts,
        }

    return kept_part(wave, stored, (OVER_TIME.key,), "reports/trends/over_time.html", give, names)


@bp.get(f"{REPORT}{OVER_TIME.key}")
@requires(Permission.REPORT_READ)
def over_time(school_id: uuid.UUID, wave_id: uuid.UUID) -> str | Response:
    """All surveys up to this one, or why there is nothing to compare."""
    wave = find_wave(read(), school_id, wave_id)
    stored = stored_of(wave)
    if stored.withdrawn_on is not None:
        return to_notice(wave)
    drawn = _over_time(wave, stored)
    return school_page(wave, stored, "reports/trends/trend.html", chapter=OVER_TIME, drawn=drawn)
