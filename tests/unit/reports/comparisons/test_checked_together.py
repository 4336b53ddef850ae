"""A new comparison is checked with the published ones of its reports, also where two of those tell
letters already."""

from __future__ import annotations

import json
from collections.abc import Iterable

import pytest

from survey.disclosure.verify_readers import Rejected, verify_readers
from survey.reports.comparisons import named_figures_and_letters
from survey.reports.comparisons.named_figures_and_letters import check_together, fitting
from tests.unit.disclosure.test_verify_readers import comparison


def text(chosen: Iterable[int]) -> str:
    return json.dumps(comparison(list(chosen)))


WHOLE, ALL_BUT_ONE = text(range(12)), text(range(11))
"""Published before this was checked: the school that is missing has a letter alone."""
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


def test_of_many_the_largest_sets_are_found_with_few_checks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    apart = [text(range(at, at + 6)) for at in range(100, 160, 10)]
    asked: list[int] = []

    def counted(texts: list[str]) -> list[str]:
        asked.append(len(texts))
        return verify_readers(texts)

    monkeypatch.setattr(named_figures_and_letters, "verify_readers", counted)
    assert fitting([WHOLE, *apart, ALL_BUT_ONE]) == [(*apart, ALL_BUT_ONE), (WHOLE, *apart)]
    assert len(asked) < 30
    assert fitting([WHOLE, APART, *apart]) == [(WHOLE, APART, *apart)]


def test_of_many_a_reader_of_three_is_taken_into_account() -> None:
    """Two published ones cut the new one into three parts. Each by itself cuts it into two."""
    new = text(range(200, 215))
    cuts = [text([*range(at, at + 5), *range(at + 100, at + 105)]) for at in (200, 205)]
    beside = [text(range(at, at + 6)) for at in (400, 410, 420)]
    for cut in cuts:
        check_together(new, [WHOLE, ALL_BUT_ONE, *beside, cut])
        check_together(new, [WHOLE, ALL_BUT_ONE, *beside, cut, APART])
    with pytest.raises(Rejected):
        check_together(new, [WHOLE, ALL_BUT_ONE, *beside, *cuts])


def test_of_many_that_misfit_each_is_in_a_set_that_nothing_can_be_added_to() -> None:
    """Each leaves out another school, so any two of them misfit."""
    each = [text(one for one in range(12) if one != left_out) for left_out in range(8)]
    apart = [text(range(at, at + 6)) for at in (100, 110)]
    found = fitting([*each, *apart])
    assert {one for held in found for one in held} == {*each, *apart}
    assert all(len(held) == 3 for held in found)


def test_two_that_fit_only_beside_a_third_are_found_with_it() -> None:
    """The third prints as its own band what the other two tell apart."""
    third, misfits = text([11]), [text(range(200, 200 + size)) for size in (12, 11)]
    beside = [text(range(at, at + 6)) for at in (100, 110)]
    assert fitting([WHOLE, ALL_BUT_ONE, third]) == [(WHOLE, ALL_BUT_ONE, third)]
    assert fitting([WHOLE, ALL_BUT_ONE, *misfits, *beside, third]) == [
        (WHOLE, ALL_BUT_ONE, misfits[1], *beside, third),
        (WHOLE, ALL_BUT_ONE, misfits[0], *beside, third),
    ]
