"""Steps between the tables of a family, for walks to others with the same figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from survey.disclosure.audit.families import NO, SKIPPED, YES, Family, FamilyMember
from survey.disclosure.sources import SourceKind

Moves = npt.NDArray[np.int8]
"""Steps between tables: one line a step, one column an unknown of a cell."""


@dataclass(frozen=True)
class WalkPart:
    """Unknowns of a cell, by place, and the steps between tables that change only these.

    ``is_tied``: whether other parts tell what it can be, as the rows of a grid tell "any" of
    them."""

    columns: tuple[int, ...]
    moves: tuple[Moves, ...]
    is_tied: bool = False


def moves_of(family: Family) -> tuple[Moves, ...]:
    """Steps of a walk between neighbouring tables of a cell, by table.  In a separate table one
    student changes an answer; a student who skips a tick-all question skips all its options."""
    places = {column: at for at, column in enumerate(family.columns)}
    found: list[Moves] = []
    skips: dict[str, list[FamilyMember]] = {}
    over = {one.source.question: one for one in family.members if one.source.is_any}
    for member in family.members:
        columns = [places[column] for column in family.columns_of(member)]
        question = family.questions[member.source.question]
        pairs = [(a, b) for a in columns for b in columns if a != b]
        if question.kind is SourceKind.SEVERAL and member.source.part is not None:
            skips.setdefault(question.key, []).append(member)
            out = places[family.column(member, SKIPPED)]
            pairs = [(a, b) for a, b in pairs if out not in (a, b)]
        steps = [[(a, -1), (b, 1)] for a, b in pairs]
        if member.source.question in over and not member.source.is_any:
            steps += _along(family, member, over[member.source.question], places)
        found.append(_steps(steps, len(places)))
    for parts in skips.values():
        out = places[family.column(parts[0], SKIPPED)]
        no = [places[family.column(part, NO)] for part in parts]
        yes = [places[family.column(part, YES)] for part in parts]
        leaving = [[(out, 1), *((at, -1) for at in no)]]
        leaving += [
            [(out, 1), *((yes[k] if k == at else no[k], -1) for k in range(len(parts)))]
            for at in range(len(parts))
        ]
        back = [[(at, -change) for at, change in step] for step in leaving]
        found.append(_steps([*leaving, *back], len(places)))
    for member in over.values():
        found.append(_together(family, member, places))
    for member in family.members:
        row = _row_before(family, member)
        if row is not None:
            found.append(_leaving(family, member, row, places))
    return tuple(one for one in found if len(one))


def parts_of(family: Family) -> tuple[WalkPart, ...]:
    """Tables that can be searched while the others are held, and the options of a question
    together, as are a row and what waits for it; each with the steps that change nothing
    else."""
    places = {column: at for at, column in enumerate(family.columns)}
    owned: dict[str, dict[int, None]] = {}
    for member in family.members:
        row = _row_before(family, member)
        name = f"{member.source.question}:" if family.is_option(member) else member.key
        name = name if row is None else row.key
        columns = dict.fromkeys(places[column] for column in family.columns_of(member))
        owned.setdefault(name, {}).update(columns)
    found = []
    tied = {one.key for one in family.members if one.source.is_any}
    for name, columns in owned.items():
        others = [at for at in places.values() if at not in columns]
        moves = [one[~one[:, others].any(axis=1)][:, list(columns)] for one in moves_of(family)]
        moves = [one for one in moves if len(one)]
        found.append(WalkPart(tuple(columns), tuple(moves), name in tied))
    return tuple(found)


def _row_before(family: Family, member: FamilyMember) -> FamilyMember | None:
    """The row that a row waits for, of a gate by row."""
    gate = family.questions[member.source.question].gate
    if gate is None or not gate.by_row:
        return None
    mine = (gate.question, member.source.part)
    return next(one for one in family.members if (one.source.question, one.source.part) == mine)


def _leaving(
    family: Family, member: FamilyMember, row: FamilyMember, places: Mapping[str, int]
) -> Moves:
    """Steps in which a student gives another answer to a row, and so leaves out what waits for
    the one that was given."""
    gate = family.questions[member.source.question].gate
    assert gate is not None
    steps = [
        [
            (places[family.column(row, before)], -1),
            (places[family.column(row, after)], 1),
            (places[family.column(member, given)], -1),
            (places[family.column(member, SKIPPED)], 1),
        ]
        for before in gate.answers
        for after in row.answers
        if after not in gate.answers
        for given in member.answers
        if given != SKIPPED
    ]
    back = [[(at, -change) for at, change in step] for step in steps]
    return _steps([*steps, *back], len(places))


def _together(family: Family, over: FamilyMember, places: Mapping[str, int]) -> Moves:
    """Steps in which a student leaves all rows of a grid, or gives one answer to all."""
    question = family.questions[over.source.question]
    if question.kind is SourceKind.SEVERAL:
        return np.zeros((0, len(places)), dtype=np.int8)
    rows = [one for one in family.members if one.source.question == question.key and one != over]
    sides = [(answer, YES) for answer in over.source.yes]
    sides += [(answer, NO) for answer in over.source.no]
    leaving = [
        [(places[family.column(row, at)], change) for row, at, change in [
            *((row, answer, -1) for row in rows),
            *((row, SKIPPED, 1) for row in rows),
            (over, side, -1),
            (over, SKIPPED, 1),
        ]]
        for answer, side in sides
    ]  # fmt: skip
    back = [[(at, -change) for at, change in step] for step in leaving]
    return _steps([*leaving, *back], len(places))


def _along(
    family: Family, member: FamilyMember, over: FamilyMember, places: Mapping[str, int]
) -> list[list[tuple[int, int]]]:
    """Steps in which a student's answer to "any of" changes with the answer to a part."""
    found = []
    if family.questions[member.source.question].kind is SourceKind.SEVERAL:
        side = YES if member.source.part in over.source.yes else NO
        pairs = [(NO, YES, other, side) for other in (YES, NO, SKIPPED) if other != side]
        pairs += [(YES, NO, side, other) for other in (YES, NO, SKIPPED) if other != side]
    else:
        sides = {
            answer: YES
            if answer in over.source.yes
            else NO
            if answer in over.source.no
            else SKIPPED
            for answer in member.answers
        }
        pairs = [(a, b, sides[a], sides[b]) for a in sides for b in sides]
    for a, b, before, after in pairs:
        if before != after:
            mine = [(places[family.column(member, a)], -1), (places[family.column(member, b)], 1)]
            theirs = [(places[family.column(over, before)], -1),
                      (places[family.column(over, after)], 1)]  # fmt: skip
            found.append([*mine, *theirs])
    return found


def _steps(steps: Sequence[Sequence[tuple[int, int]]], width: int) -> Moves:
    found = np.zeros((len(steps), width), dtype=np.int8)
    for line, step in enumerate(steps):
        for at, change in step:
            found[line, at] += change
    return found
