"""The files of a report: there for anyone who may read it, and each made of the release alone."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree

import openpyxl
import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_babel import force_locale
from PIL import Image

from survey.database import begin
from survey.exports.pdf.governors_report import title_of
from survey.exports.provenance import Imprint
from survey.languages import STAFF_LANGUAGES
from survey.organisations.letterhead import change_letterhead, take_logo
from survey.permissions import Role
from survey.questionnaires.model import Text
from tests.integration.exports.pdf_checks import read_paper
from tests.integration.reports.markup import read_page
from tests.integration.reports.school.test_views import (
    RELEASED,
    address,
    chapters,
    comparison_address,
    publish,
    speak,
)
from tests.unit.campaigns.pdf_checks import check_sheet, tags
from tests.unit.reports.samples import sample
from tests.world import OPENED, World, sign_in

SVG = "{http://www.w3.org/2000/svg}"
GSHS = ("gshs", "2018.1")
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def lead(app: Flask, client: FlaskClient, world: World) -> FlaskClient:
    publish(app, world.own, *sample(GSHS))
    sign_in(client, world.email(Role.LEAD))
    return client


def chart_links(lead: FlaskClient, world: World) -> list[str]:
    opening = read_page(lead.get(address(world.own)).text)
    pages = [opening, *(read_page(lead.get(at).text) for at in chapters(opening, world.own))]
    links = (one.attributes.get("href", "") for page in pages for one in page.all("a"))
    return [link for link in links if "/charts/" in link]


def test_every_chart_can_be_saved_as_a_picture(lead: FlaskClient, world: World) -> None:
    links = chart_links(lead, world)
    assert len(links) >= 20
    for link in (one for one in links if one.endswith(".svg")):
        sent = lead.get(link)
        assert sent.status_code == 200, link
        assert sent.mimetype == "image/svg+xml"
        drawing = ElementTree.fromstring(sent.data)
        white = drawing.find(f"{SVG}rect")
        assert white is not None
        assert white.attrib["fill"] == "#ffffff"
        assert white.attrib["width"] == drawing.attrib["width"]
        title = "".join(drawing.findtext(f"{SVG}title", "").split())
        assert title
        shown = "".join("".join(one.text or "" for one in drawing.iter(f"{SVG}text")).split())
        assert shown.startswith(title)
        assert "Northmoor High School" in sent.text
        assert not re.search(r'(href|src|url)\s*[=(]\s*["\']?(?!#)', sent.text)


def test_a_picture_is_sharp_and_named_by_what_it_shows(lead: FlaskClient, world: World) -> None:
    (link,) = (one for one in chart_links(lead, world) if one.endswith("participation.png"))
    sent = lead.get(link)
    with Image.open(io.BytesIO(sent.data)) as picture:
        assert picture.format == "PNG"
        assert picture.width == 2 * (320 + 40)
        assert picture.convert("RGB").getpixel((2, 2)) == (255, 255, 255)
        assert picture.info.keys() <= {"dpi", "gamma", "srgb"}
    assert "chart-participation.png" in sent.headers["Content-Disposition"]


def title_in(app: Flask, language: str) -> str:
    with app.test_request_context(), force_locale(language):
        return title_of(
            Imprint("Northmoor High School", "Safety survey", 1, OPENED, None, RELEASED, "", False)
        )


@pytest.mark.parametrize("language", STAFF_LANGUAGES)
def test_the_report_for_governors_is_a_whole_and_open_document(
    app: Flask, lead: FlaskClient, world: World, language: str
) -> None:
    speak(app, world.email(Role.LEAD), language)
    sent = lead.get(address(world.own, "report.pdf"))
    pdf = check_sheet(sent.data, language=language, title=title_in(app, language))
    kinds = tags(pdf)
    assert {"H1", "H2", "Table", "THead", "TH", "TD", "Figure", "TOC", "TOCI"} <= set(kinds)
    marked = [one["/Title"] for one in bookmarks(pdf)]
    (chapters,) = (
        {link.text for link in nav.all("a")}
        for nav in read_page(lead.get(address(world.own)).text).all("nav")
        if "chapters" in nav.attributes.get("class", "")
    )
    held = [title for title in marked if title in chapters]
    assert len(set(held)) == len(held)
    assert len(held) >= 4
    assert len(marked) > 2 * len(held)
    figures = list(read_paper(sent.data).root.all("figure"))
    assert len(figures) == kinds.count("Figure") >= 1
    assert all(one.attributes["alt"] for one in figures)


@pytest.mark.parametrize("language", STAFF_LANGUAGES)
def test_slides_are_wide_and_open(
    app: Flask, lead: FlaskClient, world: World, language: str
) -> None:
    speak(app, world.email(Role.LEAD), language)
    sent = lead.get(address(world.own, "slides.pdf"))
    title = title_in(app, language)
    pdf = check_sheet(sent.data, language=language, title=title, size=(842, 473))
    assert 3 <= len(pdf.pages) <= 8
    assert tags(pdf).count("H1") == len(pdf.pages)


def test_the_logo_and_the_name_of_the_letterhead_stand_on_paper(
    app: Flask, lead: FlaskClient, world: World
) -> None:
    plain = read_paper(lead.get(address(world.own, "report.pdf")).data)
    drawn = io.BytesIO()
    Image.new("RGB", (240, 120), "#14524a").save(drawn, "PNG")
    with app.app_context(), begin() as db:
        change_letterhead(
            db,
            school_id=world.own.school_id,
            name="Northmoor High",
            logo=take_logo(drawn.getvalue()),
            by=None,
        )
    headed = read_paper(lead.get(address(world.own, "report.pdf")).data)
    assert "Northmoor High" in [one.text for one in headed.root.all("p")]
    said = [
        [one.attributes["alt"] for one in paper.root.all("figure")] for paper in (plain, headed)
    ]
    assert said[1] == ["Northmoor High", *said[0]]


def test_words_that_look_like_formulas_stay_words(
    app: Flask, client: FlaskClient, world: World
) -> None:
    release, questionnaire = sample(GSHS)
    evil = "=cmd|' /C calc'!A0"
    wording = Text.of({"en": evil})
    sections = tuple(
        replace(one, items=tuple(replace(item, wording=wording) for item in one.items))
        for one in questionnaire.sections
    )
    publish(app, world.own, release, replace(questionnaire, sections=sections))
    sign_in(client, world.email(Role.LEAD))
    content = client.get(address(world.own, "report.xlsx")).data
    book = openpyxl.load_workbook(io.BytesIO(content))
    cells = [cell for sheet in book for line in sheet for cell in line]
    assert {cell.data_type for cell in cells} <= {"s", "n"}
    assert evil in [cell.value for cell in cells]


def test_a_workbook_opens_at_what_it_is_and_scrolls_under_its_headers(
    lead: FlaskClient, world: World
) -> None:
    sent = lead.get(address(world.own, "report.xlsx"))
    book = openpyxl.load_workbook(io.BytesIO(sent.data))
    first, *others = book.worksheets
    assert first.title == "Read me"
    read_me = " ".join(str(line[0].value or "") for line in first)
    assert re.search(r"[Rr]eport reference: [0-9a-f]{64}\.", read_me)
    for sheet in others:
        assert f"{sheet.title}: " in read_me
        (table,) = sheet.tables.values()
        assert table.headerRowCount == 1
        assert sheet.freeze_panes
        assert sheet.freeze_panes.endswith("2")
        assert all(sheet.column_dimensions[one].width > 8 for one in ("A", "B"))
    assert [one.number_format for one in others[2]["D"][1:] if isinstance(one.value, float)]


def bookmarks(pdf: Any) -> list[Any]:
    found = []
    waiting = list(pdf.outline)
    while waiting:
        one = waiting.pop(0)
        if isinstance(one, list):
            waiting = [*one, *waiting]
        else:
            found.append(one)
    return found


@pytest.mark.parametrize("name", ["charts/none.svg", "charts/none.png", "charts/participation.pdf"])
def test_what_is_no_file_of_the_report_is_not_there(
    lead: FlaskClient, world: World, name: str
) -> None:
    assert lead.get(address(world.own, name)).status_code == 404
    assert lead.get(address(world.other, "charts/participation.svg")).status_code == 404


def test_charts_of_a_withdrawn_report_are_not_handed_out(
    app: Flask, client: FlaskClient, world: World
) -> None:
    publish(app, world.own, *sample(GSHS), withdrawn_on=RELEASED, notice="A mistake.")
    sign_in(client, world.email(Role.LEAD))
    assert client.get(address(world.own, "charts/participation.svg")).status_code == 409


def test_a_comparison_that_is_not_there_has_no_charts(client: FlaskClient, world: World) -> None:
    sign_in(client, world.email(Role.ANALYST))
    assert client.get(comparison_address(world.own, "charts/inside.svg")).status_code == 404
