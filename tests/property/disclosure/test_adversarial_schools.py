"""Hypothesis draws the schools that no one plans for; whatever is published verifies."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from survey.disclosure.certify import certify
from survey.disclosure.figures import Status
from survey.disclosure.policy import STANDARD
from survey.disclosure.release import Release
from survey.disclosure.tables import Box, CountTable, Lattice
from survey.disclosure.verify import verify
from tests.unit.disclosure.one_table import certify_table
from tests.unit.disclosure.schools import took_part

SIZES = st.sampled_from([0, 0, 1, 1, 2, 3, 4, 5, 19, 20, 21, 23, 24, 25, 48, 75, 110])


@st.composite
def tables(draw: st.DrawFn) -> CountTable:
    """One to three years, one to three genders, one to twelve answers, people put anywhere."""
    years = tuple(f"y{n}" for n in range(draw(st.integers(1, 3))))
    genders = tuple(f"g{n}" for n in range(draw(st.integers(1, 3))))
    ways = draw(st.sampled_from([1, 2, 2, 3, 5, 12]))
    answers = tuple(f"a{n}" for n in range(ways))
    boxes = (Box("top", answers[:2]),) if ways > 2 else ()
    silent = draw(st.sampled_from([(), (), (years[-1],), (years[-1], genders[-1])]))
    lattice = Lattice(years, genders, draw(st.booleans()) and ways < 5, silent)
    kind = draw(st.sampled_from(["spread", "one answer", "all skip", "nobody skips"]))
    counts = {}
    for cell in lattice.cells:
        size = draw(SIZES)
        row = [0] * (ways + 1)
        if kind == "one answer":
            row[0] = size
        elif kind == "all skip":
            row[-1] = size
        else:
            places = ways if kind == "nobody skips" else ways + 1
            for at in range(places):
                row[at] = draw(st.integers(0, size - sum(row))) if at < places - 1 else 0
            row[draw(st.integers(0, places - 1))] += size - sum(row)
        counts[cell] = tuple(row)
    return CountTable("item", (*answers, "skipped"), answers, boxes, counts, lattice)


def certified_and_verified(table: CountTable, seed: bytes) -> None:
    release, certificate = certify([table], took_part(table), STANDARD, {"id": "x"}, seed)
    verify(release.to_json(), certificate.to_json())
    assert Release.from_json(release.to_json()) == release
    total = sum(table.sizes().values())
    if total < STANDARD.nothing_under:
        assert not any(row.shown for row in release.tables[0].rows)
    for group, answer, figure, _ in release.tables[0].figures():
        if figure.status is Status.SHOWN and answer in table.answers and len(table.base) > 1:
            assert figure.count is not None
            rung = release.tables[0].row(group).rung
            rounding = rung.rounding if answer in table.base else STANDARD.outside(rung)[0]
            assert abs(figure.count - table.count(group, (answer,))) <= rounding // 2


@settings(max_examples=20)
@given(tables(), st.binary(min_size=8, max_size=8))
def test_whatever_the_school_the_release_verifies(table: CountTable, seed: bytes) -> None:
    certified_and_verified(table, seed)


@pytest.mark.slow
@settings(max_examples=600)
@given(tables(), st.binary(min_size=8, max_size=8))
def test_whatever_the_school_the_release_verifies_at_length(table: CountTable, seed: bytes) -> None:
    certified_and_verified(table, seed)


@settings(max_examples=20)
@given(tables())
def test_the_same_table_is_certified_the_same_way(table: CountTable) -> None:
    total = sum(table.sizes().values())
    assert certify_table(table, STANDARD, total) == certify_table(table, STANDARD, total)
