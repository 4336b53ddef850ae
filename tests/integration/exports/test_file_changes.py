"""What files say of change is, word for word, what the pages say; those are read back elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient

from tests.integration.exports.pdf_checks import read_paper
from tests.integration.reports.markup import Node, read_page
from tests.integration.reports.school.test_views import address
from tests.integration.reports.trends.test_views import lead, second
from tests.world import Side

__all__ = ["lead", "second"]
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
SINCE = "What is better and worse since October 2026"


def bare(words: str) -> str:
    return "".join(words.replace("then, now", "").split())


def under(root: Node, title: str) -> Iterator[Node]:
    """What is under a heading of a paper, to the next of its kind."""
    is_under = False
    for node in root.all("h1", "h2", "p", "figure"):
        if node.tag == "h1":
            is_under = node.text == title
        elif is_under:
            yield node


def test_papers_say_of_change_what_the_pages_say(lead: FlaskClient, second: Side) -> None:
    page = bare(read_page(lead.get(address(second)).text).text)
    papers = [
        read_paper(lead.get(address(second, file)).data).root
        for file in ("report.pdf", "slides.pdf")
    ]
    for paper in papers:
        said = [node.text for node in under(paper, SINCE)]
        assert len(said) > 5
        assert any("Better" in words for words in said)
        assert any("Toilets by the hall" in words for words in said)
        pieces = [piece for words in said for piece in _pieces(words)]
        assert [words for words in pieces if bare(words) not in page] == []
    check_charts_over_time(lead, second, papers[0])


def _pieces(words: str) -> list[str]:
    """Slides name figures without a clear change in one line; the page has each by itself."""
    start, _colon, names = words.partition(": ")
    if start != "No clear change":
        return [words]
    return [start, *re.split(r", | and ", names.removesuffix("."))]


def check_charts_over_time(lead: FlaskClient, second: Side, paper: Node) -> None:
    """Those on paper are those of the page."""
    page = read_page(lead.get(address(second, "over-time")).text)
    drawn = {
        " ".join(one.text for one in svg.all("title", "desc")): bare(
            "".join(text.text for text in svg.all("text"))
        )
        for svg in page.all("svg")
        if svg.attributes.get("role") == "img"
    }
    texts = bare(page.text)
    charts = [node for node in under(paper, "Over time") if node.tag == "figure"]
    assert charts
    for chart in charts:
        assert bare(chart.text) == drawn[chart.attributes["alt"]]
    for node in under(paper, "Over time"):
        assert node.tag == "figure" or bare(node.text) in texts
