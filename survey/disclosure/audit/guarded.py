"""The sensitive counts of a problem, laid out over its unknowns.

Most tables of a survey have few shapes, so the layout of a shape is kept and used for each table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from survey.disclosure.audit.alternative_pool import Lines
from survey.disclosure.audit.attacker_knowledge import Sum
from survey.disclosure.audit.constraints import Flags, Ints, Unknowns
from survey.disclosure.audit.families import SKIPPED, Family, Member
from survey.disclosure.audit.sensitive_counts import (
    Shape,
    group_sizes,
    target_answers,
    values_needed,
)
from survey.disclosure.tables import Cell, Group


@dataclass(frozen=True)
class Target:
    """A sum to guard, and how many of its values must stay possible if it could be small.

    ``whole``: the unknowns of its table, where they add up to a known size (None: all there are);
    ``table``: the key of that table.
    """

    what: Sum
    needed: int
    whole: frozenset[str] | None = None
    table: str = ""


@dataclass(frozen=True)
class Guarded:
    """All targets of a problem.  ``matrix``: the unknowns of each, as lines of zeros and ones;
    ``alike``: the targets, by line, in sets of which one is judged for all; ``target``: the target
    of a line."""

    matrix: Lines
    needed: Ints
    alike: Sequence[tuple[int, ...]]
    target: Callable[[int], Target]
    empty: Flags | None = None
    """Unknowns that are zero because their students were not asked: no line has them."""


def guard(targets: Sequence[Target], unknowns: Unknowns, sizes_known: bool = True) -> Guarded:
    """Lay out targets one by one.

    Where a group's size is known, a count and its complement keep equally many values, so each
    pair is judged once."""
    matrix = np.zeros((len(targets), unknowns.count), dtype=np.int8)
    every = frozenset(unknowns.answers)
    seen: dict[Sum, int] = {}
    alike: list[tuple[int, ...]] = []
    for at, target in enumerate(targets):
        matrix[at, unknowns.indices(target.what)] = 1
        whole = every if target.whole is None else target.whole
        mirror = replace(target.what, answers=whole - target.what.answers)
        known = seen.get(mirror, seen.get(target.what)) if sizes_known else None
        if known is not None:
            alike[known] += (at,)
        else:
            seen[target.what] = len(alike)
            alike.append((at,))
    needed = np.array([target.needed for target in targets], dtype=np.int64)
    return Guarded(matrix, needed, alike, targets.__getitem__)


def sums_of(
    shape: Shape, sizes: Mapping[Cell, int], bands: Sequence[str], small: int
) -> tuple[Target, ...]:
    """The sensitive counts of one table, in a fixed order."""
    years = tuple(dict.fromkeys((*(year for year, _ in sizes), *bands)))
    genders = tuple(dict.fromkeys(gender for _, gender in sizes))
    groups = [Group(), *(Group(year) for year in years), *(Group(None, g) for g in genders)]
    groups += [Group(year, gender) for year in years for gender in genders]
    return tuple(
        Target(Sum(group, answers), values_needed(size, small))
        for group, size in group_sizes(sizes, tuple(groups)).items()
        for answers in target_answers(shape)
    )


@lru_cache(maxsize=64)
def _layout(
    shape: Shape, cells: tuple[tuple[Cell, int], ...], bands: tuple[str, ...], small: int
) -> tuple[tuple[Target, ...], Guarded]:
    targets = sums_of(shape, dict(cells), bands, small)
    return targets, guard(targets, Unknowns(shape.answers, {"": dict(cells)}))


def guard_family(
    family: Family,
    tables: Sequence[tuple[Member, Shape, Mapping[Cell, int], tuple[str, ...]]],
    unknowns: Unknowns,
    small: int,
) -> Guarded:
    """Lay out the targets of all tables of a family.  ``tables``: for each its member, its shape,
    the cells that were asked it, and its bands."""
    width, cells = len(unknowns.answers), len(unknowns.places)
    columns = {column: at for at, column in enumerate(unknowns.answers)}
    places = {cell: at for at, (_, cell) in enumerate(unknowns.places)}
    found = [_layout(shape, tuple(own.items()), bands, small) for _, shape, own, bands in tables]
    starts = np.cumsum([0, *(len(targets) for targets, _ in found)])
    matrix = np.zeros((int(starts[-1]), cells, width), dtype=np.int8)
    asked = np.zeros((cells, width), dtype=bool)
    alike: list[tuple[int, ...]] = []
    shared: dict[tuple[str, Group], int] = {}
    for start, (targets, one), (member, _, own, _) in zip(starts, found, tables, strict=False):
        here = np.array([places[cell] for cell, size in own.items() if size], dtype=np.int64)
        mine = np.array([columns[column] for column in family.columns_of(member)])
        own_lines = np.arange(start, start + len(targets))
        asked[np.ix_(here, mine)] = True
        part = one.matrix.reshape(len(targets), len(here), len(mine))
        matrix[np.ix_(own_lines, here, mine)] = part
        for group in one.alike:
            moved = tuple(int(start) + at for at in group)
            known = None
            if family.is_option(member):  # "skipped" is one unknown of all options of a question
                for at in group:
                    if targets[at].what.answers == {SKIPPED}:
                        key = member.source.question, targets[at].what.group
                        known = shared.setdefault(key, len(alike))
            if known is not None and known < len(alike):
                alike[known] += moved
            else:
                alike.append(moved)

    def target(line: int) -> Target:
        at = int(np.searchsorted(starts, line, side="right")) - 1
        member = tables[at][0]
        one = found[at][0][line - int(starts[at])]
        what = family.sum_of(member, one.what.group, one.what.answers)
        return Target(what, one.needed, frozenset(family.columns_of(member)), member.key)

    needed = np.concatenate([one.needed for _, one in found])
    lines = matrix.reshape(len(matrix), cells * width)
    return Guarded(lines, needed, alike, target, ~asked.reshape(-1))
