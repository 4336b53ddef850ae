"""Charts as they are drawn: named, hatched at one length, and fit for a strict content policy."""

from __future__ import annotations

import re
from itertools import pairwise
from xml.etree import ElementTree

import pytest

from survey.disclosure.figures import HIDDEN, Figure, Status
from survey.questionnaires.load import load_all
from survey.reports.charts import accessible_svg, dot_chart, share_charts
from survey.reports.comparisons import comparison_charts
from survey.reports.comparisons.view_model import ComparedFigureView, read_distribution
from survey.reports.school.question_blocks import read_blocks
from survey.reports.school.report_data import (
    Line,
    Measure,
    Panel,
    PanelKind,
    ReportData,
    Share,
    Tone,
)
from survey.reports.school.summary import read_opening
from survey.reports.value_cache import Kept
from tests.unit.reports.comparisons.example_comparison import EXAMPLE
from tests.unit.reports.samples import sample
from tests.unit.reports.school.test_report_data import ALL_BUT, FEW, share, unprinted

SVG = "{http://www.w3.org/2000/svg}"


def panel(*shares: Share, key: str = "B2") -> Panel:
    lines = tuple(Line(Measure(f"row{at}", f"Row {at}"), (one,)) for at, one in enumerate(shares))
    measure = Measure("feel_unsafe", None, Tone.ADVERSE)
    return Panel(key, PanelKind.RANKED, (measure,), lines, 1)


def drawn(*shares: Share, key: str = "B2") -> ElementTree.Element:
    return ElementTree.fromstring(
        dot_chart.render(share_charts.panel_chart(panel(*shares, key=key), "T"))
    )


def widths(root: ElementTree.Element) -> list[float]:
    """The widths of all hatched marks."""
    found = []
    for path in root.iter(f"{SVG}path"):
        if "hatch" in path.get("fill", ""):
            found.append(float(re.findall(r"h(-?[\d.]+)", path.get("d", ""))[0]))
    return found


def test_a_chart_is_one_named_image():
    root = drawn(share(250, 1000))
    assert root.get("role") == "img"
    names = {element.get("id"): element for element in root.iter() if element.get("id")}
    title, desc = (names[name] for name in root.get("aria-labelledby", "").split())
    assert title.tag == f"{SVG}title"
    assert title.text == "T"
    assert desc.tag == f"{SVG}desc"
    assert desc.text == "Row 0: 25% (22 to 28%)."
    inner = [one for one in root.iter() if one is not root and one.get("role")]
    assert inner == []


def test_what_is_not_printed_is_hatched_at_one_length():
    few_wide = Figure(Status.FEWER_THAN, limit=5, under=30)
    hatched = widths(
        drawn(unprinted(HIDDEN, None), unprinted(FEW), unprinted(few_wide, 20), unprinted(ALL_BUT))
    )
    assert len(hatched) == 4
    assert all(width == pytest.approx(dot_chart.HATCHED, abs=0.01) for width in hatched)
    other_axis = widths(drawn(unprinted(FEW), share(300, 1000)))
    assert other_axis == pytest.approx([dot_chart.HATCHED], abs=0.01)


def test_a_hidden_figure_leaves_no_dot_and_no_interval():
    chart = share_charts.panel_chart(panel(unprinted(HIDDEN, None)), "T")
    shapes = chart.specification()["datasets"]
    assert shapes["point"] == shapes["interval"] == []
    assert [mark["text"] for mark in shapes["value"]] == ["hidden"]


def test_a_drawing_follows_from_the_figures_alone():
    one, same = drawn(share(250, 1000)), drawn(share(250, 1000))
    assert ElementTree.tostring(one) == ElementTree.tostring(same)


@pytest.mark.parametrize("key", ["@harm_any~groups", "B2.toilets", "G1"])
def test_ids_are_the_charts_own(key: str):
    text = dot_chart.render(share_charts.panel_chart(panel(unprinted(FEW), key=key), "T"))
    other = dot_chart.render(share_charts.panel_chart(panel(unprinted(FEW), key="Z9"), "T"))
    ids = set(re.findall(r'\bid="([^"]+)"', text))
    assert ids
    assert not ids & set(re.findall(r'\bid="([^"]+)"', other))
    used = set(re.findall(r"url\(#([^)]+)\)", text))
    assert used
    assert used <= ids


def test_every_chart_of_a_report_fits_the_content_policy():
    reading = ReportData(*sample(), "en")
    found = [
        share_charts.panel_chart(one, block.title)
        for block in read_blocks(reading)
        if block.key in ("B2", "F1", "O1", "@harm_any")
        for one in block.panels
    ]
    found.append(share_charts.participation_chart(read_opening(reading).responded))
    for chart in found:
        text = dot_chart.render(chart)
        assert "style" not in text
        assert "<script" not in text
        assert set(re.findall(r'https?://[^"]+', text)) == {"http://www.w3.org/2000/svg"}
        assert set(re.findall(r'font-family="([^"]+)"', text)) == {dot_chart.FONT}


def test_styles_in_attributes_become_attributes():
    made = accessible_svg.accessible(
        f'<svg xmlns="{SVG[1:-1]}" width="10" height="20">'
        '<g role="graphics-object"><rect id="a" style="fill: red; stroke:none"/></g></svg>',
        "k",
        "T",
        "D",
    )
    assert "style=" not in made
    assert 'fill="red"' in made
    assert 'stroke="none"' in made
    assert 'id="c-k-a"' in made
    assert 'viewBox="0 0 10 20"' in made


def test_words_of_schools_cannot_leave_their_text():
    line = Line(Measure("x", "<script>alert(1)</script> & “more”"), (share(20, 100),))
    bad = Panel("B2", PanelKind.RANKED, (Measure("feel_unsafe", None),), (line,), 1)
    text = dot_chart.render(share_charts.panel_chart(bad, "</title><script>"))
    assert "<script" not in text


def test_long_labels_wrap_inside_the_chart():
    words = "Rules about bullying and harassment are followed here, by everyone, every day."
    line = Line(Measure("x", words), (share(20, 100),))
    long = Panel("N1", PanelKind.RANKED, (Measure("agreed", None),), (line,), 1)
    labels = share_charts.panel_chart(long, "T").specification()["datasets"]["label"]
    assert len(labels) == 2
    assert " ".join(label["text"] for label in labels) == words


@pytest.mark.parametrize(("count", "end"), [(200, 50), (440, 50), (480, 100), (900, 100)])
def test_an_axis_ends_at_half_or_whole(count: int, end: int):
    assert share_charts.axis_end([share(count, 1000)]) == end


def test_spreads_of_schools_name_none():
    toilets = spread_of_example()
    over = comparison_charts.spread_chart("inside", "Places", [toilets])
    assert "School" not in " ".join(line.label for line in over.lines)
    assert [line.marks[0].words for line in over.lines] == [f"{toilets.figure.median}%"]


def spread_of_example(seen_by: str | None = None) -> ComparedFigureView:
    spread = read_distribution(EXAMPLE, load_all()["safety", "2026.3"], "en")
    spread = spread.seen_by(seen_by) if seen_by else spread
    toilets = spread.find("B2.toilets", EXAMPLE.figures[0].answer)
    assert toilets is not None
    return toilets


def test_a_funnel_has_a_dot_and_a_letter_for_each_school():
    chart = comparison_charts.funnel_chart(spread_of_example(), EXAMPLE.schools)
    shapes = chart.specification()["datasets"]
    assert [one["text"] for one in shapes["letter"]] == ["A", "B", "C", "D", "E"]
    shown = spread_of_example().figure.schools  # next to letters, within five answers of the truth
    places = [one.percent for one in shown if one.percent is not None]
    assert [one["y"] for one in shapes["dot"]] == places
    assert places != [20, 40, 25, 23]
    assert len(shapes["hatch"]) == 1
    across = [one["x"] for one in shapes["letter"]]
    steps = [after - before for before, after in pairwise(across)]
    assert steps == pytest.approx([steps[0]] * 4)  # the place of a dot in its band says nothing
    assert "School E: under 10%." in chart.description


def test_a_small_funnel_has_no_letters():
    chart = comparison_charts.funnel_chart(spread_of_example(), EXAMPLE.schools, most=60)
    text = dot_chart.render(chart)
    assert not re.search(r"<text[^>]*>[A-Z]", text)
    assert "School A" not in text


def test_a_school_finds_its_own_share_on_each_line():
    found = [spread_of_example(seen_by="D")]
    chart = comparison_charts.own_chart("inside", "Places", found, "D")
    points = chart.specification()["datasets"]["point"]
    assert points[-1]["x"] == 23
    assert chart.chart.lines[0].marks[0].words == "23%"
    found = [spread_of_example(seen_by="E")]
    hidden = comparison_charts.own_chart("inside", "Places", found, "E")
    assert len(hidden.specification()["datasets"]["point"]) == len(points) - 1
    assert hidden.chart.lines[0].marks[0].words == "under 10%"
    assert "School" not in re.sub("(A|Your) school", "", dot_chart.render(chart))


def test_what_was_drawn_is_kept_and_the_longest_unused_is_let_go():
    made: list[int] = []
    kept: Kept[int, int] = Kept(2)

    def make(number: int) -> int:
        made.append(number)
        return number * 10

    for number in (1, 2, 1, 3, 1, 2):
        assert kept.get(number, lambda number=number: make(number)) == number * 10  # type: ignore[misc]
    assert made == [1, 2, 3, 2]


def test_tags_have_no_prefix_whatever_a_library_made_of_the_namespace(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One that draws the code of a second step calls it "svg"; then every later chart of the
    process was a picture no browser knew."""
    monkeypatch.setattr(ElementTree, "_namespace_map", {accessible_svg.SVG: "svg"})
    drawn = share_charts.panel_chart(panel(share(40, 100), key="Z8"), "T")
    text = dot_chart.render(drawn)
    assert text.startswith(f'<svg xmlns="{accessible_svg.SVG}"')
    assert "svg:" not in text.replace(accessible_svg.SVG, "")
