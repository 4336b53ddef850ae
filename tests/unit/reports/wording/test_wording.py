"""Sentences say nothing that the release does not print, and claim no more than it allows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest

from survey.disclosure.figures import HIDDEN, Figure, HiddenReason, Status, wilson
from survey.disclosure.tables import Group
from survey.reports.school.question_blocks import read_blocks
from survey.reports.school.report_data import (
    EVERYONE,
    Line,
    Measure,
    Panel,
    PanelKind,
    Peak,
    ReportData,
    Share,
)
from survey.reports.school.summary import read_opening
from survey.reports.wording import chart_notes
from survey.reports.wording import figures as figure_wording
from survey.reports.wording import findings as finding_wording
from survey.reports.wording import labels as label_wording
from survey.reports.wording import rounded_and_hidden as suppression_wording
from tests.unit.reports.samples import sample
from tests.unit.reports.school.test_report_data import share, unprinted

NUMBER = re.compile(r"\d+")
YEARS = {str(year) for year in range(7, 14)}


def numbers(words: str) -> set[str]:
    """The numbers in a sentence; those that fractions in words are made of apart."""
    for _near, fraction in figure_wording.FRACTIONS:
        words = words.replace(str(fraction), "").replace(label_wording.in_small(str(fraction)), "")
    return set(NUMBER.findall(words))


def printed(one: Share) -> set[str]:
    """Every number the release prints of a share, and its interval."""
    figure = one.figure
    given = [figure.count, figure.percent, figure.limit, figure.under, figure.at_least, one.base]
    given += one.interval or ()
    return {str(number) for number in given if number is not None}


def panels(reading: ReportData) -> Iterator[Panel]:
    for block in read_blocks(reading):
        yield from block.panels


@pytest.mark.parametrize("base", [30, 100, 840])
def test_a_fraction_in_words_lies_inside_the_interval(base: int):
    words = {str(fraction): near for near, fraction in figure_wording.FRACTIONS}
    for count in range(0, base + 1, 10):
        said = figure_wording.about(share(count, base))
        if said in words:
            low, high = wilson(count, base)
            assert low <= words[said] <= high
            assert abs(words[said] - round(100 * count / base)) <= figure_wording.NEAR


def test_a_wide_interval_is_told_instead_of_a_number():
    assert figure_wording.about(share(10, 30)) == "Between 9 and 61%"
    assert figure_wording.about(share(280, 840)) == "About a third"


@pytest.mark.parametrize(
    ("one", "short", "long"),
    [
        (share(160, 620), "26%", "160 of 620"),
        (
            unprinted(Figure(Status.FEWER_THAN, limit=5, under=3), 180),
            "under 3%",
            "fewer than 5 of 180",
        ),
        (
            unprinted(Figure(Status.ALL_BUT_FEWER, limit=5, at_least=97), 180),
            "97% or more",
            "all but fewer than 5 of 180",
        ),
        (unprinted(HIDDEN, None), "hidden", "hidden: fewer than 20 answered"),
    ],
)
def test_a_figure_in_words(one: Share, short: str, long: str):
    assert figure_wording.share_words(one) == short
    assert figure_wording.count_words(one) == long


@pytest.mark.parametrize("reason", [r for r in HiddenReason if r is not HiddenReason.NONE])
def test_a_hidden_figure_says_hidden_whatever_the_reason(reason: HiddenReason):
    hidden = Share("T", "yes", EVERYONE, HIDDEN, None, reason, 20, 10)
    assert figure_wording.why_hidden(hidden).startswith("hidden: ")


@pytest.mark.parametrize("template", [("safety", "2026.3"), ("gshs", "2018.1")])
@pytest.mark.parametrize("scale", [1.0, 0.15])
def test_a_takeaway_holds_no_number_its_panel_does_not_print(
    template: tuple[str, str], scale: float
):
    for panel in panels(ReportData(*sample(template, scale), "en")):
        allowed = set().union(*(printed(one) for line in panel.lines for one in line.shares))
        labels = " ".join(label_wording.line_label(line) for line in panel.lines)
        allowed |= YEARS | numbers(labels)
        near = {str(number) for number in range(len(panel.lines))}  # "and 2 others"
        near |= {str(one.rest) for one in panel.peaks}
        assert numbers(chart_notes.takeaway(panel)) <= allowed | near
        assert numbers(chart_notes.description(panel)) <= allowed | {"20"}


def test_a_standing_holds_no_number_that_is_not_printed():
    opening = read_opening(ReportData(*sample(), "en"))
    for one in (*opening.places, *opening.themes, *opening.strengths, *opening.times):
        peaks = [found for found in (one.year, one.gender) if found]
        allowed = printed(one.share) | YEARS
        for found in peaks:
            allowed |= printed(found.share) | {str(found.rest)}
        if one.away:
            allowed |= printed(one.away.share) | set(map(str, one.away.bounds))
        allowed |= {str(one.weighed)} if one.weighed is not None else set()
        told = (finding_wording.standing_sentence, finding_wording.brief_sentence)
        more = (*finding_wording.group_sentences(one), *finding_wording.more_on_groups(one))
        said = " ".join((*(sentence(one) for sentence in told), *more))
        assert numbers(said) <= allowed


def test_a_group_is_only_named_where_it_clearly_differs_from_the_rest():
    told = set()
    for scale in (1.0, 0.5):  # half as many students tell fewer year groups apart
        reading = ReportData(*sample(scale=scale), "en")
        for one in read_opening(reading).places:
            if one.year is None:
                assert "No year group" in " ".join(finding_wording.group_sentences(one))
            else:
                key = (one.table, one.measure.key, one.year.group)
                assert key in reading.claims
                assert reading.contrasts[key].above > 0
            told.add(one.year is None)
    assert told == {True, False}


def test_a_brief_names_the_year_group_that_stands_out_from_the_rest():
    opening = read_opening(ReportData(*sample(), "en"))
    toilets = opening.places[0]
    year_9 = next(one for one in toilets.by_year if one.group.year == "y9")
    toilets = replace(toilets, year=Peak(year_9.group, year_9, 31, is_lowest=False))
    said = finding_wording.brief_sentence(toilets)
    assert said.startswith(f"{figure_wording.about(year_9)} of Year 9 feel unsafe there (")
    assert said.endswith("clearly more than in the rest of the school (31%).")
    alone = replace(toilets, year=None, gender=None, away=None, weighed=None)
    assert finding_wording.brief_sentence(alone) == "About 2 in 5 feel unsafe there."
    nothing = ("No year group clearly differs from the rest of the school.",)
    assert finding_wording.more_on_groups(alone) == nothing
    assert finding_wording.more_on_groups(replace(alone, compared_years=0)) == ()
    assert str(alone.least_difference) in finding_wording.what_could_be_seen([alone])
    assert finding_wording.what_could_be_seen([toilets]) == ""


def test_a_time_is_only_called_the_first_where_it_clearly_is():
    opening = read_opening(ReportData(*sample(), "en"))
    (first,) = opening.times
    assert "clearly more than any other time" in finding_wording.time_sentence(first, ())
    near = (replace(first, label="Break"), replace(first, label="End of the day"))
    said = finding_wording.time_sentence(first, near)
    assert said.endswith("Too close to it to tell apart: break and end of the day.")
    assert "clearly" not in said


def test_more_than_half_needs_the_whole_interval_above_half():
    assert figure_wording.about(share(560, 1000)) == "More than half"
    assert figure_wording.about(share(110, 200)) != "More than half"
    assert figure_wording.about(share(900, 1000)) == "About 9 in 10"


def test_ranks_that_chance_could_turn_are_said_to_be_close():
    opening = read_opening(ReportData(*sample(), "en"))
    assert opening.places[0].is_tied_with_next
    assert "order can be chance" in finding_wording.order_note(opening.places)
    assert finding_wording.order_note(()) == ""


def test_a_panel_without_figures_says_so():
    hidden = unprinted(HIDDEN, None)
    measure = Measure("feel_unsafe", None)
    panel = Panel("B2", PanelKind.RANKED, (measure,), (Line(measure, (hidden,)),), 1)
    assert chart_notes.takeaway(panel) == "Nothing to show here: too few answered."


def test_groups_and_their_place_in_a_sentence():
    assert label_wording.group_label(Group()) == "Whole school"
    assert label_wording.group_label(Group(year="y9")) == "Year 9"
    assert label_wording.group_label(Group(year="unsaid")) == "Year not said"
    assert label_wording.group_label(Group(gender="girl")) == "Girls"
    assert label_wording.groups_list([Group(gender="girl"), Group(year="y9")]) == "girls and Year 9"
    three = [Group(year="y7"), Group(year="y8"), Group(year="y9")]
    assert label_wording.groups_list(three) == "Year 7, Year 8 and Year 9"


def test_labels_with_commas_are_kept_apart():
    labels = [Measure("a", "Playground, field"), Measure("b", "Toilets.")]
    said = label_wording.list_of(label_wording.in_a_sentence(one) for one in labels)
    assert said == "Playground, field; Toilets"


def test_a_box_without_words_says_what_it_sums():
    assert (
        label_wording.measure_label(Measure("odd", None, of=("Often", "Always")))
        == "Often or Always"
    )
    assert label_wording.measure_label(Measure("low", None, of=("0", "4"))) == "Low (0 to 4)"


def test_what_was_hidden_is_said_with_the_thresholds_of_the_policy():
    opening = read_opening(ReportData(*sample(), "en"))
    said = " ".join(suppression_wording.sentences(opening.protection))
    assert "rounded to the nearest 10" in said
    assert "“fewer than 5”" in said
    assert "at least 20 of it answered" in said
    assert "Year 13" in said


def test_a_small_survey_names_the_groups_that_are_left_out():
    opening = read_opening(ReportData(*sample(scale=0.15), "en"))
    assert not opening.protection.is_whole_school_only
    said = " ".join(suppression_wording.sentences(opening.protection))
    assert "Not shown: too few responses, or none: Year 10" in said


def test_a_survey_of_few_says_that_only_the_whole_is_shown():
    said = suppression_wording.left_out([Group(year="y7")], is_whole_school_only=True)
    assert said == "So few students took part that only the whole school is shown."


def test_who_took_part_is_told_rounded_and_of_the_roll():
    opening = read_opening(ReportData(*sample(), "en"))
    said = suppression_wording.participation_sentence(opening.responded[0])
    assert said == (
        "About 870 of 1075 students on roll took part. Those who did not answer may see it"
        " differently. If everyone on roll had answered, a figure of 30% could be anywhere from 24%"
        " to 44%."
    )
