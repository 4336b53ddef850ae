"""Response rates, as an authority sees them."""

from __future__ import annotations

import pytest

from survey.releases.response_rate import rate_of


@pytest.mark.parametrize(
    ("responded", "roll", "rate"),
    [(870, 1075, 80), (875, 1000, 90), (872, 1000, 85), (20, 1000, 0), (1100, 1000, 100),
     (0, 900, None), (300, 0, None)],
)  # fmt: skip
def test_a_response_rate_is_to_the_nearest_five(
    responded: int, roll: int, rate: int | None
) -> None:
    assert rate_of(responded, roll) == rate
