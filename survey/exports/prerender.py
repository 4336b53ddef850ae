"""The job that draws the charts of a report or a comparison and makes its pages, in each language
of staff, so that no reader waits for them."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from functools import partial

from flask import Flask, current_app, g, url_for
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from survey.campaigns.queries import find_programme, find_wave
from survey.database import begin, read, today
from survey.exports import images
from survey.exports.made_files import WantedFile, make_ahead, make_wanted
from survey.http.light_pages import speak
from survey.jobs import operations as job_operations
from survey.jobs import tasks
from survey.jobs.operations import JobStatus
from survey.jobs.states import JobState
from survey.jobs.tasks import Control, Subject, Task
from survey.languages import STAFF_LANGUAGES
from survey.organisations.models import Member, Membership
from survey.releases import job_subjects
from survey.releases.job_subjects import DRAWING
from survey.releases.models import StoredComparison, StoredRelease
from survey.reports import page_shell
from survey.reports.charts import dot_chart, stored_charts
from survey.reports.charts.dot_chart import Drawable
from survey.reports.charts.stored_charts import FILE, PART, Place, StoredDrawing
from survey.reports.comparisons import comparison_charts
from survey.reports.comparisons import jobs as comparison_jobs
from survey.reports.comparisons import views as comparison_views
from survey.reports.comparisons.views import spread_of
from survey.reports.school.report_loader import book_of, kept_as, spoken, stored_of
from survey.reports.table_of_contents import contents_of
from survey.reports.trends import change_charts
from survey.reports.trends.load_trends import side_of

WANTED = "wanted charts"
Progress = Callable[[int, int], None]
PAGES_KEPT_READY = timedelta(days=366)
"""How long after it was published the pages of a report are made again by new code before they
are read. A page of an older one is made when it is read."""

KEPT_AT_ONCE = 20
"""Charts that are stored in one write."""

Named = tuple[Drawable, tuple[str, ...]]
"""A chart, and the name of the document, language and other reports that it is drawn from."""


def _silent(_done: int, _total: int) -> None:
    """For a caller who does not follow the progress."""


def draw_report(school_id: uuid.UUID, wave_id: uuid.UUID, progress: Progress = _silent) -> int:
    """Draws the charts of a wave's report and makes its pages, and returns how many charts that
    were."""
    place = school_id, wave_id
    return _draw(
        partial(_of_report, *place),
        partial(_pages_of_report, *place),
        partial(_files_of_report, *place),
        progress,
    )


def draw_comparison(
    authority_id: uuid.UUID, programme_id: uuid.UUID, number: int, progress: Progress = _silent
) -> int:
    """Draws the charts of a programme's comparison, and returns how many that were."""
    place = authority_id, programme_id, number
    return _draw(
        partial(_of_comparison, *place),
        partial(_pages_of_comparison, *place),
        lambda _language: [],
        progress,
    )


def enqueue_missing(db: Session) -> int:
    """Puts a job on the queue for every report and comparison that today's code has drawn nothing
    of yet, and for those of the last year whose pages it has not made; the newest first. Returns
    how many that were."""
    release, compared = StoredRelease, StoredComparison
    releases = db.execute(
        select(release.school_id, release.wave_id)
        .where(release.withdrawn_on.is_(None))
        .where(_is_wanting(release.release_hash, release.released_on))
        .order_by(release.released_on.desc(), release.wave_id)
    ).all()
    comparisons = db.execute(
        select(compared.authority_id, compared.programme_id, compared.number)
        .where(_is_wanting(compared.release_hash, compared.released_on))
        .order_by(compared.released_on.desc(), compared.programme_id)
    ).all()
    todo = [job_subjects.subject_of(*one) for one in releases]
    todo += [comparison_jobs.subject_of(*one) for one in comparisons]
    return sum(job_operations.enqueue(db, DRAWING, one, by=None) is not None for one in todo)


def _is_wanting(
    document: InstrumentedAttribute[str], released_on: InstrumentedAttribute[date]
) -> ColumnElement[bool]:
    """Is there no chart of a document by today's code, or no page of a newer one?"""
    kept = exists().where(StoredDrawing.document_hash == document, StoredDrawing.svg != b"")
    drawn = kept.where(
        StoredDrawing.made_by == stored_charts.code(),
        StoredDrawing.name.not_like(f"{FILE}%"),
        StoredDrawing.name.not_like(f"{PART}%"),
    )
    made = kept.where(
        StoredDrawing.made_by == stored_charts.page_code(), StoredDrawing.name.like(f"{PART}%")
    )
    return ~drawn | (~made & (released_on > today() - PAGES_KEPT_READY))


def _run(subject: Subject, control: Control) -> str | None:
    if "wave_id" in subject:
        draw_report(*job_subjects.place_of(subject), control.progress)
    else:
        place = uuid.UUID(subject["authority_id"]), uuid.UUID(subject["programme_id"])
        draw_comparison(*place, subject["number"], control.progress)
    return None


def ask(db: Session, documents: set[str]) -> None:
    """Puts on the queue what pages of these documents wait for."""
    release, compared = StoredRelease, StoredComparison
    releases = select(release.school_id, release.wave_id).where(release.release_hash.in_(documents))
    comparisons = select(compared.authority_id, compared.programme_id, compared.number).where(
        compared.release_hash.in_(documents)
    )
    todo = [job_subjects.subject_of(*one) for one in db.execute(releases)]
    todo += [comparison_jobs.subject_of(*one) for one in db.execute(comparisons)]
    for one in todo:
        standing = job_operations.standing(db, WANTED, one)
        has_failed = standing is not None and standing.state is JobState.FAILED
        if not has_failed or g.get(
            "tries_again"
        ):  # a page that asks for itself tries nothing again
            job_operations.enqueue(db, WANTED, one, by=None)


def wanted_standing(db: Session, subject: Subject) -> JobStatus | None:
    """How far the job is that pages of a document wait for."""
    return job_operations.standing(db, WANTED, subject)


def _draw_wanted(subject: Subject, control: Control) -> str | None:
    """Draws the charts and makes the files that pages of one document wait for, as they wrote it
    down; charts first, as files need them."""
    document = _document_of(read(), subject)
    places = read().execute(
        select(StoredDrawing.document_hash, StoredDrawing.name).where(
            StoredDrawing.document_hash == document, StoredDrawing.svg == b""
        )
    )
    todo = sorted(((one.document_hash, one.name) for one in places), key=_charts_first)
    for at, place in enumerate(todo):
        control.progress(at, len(todo))
        stored = read().get(StoredDrawing, place)
        read().rollback()
        if stored is None or stored.svg:
            continue
        if file := WantedFile.unpacked(stored.specification):
            with stored_charts.drawing_here():
                make_wanted(place, file)
        else:
            drawn = dot_chart.draw_wanted(stored_charts.WantedChart.unpacked(stored.specification))
            with begin() as db:
                stored_charts.keep(db, {place: drawn})
    return None


def _charts_first(place: Place) -> tuple[bool, str]:
    return place[1].startswith(FILE), place[1]


def _document_of(db: Session, subject: Subject) -> str | None:
    if "wave_id" in subject:
        stored: StoredRelease | StoredComparison | None = db.get(
            StoredRelease, job_subjects.place_of(subject)
        )
    else:
        place = uuid.UUID(subject["authority_id"]), uuid.UUID(subject["programme_id"])
        stored = db.get(StoredComparison, (*place, subject["number"]))
    return stored.release_hash if stored else None


def _about(db: Session, subject: Subject) -> str:
    named = job_subjects.school_named if "wave_id" in subject else comparison_jobs.authority_named
    return named(db, subject)


tasks.register(Task(DRAWING, _l("Charts"), _run, stored_charts.code, _about))
tasks.register(
    Task(
        WANTED,
        _l("Charts and files of an open page"),
        _draw_wanted,
        stored_charts.code,
        _about,
        goes_first=True,
    )
)


def _of_report(school_id: uuid.UUID, wave_id: uuid.UUID) -> Iterator[Named]:
    wave = find_wave(read(), school_id, wave_id)
    stored = stored_of(wave)
    name = kept_as(wave, stored)
    for frame in images.charts_of(book_of(wave, stored)).values():
        yield frame().chart, name
    if side := side_of(wave):
        for tracked in side.over.tracked:
            chart = change_charts.waves_chart(tracked, side.held)
            yield chart, (stored.release_hash, *side.kept_as)


def _of_comparison(
    authority_id: uuid.UUID, programme_id: uuid.UUID, number: int
) -> Iterator[Named]:
    programme = find_programme(read(), authority_id, programme_id)
    stored = read().get_one(StoredComparison, (authority_id, programme_id, number))
    spread, name = spread_of(programme, stored), (stored.release_hash, spoken())
    for frame in images.compared_charts_of(spread).values():
        yield frame().chart, name
    for _title, _key, figures in comparison_charts.overview(spread):
        most = comparison_charts.funnel_end(figures)
        for one in figures:
            yield comparison_charts.funnel_chart(one, spread.schools, most=most), name


def _pages_of_report(school_id: uuid.UUID, wave_id: uuid.UUID) -> Iterator[object]:
    wave = find_wave(read(), school_id, wave_id)
    stored = stored_of(wave)
    if stored.withdrawn_on is None:
        yield from page_shell.make_parts(wave, stored)


FILES = ("reports.brief_pdf", "reports.governors_pdf", "reports.workbook_xlsx")
"""The files that are made with a report: those that a school opens first."""


def _files_of_report(school_id: uuid.UUID, wave_id: uuid.UUID, language: str) -> list[str]:
    """The addresses of the files to make, if the school has a member who reads this language."""
    wave = find_wave(read(), school_id, wave_id)
    stored = stored_of(wave)
    reads_it = exists().where(
        Membership.school_id == school_id,
        Membership.member_id == Member.id,
        Member.language == language,
    )
    if stored.withdrawn_on is not None or not read().scalar(select(reads_it)):
        return []
    if contents_of(wave, stored).is_pulse:
        return []
    return [url_for(name, school_id=school_id, wave_id=wave_id) for name in FILES]


def _pages_of_comparison(
    authority_id: uuid.UUID, programme_id: uuid.UUID, number: int
) -> Iterator[object]:
    yield comparison_views.authority_part(
        find_programme(read(), authority_id, programme_id), number
    )


def _draw(
    charts: Callable[[], Iterator[Named]],
    pages: Callable[[], Iterator[object]],
    files: Callable[[str], list[str]],
    progress: Progress,
) -> int:
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    languages = len(STAFF_LANGUAGES)
    count = 0
    for at, language in enumerate(STAFF_LANGUAGES):

        def tell(done: int, total: int, at: int = at) -> None:
            progress(at * total + done, languages * total)

        count += _draw_in(app, language, charts, pages, files, tell)
    return count


def _draw_in(
    app: Flask,
    language: str,
    charts: Callable[[], Iterator[Named]],
    pages: Callable[[], Iterator[object]],
    files: Callable[[str], list[str]],
    progress: Progress,
) -> int:
    # The app's context is for a new `g`.
    with app.app_context(), app.test_request_context(), stored_charts.drawing_here():
        speak(language)
        found = list(charts())
        read().rollback()  # nothing is held while charts are drawn
        for at, (chart, name) in enumerate(found):
            progress(at, len(found))
            dot_chart.draw(chart, kept_as=name)
            if at % KEPT_AT_ONCE == KEPT_AT_ONCE - 1:
                _keep()
        _keep()
        for _made in pages():
            progress(len(found), len(found))
            _keep()
        read().rollback()
        for address in files(language):
            make_ahead(WantedFile(address, language))
    return len(found)


def _keep() -> None:
    """Stores what is drawn so far, so that a job that is cut off begins where it was."""
    with begin() as db:
        stored_charts.keep(db, g.pop("fresh_drawings", {}))
