"""Paper, workbooks, slides and pictures are made by a worker, and never by a web process."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from survey import pdf
from survey.actions.models import Action
from survey.campaigns.queries import find_wave
from survey.database import begin, read
from survey.exports import deck, downloads, prerender, views, xlsx_report
from survey.exports.made_files import FILE
from survey.jobs import operations as job_operations
from survey.jobs.models import Job
from survey.jobs.states import JobState
from survey.organisations.models import School
from survey.permissions import Role
from survey.releases import operations as release_operations
from survey.releases.job_subjects import RELEASE as MAKING
from survey.rendering.renderer import renderer
from survey.reports.charts import stored_charts as chart_cache
from survey.reports.charts.stored_charts import StoredDrawing
from tests.integration.reports.school.test_views import address, publish
from tests.jobs import run_jobs
from tests.unit.reports.samples import sample
from tests.world import World, sign_in

GSHS = ("gshs", "2018.1")
FILES = {
    "report.pdf": b"%PDF",
    "governors.pdf": b"%PDF",
    "slides.pdf": b"%PDF",
    "slides.pptx": b"PK",
    "report.xlsx": b"PK",
    "charts/participation.png": b"\x89PNG",
}


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Pages and jobs are the same on both engines."""
    return sqlite_url


@pytest.fixture
def lead(app: Flask, client: FlaskClient, world: World) -> FlaskClient:
    publish(app, world.own, *sample(GSHS))
    sign_in(client, world.email(Role.LEAD))
    return client


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is made, as in a web process: nothing is drawn there."""
    monkeypatch.setattr(chart_cache, "DRAWS_HERE", False)
    found: list[str] = []
    for where, name in (
        (pdf, "_set"),
        (deck, "deck_pptx"),
        (xlsx_report, "release_xlsx"),
        (renderer, "_ask"),
    ):
        real = getattr(where, name)

        def note(*given: object, real: object = real, name: str = name, **more: object) -> object:
            found.append(name)
            return real(*given, **more)  # type: ignore[operator]

        monkeypatch.setattr(where, name, note)
    return found


def kept(app: Flask) -> list[bytes]:
    """The files that are kept, made or only asked for."""
    with app.app_context():
        files = select(StoredDrawing.svg).where(StoredDrawing.name.startswith(FILE))
        return list(read().scalars(files))


def test_a_web_process_makes_no_file_and_the_page_waits_for_a_worker(
    app: Flask, world: World, lead: FlaskClient, made: list[str]
) -> None:
    for name in FILES:
        page = lead.get(address(world.own) + name)
        waits = f"3; url={address(world.own)}{name}?waited=1"
        assert (page.status_code, page.headers["Refresh"]) == (downloads.NOT_YET, waits), name
        assert "The file is being made" in page.text
        assert "<script" not in page.text
    assert made == []
    while run_jobs(app):
        for name in FILES:  # files ask for the charts that they show
            lead.get(address(world.own) + name)
    assert {"_set", "deck_pptx", "release_xlsx", "_ask"} <= set(made)
    made.clear()
    for name, begins in FILES.items():
        file = lead.get(address(world.own) + name)
        assert file.status_code == 200, name
        assert file.data.startswith(begins)
        assert file.headers["Content-Disposition"].endswith(name.rpartition(".")[2] + '"')
    assert made == []
    assert len(kept(app)) == len(FILES)


def test_a_file_that_is_out_of_date_is_made_again_and_the_old_one_goes(
    app: Flask, world: World, lead: FlaskClient, made: list[str]
) -> None:
    path = address(world.own) + "report.xlsx"
    assert lead.get(path).status_code == downloads.NOT_YET
    run_jobs(app)
    (before,) = kept(app)
    with app.app_context(), begin() as db:
        db.get_one(School, world.own.school_id).name = "Another Name"
    assert lead.get(path).status_code == downloads.NOT_YET
    run_jobs(app)
    (after,) = kept(app)
    assert after != before
    assert "another-name" in lead.get(path).headers["Content-Disposition"]


def test_words_after_the_address_ask_for_no_other_file(
    app: Flask, world: World, lead: FlaskClient, made: list[str]
) -> None:
    for more in ("", "?a=1", "?a=2", "?group=year%3Dy9"):
        assert lead.get(f"{address(world.own)}report.xlsx{more}").status_code == downloads.NOT_YET
    assert len(kept(app)) == 1
    for name in ("charts/none.png", "charts/over-time/none.png"):
        assert lead.get(address(world.own) + name).status_code == 404
    assert len(kept(app)) == 1


def test_a_file_of_a_report_withdrawn_meanwhile_is_not_kept(
    app: Flask, world: World, lead: FlaskClient, made: list[str]
) -> None:
    path = address(world.own) + "report.xlsx"
    assert lead.get(path).status_code == downloads.NOT_YET
    with app.app_context(), begin() as db:
        wave = find_wave(db, world.own.school_id, world.own.wave_id)
        release_operations.withdraw(
            db, wave=wave, notice="A mistake.", by=None, today=date(2026, 12, 1)
        )
    run_jobs(app)
    assert (kept(app), made) == ([], [])


def test_a_file_that_was_not_made_is_tried_again_when_somebody_asks_again(
    app: Flask,
    world: World,
    lead: FlaskClient,
    made: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_given: object) -> None:
        raise RuntimeError("the disk is full")

    path = address(world.own) + "report.xlsx"
    with monkeypatch.context() as broken:
        broken.setattr(xlsx_report, "release_xlsx", fail)
        assert "The file is being made" in lead.get(path).text
        run_jobs(app)
        page = lead.get(f"{path}?waited=1")
        assert "The file was not made" in page.text
        assert f'href="{path}"' in page.text
        assert "Refresh" not in page.headers
        assert run_jobs(app) == 0, "the page that waited tried again by itself"
    assert "The file is being made" in lead.get(path).text
    run_jobs(app)
    assert lead.get(path).data.startswith(b"PK")


def test_the_page_that_waits_says_what_comes_before_the_file(
    app: Flask, world: World, lead: FlaskClient, made: list[str]
) -> None:
    path = address(world.own) + "report.xlsx"
    lead.get(path)
    assert "It begins in a moment" in lead.get(path).text
    with app.app_context(), begin() as db:
        other = {"school_id": world.other.school_id, "wave_id": world.other.wave_id}
        job_id = job_operations.enqueue(db, MAKING, other, by=None)
        job = db.get_one(Job, job_id)
        job.state, job.done, job.total = JobState.RUNNING, 7, 20
    page = lead.get(path).text
    assert "1 job is done before it" in page
    assert "Report of a survey: 35% is done" in page
    assert "It begins in a moment" not in page


def test_the_first_files_are_made_with_the_report_and_serve_until_an_action_is_late(
    app: Flask, world: World, lead: FlaskClient, made: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with app.app_context():
        own = select(Action.due_on).where(Action.school_id == world.own.school_id)
        due = read().scalars(own).one()
        monkeypatch.setattr(views, "today", lambda: due - timedelta(days=9))
        prerender.draw_report(world.own.school_id, world.own.wave_id)
    assert "_set" in made
    made.clear()
    monkeypatch.setattr(views, "today", lambda: due)
    for name in ("governors.pdf", "report.pdf", "report.xlsx"):
        file = lead.get(address(world.own) + name)
        assert (file.status_code, file.data[:2]) == (200, FILES[name][:2]), name
    assert made == []
    monkeypatch.setattr(views, "today", lambda: due + timedelta(days=1))
    assert lead.get(address(world.own) + "governors.pdf").status_code == downloads.NOT_YET
