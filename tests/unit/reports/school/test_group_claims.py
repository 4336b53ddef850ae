"""Which groups a report names, held against scipy's and statsmodels' own tests."""

from __future__ import annotations

from math import sqrt
from random import Random

import pytest
from scipy.stats import norm
from statsmodels.stats.multitest import multipletests

from survey.reports.school.group_claims import (
    DESIGN_EFFECT,
    FALSE_DISCOVERIES,
    Contrast,
    Sample,
    claims_among,
    contrast,
    least_difference,
)


def test_a_group_is_compared_with_the_rest_and_not_with_one_other():
    """The formula, written out once more: pooled variance, design effect, and rounding."""
    found = contrast(Sample(45, 130, 5), Sample(200, 910, 5))
    assert found is not None
    mine, rest, both = 45 / 130, 155 / 780, 200 / 910
    sampling = 1.5 * both * (1 - both) * (1 / 130 + 1 / 780)
    rounding = 25 / 12 * (1 / 130 + 1 / 780) ** 2 + 25 / 12 / 780**2
    assert found.above == pytest.approx(mine - rest)
    assert found.error == pytest.approx(sqrt(sampling + rounding))
    assert found.chance == pytest.approx(2 * norm.sf(found.above / found.error))
    assert found.rest == 20


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
    power = norm.sf(cut - points / 100 / one.error)
    assert 0.78 < power < 0.87
    assert least_difference([Sample(3, 10, 5)], whole, made=0, of=105) is None


def test_a_larger_design_effect_would_only_name_fewer():
    assert DESIGN_EFFECT == 1.5  # the pages say so in words
