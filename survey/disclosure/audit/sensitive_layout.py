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
from survey.disclosure.audit.families import SKIPPED, Family, FamilyMember
from survey.disclosure.audit.sensitive_counts import (
    CountShape,
    group_sizes,
    target_answers,
    values_needed,
)
from survey.disclosure.tables import Cell, Group


@dataclass(frozen=True)
class SensitiveSum:
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
    target: Callable[[int], SensitiveSum]
    empty: Flags | None = None
    """Unknowns that are zero because their students were not asked: no line has them."""


def guard(targets: Sequence[SensitiveSum], unknowns: Unknowns, sizes_known: bool = True) -> Guarded:
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


def _groups(sizes: Mapping[Cell, int], bands: Sequence[str]) -> dict[Group, int]:
    """Every group, and every overlap of two, that is not empty, with its size."""
    years = tuple(dict.fromkeys((*(year for year, _ in sizes), *bands)))
    genders = tuple(dict.fromkeys(gender for _, gender in sizes))
    groups = [Group(), *(Group(year) for year in years), *(Group(None, g) for g in genders)]
    groups += [Group(year, gender) for year in years for gender in genders]
    return group_sizes(sizes, tuple(groups))


@dataclass(frozen=True)
class _Layout:
    """The targets of a table, group after group, each with all sets of answers."""

    groups: tuple[tuple[Group, int], ...]
    sets: tuple[frozenset[str], ...]
    matrix: Lines
    needed: Ints
    alike: tuple[tuple[int, ...], ...]

    def __len__(self) -> int:
        return len(self.matrix)

    def target(self, line: int) -> tuple[Group, frozenset[str]]:
        """The group and the answers of a line."""
        group, part = divmod(line, len(self.sets))
        return self.groups[group][0], self.sets[part]


@lru_cache(maxsize=64)
def _layout(
    shape: CountShape, cells: tuple[tuple[Cell, int], ...], bands: tuple[str, ...], small: int
) -> _Layout:
    groups = tuple(_groups(dict(cells), bands).items())
    sets = target_answers(shape)
    places = [cell for cell, size in cells if size]
    within = np.array(
        [[group.holds(cell) for cell in places] for group, _ in groups], dtype=np.int8
    )
    within = within.reshape(len(groups), len(places))
    inside = np.array(
        [[answer in part for answer in shape.answers] for part in sets], dtype=np.int8
    )
    matrix = within[:, None, :, None] * inside[None, :, None, :]
    matrix = matrix.reshape(len(groups) * len(sets), len(places) * len(shape.answers))
    every, seen = frozenset(shape.answers), dict[frozenset[str], int]()
    pairs: list[tuple[int, ...]] = []
    for at, part in enumerate(sets):
        known = seen.get(every - part)
        if known is None:
            seen[part] = len(pairs)
            pairs.append((at,))
        else:
            pairs[known] += (at,)
    alike = tuple(
        tuple(group * len(sets) + at for at in pair)
        for group in range(len(groups))
        for pair in pairs
    )
    needed = np.repeat([values_needed(size, small) for _, size in groups], len(sets))
    return _Layout(groups, sets, matrix, needed.astype(np.int64), alike)


def guard_family(
    family: Family,
    tables: Sequence[tuple[FamilyMember, CountShape, Mapping[Cell, int], tuple[str, ...]]],
    unknowns: Unknowns,
    small: int,
) -> Guarded:
    """Lay out the targets of all tables of a family.  ``tables``: for each its member, its shape,
    the cells that were asked it, and its bands."""
    width, cells = len(unknowns.answers), len(unknowns.places)
    columns = {column: at for at, column in enumerate(unknowns.answers)}
    places = {cell: at for at, (_, cell) in enumerate(unknowns.places)}
    found = [_layout(shape, tuple(own.items()), bands, small) for _, shape, own, bands in tables]
    starts = np.cumsum([0, *(len(one) for one in found)])
    matrix = np.zeros((int(starts[-1]), cells, width), dtype=np.int8)
    asked = np.zeros((cells, width), dtype=bool)
    alike: list[tuple[int, ...]] = []
    shared: dict[tuple[str, Group], int] = {}
    for start, one, (member, _, own, _) in zip(map(int, starts), found, tables, strict=False):
        here = np.array([places[cell] for cell, size in own.items() if size], dtype=np.int64)
        mine = np.array([columns[column] for column in family.columns_of(member)])
        asked[np.ix_(here, mine)] = True
        part = one.matrix.reshape(len(one), len(here), len(mine))
        matrix[start : start + len(one), here[:, None], mine] = part
        if not family.is_option(member):
            alike += [tuple(start + at for at in group) for group in one.alike]
            continue
        for group in one.alike:
            moved = tuple(start + at for at in group)
            known = None
            for at in group:  # "skipped" is one unknown of all options of a question
                where, answers = one.target(at)
                if answers == {SKIPPED}:
                    key = member.source.question, where
                    known = shared.setdefault(key, len(alike))
            if known is not None and known < len(alike):
                alike[known] += moved
            else:
                alike.append(moved)

    def target(line: int) -> SensitiveSum:
        at = int(np.searchsorted(starts, line, side="right")) - 1
        member, one = tables[at][0], found[at]
        group, answers = one.target(line - int(starts[at]))
        what = family.sum_of(member, group, answers)
        whole = frozenset(family.columns_of(member))
        return SensitiveSum(what, int(one.needed[line - int(starts[at])]), whole, member.key)

    needed = np.concatenate([one.needed for one in found])
    lines = matrix.reshape(len(matrix), cells * width)
    return Guarded(lines, needed, alike, target, ~asked.reshape(-1))
