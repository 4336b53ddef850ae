"""The files of a report and of a comparison, each made only from the stored document."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from urllib.parse import urlencode

from flask import Response, g, render_template, request, url_for
from flask_babel import gettext as _

from survey.actions.models import Action
from survey.actions.report_links import actions_beside, followed_beside
from survey.actions.report_wording import is_late
from survey.campaigns.models import FrozenQuestionnaire, Wave
from survey.campaigns.queries import find_wave, questionnaire_of
from survey.campaigns.site_plans.operations import find_wave_plan, wave_picture
from survey.database import read, today
from survey.errors import NotThereError
from survey.exports import comparison_csv as compared_export
from survey.exports import csv as export_csv
from survey.exports import deck, images, prerender, xlsx_comparison, xlsx_report
from survey.exports.csv import File
from survey.exports.images import Framed, Kind
from survey.exports.made_files import file_of, made_by_a_job
from survey.exports.pdf import brief, comparison_report, governors_report, slides
from survey.exports.pdf.governors_report import Plans, Report
from survey.exports.provenance import Imprint
from survey.http.attachments import as_file
from survey.jobs.operations import Standing
from survey.jobs.states import JobState
from survey.jobs.tasks import Subject
from survey.organisations.models import Authority
from survey.permissions import Permission, requires
from survey.releases.job_subjects import subject_of
from survey.releases.models import StoredRelease
from survey.reports.blueprint import COMPARISON, REPORT, bp
from survey.reports.charts import cache as drawings
from survey.reports.charts import dot_chart
from survey.reports.charts.cache import is_waiting
from survey.reports.comparisons import jobs as comparison_jobs
from survey.reports.comparisons.participation import first_opened, read_took_part
from survey.reports.comparisons.views import compared_of
from survey.reports.comparisons.whole_views import with_whole
from survey.reports.school.one_group import group_called
from survey.reports.school.report import Book, book_of, kept_as, readable_of, spoken
from survey.reports.school.site_plan import read_on_plan
from survey.reports.trends import report_charts as trend_report_charts
from survey.reports.trends.earlier_releases import standing_names
from survey.reports.trends.trend import side_of
from survey.reports.trends.views import OVER_TIME


class NoFileError(NotThereError):
    """The report has no file or picture of this name."""


PDF = "application/pdf"
NOT_YET = 202
"""The status of a page that says that a file is being made: its charts are drawn first."""

WAITED = "waited"
"""In the address of the page that waits for a file: it asks for itself again."""
Make = Callable[[Wave, StoredRelease], File | None]


def _refuse_pulse(wave: Wave) -> None:
    """Files of a school's report of its students are not made for a pulse."""
    if questionnaire_of(wave).is_pulse:
        raise NoFileError(_("This report has no such file."))


def _hand_out(school_id: uuid.UUID, wave_id: uuid.UUID, make: Make) -> Response:
    wave = find_wave(read(), school_id, wave_id)
    return _download(make(wave, readable_of(wave)))


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
    return _download(file, subject_of(wave.school_id, wave.wave_id))


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


def _download(file: File | None, subject: Subject | None = None) -> Response:
    if is_waiting():
        return _not_yet(prerender.wanted_standing(read(), subject) if subject else None)
    if file is None and g.get("made_file"):
        return Response()  # a worker keeps it
    if file is None:
        raise NoFileError(_("This report has no such file."))
    return as_file(file.content, file.kind, file.name)


def _not_yet(standing: Standing | None) -> Response:
    """The page that waits for a file. It asks for itself again until the file is there; if the job
    fails meanwhile it says so and stops. A person who asks after that has it tried again."""
    has_waited = WAITED in request.args
    failed = standing is not None and standing.state is JobState.FAILED
    again = url_for(request.endpoint or "", **{**(request.view_args or {}), **_query()})
    if failed and has_waited:
        drawings.want_nothing()
        page = render_template("reports/exports/not_made.html", again=again)
        return Response(page, NOT_YET)
    g.tries_again = failed
    page = render_template("reports/exports/being_made.html", standing=None if failed else standing)
    waiting = f"{again}{'&' if '?' in again else '?'}{WAITED}=1"
    return Response(page, NOT_YET, {"Refresh": f"{drawings.ASKED_AGAIN}; url={waiting}"})


def _query() -> dict[str, str]:
    """What was asked for in the address, without what the waiting page adds."""
    return {name: value for name, value in request.args.items() if name != WAITED}


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


def _report(wave: Wave, stored: StoredRelease) -> Report:
    book = book_of(wave, stored)
    imprint = Imprint.of(wave, stored)
    followed = followed_beside(read(), wave)
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
        return _download(None)

    def make() -> File:
        note = Imprint.of(wave, stored).source()
        made = _picture(framed(), kept_as(wave, stored), note, Kind(kind))
        return _called(made, wave, stored, made.name.rpartition(".")[0], kind)

    if Kind(kind) is Kind.SVG:
        return _download(make())
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
        return _download(None)

    def make() -> File:
        chart = trend_report_charts.waves_chart(found, side.held)
        note = Imprint.of(wave, stored).source()
        framed = Framed(chart, trend_report_charts.marks())
        made = _picture(framed, (stored.release_hash, *side.kept_as), note, Kind(kind))
        return _called(made, wave, stored, made.name.rpartition(".")[0], kind)

    return _download(make()) if Kind(kind) is Kind.SVG else _made(wave, stored, make)


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
@made_by_a_job
def comparison_xlsx(authority_id: uuid.UUID, programme_id: uuid.UUID, number: int) -> Response:
    """The same as a workbook."""
    found = with_whole(compared_of(authority_id, programme_id, number))
    spread, stored, title = found["spread"], found["stored"], found["programme"].title
    if not stored:
        return _download(None)
    file = file_of(
        stored.release_hash,
        lambda: (title,),
        lambda: xlsx_comparison.comparison_xlsx(
            title, stored, spread, found["years"], found["changes"], found["consent_words"]
        ),
    )
    return _download(file, comparison_jobs.subject_of(authority_id, programme_id, number))


@bp.get(f"{COMPARISON}comparison.pdf")
@requires(Permission.COMPARISON_READ)
@made_by_a_job
def compared_pdf(authority_id: uuid.UUID, programme_id: uuid.UUID, number: int) -> Response:
    """The whole comparison on paper."""
    found = with_whole(compared_of(authority_id, programme_id, number))
    stored, programme = found["stored"], found["programme"]
    if not stored:
        return _download(None)
    report = comparison_report.ComparisonReport(
        authority=read().get_one(Authority, authority_id).name,
        programme=programme.title,
        stored=stored,
        opened_on=first_opened(found["spread"].releases),
        spread=found["spread"],
        years=found["years"],
        changes=found["changes"],
        consent=found["consent_words"],
        took_part=read_took_part(read(), programme=programme, number=number, today=today()),
        language=spoken(),
    )

    def make() -> File:
        draw = partial(dot_chart.draw, kept_as=(stored.release_hash, spoken()))
        return File(report.file_name, PDF, comparison_report.comparison_pdf(report, draw))

    shown = (report.authority, report.programme, report.took_part)
    file = file_of(stored.release_hash, lambda: shown, make)
    return _download(file, comparison_jobs.subject_of(authority_id, programme_id, number))


@bp.get(f"{COMPARISON}charts/<path:key>.<any(svg, png):kind>")
@requires(Permission.COMPARISON_READ)
@made_by_a_job
def compared_chart_file(
    authority_id: uuid.UUID, programme_id: uuid.UUID, number: int, key: str, kind: str
) -> Response:
    found = compared_of(authority_id, programme_id, number)
    spread, stored = found["spread"], found["stored"]
    framed = spread and images.compared_charts_of(spread).get(key)
    if not framed:
        return _download(None)
    note = _("%(programme)s, survey %(number)s. Rounded figures. Report reference %(release)s.",
             programme=found["programme"].title, number=number,
             release=stored.release_hash[:12])  # fmt: skip

    def make() -> File:
        return _picture(framed(), (stored.release_hash, spoken()), note, Kind(kind))

    if Kind(kind) is Kind.SVG:
        return _download(make())
    file = file_of(stored.release_hash, lambda: (note,), make)
    return _download(file, comparison_jobs.subject_of(authority_id, programme_id, number))


def _picture(framed: Framed, name: tuple[str, ...], note: str, kind: Kind) -> File:
    drawn = dot_chart.draw(framed.chart, kept_as=name)
    content = images.picture(framed, drawn, note, kind)
    return export_csv.picture_file(framed.chart.key, kind, images.TYPES[kind], content)
