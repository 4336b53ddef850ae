"""Draws the charts of a report or a comparison before anyone opens it, in each language of staff.

A chart that could not be drawn here is drawn when it is read, so a failure is only logged.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from functools import partial

from flask import Flask, current_app, g
from sqlalchemy import exists, select

from survey.campaigns.queries import find_programme, find_wave
from survey.database import begin, read
from survey.http.light_pages import speak
from survey.languages import STAFF_LANGUAGES
from survey.logs import log
from survey.releases.models import StoredComparison, StoredRelease
from survey.releases.signals import comparison_stored, release_stored
from survey.reports.charts import cache, dot_chart
from survey.reports.charts.cache import StoredDrawing
from survey.reports.charts.dot_chart import Drawable
from survey.reports.comparisons import report_charts as comparison_report_charts
from survey.reports.comparisons.views import spread_of
from survey.reports.exports import images
from survey.reports.school.report import book_of, kept_as, spoken, stored_of
from survey.reports.trends import report_charts as trend_report_charts
from survey.reports.trends.trend import side_of

Named = tuple[Drawable, tuple[str, ...]]
"""A chart, and the name of the document, language and other reports that it is drawn from."""


def listen() -> None:
    """Draws what a job stores, in the same job."""
    release_stored.connect(_draw_release)
    comparison_stored.connect(_draw_comparison)


def _draw_release(_sender: object, *, school_id: uuid.UUID, wave_id: uuid.UUID) -> None:
    draw_report(school_id, wave_id)


def _draw_comparison(
    _sender: object, *, authority_id: uuid.UUID, programme_id: uuid.UUID, number: int
) -> None:
    draw_comparison(authority_id, programme_id, number)


def draw_report(school_id: uuid.UUID, wave_id: uuid.UUID) -> int:
    """Draws the charts of a wave's report, and returns how many that were."""
    return _draw(partial(_of_report, school_id, wave_id))


def draw_comparison(authority_id: uuid.UUID, programme_id: uuid.UUID, number: int) -> int:
    """Draws the charts of a programme's comparison, and returns how many that were."""
    return _draw(partial(_of_comparison, authority_id, programme_id, number))


def draw_missing() -> int:
    """Draws every report and comparison that today's code has drawn nothing of yet, the newest
    first, and returns how many charts that were."""
    drawn = exists().where(StoredDrawing.made_by == cache.code())
    release, compared = StoredRelease, StoredComparison
    releases = read().execute(
        select(release.school_id, release.wave_id)
        .where(release.withdrawn_on.is_(None))
        .where(~drawn.where(StoredDrawing.document_hash == release.release_hash))
        .order_by(release.released_on.desc(), release.wave_id)
    )
    comparisons = read().execute(
        select(compared.authority_id, compared.programme_id, compared.number)
        .where(~drawn.where(StoredDrawing.document_hash == compared.release_hash))
        .order_by(compared.released_on.desc(), compared.programme_id)
    )
    todo = [partial(draw_report, *one) for one in releases]
    todo += [partial(draw_comparison, *one) for one in comparisons]
    read().rollback()
    return sum(draw() for draw in todo)


def _of_report(school_id: uuid.UUID, wave_id: uuid.UUID) -> Iterator[Named]:
    wave = find_wave(read(), school_id, wave_id)
    stored = stored_of(wave)
    name = kept_as(wave, stored)
    for frame in images.charts_of(book_of(wave, stored)).values():
        yield frame().chart, name
    if side := side_of(wave):
        for tracked in side.over.tracked:
            chart = trend_report_charts.waves_chart(tracked, side.held)
            yield chart, (stored.release_hash, *side.kept_as)


def _of_comparison(
    authority_id: uuid.UUID, programme_id: uuid.UUID, number: int
) -> Iterator[Named]:
    programme = find_programme(read(), authority_id, programme_id)
    stored = read().get_one(StoredComparison, (authority_id, programme_id, number))
    spread, name = spread_of(programme, stored), (stored.release_hash, spoken())
    for frame in images.compared_charts_of(spread).values():
        yield frame().chart, name
    for _title, _key, figures in comparison_report_charts.overview(spread):
        most = comparison_report_charts.funnel_end(figures)
        for one in figures:
            yield comparison_report_charts.funnel_chart(one, spread.schools, most=most), name


def _draw(charts: Callable[[], Iterator[Named]]) -> int:
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    try:
        return sum(_draw_in(app, language, charts) for language in STAFF_LANGUAGES)
    except Exception as problem:
        log.error("not_drawn_ahead", error=problem)
        return 0


def _draw_in(app: Flask, language: str, charts: Callable[[], Iterator[Named]]) -> int:
    with app.app_context(), app.test_request_context():  # the first: for a new `g`
        speak(language)
        found = list(charts())
        read().rollback()  # nothing is held while charts are drawn
        for chart, name in found:
            dot_chart.draw(chart, kept_as=name)
        with begin() as db:
            cache.keep(db, g.pop("fresh_drawings", {}))
    return len(found)
