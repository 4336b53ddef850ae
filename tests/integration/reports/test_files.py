"""The files of a report: there for whoever may read it, and each made of the release alone."""

from __future__ import annotations

import io
import re
from xml.etree import ElementTree

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image

from survey.access import Role
from tests.integration.reports.markup import read_page
from tests.integration.reports.test_pages import (
    RELEASED,
    address,
    chapters,
    comparison_address,
    publish,
)
from tests.unit.reports.samples import sample
from tests.world import World, sign_in

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
        assert white.attrib["fill"] == "#fff"
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
