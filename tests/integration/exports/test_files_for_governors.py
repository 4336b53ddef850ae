"""The four pages for governors and the slides that can be edited, read back to the release."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import date
from types import SimpleNamespace
from typing import Any

import pypdf
import pytest

from survey.actions.models import SubjectKind
from survey.actions.states import ActionState
from survey.exports.deck import deck_pptx, place_charts
from survey.exports.pdf.brief import MOST_ACTIONS, brief_pdf, decisions
from survey.exports.pdf.slides import slides_pdf
from survey.reports.charts import dot_chart
from survey.reports.trends.change import ChangeVerdict
from tests.integration.exports.extraction_files import check_paper
from tests.integration.exports.pdf_checks import read_paper
from tests.integration.exports.pdf_ua import faults_of
from tests.integration.exports.pptx_checks import NO_DAY, parts_of, read_deck, text_of
from tests.integration.exports.test_file_facts import (
    GSHS,
    SAFETY,
    Whole,
    drawings_of,
    report_pdf,
    speaking,
    whole,
)
from tests.integration.reports.extraction import SlipError

__all__ = ["speaking"]
TODAY = date(2027, 1, 11)
WORLDS = [(SAFETY, 1.0, 10), (GSHS, 0.03, 5), (GSHS, 1.0, 5)]


def action(number: int, *, state: ActionState = ActionState.PLANNED, place: str = "toilets") -> Any:
    """An action with all that papers say of it."""
    return SimpleNamespace(
        action=SimpleNamespace(
            kind=SubjectKind.PLACE,
            subject=place,
            goal="Nobody avoids the toilets at break " * 3,
            owner="Site manager and the deputy head",
            found="More students feel unsafe there than anywhere else.",
            steps_taken="An adult stands outside at break",
            due_on=date(2027, 1, number),
            state=state,
        ),
        label="Toilets",
        change=None,
        verdict=ChangeVerdict.UNSAID,
    )


def governors(one: Whole, followed: tuple[Any, ...] = ()) -> bytes:
    return brief_pdf(one.report, followed, TODAY, dot_chart.render)


@pytest.mark.parametrize(("template", "scale", "base"), WORLDS)
def test_the_pages_for_governors_say_what_the_release_prints(
    template: tuple[str, str], scale: float, base: int
) -> None:
    one = whole(template, scale, base)
    paper = read_paper(governors(one))
    check_paper(paper, one.words, drawings_of(one))
    assert len(paper.pdf.pages) == 4


def test_they_are_four_pages_however_much_is_done() -> None:
    many = tuple(action(number) for number in range(1, 20))
    pdf = pypdf.PdfReader(io.BytesIO(governors(whole(SAFETY), many)))
    assert len(pdf.pages) == 4
    said = " ".join(pdf.pages[2].extract_text().split())
    assert f"{len(many) - MOST_ACTIONS} more actions" in said
    assert "Overdue" in said


def test_what_is_to_be_decided_follows_from_places_and_actions() -> None:
    places = whole(SAFETY).book.opening.places
    late, done = action(5, place="elsewhere"), action(5, state=ActionState.DONE, place="elsewhere")
    titles = [one["title"] for one in decisions(places, (late, done), TODAY)]
    assert titles[0] == "An action for each place that has none"
    assert [one for one in titles if one.startswith("An action that is overdue")] == [
        "An action that is overdue: Toilets"
    ]
    acted = tuple(action(20, place=str(one.place)) for one in places)
    assert "each place" not in " ".join(one["title"] for one in decisions(places, acted, TODAY))


@pytest.mark.parametrize(("template", "scale", "base"), WORLDS)
def test_slides_to_edit_say_what_the_release_prints(
    template: tuple[str, str], scale: float, base: int
) -> None:
    one = whole(template, scale, base)
    content = deck_pptx(one.report, dot_chart.render)
    paper = read_deck(content)
    drawn = drawings_of(one)
    figures = list(paper.root.all("figure"))
    assert len(figures) == len(list(place_charts(one.report)))
    for figure in figures:
        assert figure.attributes["alt"] in drawn, "what is said of a chart is what its page says"
        figure.children.append(drawn[figure.attributes["alt"]])
    check_paper(paper, one.words, drawn)


def test_a_deck_says_neither_when_nor_by_whom_it_was_made() -> None:
    one = whole(SAFETY)
    content = deck_pptx(one.report, dot_chart.render)
    assert {part.date_time for part in parts_of(content)} == {NO_DAY}
    about = text_of(content, "docProps/core.xml")
    assert "2000-01-01T00:00:00Z" in about
    assert one.imprint.school in about
    assert "Canny" not in about
    assert content == deck_pptx(one.report, dot_chart.render)


def test_a_slip_in_a_deck_is_caught() -> None:
    one = whole(GSHS, 1.0, 5)
    paper = read_deck(deck_pptx(one.report, dot_chart.render))
    card = next(node for node in paper.root.all("p") if "% of" in node.text or "(" in node.text)
    card.children[:] = [f"{card.text} 613 of 700 said so."]
    with pytest.raises(SlipError):
        check_paper(paper, one.words, drawings_of(one))


def test_every_paper_is_open_to_a_screen_reader() -> None:
    """Judged by a reader of its tags that shares nothing with what typesets it."""
    one = whole(GSHS, 1.0, 5)
    with_actions = replace(one.report, followed=(action(5),), today=TODAY)
    for content in (
        governors(one, (action(5),)),
        slides_pdf(with_actions),
        report_pdf(one),
    ):
        assert faults_of(content) == []
