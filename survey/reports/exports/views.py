"""The files of a report and of a comparison, each made only from the stored document."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from flask import Response, render_template, request
from flask_babel import gettext as _

from survey.actions.report_links import read_beside
from survey.cache import Kept
from survey.campaigns.models import Wave
from survey.campaigns.queries import find_wave, questionnaire_of
from survey.campaigns.site_plans.operations import find_wave_plan, wave_picture
from survey.database import read, today
from survey.errors import NotThereError
from survey.http.attachments import as_file
from survey.permissions import Permission, requires
from survey.releases.models import StoredRelease
from survey.reports.blueprint import COMPARISON, REPORT, bp
from survey.reports.charts import dot_chart
from survey.reports.charts.cache import is_waiting
from survey.reports.comparisons.views import compared_of
from survey.reports.exports import comparison_csv as compared_export
from survey.reports.exports import csv as export_csv
from survey.reports.exports import deck, images, xlsx_comparison, xlsx_report
from survey.reports.exports.csv import File
from survey.reports.exports.images import Framed, Kind
from survey.reports.exports.pdf import brief, governors_report, slides
from survey.reports.exports.pdf.governors_report import Plans, Report
from survey.reports.exports.provenance import Imprint
from survey.reports.school.one_group import group_called
from survey.reports.school.report import Book, book_of, kept_as, readable_of, spoken
from survey.reports.school.site_plan import read_on_plan
from survey.reports.trends import report_charts as trend_report_charts
from survey.reports.trends.trend import side_of
from survey.reports.trends.views import OVER_TIME


class NoFileError(NotThereError):
    """The report has no file or picture of this name."""


PDF = "application/pdf"
NOT_YET = 202
"""The status of a page that says that a file is being made: its charts are drawn first."""
_made: Kept[tuple[object, ...], File] = Kept(24)
"""Files that take time to make: a report on paper, a workbook. Each is made once for a release, a
language and the content of its first page."""

Make = Callable[[Wave, StoredRelease], File | None]


def _refuse_pulse(wave: Wave) -> None:
    """Files of a school's report of its students are not made for a pulse."""
    if questionnaire_of(wave).is_pulse:
        raise NoFileError(_("This report has no such file."))


def _hand_out(school_id: uuid.UUID, wave_id: uuid.UUID, make: Make) -> Response:
    wave = find_wave(read(), school_id, wave_id)
    return _download(make(wave, readable_of(wave)))


def _download(file: File | None) -> Response:
    if is_waiting():
        return Response(render_template("reports/exports/being_made.html"), NOT_YET)
    if file is None:
        raise NoFileError(_("This report has no such file."))
    return as_file(file.content, file.kind, file.name)


@bp.get(f"{REPORT}release.csv")
@requires(Permission.REPORT_READ)
def release_csv(school_id: uuid.UUID, wave_id: uuid.UUID) -> Response:
    def make(wave: Wave, stored: StoredRelease) -> File:
        made = export_csv.release_csv(stored, questionnaire_of(wave), spoken())
        return _called(made, wave, stored, _("figures"), "csv")

    return _hand_out(school_id, wave_id, make)


@bp.get(f"{REPORT}report.pdf")
@requires(Permission.REPORT_READ)
def governors_pdf(school_id: uuid.UUID, wave_id: uuid.UUID) -> Response:
    """The whole report on paper."""

    def make(wave: Wave, stored: StoredRelease) -> File:
        _refuse_pulse(wave)
        report = _report(wave, stored)
        name = report.side.kept_as if report.side else kept_as(wave, stored)
        draw = partial(dot_chart.draw, kept_as=(stored.release_hash, *name))
        content = governors_report.governors_pdf(report, draw)
        return File(report.imprint.file_name(_("report"), "pdf"), PDF, content)

    return _hand_out(school_id, wave_id, make)


@bp.get(f"{REPORT}governors.pdf")
@requires(Permission.REPORT_READ)
def brief_pdf(school_id: uuid.UUID, wave_id: uuid.UUID) -> Response:
    """The four pages that governors decide on."""

    def make(wave: Wave, stored: StoredRelease) -> File:
        _refuse_pulse(wave)
        report = _report(wave, stored)
        draw = partial(dot_chart.draw, kept_as=kept_as(wave, stored))
        content = brief.brief_pdf(report, report.followed, today(), draw)
        return File(report.imprint.file_name(_("governors"), "pdf"), PDF, content)

    return _hand_out(school_id, wave_id, make)


@bp.get(f"{REPORT}slides.pdf")
@requires(Permission.REPORT_READ)
def slides_pdf(school_id: uuid.UUID, wave_id: uuid.UUID) -> Response:
    """The opening page as slides."""

    def make(wave: Wave, stored: StoredRelease) -> File:
        _refuse_pulse(wave)
        report = _report(wave, stored)
        content = slides.slides_pdf(report, report.followed)
        return File(report.imprint.file_name(_("slides"), "pdf"), PDF, content)

    return _hand_out(school_id, wave_id, make)


@bp.get(f"{REPORT}slides.pptx")
@requires(Permission.REPORT_READ)
def deck_pptx(school_id: uuid.UUID, wave_id: uuid.UUID) -> Response:
    """The slides as a file that can be edited."""

    def make(wave: Wave, stored: StoredRelease) -> File:
        _refuse_pulse(wave)
        report = _report(wave, stored)
        content = deck.deck_pptx(report, partial(dot_chart.draw, kept_as=kept_as(wave, stored)))
        return File(report.imprint.file_name(_("slides"), "pptx"), deck.KIND, content)

    return _hand_out(school_id, wave_id, make)


@bp.get(f"{REPORT}report.xlsx")
@requires(Permission.REPORT_READ)
def workbook_xlsx(school_id: uuid.UUID, wave_id: uuid.UUID) -> Response:
    def make(wave: Wave, stored: StoredRelease) -> File:
        _refuse_pulse(wave)
        book, name = book_of(wave, stored), kept_as(wave, stored)
        imprint = Imprint.of(wave, stored, book)
        return _made.get(
            ("workbook", wave.wave_id, name, imprint),
            lambda: xlsx_report.release_xlsx(book, imprint),
        )

    return _hand_out(school_id, wave_id, make)


def _called(file: File, wave: Wave, stored: StoredRelease, what: str, ending: str) -> File:
    """A file under the name of the school and the month."""
    imprint = Imprint.of(wave, stored, book_of(wave, stored))
    return replace(file, name=imprint.file_name(what, ending))


def _report(wave: Wave, stored: StoredRelease) -> Report:
    book = book_of(wave, stored)
    imprint = Imprint.of(wave, stored, book)
    followed = read_beside(read(), wave).followed
    return Report(book, imprint, _plans(wave, book), side_of(wave), followed, today())


def _plans(wave: Wave, book: Book) -> Plans:
    """The plan the wave was launched with, and the figures on it."""
    plan = find_wave_plan(read(), wave.school_id, wave.wave_id)
    if plan is None:
        return Plans({})
    picture = wave_picture(read(), wave.school_id, wave.wave_id)
    blocks = [block for _chapter, found in book.chapters for block in found]
    drawn = read_on_plan(blocks, book.reading.questionnaire, plan)
    return Plans(drawn, picture.picture, picture.kind)


@bp.get(f"{REPORT}release.json")
@requires(Permission.REPORT_READ)
def release_json(school_id: uuid.UUID, wave_id: uuid.UUID) -> Response:
    def make(wave: Wave, stored: StoredRelease) -> File:
        return _called(export_csv.release_json(stored), wave, stored, _("release"), "json")

    return _hand_out(school_id, wave_id, make)


@bp.get(f"{REPORT}certificate.json")
@requires(Permission.REPORT_READ)
def certificate(school_id: uuid.UUID, wave_id: uuid.UUID) -> Response:
    def make(wave: Wave, stored: StoredRelease) -> File | None:
        made = export_csv.certificate_json(stored)
        return made and _called(made, wave, stored, _("certificate"), "json")

    return _hand_out(school_id, wave_id, make)


@bp.get(f"{REPORT}charts/<path:key>.<any(svg, png):kind>")
@requires(Permission.REPORT_READ)
def chart_file(school_id: uuid.UUID, wave_id: uuid.UUID, key: str, kind: str) -> Response:
    """One chart as a picture, with its title and whose it is."""

    def make(wave: Wave, stored: StoredRelease) -> File | None:
        book = book_of(wave, stored)
        group = group_called(book.reading, request.args.get("group"))
        framed = images.charts_of(book, group).get(key)
        imprint = Imprint.of(wave, stored, book)
        made = framed and _picture(framed(), kept_as(wave, stored), imprint.source(), Kind(kind))
        return made and _called(made, wave, stored, made.name.rpartition(".")[0], kind)

    return _hand_out(school_id, wave_id, make)


@bp.get(f"{REPORT}charts/{OVER_TIME.key}/<path:key>.<any(svg, png):kind>")
@requires(Permission.REPORT_READ)
def over_time_chart(school_id: uuid.UUID, wave_id: uuid.UUID, key: str, kind: str) -> Response:
    """One chart of the waves side by side, as a picture."""

    def make(wave: Wave, stored: StoredRelease) -> File | None:
        side = side_of(wave)
        found = next((one for one in side.over.tracked if one.key == key), None) if side else None
        if side is None or found is None:
            return None
        chart = trend_report_charts.waves_chart(found, side.held)
        note = Imprint.of(wave, stored, book_of(wave, stored)).source()
        framed = Framed(chart, trend_report_charts.marks())
        made = _picture(framed, (stored.release_hash, *side.kept_as), note, Kind(kind))
        return _called(made, wave, stored, made.name.rpartition(".")[0], kind)

    return _hand_out(school_id, wave_id, make)


@bp.get(f"{COMPARISON}comparison.csv")
@requires(Permission.COMPARISON_READ)
def comparison_csv(authority_id: uuid.UUID, programme_id: uuid.UUID, number: int) -> Response:
    """What the pages say. The stored document lists bases next to letters, so it cannot be
    downloaded: see docs/decisions/0014-letters-and-bands.md."""
    found = compared_of(authority_id, programme_id, number)
    spread, stored = found["spread"], found["stored"]
    return _download(stored and compared_export.comparison_csv(stored, spread))


@bp.get(f"{COMPARISON}comparison.xlsx")
@requires(Permission.COMPARISON_READ)
def comparison_xlsx(authority_id: uuid.UUID, programme_id: uuid.UUID, number: int) -> Response:
    """The same as a workbook."""
    found = compared_of(authority_id, programme_id, number)
    spread, stored, title = found["spread"], found["stored"], found["programme"].title
    return _download(stored and xlsx_comparison.comparison_xlsx(title, stored, spread))


@bp.get(f"{COMPARISON}charts/<path:key>.<any(svg, png):kind>")
@requires(Permission.COMPARISON_READ)
def compared_chart_file(
    authority_id: uuid.UUID, programme_id: uuid.UUID, number: int, key: str, kind: str
) -> Response:
    found = compared_of(authority_id, programme_id, number)
    spread, stored = found["spread"], found["stored"]
    framed = spread and images.compared_charts_of(spread).get(key)
    if not framed:
        return _download(None)
    note = _("%(programme)s, survey %(number)s. Rounded figures of comparison %(release)s.",
             programme=found["programme"].title, number=number,
             release=stored.release_hash[:12])  # fmt: skip
    return _download(_picture(framed(), (stored.release_hash, spoken()), note, Kind(kind)))


def _picture(framed: Framed, name: tuple[str, ...], note: str, kind: Kind) -> File:
    drawn = dot_chart.draw(framed.chart, kept_as=name)
    content = images.picture(framed, drawn, note, kind)
    return export_csv.picture_file(framed.chart.key, kind, images.TYPES[kind], content)
