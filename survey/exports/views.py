"""The files of a school's report, each made only from the stored release."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from urllib.parse import urlencode

from flask import Response, request
from flask_babel import gettext as _

from survey.actions.models import Action
from survey.actions.report_links import actions_beside, followed_beside
from survey.actions.report_wording import is_late
from survey.campaigns.models import FrozenQuestionnaire, Wave
from survey.campaigns.queries import find_wave, questionnaire_of
from survey.campaigns.site_plans.operations import find_wave_plan, wave_picture
from survey.database import read, today
from survey.exports import csv as export_csv
from survey.exports import images, xlsx_report
from survey.exports.csv import File
from survey.exports.downloads import PDF, NoFileError, download, picture
from survey.exports.images import Framed, ImageFormat
from survey.exports.made_files import file_of, made_by_a_job
from survey.exports.pdf import brief, governors_report, slides
from survey.exports.pdf.governors_report import GovernorsReport, Plans
from survey.exports.provenance import Imprint
from survey.permissions import Permission, requires
from survey.releases.job_subjects import subject_of
from survey.releases.models import StoredRelease
from survey.reports.blueprint import REPORT, bp
from survey.reports.charts import dot_chart
from survey.reports.school.one_group_charts import group_called
from survey.reports.school.report_loader import Book, book_of, kept_as, readable_of, spoken
from survey.reports.school.site_plan_figures import read_on_plan
from survey.reports.trends import change_charts
from survey.reports.trends.earlier_releases import standing_names
from survey.reports.trends.load_trends import side_of
from survey.reports.trends.views import OVER_TIME

Make = Callable[[Wave, StoredRelease], File | None]


def _refuse_pulse(wave: Wave) -> None:
    """Files of a school's report of its students are not made for a pulse."""
    if questionnaire_of(wave).is_pulse:
        raise NoFileError(_("This report has no such file."))


def _hand_out(school_id: uuid.UUID, wave_id: uuid.UUID, make: Make) -> Response:
    wave = find_wave(read(), school_id, wave_id)
    return download(make(wave, readable_of(wave)))


def _hand_out_made(
    school_id: uuid.UUID, wave_id: uuid.UUID, make: Callable[[Wave, StoredRelease], File]
) -> Response:
    """The same of a file of a report of students that a worker makes."""
    wave = find_wave(read(), school_id, wave_id)
    stored = readable_of(wave)
    _refuse_pulse(wave)
    return _made(wave, stored, partial(make, wave, stored))


def _made(wave: Wave, stored: StoredRelease, make: Callable[[], File], query: str = "") -> Response:
    file = file_of(stored.release_hash, partial(_made_of, wave, stored), make, query)
    return download(file, subject_of(wave.school_id, wave.wave_id))


def _made_of(wave: Wave, stored: StoredRelease) -> tuple[object, ...]:
    """What files of a report show apart from its release: names, days, actions and other waves. Of
    today they say only which actions are late, so a file serves until that changes."""
    plan = find_wave_plan(read(), wave.school_id, wave.wave_id)
    return (
        kept_as(wave, stored),
        Imprint.of(wave, stored),
        standing_names(read(), wave),
        plan is not None,
        [(_as_kept(one), is_late(one, today())) for one in actions_beside(read(), wave)],
    )


def _as_kept(action: Action) -> list[str]:
    columns = (one.key for one in Action.__mapper__.column_attrs)
    return [str(getattr(action, name)) for name in columns]


@bp.get(f"{REPORT}release.csv")
@requires(Permission.REPORT_READ)
def release_csv(school_id: uuid.UUID, wave_id: uuid.UUID) -> Response:
    def make(wave: Wave, stored: StoredRelease) -> File:
        made = export_csv.release_csv(stored, questionnaire_of(wave), spoken())
        return _called(made, wave, stored, _("figures"), "csv")

    return _hand_out(school_id, wave_id, make)


@bp.get(f"{REPORT}report.pdf")
@requires(Permission.REPORT_READ)
@made_by_a_job
def governors_pdf(school_id: uuid.UUID, wave_id: uuid.UUID) -> Response:
    """The whole report on paper."""

    def make(wave: Wave, stored: StoredRelease) -> File:
        report = _report(wave, stored)
        name = report.side.kept_as if report.side else kept_as(wave, stored)
        draw = partial(dot_chart.draw, kept_as=(stored.release_hash, *name))
        content = governors_report.governors_pdf(report, draw)
        return File(report.imprint.file_name(_("report"), "pdf"), PDF, content)

    return _hand_out_made(school_id, wave_id, make)


@bp.get(f"{REPORT}governors.pdf")
@requires(Permission.REPORT_READ)
@made_by_a_job
def brief_pdf(school_id: uuid.UUID, wave_id: uuid.UUID) -> Response:
    """The four pages that governors decide on."""

    def make(wave: Wave, stored: StoredRelease) -> File:
        report = _report(wave, stored)
        draw = partial(dot_chart.draw, kept_as=kept_as(wave, stored))
        content = brief.brief_pdf(report, report.followed, today(), draw)
        return File(report.imprint.file_name(_("governors"), "pdf"), PDF, content)

    return _hand_out_made(school_id, wave_id, make)


@bp.get(f"{REPORT}slides.pdf")
@requires(Permission.REPORT_READ)
@made_by_a_job
def slides_pdf(school_id: uuid.UUID, wave_id: uuid.UUID) -> Response:
    """The opening page as slides."""

    def make(wave: Wave, stored: StoredRelease) -> File:
        report = _report(wave, stored)
        content = slides.slides_pdf(report, report.followed)
        return File(report.imprint.file_name(_("slides"), "pdf"), PDF, content)

    return _hand_out_made(school_id, wave_id, make)


@bp.get(f"{REPORT}slides.pptx")
@requires(Permission.REPORT_READ)
@made_by_a_job
def deck_pptx(school_id: uuid.UUID, wave_id: uuid.UUID) -> Response:
    """The slides as a file that can be edited."""
    from survey.exports import deck  # in the worker that makes the file: it takes 8 MB

    def make(wave: Wave, stored: StoredRelease) -> File:
        report = _report(wave, stored)
        content = deck.deck_pptx(report, partial(dot_chart.draw, kept_as=kept_as(wave, stored)))
        return File(report.imprint.file_name(_("slides"), "pptx"), deck.KIND, content)

    return _hand_out_made(school_id, wave_id, make)


@bp.get(f"{REPORT}report.xlsx")
@requires(Permission.REPORT_READ)
@made_by_a_job
def workbook_xlsx(school_id: uuid.UUID, wave_id: uuid.UUID) -> Response:
    def make(wave: Wave, stored: StoredRelease) -> File:
        book = book_of(wave, stored)
        imprint = Imprint.of(wave, stored)
        return xlsx_report.release_xlsx(book, imprint)

    return _hand_out_made(school_id, wave_id, make)


def _called(file: File, wave: Wave, stored: StoredRelease, what: str, ending: str) -> File:
    """A file under the name of the school and the month."""
    imprint = Imprint.of(wave, stored)
    return replace(file, name=imprint.file_name(what, ending))


def _report(wave: Wave, stored: StoredRelease) -> GovernorsReport:
    book = book_of(wave, stored)
    imprint = Imprint.of(wave, stored)
    followed = followed_beside(read(), wave)
    return GovernorsReport(book, imprint, _plans(wave, book), side_of(wave), followed, today())


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


@bp.get(f"{REPORT}questionnaire.json")
@requires(Permission.REPORT_READ)
def questionnaire_json(school_id: uuid.UUID, wave_id: uuid.UUID) -> Response:
    def make(wave: Wave, stored: StoredRelease) -> File | None:
        frozen = read().get(FrozenQuestionnaire, wave.questionnaire_hash or "")
        if frozen is None:
            return None
        made = export_csv.questionnaire_json(frozen)
        return _called(made, wave, stored, _("questionnaire"), "json")

    return _hand_out(school_id, wave_id, make)


@bp.get(f"{REPORT}charts/<path:key>.<any(svg, png):kind>")
@requires(Permission.REPORT_READ)
@made_by_a_job
def chart_file(school_id: uuid.UUID, wave_id: uuid.UUID, key: str, kind: str) -> Response:
    """One chart as a picture, with its title and whose it is."""
    wave = find_wave(read(), school_id, wave_id)
    stored = readable_of(wave)
    book = book_of(wave, stored)
    group = group_called(book.reading, request.args.get("group"))
    framed = images.charts_of(book, group).get(key)
    if framed is None:
        return download(None)

    def make() -> File:
        note = Imprint.of(wave, stored).source()
        made = picture(framed(), kept_as(wave, stored), note, ImageFormat(kind))
        return _called(made, wave, stored, made.name.rpartition(".")[0], kind)

    if ImageFormat(kind) is ImageFormat.SVG:
        return download(make())
    return _made(wave, stored, make, urlencode({"group": group.key}) if group else "")


@bp.get(f"{REPORT}charts/{OVER_TIME.key}/<path:key>.<any(svg, png):kind>")
@requires(Permission.REPORT_READ)
@made_by_a_job
def over_time_chart(school_id: uuid.UUID, wave_id: uuid.UUID, key: str, kind: str) -> Response:
    """One chart of the waves side by side, as a picture."""
    wave = find_wave(read(), school_id, wave_id)
    stored = readable_of(wave)
    side = side_of(wave)
    found = next((one for one in side.over.tracked if one.key == key), None) if side else None
    if side is None or found is None:
        return download(None)

    def make() -> File:
        chart = change_charts.waves_chart(found, side.held)
        note = Imprint.of(wave, stored).source()
        framed = Framed(chart, change_charts.marks())
        made = picture(framed, (stored.release_hash, *side.kept_as), note, ImageFormat(kind))
        return _called(made, wave, stored, made.name.rpartition(".")[0], kind)

    return download(make()) if ImageFormat(kind) is ImageFormat.SVG else _made(wave, stored, make)
