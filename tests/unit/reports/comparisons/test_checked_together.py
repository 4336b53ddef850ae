"""A new comparison is checked with the published ones of its reports, also where two of those tell
letters already."""

from __future__ import annotations

import json
from typing import Any

import pytest

from survey.disclosure.verify_readers import Rejected, verify_readers
from survey.reports.comparisons.checked_together import check_together, fitting
from tests.unit.disclosure.test_verify_readers import comparison


def text(chosen: Any) -> str:
    return json.dumps(comparison(chosen))


WHOLE, ALL_BUT_ONE = text(range(12)), text(range(11))
"""Published before this was checked: the school that is missing has a letter of its own."""
APART, HALF = text(range(20, 28)), text([*range(5), *range(20, 28)])


def test_one_comparison_is_checked_with_all_that_pass_together() -> None:
    assert fitting([]) == []
    assert fitting([WHOLE, APART]) == [(WHOLE, APART)]
    check_together(text(range(28, 36)), [])
    with pytest.raises(Rejected):
        check_together(ALL_BUT_ONE, [APART, WHOLE])


def test_two_that_misfit_do_not_stop_a_later_one_that_fits_each() -> None:
    with pytest.raises(Rejected):
        verify_readers([WHOLE, ALL_BUT_ONE])
    assert fitting([WHOLE, ALL_BUT_ONE, APART]) == [(WHOLE, APART), (ALL_BUT_ONE, APART)]
    with pytest.raises(Rejected):
        verify_readers([text(range(28, 36)), WHOLE, ALL_BUT_ONE])
    check_together(text(range(28, 36)), [WHOLE, ALL_BUT_ONE, APART])
    check_together(text(range(5)), [WHOLE, ALL_BUT_ONE])
    for tells in ([*range(10), *range(40, 45)], [0, *range(20, 28)]):
        with pytest.raises(Rejected):
            check_together(text(tells), [WHOLE, ALL_BUT_ONE, APART])


def test_of_many_the_pairs_are_tried() -> None:
    apart = [text(range(at, at + 6)) for at in range(100, 160, 10)]
    found = fitting([WHOLE, ALL_BUT_ONE, *apart])
    assert all(len(one) == 2 for one in found)
    assert {one for held in found for one in held} == {WHOLE, ALL_BUT_ONE, *apart}
