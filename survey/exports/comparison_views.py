"""The files of a comparison, each made only from the stored comparison."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from functools import partial
from typing import Any

from flask import Response
from flask_babel import gettext as _

from survey.database import read, today
from survey.exports import comparison_csv as compared_export
from survey.exports import comparison_lines, images, xlsx_comparison
from survey.exports.csv import File
from survey.exports.downloads import PDF, download, picture
from survey.exports.images import Frame, ImageFormat
from survey.exports.made_files import file_of, made_by_a_job
from survey.exports.pdf import comparison_report
from survey.organisations.models import Authority
from survey.permissions import Permission, requires
from survey.reports.blueprint import COMPARISON, bp
from survey.reports.charts import dot_chart
from survey.reports.comparisons import jobs as comparison_jobs
from survey.reports.comparisons.all_schools_views import survey_name, with_whole
from survey.reports.comparisons.participation import read_took_part
from survey.reports.comparisons.views import compared_of
from survey.reports.school.report_loader import spoken


@bp.get(f"{COMPARISON}comparison.csv")
@requires(Permission.COMPARISON_READ)
def comparison_csv(authority_id: uuid.UUID, programme_id: uuid.UUID, number: int) -> Response:
    """What the pages say. The stored document lists bases next to letters, so it cannot be
    downloaded: see docs/decisions/0014-letters-and-bands.md."""
    found = compared_of(authority_id, programme_id, number)
    spread, stored = found["spread"], found["stored"]
    return download(stored and compared_export.comparison_csv(stored, spread))


@bp.get(f"{COMPARISON}together.csv")
@requires(Permission.COMPARISON_READ)
def together_csv(authority_id: uuid.UUID, programme_id: uuid.UUID, number: int) -> Response:
    """Year groups and changes of all schools together, a line for each share."""
    found = compared_of(authority_id, programme_id, number)
    stored = found["stored"]
    if not stored:
        return download(None)
    whole = with_whole(found)
    return download(
        comparison_lines.together_csv(
            stored, whole["years"], whole["changes"], survey_name(found), whole["consent_words"]
        )
    )


@bp.get(f"{COMPARISON}comparison.xlsx")
@requires(Permission.COMPARISON_READ)
@made_by_a_job
def comparison_xlsx(authority_id: uuid.UUID, programme_id: uuid.UUID, number: int) -> Response:
    """The same as a workbook."""
    found = compared_of(authority_id, programme_id, number)
    spread, stored, title = found["spread"], found["stored"], found["programme"].title
    if not stored:
        return download(None)
    month = survey_name(found)

    def make() -> File:
        whole = with_whole(found)
        return xlsx_comparison.comparison_xlsx(
            title, month, stored, spread, whole["years"], whole["changes"], whole["consent_words"]
        )

    file = file_of(stored.release_hash, lambda: (title, month), make)
    return download(file, comparison_jobs.subject_of(authority_id, programme_id, number))


@bp.get(f"{COMPARISON}comparison.pdf")
@requires(Permission.COMPARISON_READ)
@made_by_a_job
def compared_pdf(authority_id: uuid.UUID, programme_id: uuid.UUID, number: int) -> Response:
    """The whole comparison on paper."""
    found = compared_of(authority_id, programme_id, number)
    stored, programme = found["stored"], found["programme"]
    if not stored:
        return download(None)
    authority = read().get_one(Authority, authority_id).name
    month = survey_name(found)
    took_part = read_took_part(read(), programme=programme, number=number, today=today())

    def make() -> File:
        whole = with_whole(found)
        report = comparison_report.ComparisonReport(
            authority=authority,
            programme=programme.title,
            stored=stored,
            month=month,
            spread=found["spread"],
            years=whole["years"],
            changes=whole["changes"],
            consent=found["consent_words"],
            took_part=took_part,
            language=spoken(),
        )
        draw = partial(dot_chart.draw, kept_as=(stored.release_hash, spoken()))
        return File(report.file_name, PDF, comparison_report.comparison_pdf(report, draw))

    shown = (authority, programme.title, month, took_part)
    file = file_of(stored.release_hash, lambda: shown, make)
    return download(file, comparison_jobs.subject_of(authority_id, programme_id, number))


@bp.get(f"{COMPARISON}charts/<path:key>.<any(svg, png):kind>")
@requires(Permission.COMPARISON_READ)
@made_by_a_job
def compared_chart_file(
    authority_id: uuid.UUID, programme_id: uuid.UUID, number: int, key: str, kind: str
) -> Response:
    found = compared_of(authority_id, programme_id, number)
    spread, stored = found["spread"], found["stored"]
    framed = spread and (images.compared_charts_of(spread).get(key) or _of_all(found, key))
    if not framed:
        return download(None)
    note = _("%(programme)s, %(month)s. Rounded figures. Report reference %(release)s.",
             programme=found["programme"].title, month=survey_name(found),
             release=stored.release_hash[:12])  # fmt: skip

    def make() -> File:
        return picture(framed(), (stored.release_hash, spoken()), note, ImageFormat(kind))

    if ImageFormat(kind) is ImageFormat.SVG:
        return download(make())
    file = file_of(stored.release_hash, lambda: (note,), make)
    return download(file, comparison_jobs.subject_of(authority_id, programme_id, number))


def _of_all(found: Mapping[str, Any], key: str) -> Frame | None:
    """A chart of all schools together; it is worked out only when it is asked for."""
    if not key.startswith(("years/", "change/")):
        return None
    whole = with_whole(found)
    charts = images.whole_charts_of(whole["spread"], whole["years"], whole["changes"])
    return charts.get(key)
