"""The page of a report that lays the waves of a school side by side, and its charts as pictures."""

from __future__ import annotations

import uuid

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from survey.access import Permission, requires
from survey.campaigns.download import as_file
from survey.campaigns.finding import find_wave
from survey.db import read
from survey.reports import charts, export, pictures_change, pictures_out
from survey.reports.chapters import Chapter
from survey.reports.imprint import Imprint
from survey.reports.over_time import RARELY
from survey.reports.pages import REPORT, NoChapterError, bp, kept_part, school_page, to_notice
from survey.reports.pictures_out import Framed, Kind
from survey.reports.shelf import book_of, readable_of, stored_of
from survey.reports.side_by_side import side_of

OVER_TIME = Chapter(
    "over-time",
    _l("Over time"),
    _l("What was said in each wave, and what changed."),
    (),
)


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
        "reports/waves.html",
        side=side,
        rarely=RARELY,
        pictures_of=pictures_change,
    )
    timeframe = book.reading.questionnaire.timeframe
    return school_page(
        wave,
        stored,
        "reports/over_time.html",
        book=book,
        chapter=OVER_TIME,
        timeframe=timeframe and book.reading.words(timeframe),
        side=side,
        drawn=drawn,
    )


@bp.get(f"{REPORT}charts/{OVER_TIME.key}/<path:key>.<any(svg, png):kind>")
@requires(Permission.REPORT_READ)
def over_time_chart(school_id: uuid.UUID, wave_id: uuid.UUID, key: str, kind: str) -> Response:
    """One chart as a picture, with its title and whose it is."""
    wave = find_wave(read(), school_id, wave_id)
    stored = readable_of(wave)
    side = side_of(wave)
    found = next((one for one in side.over.tracked if one.key == key), None) if side else None
    if side is None or found is None:
        raise NoChapterError(_("This report has no such page."))
    framed = Framed(pictures_change.waves_chart(found, side.held), pictures_change.marks())
    note = Imprint.of(wave, stored, book_of(wave, stored)).source()
    drawn = charts.draw(framed.chart, kept_as=(stored.release_hash, *side.kept_as))
    as_kind = Kind(kind)
    content = pictures_out.picture(framed, drawn, note, as_kind)
    file = export.picture_file(framed.chart.key, as_kind, pictures_out.TYPES[as_kind], content)
    return as_file(file.content, file.kind, file.name)
