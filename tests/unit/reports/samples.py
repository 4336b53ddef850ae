"""Invented releases for looking at and for testing pages: counts drawn table by table, protected by
the real rules. Baselines are shares in per cent of Years 7 to 11; they say nothing of any school.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from math import exp, log
from random import Random
from types import MappingProxyType

from survey.disclosure.figures import HiddenReason
from survey.disclosure.policy import Policy, RoundingLevel
from survey.disclosure.protect import protect
from survey.disclosure.release import PARTICIPATION, Release
from survey.disclosure.tables import Cell, CountTable, Lattice
from survey.questionnaires.load import load_all
from survey.questionnaires.model import Questionnaire
from survey.releases.tabulation_plan import SKIPPED, UNSAID, TablePlan, lattice_of, plan
from tests.unit.disclosure.policies import TENS

UNSAFE = {
    "toilets": 34, "corridors": 22, "outdoors": 15, "changing_rooms": 15, "gates": 14,
    "canteen": 10, "classrooms": 5, "library": 2, "journey": 15, "outside_gates": 22, "stops": 30,
    "transport": 24, "parks": 25, "town": 16, "near_home": 8,
}  # fmt: skip
TO_ME = {
    "F1.names": 38, "F1.left_out": 30, "F1.hurt": 14, "F1.threatened": 10, "F1.belongings": 8,
    "E2.unkind": 19, "E2.left_out": 16, "E2.fake": 5, "E2.filmed": 9, "E2.stranger": 9,
    "H2.comments": 23, "H2.touch": 8, "H2.pressure": 6, "H2.shared": 6,
}  # fmt: skip
GOOD = ("@safe_school", "@belong", "@trust", "@serious", "@kind")
YEAR = {"y7": -0.4, "y8": 0.15, "y9": 1.1, "y10": 0.2, "y11": 0.0, "y12": -0.5, "y13": -0.5}
GENDER = {"girl": 0.25, "boy": -0.15, "another": 0.8, UNSAID: 0.2}
ROLL = {"y7": 205, "y8": 198, "y9": 201, "y10": 187, "y11": 190, "y12": 70, "y13": 24}
ANSWERED = {"y7": 0.9, "y8": 0.86, "y9": 0.83, "y10": 0.8, "y11": 0.71, "y12": 0.5, "y13": 0.6}
GENDERS = {"girl": 0.47, "boy": 0.46, "another": 0.03, UNSAID: 0.04}
HEADER: Mapping[str, str | int] = {"questionnaire": "sample", "released_on": "2026-12-21"}


def sizes(lattice: Lattice, scale: float = 1.0) -> dict[Cell, int]:
    """How many took part, cell by cell."""
    found = {}
    for year, gender in lattice.cells:
        number = ROLL.get(year, 14) * ANSWERED.get(year, 1.0) * GENDERS.get(gender, 0.0)
        found[year, gender] = round(number * scale)
    return found


def _weights(table: TablePlan, cell: Cell, moved: Mapping[str, float]) -> list[float]:
    """How likely each answer is, up to a factor."""
    name = table.key.rpartition(".")[2]
    shift = YEAR.get(cell[0], 0) + GENDER.get(cell[1], 0) + moved.get(table.key, 0)
    if "very_unsafe" in table.answers:
        unsafe = _moved(UNSAFE.get(name, 12), shift)
        shares = {
            "very_safe": 0.35 * (1 - unsafe), "safe": 0.45 * (1 - unsafe),
            "middle": 0.2 * (1 - unsafe), "unsafe": 0.7 * unsafe, "very_unsafe": 0.3 * unsafe,
            "away": 0.15, SKIPPED: 0.05,
        }  # fmt: skip
    elif "to_me" in table.answers:
        mine = _moved(TO_ME.get(table.key, 12), shift)
        shares = {
            "to_me": 0.6 * mine, "both": 0.4 * mine, "saw": 0.3, "no": max(0.05, 0.7 - mine),
            SKIPPED: 0.06,
        }  # fmt: skip
    elif table.base == ("yes", "no"):
        better = table.key in GOOD
        share = _moved(
            62 if better else 8 + sum(map(ord, table.key)) % 45, -shift if better else shift
        )
        shares = {"yes": share, "no": 1 - share, SKIPPED: 0.46}
    else:
        centre = len(table.base) * (0.55 if len(table.base) > 6 else 0.35)
        shares = {
            answer: exp(-((at - centre) ** 2) / max(2, len(table.base)))
            for at, answer in enumerate(table.answers)
        }
        is_by_row = table.items[0].rows_if is not None
        shares |= {SKIPPED: 3 * sum(shares.values()) if is_by_row else 0.07}
    return [shares[answer] for answer in table.answers]


def _moved(percent: float, by: float) -> float:
    odds = exp(log(percent / (100 - percent)) + by)
    return odds / (1 + odds)


@cache
def sample(
    template: tuple[str, str] = ("safety", "2026.3"),
    scale: float = 1.0,
    base: int = 10,
    crossed: bool = False,
) -> tuple[Release, Questionnaire]:
    """A release of one school on a shipped template, and the questionnaire it answers."""
    questionnaire = replace(load_all()[template], crossed=crossed)
    policy = TENS if base == 10 else Policy(version="sample-1", start=RoundingLevel.BASE_5)
    return release_of(questionnaire, policy, scale), questionnaire


def release_of(
    questionnaire: Questionnaire,
    policy: Policy,
    scale: float = 1.0,
    *,
    seed: int = 20261221,
    moved: Mapping[str, float] = MappingProxyType({}),
    header: Mapping[str, str | int] = MappingProxyType({}),
) -> Release:
    """`moved`: by table, log-odds by which its adverse answers are more, or less, likely."""
    random = Random(seed)
    lattice = lattice_of(questionnaire)
    people = sizes(lattice, scale)
    tables = []
    for one in plan(questionnaire):
        counts: dict[Cell, tuple[int, ...]] = {}
        for cell, size in people.items():
            age = int(cell[0][1:]) if cell[0] != UNSAID else 7
            if age >= one.from_year:
                # Apart, so that these tables leave the draws of all others as they are.
                by = Random(f"{seed} {one.key} {cell}") if one.items[0].rows_if else random
                drawn = by.choices(one.answers, weights=_weights(one, cell, moved), k=size)
                counts[cell] = tuple(drawn.count(answer) for answer in one.answers)
        table = CountTable(one.key, one.answers, one.base, one.boxes, counts, lattice)
        only_whole = HiddenReason.WHOLE_SCHOOL_ONLY if one.items[0].rows_if else None
        tables.append(protect(table, policy, only_whole=only_whole))
    took_part = CountTable(
        PARTICIPATION,
        (PARTICIPATION,),
        (PARTICIPATION,),
        (),
        {cell: (size,) for cell, size in people.items()},
        lattice,
    )
    roll = {f"roll_{year}": number for year, number in ROLL.items()}
    named = {**HEADER, "roll": sum(ROLL.values()), **roll, **header}
    return Release(named, policy, lattice, protect(took_part, policy), tuple(tables))
