"""Rule R7: an authority's figures, and what they may not add to its schools'."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest

from survey.disclosure.certify import certify, print_form
from survey.disclosure.figures import Reason
from survey.disclosure.ladder import BY_GROUP, OVER_SCHOOLS, forms
from survey.disclosure.ledger import (
    AUTHORITY,
    Earlier,
    NotFrozenError,
    School,
    certify_authority,
    refusal,
)
from survey.disclosure.policy import STANDARD
from survey.disclosure.release import Release
from survey.disclosure.tables import CountTable, Lattice, add_up
from tests.unit.disclosure.schools import SEED, counted, took_part

LATTICE = Lattice(("7", "8"), ("girl", "boy"))


def small_school(number: int, people: int = 160) -> CountTable:
    draw = random.Random(number)
    counts = {}
    for cell in LATTICE.cells:
        row = [0, 0, 0]
        for answer in draw.choices(range(3), (0.3, 0.65, 0.05), k=people // 4):
            row[answer] += 1
        counts[cell] = tuple(row)
    return counted(counts, key="A1", lattice=LATTICE)


def frozen(number: int, table: CountTable) -> School:
    participation = took_part(table)
    release, certificate = certify([table], participation, STANDARD, {"id": str(number)}, SEED)
    return School(f"s{number:02}", participation, {"A1": table}, release, certificate)


@pytest.fixture(scope="module")
def schools() -> list[School]:
    return [frozen(number, small_school(number)) for number in range(6)]


@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        ([100] * 4, Reason.TOO_FEW_SCHOOLS),
        ([100] * 4 + [0], Reason.TOO_FEW_SCHOOLS),
        ([100] * 5, None),
        ([601, 100, 100, 100, 100], Reason.SCHOOL_TOO_LARGE),
        ([600, 100, 100, 100, 100], None),
    ],
)
def test_five_schools_and_none_above_sixty_per_cent(
    answers: list[int], reason: Reason | None
) -> None:
    assert refusal(answers, AUTHORITY) is reason


@pytest.mark.parametrize("many", [1, 2, 3, 4])
def test_an_authority_of_fewer_schools_publishes_nothing(many: int, schools: list[School]) -> None:
    release, certificate = certify_authority(schools[:many], AUTHORITY, {}, LATTICE, SEED)
    assert not any(row.shown for table in release.tables for row in table.rows)
    assert not any(row.shown for row in release.participation.rows)
    assert certificate.tables == ()


def test_every_joint_witness_prints_every_release(schools: list[School]) -> None:
    """The oracle: print each alternative afresh, school by school and in all."""
    release, certificate = certify_authority(schools, AUTHORITY, {"id": "la"}, LATTICE, SEED)
    assert certificate.release_hash == release.content_hash()
    joint = certificate.tables[0]
    printed = release.table("A1")
    assert any(row.shown for row in printed.rows)
    truths = [school.tables["A1"] for school in schools]

    def form_of(table: CountTable, released: object, authority: bool):  # type: ignore[no-untyped-def]
        policy = AUTHORITY if authority else STANDARD
        sizes = {g: sum(table.row(g)) for g in LATTICE.groups}
        for form in forms(policy, OVER_SCHOOLS if authority else BY_GROUP):
            if print_form(table, policy, form, sizes, True) == released:
                return lambda other: print_form(other, policy, form, sizes, True)
        raise AssertionError("printed in no form of the ladder")

    pools = []
    for at, school in enumerate(schools):
        own = [np.array(w).reshape(-1, 3) for w in school.certificate.tables[0].witnesses]
        own += [t.reshape(-1, 3) for t in joint.verdict.extra.get(at, ())]
        pools.append(
            [
                replace(
                    truths[at],
                    counts={c: tuple(map(int, r)) for c, r in zip(LATTICE.cells, w, strict=True)},
                )
                for w in own
            ]
        )
    again = [form_of(t, s.release.table("A1"), False) for t, s in zip(truths, schools, strict=True)]
    over_all = form_of(add_up(truths), printed, True)
    count = 0
    for numbers in joint.alternatives():
        tables = [pool[number] for pool, number in zip(pools, numbers, strict=True)]
        assert over_all(add_up(tables)) == printed
        for reprint, table, school in zip(again, tables, schools, strict=True):
            assert reprint(table) == school.release.table("A1")
        count += 1
    assert count > 5


def test_schools_of_different_questions_are_not_added(schools: list[School]) -> None:
    other = small_school(9)
    swapped = CountTable(
        "A1", ("no", "yes", "skipped"), ("no", "yes"), (), dict(other.counts), LATTICE
    )
    release, _ = certify_authority(
        [*schools[:5], frozen(9, swapped)], AUTHORITY, {"id": "la"}, LATTICE, SEED
    )
    assert release.table("A1").reason is Reason.NOT_COMPARABLE


def test_only_frozen_schools_enter_the_ledger(schools: list[School]) -> None:
    with pytest.raises(NotFrozenError):
        replace(schools[0], certificate=schools[1].certificate)
    with pytest.raises(NotFrozenError):
        certify_authority([*schools, schools[0]], AUTHORITY, {}, LATTICE, SEED)
    moved = replace(schools[0], tables={"A1": small_school(0, people=200)})
    with pytest.raises(NotFrozenError):
        certify_authority([moved, *schools[1:]], AUTHORITY, {}, LATTICE, SEED)


def test_a_second_authority_over_a_school_shares_the_ledger(schools: list[School]) -> None:
    first, _ = certify_authority(schools[:5], AUTHORITY, {"id": "la1"}, LATTICE, SEED)
    earlier = Earlier(tuple(school.name for school in schools[:5]), first)
    second, certificate = certify_authority(
        schools, AUTHORITY, {"id": "la2"}, LATTICE, SEED, [earlier]
    )
    assert isinstance(second, Release)
    assert len(certificate.tables) == any(row.shown for row in second.table("A1").rows)
    with pytest.raises(NotFrozenError):
        certify_authority(schools[1:], AUTHORITY, {"id": "la2"}, LATTICE, SEED, [earlier])


def test_the_authority_without_one_school_is_refused_when_it_tells(schools: list[School]) -> None:
    """An exact total beside an exact total without one school would give that school away; here
    even rounded totals are judged together, and whatever is published keeps its witnesses."""
    first, _ = certify_authority(schools, AUTHORITY, {"id": "la1"}, LATTICE, SEED)
    earlier = Earlier(tuple(school.name for school in schools), first)
    with pytest.raises(NotFrozenError):
        certify_authority(schools[:5], AUTHORITY, {"id": "la2"}, LATTICE, SEED, [earlier])
