"""A release read with its questionnaire: nothing gets lost, nothing hidden gets out, and orders
and claims rest on printed figures alone."""

from __future__ import annotations

from dataclasses import replace
from math import ceil, floor, sqrt

import pytest
from statsmodels.stats.proportion import proportion_confint

from survey.disclosure.figures import HIDDEN, Figure, HiddenReason, Status
from survey.disclosure.protect import protect
from survey.disclosure.release import Release
from survey.disclosure.tables import Box, CountTable, Group
from survey.questionnaires.model import Inside
from survey.releases.sums_of_answers import net_of
from survey.reports.school.chapters import CHAPTERS, MORE, by_chapter, chapter_of
from survey.reports.school.finding import read_standing
from survey.reports.school.question_blocks import ranked, read_blocks
from survey.reports.school.report_data import (
    EVERYONE,
    Line,
    Measure,
    ReportData,
    Share,
    Tone,
    TwoFiguresError,
    years_of,
)
from survey.reports.school.summary import read_opening
from tests.unit.reports.samples import sample

TEMPLATES = [("safety", "2026.3"), ("safety-core", "2026.3"), ("gshs", "2018.1")]


def share(count: int, base: int, *, group: Group = EVERYONE, rounding: int = 10) -> Share:
    figure = Figure(Status.SHOWN, count=count, percent=round(100 * count / base))
    return Share("T", "yes", group, figure, base, HiddenReason.NONE, 20, rounding)


def unprinted(figure: Figure, base: int | None = 100) -> Share:
    return Share("T", "yes", EVERYONE, figure, base, HiddenReason.BASE_BELOW_MINIMUM, 20, 10)


FEW = Figure(Status.FEWER_THAN, limit=5, under=5)
ALL_BUT = Figure(Status.ALL_BUT_FEWER, limit=5, at_least=95)


@pytest.mark.parametrize("template", TEMPLATES)
def test_every_table_of_a_release_is_in_the_report(template: tuple[str, str]):
    release, questionnaire = sample(template)
    blocks = read_blocks(ReportData(release, questionnaire, "en"))
    lines = [line for block in blocks for panel in block.panels for line in panel.lines]
    lines += [line for block in blocks for heat in block.heats for line in heat.lines]
    told = {one.table for line in lines for one in line.shares}
    nets = {f"@{one.key}" for one in questionnaire.indicators if net_of(questionnaire, one)}
    assert told - nets == {table.key for table in release.tables}
    assert nets <= told


@pytest.mark.parametrize("template", TEMPLATES)
def test_every_block_is_in_one_chapter(template: tuple[str, str]):
    blocks = read_blocks(ReportData(*sample(template), "en"))
    held = [block.key for _chapter, some in by_chapter(blocks) for block in some]
    assert sorted(held) == sorted(block.key for block in blocks)


@pytest.mark.parametrize(
    ("themes", "chapter"),
    [
        (("PLACE",), "places"),
        (("JOURNEY", "COMMUNITY"), "outside"),
        (("PLACE", "BULLY"), "peer-harm"),
        (("SEXHARM", "CULTURE"), "help"),
        (("PLACE", "CULTURE"), "ideas"),
        (("DEMO",), "more"),
        ((), "more"),
    ],
)
def test_a_chapter_claims_by_theme(themes: tuple[str, ...], chapter: str):
    assert chapter_of(themes).key == chapter


def test_chapters_have_names_of_their_own():
    keys = [chapter.key for chapter in (*CHAPTERS, MORE)]
    assert len(set(keys)) == len(keys)


def test_lines_stand_by_published_share_and_ties_as_they_were_asked():
    def line(key: str, one: Share) -> Line:
        return Line(Measure(key, key), (one,))

    lines = [
        line("hidden", unprinted(HIDDEN, None)),
        line("few", unprinted(FEW)),
        line("first of two", share(30, 100)),
        line("all", unprinted(ALL_BUT)),
        line("second of two", share(30, 100)),
        line("higher by count, not by share", share(40, 200)),
    ]
    assert [one.of.key for one in ranked(lines) if isinstance(one.of, Measure)] == [
        "all",
        "first of two",
        "second of two",
        "higher by count, not by share",
        "few",
        "hidden",
    ]


@pytest.mark.parametrize("count", range(0, 101, 10))
@pytest.mark.parametrize("base", [100, 150, 1070])
def test_an_interval_is_of_chance_and_of_rounding(count: int, base: int):
    """statsmodels' Wilson limits; what rounding adds, as squares, from the formula."""
    at = count / base
    low, high = proportion_confint(count, base, method="wilson")
    values = (10**2 - 1) / 12 + at * at * (11**2 - 1) / 12
    blur = 1.959963984540054 * sqrt(values) / base
    found = share(count, base).interval
    assert found is not None
    least, most = max(0, count - 5) / (base + 5), min(1, (count + 4) / (base - 5))
    down = sqrt((at - low) ** 2 + min(blur, at - least) ** 2)
    up = sqrt((high - at) ** 2 + min(blur, most - at) ** 2)
    assert found == (
        max(0, floor(100 * (at - down) + 1e-9)),
        min(100, ceil(100 * (at + up) - 1e-9)),
    )
    assert found[0] <= round(100 * at) <= found[1]


def test_what_prints_no_percentage_has_no_interval():
    assert unprinted(FEW).interval is None
    assert unprinted(HIDDEN, None).reach is None
    assert unprinted(FEW).reach is not None


def test_above_means_more_than_chance():
    assert share(500, 1000).is_clearly_above(share(400, 1000))
    assert not share(430, 1000).is_clearly_above(share(400, 1000))
    assert not share(400, 1000).is_clearly_above(share(500, 1000))


def test_above_means_more_than_rounding():
    # Ten of twenty, rounded to tens, may be five of twenty-five.
    few, many = share(10, 20), share(140, 600)
    assert not few.is_clearly_above(many)
    assert replace(few, rounding=1).is_clearly_above(replace(many, rounding=1))


def test_nothing_is_claimed_of_a_hidden_share():
    hidden, high = unprinted(HIDDEN, None), share(900, 1000)
    assert not high.is_clearly_above(hidden)
    assert not hidden.is_clearly_above(high)


def test_groups_too_small_to_count_are_left_out_and_named():
    reading = ReportData(*sample(), "en")
    hidden = {group.key for group in reading.hidden_groups}
    assert "year=y13" in hidden
    assert not hidden & {group.key for group in reading.groups()}


def test_years_that_were_not_asked_have_no_line():
    reading = ReportData(*sample(), "en")
    years = {year for group in reading.groups(from_year=9) for year in years_of(group)}
    assert min(year for year in years if year) == 9


def test_who_was_not_asked_is_told_by_the_questionnaire_alone():
    reading = ReportData(*sample(), "en")
    years = [group for group in reading.release.lattice.groups if years_of(group)]
    for table, youngest in (("B2.toilets", 7), ("H2.touch", 9), ("@serious", 8), ("F3:toilets", 7)):
        answer = "yes" if table[:1] == "@" else reading.release.table(table).answers[0]
        for group in years:
            one = reading.share(table, answer, group)
            assert one.is_asked is (years_of(group)[-1] >= youngest), (table, group)
            assert one.is_asked or not one.is_shown
        assert reading.share(table, answer, EVERYONE).is_asked
        assert reading.share(table, answer, Group(gender="girl")).is_asked


def test_a_small_school_shows_itself_whole_and_no_group():
    reading = ReportData(*sample(scale=0.15), "en")
    for block in read_blocks(reading):
        for heat in block.heats:
            for line in heat.lines:
                for one in line.shares:
                    row = reading.release.table(one.table).row(one.group)
                    assert one.is_shown <= row.shown


def test_the_opening_names_three_places_and_three_themes_each_of_its_own():
    opening = read_opening(ReportData(*sample(), "en"))
    assert [one.label for one in opening.places] == ["Toilets", "Bus stops or stations", "Parks"]
    assert len({one.themes for one in opening.themes}) == 3
    shares = [one.share.rank for one in opening.themes]
    assert shares == sorted(shares, reverse=True)


def test_the_opening_says_which_places_are_close_behind():
    opening = read_opening(ReportData(*sample(), "en"))
    third = opening.places[-1].share
    named = {one.place for one in opening.places}
    assert opening.near_places
    for one in opening.near_places:
        assert one.place not in named
        assert not third.is_clearly_above(one.share)


def test_the_opening_names_the_highest_of_the_other_side_if_three_are_of_one():
    release, questionnaire = sample()
    assert read_opening(ReportData(release, questionnaire, "en")).elsewhere is None
    moved = tuple(
        replace(one, inside=Inside.INSIDE) if one.key in ("stops", "parks", "transport") else one
        for one in questionnaire.places
    )
    opening = read_opening(ReportData(release, replace(questionnaire, places=moved), "en"))
    assert opening.elsewhere is not None
    assert opening.elsewhere.place == "outside_gates"


def test_a_year_that_was_not_asked_stands_in_the_strip_as_such():
    measure = Measure("happened", None, Tone.ADVERSE)
    reading = ReportData(*sample(), "en")
    touched = read_standing(reading, "H2.touch", "Touched", measure, ("SEXHARM",), 9)
    assert touched is not None
    asked = {years_of(one.group)[0]: one.is_asked for one in touched.by_year}
    assert asked == {7: False, 8: False, 9: True, 10: True, 11: True, 12: True}


def test_the_opening_speaks_for_themes_by_indicators_where_there_are_no_rows():
    opening = read_opening(ReportData(*sample(("gshs", "2018.1")), "en"))
    assert opening.places == ()
    assert opening.themes
    assert {one.table for one in opening.themes} <= {
        "@bullied_any",
        "@attacked",
        "@fought",
        "@lonely",
        "@no_friends",
        "@missed",
    }


def test_what_is_good_is_a_strength_only_of_most():
    opening = read_opening(ReportData(*sample(), "en"))
    assert opening.strengths
    assert all((one.share.reach or (0, 0))[0] > 50 for one in opening.strengths)


def test_labels_are_in_the_language_asked_for():
    release, questionnaire = sample()
    welsh = read_opening(ReportData(release, questionnaire, "cy"))
    assert welsh.places[0].label == "Toiledau"


def test_a_report_follows_from_the_stored_document_alone():
    release, questionnaire = sample()
    again = Release.from_json(release.to_json())
    assert read_blocks(ReportData(again, questionnaire, "en")) == read_blocks(
        ReportData(release, questionnaire, "en")
    )


def test_a_word_that_would_stand_for_two_numbers_is_refused():
    release, questionnaire = sample(("gshs", "2018.1"))
    counted = CountTable(
        "V1", ("yes", "no"), ("yes", "no"), (Box("yes", ("no",)),), {}, release.lattice
    )
    clash = replace(release, tables=(protect(counted, release.policy),))
    with pytest.raises(TwoFiguresError, match="V1 prints yes twice"):
        ReportData(clash, questionnaire, "en")


def test_year_groups_of_a_gender_are_shown_only_where_the_school_asked_for_both():
    def within(crossed: bool):
        release, questionnaire = sample(base=5, crossed=crossed)
        blocks = read_blocks(ReportData(release, questionnaire, "en"))
        return [heat for block in blocks for heat in block.heats if heat.within]

    assert within(False) == []
    found = within(True)
    assert {heat.within for heat in found} >= {Group(gender="girl"), Group(gender="boy")}
    for heat in found:
        assert all(group.year and group.gender == heat.within.gender for group in heat.groups)
        assert all(line.shares[0].group == heat.groups[0] for line in heat.lines)
