"""Which groups a report names, held against scipy's and statsmodels' own tests."""

from __future__ import annotations

from dataclasses import replace
from math import sqrt
from random import Random

import pytest
from scipy.stats import betabinom, norm, pearson3
from statsmodels.stats.multitest import multipletests

from survey.reports.school.group_claims import (
    DESIGN_EFFECT,
    FALSE_DISCOVERIES,
    Contrast,
    Sample,
    claims_among,
    contrast,
    least_difference,
    third_moment,
)


def test_a_group_is_compared_with_the_rest_and_not_with_one_other():
    """The formula, written out again: pooled variance, design effect, rounding of counts and
    bases, and the chance of a Pearson type III distribution."""
    found = contrast(Sample(45, 130, 5, 9), Sample(200, 910, 5, 21))
    assert found is not None
    mine, rest, both = 45 / 130, 155 / 780, 200 / 910
    sampling = 1.5 * both * (1 - both) * (1 / 130 + 1 / 780)
    of_counts = 2 * (1 / 130 + 1 / 780) ** 2 + 2 / 780**2
    of_bases = 80 / 12 * (1 / 130 + 1 / 780) ** 2 + 440 / 12 / 780**2
    third = 3 * both * (1 - both) * (1 - 2 * both) * (1 / 130**2 - 1 / 780**2)
    assert found.above == pytest.approx(mine - rest)
    assert found.error == pytest.approx(sqrt(sampling + of_counts + both**2 * of_bases))
    assert found.skew == pytest.approx(third / found.error**3)
    above = pearson3.sf(found.above / found.error, found.skew)
    assert found.chance == pytest.approx(2 * above, rel=0.05)
    assert found.chance > 1.5 * 2 * norm.sf(found.above / found.error)
    assert found.rest == 20


@pytest.mark.parametrize("skew", [-1.2, -0.7, -0.2, -1e-5, 0.0, 1e-9, 0.2, 0.7, 1.2])
def test_chances_are_those_of_a_gamma_distribution(skew):
    """Scipy's tail of each side, far out as well, where claims are chosen."""
    for score in (-3.5, -2.0, 2.0, 3.0, 4.0, 5.0):
        tail = pearson3.sf(score, skew) if score > 0 else pearson3.cdf(score, skew)
        ours = Contrast(score * 0.03, 0.03, 20, skew).chance
        assert ours == pytest.approx(2 * tail, rel=0.15, abs=1e-5), score


def test_the_third_moment_is_that_of_answers_alike_within_classes():
    """Of classes of 21 whose answers follow scipy's beta-binomial distribution of the design
    effect: the variance is as many times as large, and the third moment."""
    share, classes, size = 0.15, 6, 21
    spread = (size - 1) / (DESIGN_EFFECT - 1) - 1
    one = betabinom(size, share * spread, (1 - share) * spread)
    variance, skew = one.stats("vs")
    base = classes * size
    assert classes * variance == pytest.approx(DESIGN_EFFECT * base * share * (1 - share))
    third = classes * skew * variance**1.5 / base**3
    assert third_moment(share, base) == pytest.approx(third, rel=0.02)


def test_few_answers_of_a_rare_figure_name_no_group():
    """15 of 130, where four were expected, may be chance among 420 comparisons where classes answer
    alike. By a normal distribution they would be named."""
    found = contrast(Sample(15, 130, 5), Sample(25, 910, 5))
    assert found is not None
    others = {at: Contrast(0.0, 0.03, 20) for at in range(419)}
    assert claims_among({**others, 419: replace(found, skew=0.0)}) == {419}
    assert claims_among({**others, 419: found}) == frozenset()


def test_the_claims_are_those_of_benjamini_and_hochberg():
    random = Random(5)
    for _ in range(40):
        contrasts = {
            at: Contrast(random.gauss(0.1 * (at % 7 == 0), 0.03), 0.03, 20) for at in range(60)
        }
        chances = [contrasts[at].chance for at in range(60)]
        rejected = multipletests(chances, alpha=FALSE_DISCOVERIES, method="fdr_bh")[0]
        assert claims_among(contrasts) == {at for at in range(60) if rejected[at]}
    assert claims_among({}) == frozenset()


def test_a_handful_is_compared_with_nobody():
    assert contrast(Sample(20, 25, 5), Sample(200, 910, 5)) is None
    assert contrast(Sample(200, 890, 5), Sample(205, 910, 5)) is None


def test_the_rest_of_rounded_figures_is_never_impossible():
    assert Sample(45, 60, 5).rest_of(Sample(40, 50, 20)) == (0, 0)
    assert Sample(0, 30, 5).rest_of(Sample(100, 100, 20)) == (70, 70)


def test_the_least_difference_is_found_as_often_as_it_says():
    """Groups that lie exactly so far above the rest are named with the stated power."""
    groups, whole = [Sample(26, 130, 5)] * 7, Sample(180, 910, 5)
    points = least_difference(groups, whole, made=0, of=105)
    assert points is not None
    one = contrast(groups[0], whole)
    assert one is not None
    cut = norm.isf(FALSE_DISCOVERIES / 105 / 2)
    needed = pearson3.isf(norm.sf(cut), one.skew)
    power = norm.sf(needed - points / 100 / one.error)
    assert 0.78 < power < 0.87
    assert least_difference([Sample(3, 10, 5)], whole, made=0, of=105) is None


def test_a_larger_design_effect_would_only_name_fewer():
    assert DESIGN_EFFECT == 1.5  # the pages say so in words
