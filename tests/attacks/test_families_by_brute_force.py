"""The ties of a family against the slow, obvious way: list every class there is.

Of a few students all responses are listed, counted as `tabulate` counts, and the tables that can
come about are compared with the whole-number tables that keep the ties: they are the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import combinations_with_replacement, product

import numpy as np
import pytest

from survey.disclosure.audit.constraints import Unknowns, lay_out
from survey.disclosure.audit.families import Family, FamilyMember
from survey.disclosure.sources import Gate, Question, Source, SourceKind

CELL = ("y7", "girl")
YES_NO = ("yes", "no", "skipped")
Counted = tuple[str, ...]
"""What one student counts as in each table of the family."""


def options(keys: str, question: str = "s") -> tuple[FamilyMember, ...]:
    return tuple(FamilyMember(f"{question}:{key}", YES_NO, Source(question, key)) for key in keys)


def ticked(keys: str, alone: str, most: int | None) -> Iterator[frozenset[str]]:
    """Every way to answer a tick-all question."""
    for chosen in product((False, True), repeat=len(keys)):
        ticks = frozenset(key for key, has in zip(keys, chosen, strict=True) if has)
        if ticks & set(alone) and len(ticks) > 1:
            continue
        if most is None or len(ticks) <= most:
            yield ticks


def as_options(ticks: frozenset[str], keys: str) -> Counted:
    return tuple("skipped" if not ticks else "yes" if key in ticks else "no" for key in keys)


def several(keys: str, alone: str = "", most: int | None = None) -> tuple[Family, list[Counted]]:
    question = Question("s", SourceKind.SEVERAL, ("y7",), tuple(alone), most)
    family = Family(options(keys), {"s": question})
    return family, [as_options(ticks, keys) for ticks in ticked(keys, alone, most)]


def any_option(keys: str, alone: str, yes: str, left: str) -> tuple[Family, list[Counted]]:
    no = "".join(key for key in keys if key not in yes + left)
    question = Question("s", SourceKind.SEVERAL, ("y7",), tuple(alone))
    over = FamilyMember("@x", YES_NO, Source("s", None, tuple(yes), tuple(no)))
    found = []
    for ticks in ticked(keys, alone, None):
        said = "yes" if ticks & set(yes) else "no" if ticks & set(no) else "skipped"
        found.append((*as_options(ticks, keys), said))
    return Family((*options(keys), over), {"s": question}), found


ROW = ("me", "saw", "no", "skipped")


def any_row(gated: bool) -> tuple[Family, list[Counted]]:
    """Two rows; an indicator over them; and perhaps a question for who was harmed or saw it."""
    rows = tuple(FamilyMember(f"f.{key}", ROW, Source("f", key)) for key in "ab")
    over = FamilyMember("@x", YES_NO, Source("f", None, ("me",), ("saw", "no")))
    questions: dict[str, Question] = {"f": Question("f", SourceKind.GRID, ("y7",))}
    members = (*rows, over)
    if gated:
        gate = Gate("f", ("me", "saw"))
        questions["s"] = Question("s", SourceKind.SEVERAL, ("y7",), gate=gate)
        members += options("p", "s")
    found = []
    for given in product(ROW, repeat=2):
        said = "yes" if "me" in given else "no" if {"saw", "no"} & set(given) else "skipped"
        came = {"me", "saw"} & set(given)
        last: list[Counted] = [()]
        if gated:
            last = [("skipped",), ("yes",)] if came else [("skipped",)]
        found += [(*given, said, *more) for more in last]
    return Family(members, questions), found


def waits(kind: SourceKind) -> tuple[Family, list[Counted]]:
    """A tick-all question that waits for another question."""
    gate = Gate("g", ("a", "b"))
    waiting = Question("s", SourceKind.SEVERAL, ("y7",), gate=gate)
    if kind is SourceKind.ONE:
        first: tuple[FamilyMember, ...] = (
            FamilyMember("g", ("a", "b", "c", "skipped"), Source("g")),
        )
        given = [((answer,), answer in "ab") for answer in ("a", "b", "c", "skipped")]
    else:
        first = options("abc", "g")
        given = [(as_options(t, "abc"), bool(t & set("ab"))) for t in ticked("abc", "", None)]
    questions = {"g": Question("g", kind, ("y7",)), "s": waiting}
    found = []
    for said, through in given:
        for ticks in ticked("pq", "", None):
            if through or not ticks:
                found.append((*said, *as_options(ticks, "pq")))
    return Family((*first, *options("pq", "s")), questions), found


def waits_by_row(is_tied: bool) -> tuple[Family, list[Counted]]:
    """A grid each of whose rows waits for the same row of another; perhaps an indicator over it."""
    given_row, waiting_row = ("unsafe", "safe", "skipped"), ("lunch", "break", "skipped")
    keys = "ab" if is_tied else "a"
    rows = tuple(FamilyMember(f"g.{key}", given_row, Source("g", key)) for key in keys)
    waiting = tuple(FamilyMember(f"w.{key}", waiting_row, Source("w", key)) for key in keys)
    over = (
        (FamilyMember("@x", YES_NO, Source("g", None, ("unsafe",), ("safe",))),) if is_tied else ()
    )
    gate = Gate("g", ("unsafe",), by_row=True)
    questions = {
        "g": Question("g", SourceKind.GRID, ("y7",)),
        "w": Question("w", SourceKind.GRID, ("y7",), gate=gate),
    }
    found = []
    for given in product(given_row, repeat=len(keys)):
        said = "yes" if "unsafe" in given else "no" if "safe" in given else "skipped"
        for times in product(waiting_row, repeat=len(keys)):
            if all(t == "skipped" or g == "unsafe" for g, t in zip(given, times, strict=True)):
                found.append((*given, *times, *((said,) if is_tied else ())))
    return Family((*rows, *waiting, *over), questions), found


SHAPES: Mapping[str, tuple[Callable[[], tuple[Family, list[Counted]]], int]] = {
    "options": (lambda: several("abc"), 3),
    "options, one alone": (lambda: several("abn", "n"), 3),
    "options, two alone": (lambda: several("abnm", "nm"), 2),
    "options, two ticks at most": (lambda: several("abc", "", 2), 3),
    "options, one tick and one alone": (lambda: several("abn", "n", 1), 3),
    "any of options": (lambda: any_option("abc", "", "a", ""), 3),
    "any of two options": (lambda: any_option("abc", "", "ab", ""), 3),
    "any of options, some alone": (lambda: any_option("tfnz", "nz", "t", "z"), 3),
    "any of rows": (lambda: any_row(False), 3),
    "any of rows, and a gate": (lambda: any_row(True), 2),
    "a gate of one question": (lambda: waits(SourceKind.ONE), 2),
    "a gate of options": (lambda: waits(SourceKind.SEVERAL), 2),
    "a gate by row": (lambda: waits_by_row(False), 3),
    "a gate by row, and any of rows": (lambda: waits_by_row(True), 2),
}


def counted(family: Family, students: tuple[Counted, ...]) -> tuple[int, ...]:
    places = {column: at for at, column in enumerate(family.columns)}
    table = [0] * len(places)
    for student in students:
        given = {
            places[family.column(member, answer)]
            for member, answer in zip(family.members, student, strict=True)
        }
        for at in given:
            table[at] += 1
    return tuple(table)


def splits(people: int, ways: int) -> Iterator[tuple[int, ...]]:
    if ways == 1:
        yield (people,)
        return
    for first in range(people + 1):
        for rest in splits(people - first, ways - 1):
            yield (first, *rest)


def tables_that_keep_the_ties(family: Family, people: int) -> set[tuple[int, ...]]:
    unknowns = Unknowns(family.columns, {"": {CELL: people}})
    rows = lay_out(family.sizes_and_ties({CELL: people}), unknowns)
    places = {column: at for at, column in enumerate(family.columns)}
    found = set()
    each = [list(splits(people, len(member.answers))) for member in family.members]
    for chosen in product(*each):
        table = [-1] * len(places)
        fits = True
        for member, counts in zip(family.members, chosen, strict=True):
            for column, count in zip(family.columns_of(member), counts, strict=True):
                at = places[column]
                fits = fits and table[at] in (-1, count)
                table[at] = count
        if fits and rows.hold(np.array(table, dtype=np.int64)):
            found.add(tuple(table))
    return found


@pytest.mark.parametrize("name", SHAPES)
def test_tables_that_keep_the_ties_are_those_of_a_class(name: str) -> None:
    shape, most = SHAPES[name]
    family, responses = shape()
    for people in range(1, most + 1):
        real = {
            counted(family, students)
            for students in combinations_with_replacement(responses, people)
        }
        assert tables_that_keep_the_ties(family, people) == real
