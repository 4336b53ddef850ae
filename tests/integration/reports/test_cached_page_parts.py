"""Pages of reports are made of kept parts: a page reads the part it shows, and no release."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, event, select
from werkzeug.test import TestResponse

from survey.actions.models import Action, SubjectKind
from survey.campaigns.queries import find_wave
from survey.database import begin, database, read
from survey.disclosure.release import Release
from survey.exports import prerender
from survey.paths import PACKAGE
from survey.permissions import Role
from survey.releases import operations as release_operations
from survey.releases.models import StoredRelease
from survey.releases.operations import known_documents
from survey.reports import table_of_contents
from survey.reports.charts import stored_charts
from survey.reports.charts.stored_charts import PART, StoredDrawing
from survey.reports.school.report_loader import book_of
from tests.integration.reports.school.test_views import address, publish
from tests.unit.reports.samples import sample
from tests.world import World, sign_in

GSHS = ("gshs", "2018.1")


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Pages are the same on both engines."""
    return sqlite_url


@pytest.fixture
def lead(app: Flask, client: FlaskClient, world: World) -> FlaskClient:
    publish(app, world.own, *sample(GSHS))
    with app.app_context():
        prerender.draw_report(world.own.school_id, world.own.wave_id)
    sign_in(client, world.email(Role.LEAD))
    return client


@pytest.fixture
def selects(app: Flask) -> Iterator[list[str]]:
    """The statements that are sent to the database."""
    found: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        found.append(statement)

    with app.app_context():
        engine = database.engine
    event.listen(engine, "before_cursor_execute", note)
    yield found
    event.remove(engine, "before_cursor_execute", note)


def main(page: TestResponse) -> str:
    """A page without its tokens against forgery."""
    return re.sub(r'name="csrf_token"[^>]*', "", page.text[page.text.index("<main") :])


def pages_of(lead: FlaskClient, world: World) -> dict[str, str]:
    """Every page that the report leads to."""
    start, found = address(world.own), {}
    waiting = [start]
    while waiting:
        page = lead.get(waiting.pop())
        assert page.status_code == 200
        found[page.request.path] = main(page)
        links = re.findall(rf'href="({start}[a-z/-]*)"', page.text)
        waiting += [one for one in dict.fromkeys(links) if one not in {*found, *waiting}]
    return found


def kept(app: Flask) -> dict[str, bytes]:
    with app.app_context():
        rows = read().execute(
            select(StoredDrawing.name, StoredDrawing.svg).where(StoredDrawing.name.like(f"{PART}%"))
        )
        return {one.name: one.svg for one in rows}


def test_a_page_reads_no_release_and_only_the_parts_it_shows(
    lead: FlaskClient, world: World, monkeypatch: pytest.MonkeyPatch, selects: list[str]
) -> None:
    def refuse(_cls: type[Release], _text: str) -> Release:
        raise AssertionError("a page read a release")

    monkeypatch.setattr(Release, "from_json", classmethod(refuse))
    pages = pages_of(lead, world)
    assert len(pages) > 5
    assert not [one for one in selects if "release.document" in one or "certificate AS" in one]
    selects.clear()
    lead.get(address(world.own))
    assert sum("FROM drawing" in one for one in selects) <= 3  # contents, actions, the page


def test_parts_say_what_the_release_says(app: Flask, lead: FlaskClient, world: World) -> None:
    with_parts = pages_of(lead, world)
    before = kept(app)
    with app.app_context(), begin() as db:
        db.execute(delete(StoredDrawing).where(StoredDrawing.name.like(f"{PART}%")))
    assert pages_of(lead, world) == with_parts
    assert {name: before[name] for name in kept(app)} == kept(app), "made again, byte for byte"


def test_contents_are_those_of_the_release(app: Flask, lead: FlaskClient, world: World) -> None:
    with app.app_context(), app.test_request_context():
        wave = find_wave(read(), world.own.school_id, world.own.wave_id)
        stored = read().get_one(StoredRelease, (world.own.school_id, world.own.wave_id))
        made = table_of_contents.read_contents(book_of(wave, stored))
        assert table_of_contents.contents_of(wave, stored) == made
        assert made.chapters
        assert made.groups


def test_other_code_makes_parts_again_in_place_of_the_old_ones(
    app: Flask, lead: FlaskClient, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, page = kept(app), main(lead.get(address(world.own)))
    monkeypatch.setattr(stored_charts, "page_code", lambda: "another")
    monkeypatch.setattr("survey.reports.cached_page_parts.page_code", lambda: "another")
    assert main(lead.get(address(world.own))) == page
    after = kept(app)
    assert len(after) == len(before)
    assert after.keys() - before.keys()
    with app.app_context(), begin() as db:
        assert prerender.enqueue_missing(db) == 0  # some of its pages are made
        stored_charts.forget(db, but_of=known_documents())
    assert kept(app).keys() == after.keys() - before.keys()
    with app.app_context(), begin() as db:
        db.execute(delete(StoredDrawing).where(StoredDrawing.name.like(f"{PART}%")))
        assert prerender.enqueue_missing(db) == (released_lately(app, world) is True)


def released_lately(app: Flask, world: World) -> bool:
    with app.app_context():
        stored = read().get_one(StoredRelease, (world.own.school_id, world.own.wave_id))
        return stored.released_on > prerender.today() - prerender.PAGES_KEPT_READY


def test_parts_go_with_a_withdrawn_report_and_come_back_with_it(
    app: Flask, lead: FlaskClient, world: World
) -> None:
    page = main(lead.get(address(world.own)))
    with app.app_context(), begin() as db:
        wave = find_wave(db, world.own.school_id, world.own.wave_id)
        release_operations.withdraw(db, wave=wave, notice="Wrong.", by=None, today=date(2027, 1, 1))
    assert "Wrong." in lead.get(address(world.own)).text
    with app.app_context(), begin() as db:
        stored_charts.forget(db, but_of=known_documents())
    assert kept(app) == {}
    with app.app_context(), begin() as db:
        wave = find_wave(db, world.own.school_id, world.own.wave_id)
        release_operations.restore(db, wave=wave, by=None, today=date(2027, 1, 2))
    with app.app_context():
        prerender.draw_report(world.own.school_id, world.own.wave_id)
    assert main(lead.get(address(world.own))) == page


def test_an_action_is_on_the_page_as_it_is_now(app: Flask, lead: FlaskClient, world: World) -> None:
    offered = re.findall(r"/act/(place|theme)/(\w+)", main(lead.get(address(world.own))))
    goal = "A goal that was changed"

    def change(kind: str, key: str) -> bool:
        """Is the action on the opening page, once it is against this?"""
        own = select(Action).where(Action.school_id == world.own.school_id)
        with app.app_context(), begin() as db:
            action = db.scalars(own).one()
            action.goal, action.kind, action.subject = goal, SubjectKind(kind), key
        return goal in main(lead.get(address(world.own)))

    assert change(*offered[0])
    assert not change(offered[0][0], "nowhere")


def test_who_may_plan_nothing_is_offered_nothing_by_what_was_kept_for_another(
    app: Flask, lead: FlaskClient, world: World
) -> None:
    pages = pages_of(lead, world)
    assert any("Plan an" in page for page in pages.values())
    assert all("\0" not in page for page in pages.values())
    for text in kept(app).values():
        assert b"Plan an" not in stored_charts.zlib.decompress(text)


READER = re.compile(r"may\(|csrf|current_user|current_member|form\.|today\b")
PARTS = (
    "school/summary_part.html",
    "school/place_part.html",
    "school/place_blocks.html",
    "school/item_blocks.html",
    "school/findings.html",
    "perspectives/views.html",
    "perspectives/of_place.html",
    "trends/over_time.html",
    "trends/latest_changes.html",
    "trends/waves.html",
    "comparisons/side_by_side.html",
)


@pytest.mark.parametrize("name", PARTS)
def test_no_template_of_a_part_asks_who_reads_or_when(name: str) -> None:
    template: Path = PACKAGE / "reports/templates/reports" / name
    assert READER.findall(template.read_text(encoding="utf-8")) == []
