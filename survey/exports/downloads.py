"""Hands out a file of a report or of a comparison, or the page that waits until it is made."""

from __future__ import annotations

from flask import Response, g, render_template, request, url_for
from flask_babel import gettext as _

from survey.database import read
from survey.errors import NotThereError
from survey.exports import csv as export_csv
from survey.exports import images, prerender
from survey.exports.csv import File
from survey.exports.images import Framed, ImageFormat
from survey.http.attachments import as_file
from survey.jobs.operations import JobStatus
from survey.jobs.states import JobState
from survey.jobs.tasks import Subject
from survey.reports.charts import dot_chart
from survey.reports.charts import stored_charts as drawings
from survey.reports.charts.stored_charts import is_waiting

PDF = "application/pdf"
NOT_YET = 202
"""The status of a page that says that a file is being made: its charts are drawn first."""

WAITED = "waited"
"""In the address of the page that waits for a file: it asks for itself again."""


class NoFileError(NotThereError):
    """The report has no file or picture of this name."""


def download(file: File | None, subject: Subject | None = None) -> Response:
    if is_waiting():
        return _not_yet(prerender.wanted_standing(read(), subject) if subject else None)
    if file is None and g.get("made_file"):
        return Response()  # a worker keeps it
    if file is None:
        raise NoFileError(_("This report has no such file."))
    return as_file(file.content, file.kind, file.name)


def _not_yet(standing: JobStatus | None) -> Response:
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


def picture(framed: Framed, name: tuple[str, ...], note: str, kind: ImageFormat) -> File:
    drawn = dot_chart.draw(framed.chart, kept_as=name)
    content = images.picture(framed, drawn, note, kind)
    return export_csv.picture_file(framed.chart.key, kind, images.TYPES[kind], content)
