"""Funnel limits against scipy, numpy and statsmodels, and against simulated schools."""

from __future__ import annotations

from collections.abc import Sequence
from math import asin, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.meta_analysis import combine_effects
from statsmodels.stats.multitest import multipletests

from survey.reports.comparisons.comparison_document import (
    ComparedFigure,
    ComparedSchool,
    Printed,
    SchoolFigure,
    SizeBand,
)
from survey.reports.comparisons.size_bands import ALIKE, MOST_BANDS, Band, bands_of
from survey.reports.comparisons.statistics.funnel_limits import (
    NORMAL_95,
    STEP,
    Funnel,
    FunnelVerdict,
    around,
    effect,
    error,
    excess,
    read_funnel,
    winsorised,
)
from survey.reports.comparisons.statistics.significance import both_tails, score_beyond, that_hold
from tests.unit.reports.comparisons.example_comparison import EXAMPLE, TOILETS

RUNS = 60
FAR = (FunnelVerdict.FAR_BELOW, FunnelVerdict.FAR_ABOVE)
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def school(code: str, responded: int | None, *, name: str | None = None, phase: str = "secondary"):
    return ComparedSchool(code, name, phase, SizeBand.UNSAID, ("y7",), responded)


def schools(*responded: int | None) -> list[ComparedSchool]:
    return [school(code, one) for code, one in zip(LETTERS, responded, strict=False)]


def shown(code: str, count: int, base: int) -> SchoolFigure:
    percent = round(100 * count / base)
    return SchoolFigure(code, Printed.SHOWN, base, count, percent, low=0, high=100)


def figure(*shares: SchoolFigure) -> ComparedFigure:
    given = [one for one in shares if one.base is not None]
    base = sum(one.base or 0 for one in given)
    middle = round(100 * sum(one.count or 0 for one in given) / base)
    return ComparedFigure("B2.toilets", "feel_unsafe", shares, len(given), 0, 0, 0, middle, base)


def funnel(counts: Sequence[int], bases: Sequence[int]) -> Funnel:
    shares = [shown(code, *pair) for code, pair in
              zip(LETTERS, zip(counts, bases, strict=True), strict=False)]  # fmt: skip
    return read_funnel(figure(*shares), bands_of(schools(*bases)))


# Limits


def test_quantiles_are_those_of_the_normal_distribution():
    assert pytest.approx(stats.norm.ppf(0.975), abs=1e-12) == NORMAL_95
    assert pytest.approx(stats.norm.ppf(0.999), abs=1e-9) == score_beyond(0.002, None)


@pytest.mark.parametrize("freedom", [1, 2, 3, 4, 5, 7, 8, 11, 29, 30])
def test_tails_and_quantiles_are_those_of_students_t(freedom: int):
    for score in (0.0, 0.3, 1.0, 1.96, 3.1, 8.0):
        assert both_tails(-score, freedom) == pytest.approx(2 * stats.t.sf(score, freedom))
    for chance in (0.5, 0.05, 0.002):
        exact = stats.t.ppf(1 - chance / 2, freedom)
        assert score_beyond(chance, freedom) == pytest.approx(exact, rel=1e-6)


def test_what_holds_among_many_is_what_benjamini_and_hochberg_say():
    random = np.random.default_rng(3)
    for _ in range(30):
        chances = dict(enumerate(random.uniform(size=59) ** random.integers(1, 6)))
        rejected = multipletests(list(chances.values()), alpha=0.05, method="fdr_bh")[0]
        assert that_hold(chances) == {at for at in chances if rejected[at]}
    assert that_hold({}) == frozenset()


def test_outer_limits_let_through_what_they_say():
    """Schools that differ as schools usually do, answers of a class alike: outside the outer limits
    0.2 % where the normal distribution would let through 0.6 to 0.8 %."""
    random = np.random.default_rng(11)
    far = figures = 0
    for _ in range(150):
        bases = [10 * int(one) for one in random.integers(40, 100, 20)]
        own = 1 / (1 + np.exp(-(np.log(0.25) + random.normal(0, 0.3, 20))))
        spread = own * (1 - own) * 1.5 / np.array(bases)
        shares = np.clip(own + random.normal(0, np.sqrt(spread)), 0, 1)
        counts = [10 * round(share * base / 10) for share, base in zip(shares, bases, strict=True)]
        far += sum(one.verdict in FAR for one in funnel(counts, bases).standings)
        figures += 20
    assert far / figures <= 0.005


@pytest.mark.parametrize(("base", "middle"), [(400, 20), (1000, 30), (2500, 12), (800, 75)])
def test_limits_by_chance_are_near_those_of_the_binomial_distribution(base: int, middle: int):
    """Rounding makes them a little wider, whole per cent outwards up to one more."""
    for quantile, tail in ((NORMAL_95, 0.025), (score_beyond(0.002, None), 0.001)):
        low, high = around(effect(middle), quantile * error(base, middle))
        exact = stats.binom.ppf([tail, 1 - tail], base, middle / 100) / base * 100
        assert exact[0] - 1.8 <= low <= exact[0] + 0.05
        assert exact[1] - 0.05 <= high <= exact[1] + 1.8


@given(st.integers(0, 100), st.integers(20, 1500), st.integers(1, 1500))
def test_limits_narrow_as_more_answer(middle: int, base: int, more: int):
    assert error(base + more, middle) < error(base, middle)
    narrow = around(effect(middle), NORMAL_95 * error(base + more, middle))
    wide = around(effect(middle), NORMAL_95 * error(base, middle))
    assert 0 <= wide[0] <= narrow[0] <= middle <= narrow[1] <= wide[1] <= 100


def test_the_error_is_that_of_an_arcsine_share_widened_by_rounding():
    """By the delta method: a rounded count varies by STEP squared over twelve more."""
    share, base = 0.2, 300
    variance = share * (1 - share) / base + STEP**2 / 12 / base**2
    on_scale = sqrt(variance) / (2 * sqrt(share * (1 - share)))
    assert error(base, 20) == pytest.approx(on_scale)
    assert effect(20) == pytest.approx(asin(sqrt(share)))


def test_schools_that_are_alike_are_rarely_called_apart():
    """Rounded counts of alike schools: about 5 % outside the 95 % limits, and no more."""
    random = np.random.default_rng(5)
    out = far = 0
    for _ in range(RUNS):
        bases = [10 * int(one) for one in random.integers(15, 120, 15)]
        counts = [10 * round(int(random.binomial(base, 0.25)) / 10) for base in bases]
        verdicts = [one.verdict for one in funnel(counts, bases).standings]
        out += sum(one is not FunnelVerdict.INSIDE for one in verdicts)
        far += sum(one in FAR for one in verdicts)
    assert out / (RUNS * 15) < 0.06
    assert far / (RUNS * 15) < 0.006


def test_where_schools_differ_anyway_a_usual_one_is_not_called_apart():
    random = np.random.default_rng(7)
    out = by_chance = 0
    for _ in range(RUNS):
        bases = [10 * int(one) for one in random.integers(30, 120, 15)]
        own = np.clip(random.normal(0.3, 0.06, 15), 0.01, 0.99)
        drawn = [int(random.binomial(base, one)) for base, one in zip(bases, own, strict=True)]
        found = funnel([10 * round(one / 10) for one in drawn], bases)
        for standing in found.standings:
            limits = found.limits_of(standing.band)
            assert limits is not None
            assert standing.percent is not None
            out += standing.verdict is not FunnelVerdict.INSIDE
            by_chance += not limits.chance[0] <= standing.percent <= limits.chance[1]
    assert out / (RUNS * 15) < 0.09  # winsorising takes a little off what schools usually differ by
    assert by_chance / (RUNS * 15) > 0.25  # what limits without it would have said


# What a reader could work out


def test_nothing_of_a_funnel_hangs_on_which_school_of_a_band_is_the_larger():
    """Else, of many figures, least squares give each letter's base."""
    percents = (4, 31, 22, 12, 45, 27)
    bands = bands_of(schools(400, 420, 640, 1100, 1150, 1400))

    def drawn(*bases: int) -> Funnel:
        return read_funnel(
            figure(
                *(
                    SchoolFigure(
                        code, Printed.SHOWN, base, base * share // 100, share, low=0, high=100
                    )
                    for code, base, share in zip(LETTERS, bases, percents, strict=False)
                )
            ),
            bands,
        )

    assert len(bands) == 2
    usual = drawn(400, 420, 640, 1100, 1150, 1400)
    assert usual == drawn(640, 400, 420, 1400, 1100, 1150) == drawn(420, 640, 400, 1150, 1400, 1100)
    assert usual.middle == round(np.average(percents, weights=[400] * 3 + [1100] * 3))


# Over-dispersion


scores = st.lists(st.floats(-8, 8), min_size=5, max_size=40)


@given(scores)
def test_winsorising_is_numpys_quantiles(values: list[float]):
    low, high = np.quantile(values, [0.1, 0.9])
    assert winsorised(values) == pytest.approx(np.clip(values, low, high).tolist(), abs=1e-9)


studies = st.lists(
    st.tuples(st.floats(0.1, 1.2), st.floats(0.01, 0.1)), min_size=5, max_size=30
)  # fmt: skip


@given(studies)
def test_the_excess_is_the_estimate_of_dersimonian_and_laird(found: list[tuple[float, float]]):
    """Without winsorising, and around the weighted mean, it is theirs."""
    effects = np.array([one for one, _ in found])
    errors = np.array([own for _, own in found])
    weighted = float((effects / errors**2).sum() / (1 / errors**2).sum())
    with np.errstate(divide="ignore", invalid="ignore"):
        # It goes on to weights, which an estimate below zero can turn upside down.
        oracle = combine_effects(effects, errors**2, method_re="chi2").tau2
    mine = excess(effects.tolist(), errors.tolist(), weighted, outer=0)
    assert mine == pytest.approx(max(0.0, oracle), rel=1e-6, abs=1e-9)


def test_one_school_far_away_does_not_hide_itself():
    """Nineteen alike and one far off: winsorised, the limits stay narrow and find it."""
    counts = [200] * 19 + [500]
    found = funnel(counts, [1000] * 20)
    assert [one.school for one in found.apart] == ["T"]
    assert found.standing_of("T").verdict is FunnelVerdict.FAR_ABOVE
    effects = [effect(one / 10) for one in counts]
    errors = [error(1000, 22)] * 20
    assert excess(effects, errors, effect(22)) < excess(effects, errors, effect(22), outer=0)


def test_schools_that_differ_as_chance_has_it_have_limits_of_chance():
    found = funnel([200, 210, 190, 200, 205, 195], [1000] * 6)
    assert not found.is_dispersed
    assert all(one.chance == one.usual for one in found.limits)


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(10, 150)), min_size=5, max_size=25))
def test_limits_hold_each_other_whatever_the_schools(found: list[tuple[int, int]]):
    bases = [10 * base for _share, base in found]
    counts = [round(share * base / 100) for (share, _), base in zip(found, bases, strict=True)]
    made = funnel(counts, bases)
    for one in made.limits:
        assert 0 <= one.wide[0] <= one.usual[0] <= one.chance[0] <= made.middle
        assert made.middle <= one.chance[1] <= one.usual[1] <= one.wide[1] <= 100
    for narrow, wide in zip(made.limits[1:], made.limits, strict=False):
        assert narrow.wide[0] >= wide.wide[0]
        assert narrow.wide[1] <= wide.wide[1]
    for standing in made.standings:
        limits = made.limits_of(standing.band)
        assert limits is not None
        inside = limits.usual[0] <= (standing.percent or 0) <= limits.usual[1]
        assert inside == (standing.verdict is FunnelVerdict.INSIDE)


# What is shown of one school


def test_a_limit_that_is_printed_counts_by_its_nearer_end():
    (band,) = bands_of(EXAMPLE.schools)
    found = read_funnel(TOILETS, (band,))
    few = found.standing_of("E")
    assert few.percent is None
    assert few.under == 10  # 5 of 50, the smallest base of its band
    assert few.verdict is FunnelVerdict.INSIDE
    judge = found.limits[0].judge
    low, high = found.limits[0].usual
    assert judge(None, low) is FunnelVerdict.INSIDE
    assert judge(None, low - 1) is FunnelVerdict.BELOW
    assert judge(high + 1, None) is FunnelVerdict.ABOVE


def test_what_is_told_of_one_school_is_the_same_whatever_its_base():
    """As long as another school of its band has the smallest."""
    bands = bands_of(schools(600, 800, 700, 610, 790, 620))
    assert [band.codes for band in bands] == [("A", "D", "F"), ("B", "C", "E")]
    told = set()
    for own in (740, 760, 800):
        shares = (
            shown("A", 120, 600),
            SchoolFigure("B", Printed.FEWER_THAN, own, limit=5, under=1, low=0, high=2),
            shown("C", 150, 700),
            *(shown(code, 150, 600) for code in "DEF"),
        )
        found = read_funnel(ComparedFigure("B1", "x", shares, 6, 0, 0, 0, 20, 3600), bands)
        told.add((found.standing_of("B"), found.limits, found.is_dispersed))
    assert len(told) == 1


def test_a_school_without_a_figure_is_inside_and_says_nothing():
    hidden = SchoolFigure("F", Printed.NOT_ASKED)
    shares = [shown(code, 100, 500) for code in "ABCDE"]
    found = read_funnel(figure(*shares, hidden), bands_of(schools(500, 510, 520, 530, 540, 550)))
    standing = found.standing_of("F")
    assert (standing.is_given, standing.verdict) == (False, FunnelVerdict.INSIDE)


# Bands


def edges(bands: Sequence[Band]) -> list[tuple[int | None, int | None]]:
    return [(band.least, band.below) for band in bands]


def test_bands_are_cut_where_schools_differ_most():
    bands = bands_of(schools(210, 820, 230, 790, 250, 805))
    assert [band.codes for band in bands] == [("A", "C", "E"), ("B", "D", "F")]
    assert edges(bands) == [(None, 500), (500, None)]


def test_too_few_schools_are_one_band():
    assert edges(bands_of(schools(100, 500, 900, 1100, 1300))) == [(None, None)]


def test_a_named_school_hides_no_other():
    named = [school("A", 100, name="Ashby"), school("B", 110), school("C", 120)]
    bands = bands_of([*named, *(school(code, 900) for code in "DEF")])
    assert len(bands) == 1  # A is named, so B and C would be two


def test_a_school_that_prints_no_number_helps_to_hide_none():
    bands = bands_of(schools(None, 200, 210, 900, 910, 920))
    assert len(bands) == 1
    assert len(bands_of(schools(None, 200, 210, 220, 900, 910, 920))) == 2


sizes = st.lists(
    st.tuples(st.one_of(st.none(), st.integers(2, 150).map(lambda n: 10 * n)), st.booleans()),
    min_size=5,
    max_size=40,
)


@given(sizes)
def test_every_band_holds_enough_schools_that_are_not_named(found):
    given_schools = [
        school(f"S{at}", responded, name="Named" if named else None)
        for at, (responded, named) in enumerate(found)
    ]
    bands = bands_of(given_schools)
    assert sorted(code for band in bands for code in band.codes) == sorted(
        one.code for one in given_schools
    )
    assert len(bands) <= MOST_BANDS
    by_code = {one.code: one for one in given_schools}
    for band in bands:
        held = [by_code[code] for code in band.codes]
        given_here = [one for one in held if one.responded is not None]
        if len(bands) > 1:
            assert sum(one.name is None for one in given_here) >= ALIKE
        for one in given_here:
            assert band.least is None or (one.responded or 0) >= band.least
            assert band.below is None or (one.responded or 0) < band.below


def test_a_kind_is_only_told_where_every_kind_is_shared():
    alike = [school(code, 500, phase="secondary") for code in "ABC"]
    lone = bands_of([*alike, school("D", 500, phase="special"), school("E", 500)])
    assert set(lone[0].phases) == {None}  # one that is left blank would be the special school
    three = bands_of([*alike, *(school(code, 500, phase="special") for code in "DEF")])
    assert three[0].phase_of("A") == "secondary"
    assert three[0].phase_of("E") == "special"


def test_many_schools_have_few_bands():
    many = [school(f"S{at}", 10 * (20 + 7 * at % 120)) for at in range(120)]
    assert len(bands_of(many)) == MOST_BANDS
