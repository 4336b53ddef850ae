"""Charts are drawn once: kept in the database, found by every process, handed out to whom they
belong, and drawn before they are read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, or_, select
from sqlalchemy.exc import OperationalError

from survey.app import create_app
from survey.database import begin, read
from survey.exports import prerender
from survey.jobs import run_job
from survey.jobs.models import Job
from survey.jobs.states import JobState
from survey.languages import STAFF_LANGUAGES
from survey.permissions import Role
from survey.releases.operations import known_documents
from survey.rendering.renderer import NotDrawnError, renderer
from survey.reports.charts import dot_chart
from survey.reports.charts import stored_charts as chart_cache
from survey.reports.charts.stored_charts import FILE, PART, StoredDrawing
from survey.settings import Settings
from tests.integration.reports.markup import check_page, read_page
from tests.integration.reports.school.test_views import (
    address,
    chapters,
    publish,
    speak,
)
from tests.jobs import HereAlone, run_jobs
from tests.unit.reports.samples import sample
from tests.world import World, sign_in

GSHS = ("gshs", "2018.1")
HASH, NAME = "d" * 64, "a" * 32
ONE = "<svg/>"


@pytest.fixture
def lead(client: FlaskClient, world: World) -> FlaskClient:
    sign_in(client, world.email(Role.LEAD))
    return client


@pytest.fixture
def here(app: Flask) -> Iterator[Flask]:
    with app.app_context():
        yield app


@pytest.fixture
def no_more_drawing(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The keys of charts that something still had to draw."""
    drawn: list[str] = []

    def draw(chart: dot_chart.Drawable) -> str:
        drawn.append(chart.key)
        return f'<svg class="chart" role="img" id="drawn-{len(drawn)}"></svg>'

    monkeypatch.setattr(dot_chart, "render", draw)
    return drawn


def kept() -> int:
    """How many charts are kept, without the pages and files that show them."""
    read().rollback()
    others = (StoredDrawing.name.startswith(one) for one in (PART, FILE))
    return read().scalar(select(func.count()).select_from(StoredDrawing).where(~or_(*others))) or 0


def names(html: str) -> list[str]:
    return re.findall(r'<svg class="chart" role="img" id="(drawn-\d+)"', html)


def test_a_chart_is_drawn_for_its_first_page_and_found_by_every_process(
    app: Flask, settings: Settings, world: World, lead: FlaskClient, no_more_drawing: list[str]
) -> None:
    publish(app, world.own, *sample(GSHS))
    first = lead.get(address(world.own)).text
    assert no_more_drawing == ["participation"]
    assert len(names(first)) == 1
    other = create_app(settings, testing=True).test_client()
    sign_in(other, world.email(Role.LEAD))
    assert names(other.get(address(world.own)).text) == names(first)
    assert no_more_drawing == ["participation"]


def test_a_report_drawn_ahead_is_drawn_for_nobody_again(
    app: Flask, world: World, lead: FlaskClient, no_more_drawing: list[str]
) -> None:
    publish(app, world.own, *sample(GSHS))
    with app.app_context():
        charts = prerender.draw_report(world.own.school_id, world.own.wave_id)
        drawn = kept()
    met = chapters(read_page(lead.get(address(world.own)).text), world.own)
    assert charts >= drawn == len(no_more_drawing) > len(met)
    no_more_drawing.clear()
    for language in STAFF_LANGUAGES:
        speak(app, world.email(Role.LEAD), language)
        shown = [lead.get(path).text for path in (address(world.own), *met)]
        assert sum(bool(names(page)) for page in shown) > 2
    assert no_more_drawing == []


def ask_for_what_is_missing() -> int:
    with begin() as db:
        return prerender.enqueue_missing(db)


def test_what_is_missing_is_drawn_and_what_is_there_is_left(
    here: Flask, world: World, no_more_drawing: list[str]
) -> None:
    publish(here, world.own, *sample(GSHS))
    assert ask_for_what_is_missing() == 1
    assert ask_for_what_is_missing() == 0, "it is on the queue already"
    assert no_more_drawing == []
    assert run_jobs(here, drawing=True) == 1
    assert len(no_more_drawing) == kept() > 2
    assert ask_for_what_is_missing() == 0


def test_a_withdrawn_report_and_one_that_nobody_may_read_are_not_drawn(
    here: Flask, world: World, no_more_drawing: list[str]
) -> None:
    notice = {"withdrawn_on": date(2027, 1, 8), "notice": "Two classes were missing."}
    publish(here, world.own, *sample(GSHS), **notice)
    assert ask_for_what_is_missing() == 0
    assert no_more_drawing == []


def test_a_drawing_that_is_cut_off_goes_on_where_it_was(
    here: Flask, world: World, no_more_drawing: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(here, world.own, *sample(GSHS))
    monkeypatch.setattr(prerender, "KEPT_AT_ONCE", 2)
    ask_for_what_is_missing()
    job = next_job()
    run_job.run_one(here, job, HereAlone(), lambda: len(no_more_drawing) >= 3)
    first = list(no_more_drawing)
    assert 2 <= len(first) <= 4
    assert run_jobs(here, drawing=True) == 1
    assert len(no_more_drawing) <= kept() + 2, "what was stored is not drawn again"


def next_job() -> int:
    read().rollback()
    return read().scalars(select(Job.job_id).filter_by(kind="drawing")).one()


def test_a_report_that_cannot_be_drawn_fails_alone_and_the_operator_sees_it(
    here: Flask, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    publish(here, world.own, *sample(GSHS), document="{}", release_hash=HASH)
    assert ask_for_what_is_missing() == 1
    assert run_jobs(here, drawing=True) == 1
    assert "job_failed" in caplog.text
    read().rollback()
    assert read().scalars(select(Job).filter_by(kind="drawing")).one().state is JobState.FAILED


def test_what_other_code_drew_and_what_is_of_no_document_is_forgotten(
    here: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = publish(here, world.own, *sample(GSHS))
    with begin() as db:
        chart_cache.keep(db, {(stored.release_hash, NAME): ONE, (HASH, NAME): ONE})
    with begin() as db:
        assert chart_cache.forget(db, but_of=known_documents()) == 1
    assert kept() == 1
    monkeypatch.setattr(chart_cache, "code", lambda: "0" * 16)
    with begin() as db:
        assert chart_cache.forget(db, but_of=known_documents()) == 1
    assert kept() == 0


def test_two_processes_may_keep_the_same_drawing(here: Flask) -> None:
    for _ in range(2):
        with begin() as db:
            chart_cache.keep(db, {(HASH, NAME): ONE})
    assert kept() == 1


def test_a_page_is_as_good_if_its_drawings_cannot_be_kept(
    app: Flask,
    world: World,
    lead: FlaskClient,
    no_more_drawing: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_given: object) -> None:
        raise OperationalError("INSERT", {}, Exception("the disk is full"))

    publish(app, world.own, *sample(GSHS))
    monkeypatch.setattr(chart_cache, "keep", fail)
    page = lead.get(address(world.own))
    assert page.status_code == 200
    assert names(page.text)
    with app.app_context():
        assert kept() == 0


def test_no_page_of_a_report_runs_a_script(
    app: Flask, world: World, lead: FlaskClient, no_more_drawing: list[str]
) -> None:
    publish(app, world.own, *sample(GSHS))
    page = lead.get(address(world.own))
    assert "script" not in page.headers["Content-Security-Policy"]
    assert list(read_page(page.text).all("script")) == []


WAITING = "This chart is being drawn. Its figures are in the table."


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a web process: what is missing is asked for."""
    monkeypatch.setattr(chart_cache, "DRAWS_HERE", False)


def test_a_web_process_draws_nothing_and_the_page_waits_for_a_worker(
    app: Flask, world: World, lead: FlaskClient, web: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(app, world.own, *sample(GSHS))
    drawn: list[object] = []
    ask = renderer._ask
    monkeypatch.setattr(renderer, "_ask", lambda *given: drawn.append(given) or ask(*given))
    pages = [address(world.own), *chapters(read_page(lead.get(address(world.own)).text), world.own)]
    for _again in range(2):  # what a page shows meanwhile is not kept for the next reader
        waiting = [path for path in pages if waits(lead, path)]
        assert len(waiting) > 2
    assert drawn == []
    assert run_jobs(app) == 1, "one job for all that the pages of a report wait for"
    assert drawn
    drawn.clear()
    assert not any(waits(lead, path) for path in pages)
    assert all('<svg xmlns="http://www.w3.org/2000/svg" viewBox' in lead.get(path).text
               for path in waiting)  # fmt: skip
    assert drawn == []


def waits(lead: FlaskClient, path: str) -> bool:
    """Whether a page says that a chart is being drawn; then it refreshes itself."""
    page = lead.get(path)
    assert ("Refresh" in page.headers) == (WAITING in page.text)
    return WAITING in page.text


def test_a_file_waits_for_its_charts(
    app: Flask, world: World, lead: FlaskClient, web: None
) -> None:
    publish(app, world.own, *sample(GSHS))
    picture = f"{address(world.own)}charts/participation.svg"
    waiting = lead.get(picture)
    assert (waiting.status_code, waiting.headers["Refresh"]) == (202, f"3; url={picture}?waited=1")
    check_page(read_page(waiting.text), "en")
    assert "The file is being made" in waiting.text
    run_jobs(app)
    made = lead.get(picture)
    assert (made.status_code, made.mimetype) == (200, "image/svg+xml")
    assert WAITING not in made.text


def test_a_chart_that_cannot_be_drawn_is_said_to_be_so_and_not_waited_for(
    app: Flask, world: World, lead: FlaskClient, web: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_chart: object) -> str:
        raise NotDrawnError("the process that draws ended")

    publish(app, world.own, *sample(GSHS))
    assert WAITING in lead.get(address(world.own)).text
    monkeypatch.setattr(renderer, "svg", fail)
    run_jobs(app)
    page = lead.get(address(world.own))
    assert "This chart could not be drawn." in page.text
    assert "Refresh" not in page.headers


def test_what_waits_is_drawn_by_the_drawing_ahead_too(
    app: Flask, world: World, lead: FlaskClient, web: None, no_more_drawing: list[str]
) -> None:
    publish(app, world.own, *sample(GSHS))
    assert WAITING in lead.get(address(world.own)).text
    with app.app_context():
        assert ask_for_what_is_missing() == 1, "what is only asked for does not count as drawn"
        prerender.draw_report(world.own.school_id, world.own.wave_id)
    assert WAITING not in lead.get(address(world.own)).text
