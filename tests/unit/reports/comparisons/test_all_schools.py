"""All schools together: shares by year group, what stands out among them, and changes."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from random import Random

import numpy as np
import pytest
from scipy import stats

from survey.disclosure.coalitions import SeenComparison, Tied, cut_by, splits
from survey.disclosure.figures import Figure, Status
from survey.disclosure.verify_comparison import Rejected, verify_comparison
from survey.reports.comparisons.all_schools.changes import read_changes
from survey.reports.comparisons.all_schools.included_schools import (
    BOTH,
    common_years,
    is_of_places,
    taken_in,
    with_years,
)
from survey.reports.comparisons.all_schools.year_group_claims import read_years
from survey.reports.comparisons.all_schools.year_group_figures import (
    SchoolPart,
    by_year,
    effective_base,
    place,
    together,
    year_figures,
)
from survey.reports.comparisons.build_comparison import Participant, compare, own_letter
from survey.reports.comparisons.comparison_document import Comparison, YearFigure
from survey.reports.comparisons.overlapping_comparisons import Surroundings, _splits
from survey.reports.comparisons.view_model import Distribution, read_distribution
from survey.reports.trends.change import ChangeVerdict
from tests.unit.disclosure.policies import TENS
from tests.unit.reports.comparisons.many_schools import (
    LETTERS,
    MANY,
    RESPONDED,
    TEMPLATE,
    make_figure,
    share_of,
)
from tests.unit.reports.schools import SAFETY, make_school, with_sections

SMALL = with_sections(SAFETY, "A", "B", "F")
UNSAFE = "feel_unsafe"


@cache
def schools() -> tuple[Participant, ...]:
    sizes = (220, 240, 250, 260, 300, 330)
    return tuple(
        make_school(size, seed, questionnaire=SMALL) for seed, size in enumerate(sizes, start=40)
    )


@cache
def compared() -> tuple[Comparison, tuple[str, ...]]:
    """A comparison with figures by year group, and the releases that it was made of."""
    found = compare(schools(), SMALL, TENS, {"title": "Northmoor", "wave": 1, "bands": "3,3"})
    codes = {str(own_letter(found.releases, one.release_hash)): one for one in schools()}
    found = replace(found, header={**found.header, "years_of": ",".join(sorted(codes))})
    printed = {code: by_year(one.release.tables) for code, one in codes.items()}
    figures = tuple(year_figures(found, printed, list(codes), TENS))
    return replace(found, years=figures), tuple(one.release.to_json() for one in schools())


def test_a_share_by_year_group_is_the_mean_of_what_the_schools_print():
    comparison, _releases = compared()
    responded = {one.code: one.responded or 0 for one in comparison.schools}
    order = sorted(responded, key=lambda code: responded[code])
    weight = {code: min(responded[one] for one in band)
              for band in (order[:3], order[3:]) for code in band}  # fmt: skip
    codes = {str(own_letter(comparison.releases, one.release_hash)): one for one in schools()}
    checked = 0
    for figure in comparison.years:
        if (figure.table, figure.bands) != ("B1", "0,1"):
            continue
        shares = []
        for code, school in codes.items():
            printed = by_year(school.release.tables)["B1", figure.year][figure.answer]
            shares.append((printed[0].percent, weight[code]))
        if any(share is None for share, _weight in shares):
            continue
        exact = np.average([one for one, _ in shares], weights=[one for _, one in shares])
        assert abs(figure.percent - exact) <= 0.5 + 1e-9
        checked += 1
    assert checked >= 5


def test_the_verifier_works_out_the_same_figures_by_itself():
    comparison, releases = compared()
    assert len(comparison.years) > 50
    said = verify_comparison(comparison.to_json(), list(releases))
    assert any(f"{len(comparison.years)} figures by year group" in one for one in said)
    assert Comparison.from_json(comparison.to_json()) == comparison


def test_a_comparison_without_them_is_the_document_it_was():
    comparison = replace(compared()[0], years=())
    assert "years" not in json.loads(comparison.to_json())


CHANGES = {
    "percent": lambda one: replace(one, percent=one.percent + 1),
    "base": lambda one: replace(one, base=one.base + 1),
    "schools": lambda one: replace(one, schools=one.schools - 1),
    "bands": lambda one: replace(one, bands="0"),
    "year": lambda one: replace(one, year="y12"),
}


@pytest.mark.parametrize("what", [*CHANGES, "left out", "twice", "letters"])
def test_the_verifier_rejects_what_the_releases_do_not_give(what: str):
    comparison, releases = compared()
    first, *rest = comparison.years
    if what in CHANGES:
        wrong = replace(comparison, years=(CHANGES[what](first), *rest))
    elif what == "left out":
        wrong = replace(comparison, years=tuple(rest))
    elif what == "twice":
        wrong = replace(comparison, years=(first, first, *rest))
    else:
        wrong = replace(comparison, header={**comparison.header, "years_of": "A,B,C,Z"})
    with pytest.raises(Rejected):
        verify_comparison(wrong.to_json(), list(releases))


def test_a_band_in_which_a_school_prints_no_figure_is_left_out_as_a_whole():
    comparison, _releases = compared()
    codes = {str(own_letter(comparison.releases, one.release_hash)): one for one in schools()}
    printed = {code: dict(by_year(one.release.tables)) for code, one in codes.items()}
    printed["A"]["B1", "y9"] = {}
    found = list(year_figures(comparison, printed, list(codes), TENS))
    names = {(one.table, one.year) for one in found}
    assert ("B1", "y8") in names
    assert ("B1", "y9") not in names, "three schools are left, which is too few"


def test_one_large_school_is_no_figure_over_schools():
    parts = [SchoolPart(0, 4, 10, 100, 10), SchoolPart(1, 1, 90, 50, 90)]
    assert together(parts, TENS) is None
    assert together([SchoolPart(0, 4, 10, 100, 10), SchoolPart(1, 1, 40, 50, 40)], TENS) is not None


def test_the_effective_base_is_that_of_the_weighed_mean():
    parts = [SchoolPart(0, 3, 200, 90, 30), SchoolPart(1, 4, 500, 90, 70)]
    weights = np.array([200] * 3 + [500] * 4) / 2600
    bases = np.array([30] * 3 + [70] * 4)
    assert effective_base(parts) == int(1 / (weights**2 / bases).sum())


def test_fewer_than_is_taken_at_its_middle_in_the_smallest_school():
    assert place(Figure(Status.FEWER_THAN, limit=5, under=9), 50) == 5
    assert place(Figure(Status.ALL_BUT_FEWER, limit=5, at_least=90), 50) == 95


def with_year_shares(shares: dict[str, int], base: int = 600) -> Distribution:
    """The invented comparison of nine schools, in which one figure is known by year group."""
    years = tuple(
        YearFigure("B2.toilets", "feel_unsafe", year, "0", 9, percent, base)
        for year, percent in shares.items()
    )
    header = {**MANY.header, "years_of": ",".join(LETTERS)}
    return read_distribution(replace(MANY, years=years, header=header), TEMPLATE, "en")


def test_a_year_group_is_named_where_it_differs_by_more_than_chance_explains():
    found = read_years(with_year_shares({"y7": 20, "y8": 20, "y9": 40, "y10": 20, "y11": 20}))
    (line,) = found.lines
    assert [(one.year, one.way) for one in line.named] == [(9, 1)]
    assert line.of(9).contrast.rest == 20  # type: ignore[union-attr]
    assert found.years == (7, 8, 9, 10, 11)


def test_a_year_group_is_not_named_where_chance_explains_it():
    found = read_years(with_year_shares({"y7": 20, "y8": 22, "y9": 25, "y10": 19, "y11": 20}, 300))
    assert found.lines
    assert not found.named


def test_a_year_group_of_other_schools_is_held_against_none():
    spread = with_year_shares({"y7": 20, "y8": 20, "y9": 60})
    years = tuple(
        replace(one, bands="0,1") if one.year == "y9" else one for one in spread.comparison.years
    )
    found = read_years(replace(spread, comparison=replace(spread.comparison, years=years)))
    assert not found.named


def test_false_alarms_by_year_are_as_rare_as_they_say():
    """Twenty figures of five year groups in nine schools in which nothing differs, with answers
    that resemble each other as assumed: at most one survey in twenty names any year group."""
    draw, alarms = np.random.default_rng(3), 0
    trials = 200
    figures = [one for one in read_distribution(MANY, TEMPLATE, "en").figures if one.is_lead][:20]
    template = read_distribution(MANY, TEMPLATE, "en")
    for _trial in range(trials):
        years = []
        for one in figures:
            share = draw.uniform(0.1, 0.4)
            error = np.sqrt(1.5 * share * (1 - share) / 800)
            years += [
                YearFigure(*one.name, f"y{year}", "0", 9,
                           int(np.clip(round(100 * (share + draw.normal(0, error))), 0, 100)), 800)
                for year in range(7, 12)
            ]  # fmt: skip
        held = replace(template, comparison=replace(MANY, years=tuple(years)))
        alarms += bool(read_years(held).named)
    assert alarms <= stats.binom.ppf(0.99, trials, 0.05)


MONTHS = ("October 2026", "October 2027")


def surveys(
    before: float, now: float, drop: str | None = None
) -> tuple[Distribution, Distribution]:
    """Two comparisons of nine schools, in which one share moved. All letters are as they were."""
    found = []
    for share in (before, now):
        random = Random(9)
        figures = [
            make_figure(
                "B2.toilets",
                "feel_unsafe",
                [share_of(code, share + random.uniform(-0.04, 0.04), base or 400)
                 for code, base in zip(LETTERS, RESPONDED, strict=True)],
            )
        ]  # fmt: skip
        schools = tuple(replace(one, responded=one.responded or 400) for one in MANY.schools)
        comparison = replace(MANY, figures=tuple(figures), left_out=(), schools=schools)
        found.append(read_distribution(comparison, TEMPLATE, "en"))
    return found[0], found[1]


@pytest.mark.parametrize(
    ("before", "now", "verdict"),
    [
        (0.4, 0.25, ChangeVerdict.BETTER),
        (0.2, 0.35, ChangeVerdict.WORSE),
        (0.3, 0.29, ChangeVerdict.UNCLEAR),
    ],
)
def test_a_change_is_named_where_it_is_more_than_rounding_and_chance(before, now, verdict):
    earlier, later = surveys(before, now)
    changes = read_changes(earlier, later, {one: one for one in LETTERS}, MONTHS)
    (found,) = changes.found
    assert found.verdict is verdict
    assert found.schools == 9
    assert abs(found.before - 100 * before) <= 4
    low, high = found.interval
    assert low <= found.now - found.before <= high


def test_a_change_takes_in_only_the_schools_that_it_may():
    earlier, later = surveys(0.4, 0.25)
    changes = read_changes(earlier, later, {one: one for one in "ABDEFH"}, MONTHS)
    assert [one.schools for one in changes.found] == [6]
    assert not read_changes(earlier, later, {one: one for one in "ABDE"}, MONTHS).found


def test_schools_that_teach_other_years_are_taken_in_with_the_years_that_most_teach():
    lower, upper, college = map(frozenset, (["y7", "y8"], ["y7", "y8", "y12"], ["y12"]))
    few = dict.fromkeys(range(9), lower) | {9: upper}
    many = dict.fromkeys(range(29), lower) | {29: upper}
    assert with_years(few, few) == frozenset(range(10))
    assert common_years(few) == common_years(many) == lower
    assert is_of_places(few)
    assert not is_of_places(many)
    assert not is_of_places(dict.fromkeys(range(9), lower))
    assert with_years(dict.fromkeys(range(9), lower), dict.fromkeys(range(8), lower)) == frozenset(
        range(8)
    )
    assert with_years(few | {10: college}, few | {10: college}) == frozenset(range(10))
    assert with_years({}, {}) == frozenset()


def test_of_few_schools_with_other_years_only_places_in_common_years_are_shown():
    comparison, releases = compared()
    places = dict.fromkeys(one.table for one in comparison.figures if one.answer == UNSAFE)
    codes = {str(own_letter(comparison.releases, one.release_hash)): one for one in schools()}
    printed = {code: by_year(one.release.tables) for code, one in codes.items()}
    header = {**comparison.header, "years_common": "y8,y9", "years_places": 4}
    of_few = replace(comparison, header=header)
    figures = tuple(year_figures(of_few, printed, list(codes), TENS))
    assert figures == tuple(
        one
        for one in comparison.years
        if one.year in ("y8", "y9") and one.table in list(places)[:4] and one.answer == UNSAFE
    )
    assert figures
    assert verify_comparison(replace(of_few, years=figures).to_json(), list(releases))
    with pytest.raises(Rejected):
        verify_comparison(of_few.to_json(), list(releases))


def test_a_school_that_was_in_no_earlier_comparison_is_none_that_its_figures_leave_out():
    second = SeenComparison("authority", 2, dict.fromkeys(range(9), "0"))
    first = Tied(frozenset(range(8)), dict.fromkeys(range(8), "years"))
    assert len(taken_in([second], [first], dict.fromkeys(range(9), "years"))) == 9
    assert not taken_in([second], [first], dict.fromkeys(range(8), BOTH))


def test_a_shared_place_is_no_reason_against_the_next_survey_of_a_school_that_joined() -> None:
    """A figure of survey 1 leaves out no school that was not there; it was read as if it did."""
    joined = SeenComparison("authority", 2, dict.fromkeys(range(13), "0"))
    stops = Tied(frozenset(range(12)), dict.fromkeys(range(12), "stops"))
    assert splits([], joined, [stops.ties]), "for another reader it would be"
    around = Surroundings({}, (), (), {}, own_figures=(stops.ties,), tied=(stops,))
    assert not _splits(around, joined)
    assert not cut_by([joined], [stops], dict.fromkeys(range(13), "years"))
    assert cut_by([joined], [stops], dict.fromkeys(range(12), "years"))
    assert _splits(around, SeenComparison("authority", 102, joined.groups)), (
        "a second comparison is"
    )
