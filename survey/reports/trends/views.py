"""The page of a report that shows the waves of a school side by side."""

from __future__ import annotations

import uuid
from collections.abc import Mapping

from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from survey.campaigns.models import Wave
from survey.campaigns.queries import find_wave
from survey.database import read
from survey.permissions import Permission, requires
from survey.reports.blueprint import REPORT, bp
from survey.reports.page_shell import kept_part, lend, on_each_page, school_page, to_notice
from survey.reports.school.chapters import Chapter
from survey.reports.school.report import book_of, stored_of
from survey.reports.trends import report_charts as trend_report_charts
from survey.reports.trends import wording as trend_wording
from survey.reports.trends.caveats import away_of, stays_away
from survey.reports.trends.earlier_releases import has_earlier
from survey.reports.trends.series import RARELY
from survey.reports.trends.trend import side_of

OVER_TIME = Chapter(
    "over-time",
    _l("Over time"),
    _l("What was said in each survey, and what changed."),
    (),
)


lend(c=trend_wording, away_of=away_of, stays_away=stays_away)


@on_each_page
def _earlier(wave: Wave) -> Mapping[str, object]:
    """Whether the report leads to this page."""
    return {"has_earlier": has_earlier(read(), wave=wave)}


@bp.get(f"{REPORT}{OVER_TIME.key}")
@requires(Permission.REPORT_READ)
def over_time(school_id: uuid.UUID, wave_id: uuid.UUID) -> str | Response:
    """All waves up to this one, or why there is nothing to compare."""
    wave = find_wave(read(), school_id, wave_id)
    stored = stored_of(wave)
    if stored.withdrawn_on is not None:
        return to_notice(wave)
    side, book = side_of(wave), book_of(wave, stored)
    drawn = side and kept_part(
        wave,
        stored,
        book,
        "/".join((OVER_TIME.key, *side.kept_as)),
        "reports/trends/waves.html",
        side=side,
        rarely=RARELY,
        pictures_of=trend_report_charts,
    )
    timeframe = book.reading.questionnaire.timeframe
    return school_page(
        wave,
        stored,
        "reports/trends/trend.html",
        book=book,
        chapter=OVER_TIME,
        timeframe=timeframe and book.reading.words(timeframe),
        side=side,
        drawn=drawn,
    )
