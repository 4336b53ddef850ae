"""The plan in a report: every figure on it is the release's, and it is the plan of its wave."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from survey.campaigns.queries import find_wave
from survey.campaigns.site_plans import operations as site_plan_operations
from survey.campaigns.site_plans.models import WavePlan
from survey.database import begin
from survey.demo.school_plan import ROOMS, give_plan
from survey.organisations.models import School
from survey.permissions import Role
from tests.integration.reports.markup import Node
from tests.integration.reports.school.test_views import (
    SAFETY,
    address,
    check_cells,
    check_charts,
    get_page,
    publish,
    tables_of,
)
from tests.unit.reports.samples import sample
from tests.world import World, sign_in


@pytest.fixture
def lead(client: FlaskClient, world: World) -> FlaskClient:
    sign_in(client, world.email(Role.LEAD))
    return client


def give(app: Flask, world: World, scale: float) -> dict[str, Any]:
    """A released wave that was launched with the plan, and the tables it prints."""
    release, questionnaire = sample(SAFETY, scale)
    stored = publish(app, world.own, release, questionnaire)
    with app.test_request_context(), begin() as db:
        give_plan(db, school=db.get_one(School, world.own.school_id))
        wave = find_wave(db, world.own.school_id, world.own.wave_id)
        site_plan_operations.freeze_plan(db, wave=wave, questionnaire=questionnaire)
    return tables_of(json.loads(stored.document), questionnaire)


def main_of(html: str) -> str:
    """The report without what is of the visit: the token of the form to sign out has a time."""
    return html[html.index("<main") :]


def plan_figures(page: Node) -> list[Node]:
    return [one for one in page.all("figure") if "on-plan" in one.attributes["class"].split()]


@pytest.mark.parametrize("scale", [1.0, 0.15])
def test_every_figure_on_the_plan_is_in_the_release(
    app: Flask, world: World, lead: FlaskClient, scale: float
) -> None:
    tables = give(app, world, scale)
    seen, hatched = 0, 0
    for chapter in ("places", "peer-harm"):
        page = get_page(lead, address(world.own, chapter))
        check_cells(page, tables)
        check_charts(page)
        for figure in plan_figures(page):
            (drawing,) = (one for one in figure.all("svg") if one.attributes.get("role") == "img")
            cells = {
                (cell.attributes["data-table"], cell.attributes["data-answer"]): cell
                for cell in figure.all("td")
            }
            for text in drawing.all("text"):
                if "data-table" in text.attributes:
                    cell = cells[text.attributes["data-table"], text.attributes["data-answer"]]
                    (bold,) = cell.all("b")
                    assert text.text == bold.text
                    seen += 1
                else:
                    assert int(text.text) <= len(cells)
            (described,) = drawing.all("desc")
            assert all(cell.text for cell in cells.values())
            assert described.text.count(". ") == len(list(figure.all("tr"))) - 2
            outlines = [one for one in drawing.all("polygon") if "on-plan__area" in
                        one.attributes["class"].split()]  # fmt: skip
            assert len(outlines) == len(ROOMS)
            hatched += sum("hidden" in one.attributes.get("fill", "") for one in outlines)
            # What has no percentage has no shade: nothing can be read off it.
            for one in outlines:
                shaded = "heat-" in one.attributes["class"]
                assert shaded is ("fill" not in one.attributes)
    assert (seen > 10) or scale < 1
    assert hatched or scale == 1.0


def test_a_report_without_a_plan_says_nothing_of_one(
    app: Flask, world: World, lead: FlaskClient
) -> None:
    publish(app, world.own, *sample(SAFETY, 1.0))
    page = get_page(lead, address(world.own, "places"))
    assert plan_figures(page) == []
    assert lead.get(address(world.own, "plan")).status_code == 404


def test_a_later_edit_does_not_change_an_old_report(
    app: Flask, world: World, lead: FlaskClient
) -> None:
    give(app, world, 1.0)
    before = main_of(lead.get(address(world.own, "places")).text)
    picture = lead.get(address(world.own, "plan")).data
    with app.test_request_context(), begin() as db:
        site_plan_operations.remove_plan(db, school_id=world.own.school_id, by=None)
        kept = db.get_one(WavePlan, (world.own.school_id, world.own.wave_id))
        assert kept.picture == picture
    assert main_of(lead.get(address(world.own, "places")).text) == before
    assert lead.get(address(world.own, "plan")).data == picture
