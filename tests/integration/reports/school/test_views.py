"""The pages of a report: every number on them is in the stored document, and they are fit to
be read by anyone."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import date
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from survey.campaigns.models import FrozenQuestionnaire, Wave
from survey.campaigns.states import WaveState
from survey.database import begin
from survey.disclosure.figures import wilson
from survey.disclosure.release import Release
from survey.organisations.models import Member
from survey.permissions import Role
from survey.questionnaires.document import canonical, content_hash
from survey.questionnaires.model import Questionnaire
from survey.releases.models import StoredRelease
from tests.integration.reports.markup import Node, check_page, read_page
from tests.integration.reports.named_figures import as_table, named_figures
from tests.unit.reports.samples import sample
from tests.world import Side, World, sign_in

SAFETY, CORE, GSHS = ("safety", "2026.3"), ("safety-core", "2026.3"), ("gshs", "2018.1")
RELEASED = date(2026, 12, 21)
AXIS = {f"{number}%" for number in (0, 10, 20, 25, 30, 40, 50, 75, 100)}


def address(side: Side, page: str = "") -> str:
    return f"/schools/{side.school_id}/waves/{side.wave_id}/report/{page}"


def comparison_address(side: Side, page: str = "", number: int = 1) -> str:
    programme = f"/authorities/{side.authority_id}/programmes/{side.programme_id}"
    return f"{programme}/waves/{number}/{page}"


def publish(
    app: Flask, side: Side, release: Release, questionnaire: Questionnaire, **changes: Any
) -> StoredRelease:
    """Stores a release as if it had been made of this side's wave."""
    values: dict[str, Any] = {
        "school_id": side.school_id,
        "wave_id": side.wave_id,
        "release_hash": release.content_hash(),
        "document": release.to_json(),
        "certificate": None,
        "released_on": RELEASED,
        "withdrawn_on": None,
        "notice": None,
    }
    with app.app_context(), begin() as db:
        name = content_hash(questionnaire)
        if db.get(FrozenQuestionnaire, name) is None:
            frozen = FrozenQuestionnaire(content_hash=name, document=canonical(questionnaire))
            db.add(frozen)
            db.flush()
        wave = db.get(Wave, (side.school_id, side.wave_id))
        assert wave is not None
        wave.questionnaire_hash = name
        wave.state, wave.closed_on = WaveState.RELEASED, date(2026, 12, 18)
        stored = StoredRelease(**(values | changes))
        db.add(stored)
    return StoredRelease(**(values | changes))


def speak(app: Flask, email: str, language: str) -> None:
    with app.app_context(), begin() as db:
        member = db.query(Member).filter_by(email=email).one()
        member.language = language


@pytest.fixture
def lead(client: FlaskClient, world: World) -> FlaskClient:
    sign_in(client, world.email(Role.LEAD))
    return client


@pytest.fixture
def analyst(client: FlaskClient, world: World) -> FlaskClient:
    sign_in(client, world.email(Role.ANALYST))
    return client


def get_page(client: FlaskClient, path: str, language: str = "en") -> Node:
    answer = client.get(path)
    assert answer.status_code == 200, answer.text[:500]
    page = read_page(answer.text)
    check_page(page, language)
    return page


def chapters(page: Node, side: Side) -> list[str]:
    """The addresses of chapters and other pages of the report that this page links."""
    start = address(side)
    links = {
        node.attributes["href"].partition("#")[0]
        for node in page.all("a")
        if "href" in node.attributes
    }
    return sorted(
        link for link in links if link.startswith(start) and "." not in link and link != start
    )


def report_pages(client: FlaskClient, side: Side) -> dict[str, str]:
    """The markup of every page of a report by its address: the opening page, and what its links
    and theirs lead to."""
    found: dict[str, str] = {}
    waiting = [address(side)]
    while waiting:
        path = waiting.pop()
        if path not in found:
            answer = client.get(path)
            assert answer.status_code == 200, path
            found[path] = answer.text
            waiting += chapters(read_page(answer.text), side)
    return found


def numbers(words: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", words)]


def tables_of(document: dict[str, Any], questionnaire: Questionnaire) -> dict[str, Any]:
    """The tables of a release by key, and the figures that are read as indicators by their name."""
    tables = {one["key"]: one for one in (*document["tables"], document["participation"])}
    named = named_figures(document, json.loads(canonical(questionnaire)))
    return tables | {
        name: as_table(name, figure, tables[figure[0]]) for name, figure in named.items()
    }


def check_cells(page: Node, tables: dict[str, Any]) -> int:
    """Every figure in every table against the stored document, read without any code of ours. Gives
    how many there were."""
    checked = 0
    for cell in page.all("td"):
        if "data-table" not in cell.attributes:
            told = "data-roll" in cell.attributes or not numbers(cell.text)
            assert told, f"a number that says not whence: {cell.text}"
            continue
        table = tables[cell.attributes["data-table"]]
        (row,) = [one for one in table["rows"] if one["group"] == cell.attributes["data-group"]]
        check_cell(cell.text, table, row, cell.attributes["data-answer"])
        checked += 1
    return checked


def check_cell(words: str, table: dict[str, Any], row: dict[str, Any], answer: str) -> None:
    if not row["shown"]:
        assert numbers(words) in ([], [20])
        return
    figure = row["boxes"].get(answer) or row["cells"][answer]
    base = figure.get("of_base", row["base"])
    match figure["status"]:
        case "shown" if table["key"] == "participation":
            assert numbers(words) == [figure["count"]]
        case "shown":
            given = numbers(words)
            assert given[0] == (figure["percent"] or 1)
            is_agreed = abs(100 * figure["count"] / base - figure["percent"]) <= 0.5
            if is_agreed:
                assert given[1:3] == [figure["count"], base]
            else:  # shown as a pair that gives the percentage
                assert abs(100 * given[1] / given[2] - figure["percent"]) <= 1
            if given[3:]:
                low, high = wilson(given[1], given[2])
                assert given[3] <= min(low, figure["percent"])
                assert max(high, figure["percent"]) <= given[4] <= 100
        case "fewer_than":
            assert numbers(words) == [figure["under"], figure["limit"], base]
        case "all_but_fewer":
            assert numbers(words) == [figure["at_least"], figure["limit"], base]
        case "hidden":
            assert numbers(words) == [20]


def check_charts(page: Node) -> int:
    """What a chart prints next to its marks is in the table of the same figure."""
    checked = 0
    for figure in page.all("figure"):
        cells = {bold.text for cell in figure.all("td") for bold in cell.all("b")}
        for text in figure.all("text"):
            if re.fullmatch(r"\d+%|under \d+%|\d+% or more", text.text):
                assert text.text in cells | AXIS
                checked += 1
    return checked


@pytest.mark.parametrize(
    ("template", "scale"),  # `test_extraction` reads pages of the others, and files
    [
        (SAFETY, 1.0),
        pytest.param(SAFETY, 0.15, marks=pytest.mark.slow),
        pytest.param(GSHS, 1.0, marks=pytest.mark.slow),
    ],
)
def test_every_number_of_every_page_is_in_the_release(
    app: Flask, world: World, lead: FlaskClient, template: tuple[str, str], scale: float
):
    release, questionnaire = sample(template, scale)
    document = json.loads(publish(app, world.own, release, questionnaire).document)
    tables = tables_of(document, questionnaire)
    cells, marks, seen = 0, 0, set()
    for html in report_pages(lead, world.own).values():
        page = read_page(html)
        check_page(page, "en")
        cells += check_cells(page, tables)
        marks += check_charts(page)
        seen |= {one.attributes.get("data-table") for one in page.all("td")} - {None}
    assert cells > len(document["tables"])
    assert marks > 30
    assert seen == set(tables)


def test_the_pages_are_there_in_welsh(app: Flask, world: World, lead: FlaskClient):
    publish(app, world.own, *sample(CORE))
    speak(app, world.email(Role.LEAD), "cy")
    pages = report_pages(lead, world.own)
    assert "Toiledau" in pages[address(world.own)]
    fractions = "|".join(
        ("Tua", "Mwy na hanner", "Rhwng (?!gwersi)")
    )  # "Between lessons" is an answer
    for html in pages.values():
        check_page(read_page(html), "cy")
        assert not re.search(rf"[a-z] (?:{fractions})\b", read_page(html).text)


def test_the_opening_says_what_stands_out(app: Flask, world: World, lead: FlaskClient):
    publish(app, world.own, *sample())
    page = get_page(lead, address(world.own))
    rows = [one for one in page.all("li") if "brief__place" in one.attributes.get("class", "")]
    titles = [next(one.all("h3")).text for one in rows]
    assert titles == ["Toilets", "Bus stops or stations", "Parks"]
    assert "of Year 9 feel unsafe there" in rows[0].text
    for row in rows:
        years = [one.text for one in row.all("th") if one.attributes["scope"] == "col"]
        assert years == [f"Year {year}" for year in range(7, 13)]
        (link,) = (one.attributes["href"] for one in next(row.all("h3")).all("a"))
        assert lead.get(link).status_code == 200
    assert "About 870 of 1075 students on roll took part." in page.text


def test_a_wave_without_a_release_has_no_report(world: World, lead: FlaskClient):
    answer = lead.get(address(world.own))
    assert answer.status_code == 404
    assert "There is no report of this survey yet" in answer.text


def test_an_unknown_chapter_is_not_there(app: Flask, world: World, lead: FlaskClient):
    publish(app, world.own, *sample(GSHS))
    assert lead.get(address(world.own, "places")).status_code == 404
    assert lead.get(address(world.own, "peer-harm")).status_code == 200


def test_a_withdrawn_release_leaves_its_notice_and_no_figure(
    app: Flask, world: World, lead: FlaskClient
):
    notice = "Two classes were given the same cards."
    publish(app, world.own, *sample(), withdrawn_on=date(2027, 1, 8), notice=notice)
    page = get_page(lead, address(world.own))
    assert notice in page.text
    assert list(page.all("table")) == []
    assert "%" not in page.text
    assert lead.get(address(world.own, "places")).location.endswith(address(world.own))
    for file in ("release.csv", "release.json", "certificate.json"):
        assert lead.get(address(world.own, file)).status_code == 409


def test_the_report_is_the_leads_of_this_school_alone(
    app: Flask, world: World, client: FlaskClient
):
    publish(app, world.own, *sample(GSHS))
    sign_in(client, world.own.email[Role.COORDINATOR])
    assert client.get(address(world.own)).status_code == 403
    client = app.test_client()
    sign_in(client, world.other.email[Role.LEAD])
    for page in ("", "peer-harm", "release.csv", "release.json", "certificate.json"):
        assert client.get(address(world.own, page)).status_code == 404


def test_the_files_are_those_of_the_stored_release(app: Flask, world: World, lead: FlaskClient):
    release, questionnaire = sample(GSHS)
    stored = publish(app, world.own, release, questionnaire, certificate='{"witnesses":[]}')
    assert lead.get(address(world.own, "release.json")).text == stored.document
    assert lead.get(address(world.own, "certificate.json")).text == '{"witnesses":[]}'
    answer = lead.get(address(world.own, "release.csv"))
    assert answer.headers["Content-Disposition"].startswith("attachment; ")
    lines = list(csv.DictReader(io.StringIO(answer.get_data().decode("utf-8-sig"))))
    assert len(lines) == len(list(release.rows()))
    assert 'href="' + address(world.own, "certificate.json") in lead.get(address(world.own)).text


def test_without_a_certificate_there_is_none_to_download(
    app: Flask, world: World, lead: FlaskClient
):
    publish(app, world.own, *sample(GSHS))
    assert lead.get(address(world.own, "certificate.json")).status_code == 404
    assert "certificate.json" not in lead.get(address(world.own)).text


def test_two_releases_are_never_taken_for_each_other(app: Flask, world: World, lead: FlaskClient):
    """Pages are kept by what they are made of, so another school's are its own."""
    publish(app, world.own, *sample())
    publish(app, world.other, *sample(scale=0.15))
    mine = get_page(lead, address(world.own, "places"))
    client = app.test_client()
    sign_in(client, world.other.email[Role.LEAD])
    theirs = get_page(client, address(world.other, "places"))
    assert next(mine.all("figure")).text != next(theirs.all("figure")).text
    release, questionnaire = sample(scale=0.15)
    check_cells(theirs, tables_of(json.loads(release.to_json()), questionnaire))


def test_without_a_comparison_the_page_says_what_is_missing(world: World, analyst: FlaskClient):
    page = get_page(analyst, comparison_address(world.own))
    assert "needs the reports of at least 5 schools; 0 have one" in page.text
    assert "1 school has begun and has no report yet" in page.text
    (cell,) = [cell.text for cell in page.all("td")]
    assert cell.startswith("Students are answering Closes by itself after ")
    assert analyst.get(comparison_address(world.own, "comparison.csv")).status_code == 404


def test_an_analyst_reads_no_schools_report(app: Flask, world: World, analyst: FlaskClient):
    publish(app, world.own, *sample(GSHS))
    assert analyst.get(address(world.own)).status_code == 404
    assert analyst.get(comparison_address(world.other)).status_code == 404
