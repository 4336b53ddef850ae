"""Schools to test on: drawn with a fixed seed, or written out by hand."""

from __future__ import annotations

import random

from survey.disclosure.release import PARTICIPATION
from survey.disclosure.tables import Box, Cell, CountTable, Lattice

YEARS = ("7", "8", "9", "10", "11", "12", "13")
GENDERS = ("girl", "boy", "another")
LATTICE = Lattice(YEARS, GENDERS)
RATING = ("very_safe", "safe", "neither", "unsafe", "very_unsafe")
ANSWERS = (*RATING, "skipped")
SEED = b"a fixed seed, for tests only"


def counted(
    counts: dict[Cell, tuple[int, ...]],
    answers: tuple[str, ...] = ("yes", "no", "skipped"),
    key: str = "item",
    boxes: tuple[Box, ...] = (),
    lattice: Lattice | None = None,
) -> CountTable:
    """A table whose base is everything but "skipped", over the years and genders counted."""
    base = tuple(answer for answer in answers if answer != "skipped")
    if lattice is None:
        lattice = Lattice(
            tuple(dict.fromkeys(year for year, _ in counts)),
            tuple(dict.fromkeys(gender for _, gender in counts)),
        )
    return CountTable(key, answers, base, boxes, counts, lattice)


def took_part(table: CountTable) -> CountTable:
    """The participation table of a survey of which this table was asked of everyone."""
    counts = {cell: (size,) for cell, size in table.sizes().items()}
    return CountTable(PARTICIPATION, (PARTICIPATION,), (PARTICIPATION,), (), counts, table.lattice)


def school(number: int, key: str = "B1", students: int | None = None) -> CountTable:
    """One synthetic school's answers to a rating item; about a thousand students."""
    draw = random.Random(f"{number}/{key}")
    size = random.Random(number)
    total = students or int(size.lognormvariate(6.9, 0.35))
    weights = (1, 1, 1, 1, 1, 0.55, 0.5)
    centre = draw.choice(
        [(0.35, 0.4, 0.15, 0.07, 0.03), (0.2, 0.35, 0.25, 0.13, 0.07), (0.6, 0.25, 0.1, 0.03, 0.02)]
    )
    counts = {}
    for year, weight in zip(YEARS, weights, strict=True):
        in_year = int(total * weight / sum(weights) * size.uniform(0.85, 1.15))
        for gender, part in zip(GENDERS, (0.48, 0.48, 0.04), strict=True):
            people = sum(size.random() < part for _ in range(in_year))
            tilt = {"girl": 1.2, "boy": 0.9, "another": 1.5}[gender]
            chances = [share * tilt**step for step, share in enumerate(centre)]
            chances.append(0.03 * sum(chances))
            row = [0] * len(ANSWERS)
            for answer in draw.choices(range(len(ANSWERS)), chances, k=people):
                row[answer] += 1
            counts[year, gender] = tuple(row)
    return CountTable(key, ANSWERS, RATING, (), counts, LATTICE)
