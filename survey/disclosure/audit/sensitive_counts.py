"""Targets: the sensitive counts, which no reader may work out (rule R6).

For every group of the breakdown and every pairwise intersection of groups, printed or hidden:
every single answer, its complement, the top two and bottom two, and every box.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from survey.disclosure.tables import Box, Cell, Group


@dataclass(frozen=True)
class CountShape:
    """What a table asks: its answers, base and boxes.  Exact and released tables share it."""

    answers: tuple[str, ...]
    base: tuple[str, ...]
    boxes: tuple[Box, ...]


def target_answers(shape: CountShape) -> tuple[frozenset[str], ...]:
    """The sets of answers to guard, each once, in a stated order."""
    every, base = frozenset(shape.answers), frozenset(shape.base)
    parts = [frozenset((answer,)) for answer in shape.answers]
    parts += [frozenset(shape.base[:2]), frozenset(shape.base[-2:])]
    parts += [frozenset(box.answers) for box in shape.boxes]
    found: dict[frozenset[str], None] = {}
    for part in parts:
        found[part] = None
        found[every - part] = None
        if part < base:
            found[base - part] = None
    for box in shape.boxes:
        of = frozenset(box.of or shape.base)
        found[of - frozenset(box.answers)] = None
        found[of] = None
    found[base] = None
    return tuple(answers for answers in found if answers and answers != every)


def values_needed(size: int, small: int) -> int:
    """How many values of a small count must stay possible in a group of known size.

    Five; but a group of three cannot have five different counts, so every count must stay possible.
    """
    return min(small, size + 1)


def group_sizes(sizes: Mapping[Cell, int], groups: tuple[Group, ...]) -> dict[Group, int]:
    """The known size of each group that is not empty."""
    found = {group: sum(n for cell, n in sizes.items() if group.holds(cell)) for group in groups}
    return {group: size for group, size in found.items() if size}
