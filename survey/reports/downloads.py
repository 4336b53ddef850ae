"""The files of a report and of a comparison, each made of the stored document alone."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from flask import Response
from flask_babel import gettext as _

from survey.access import Permission, requires
from survey.campaigns.download import as_file
from survey.campaigns.finding import find_wave, questionnaire_of
from survey.campaigns.models import Wave
from survey.db import read
from survey.errors import NotThereError
from survey.reports import charts, export, pictures_out
from survey.reports.charts import Chart
from survey.reports.export import File
from survey.reports.models import StoredRelease
from survey.reports.pages import COMPARISON, REPORT, bp, compared_of
from survey.reports.pictures_out import Kind
from survey.reports.shelf import book_of, kept_as, readable_of, spoken


class NoFileError(NotThereError):
    """The report has no file or picture of this name."""


Make = Callable[[Wave, StoredRelease], File | None]


def _hand_out(school_id: uuid.UUID, wave_id: uuid.UUID, make: Make) -> Response:
    wave = find_wave(read(), school_id, wave_id)
    return _download(make(wave, readable_of(wave)))


def _download(file: File | None) -> Response:
    if file is None:
        raise NoFileError(_("This report has no such file."))
    return as_file(file.content, file.kind, file.name)


@bp.get(f"{REPORT}release.csv")
@requires(Permission.REPORT_READ)
def release_csv(school_id: uuid.UUID, wave_id: uuid.UUID) -> Response:
    def make(wave: Wave, stored: StoredRelease) -> File:
        return export.release_csv(stored, questionnaire_of(wave), spoken())

    return _hand_out(school_id, wave_id, make)


@bp.get(f"{REPORT}release.json")
@requires(Permission.REPORT_READ)
def release_json(school_id: uuid.UUID, wave_id: uuid.UUID) -> Response:
    return _hand_out(school_id, wave_id, lambda _wave, stored: export.release_json(stored))


@bp.get(f"{REPORT}certificate.json")
@requires(Permission.REPORT_READ)
def certificate(school_id: uuid.UUID, wave_id: uuid.UUID) -> Response:
    return _hand_out(school_id, wave_id, lambda _wave, stored: export.certificate_json(stored))


@bp.get(f"{REPORT}charts/<path:key>.<any(svg, png):kind>")
@requires(Permission.REPORT_READ)
def chart_file(school_id: uuid.UUID, wave_id: uuid.UUID, key: str, kind: str) -> Response:
    """One chart as a picture, with its title and whose it is."""

    def make(wave: Wave, stored: StoredRelease) -> File | None:
        chart = pictures_out.charts_of(book_of(wave, stored)).get(key)
        note = _("%(school)s, wave %(number)s. Rounded figures of release %(release)s.",
                 school=wave.campaign.school.name, number=wave.number,
                 release=stored.release_hash[:12])  # fmt: skip
        return chart and _picture(chart(), kept_as(wave, stored), note, Kind(kind))

    return _hand_out(school_id, wave_id, make)


@bp.get(f"{COMPARISON}comparison.json")
@requires(Permission.COMPARISON_READ)
def comparison_json(authority_id: uuid.UUID, programme_id: uuid.UUID, number: int) -> Response:
    stored = compared_of(authority_id, programme_id, number)["stored"]
    return _download(stored and export.comparison_json(stored))


@bp.get(f"{COMPARISON}charts/<path:key>.<any(svg, png):kind>")
@requires(Permission.COMPARISON_READ)
def compared_chart_file(
    authority_id: uuid.UUID, programme_id: uuid.UUID, number: int, key: str, kind: str
) -> Response:
    found = compared_of(authority_id, programme_id, number)
    spread, stored = found["spread"], found["stored"]
    chart = spread and pictures_out.compared_charts_of(spread).get(key)
    if not chart:
        return _download(None)
    note = _("%(programme)s, wave %(number)s. Rounded figures of comparison %(release)s.",
             programme=found["programme"].title, number=number,
             release=stored.release_hash[:12])  # fmt: skip
    return _download(_picture(chart(), (stored.release_hash, spoken()), note, Kind(kind)))


def _picture(chart: Chart, name: tuple[str, ...], note: str, kind: Kind) -> File:
    drawn = charts.draw(chart, kept_as=name)
    return export.picture_file(
        chart.key,
        kind,
        pictures_out.TYPES[kind],
        pictures_out.picture(drawn, chart.title, note, kind),
    )
