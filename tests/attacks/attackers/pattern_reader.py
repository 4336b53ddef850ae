"""A reader who thinks of students instead of ties: another attacker that shares no code with the
engine, nor with `joint_reader`.

A student's answers to the questions of a family are one *pattern*: what was ticked, what each row
was given, what was not shown. The reader lists every pattern that the questionnaire allows, and
looks for numbers of students by group and pattern that give exactly the printed figures. Nothing is
said of how tables are tied: whatever follows from the patterns follows. Reads the release as JSON
and the questionnaire as the document that it is; knows the exact size of every group.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import combinations, product
from math import ceil, floor
from typing import Any

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csr_matrix, hstack, identity, kron, vstack

SMALL, RANDOM_SEARCHES, MOST_PATTERNS = 5, 80, 6000
STEPS = {"base5": 5, "base10": 10, "base20": 20}
Cell = tuple[str, str]
Given = dict[str, Any]
"""By question, what a student gave: a set of options, or the answers of rows."""


@dataclass(frozen=True)
class Narrowed:
    table: str
    group: str
    answers: str
    low: int
    high: int


class TooManyPatternsError(ValueError):
    """A family of more answers than can be listed: leave out rows or options first."""


def attack(
    release: Mapping[str, Any], asked: Mapping[str, Any], sizes: Mapping[Cell, int]
) -> list[Narrowed]:
    """Every count that could be under five and is narrowed to fewer than five numbers."""
    items = {item["key"]: item for section in asked["sections"] for item in section["items"]}
    indicators = {f"@{one['key']}": one for one in asked["indicators"]}
    found = []
    for keys in _families(release, items):
        tables = [t for t in release["tables"] if _question(t, indicators) in keys]
        if any(row["shown"] for table in tables for row in table["rows"]):
            found += _Family([items[key] for key in keys], tables, indicators, sizes).narrowed()
    return found


def _question(table: Any, indicators: Any) -> str:
    key = table["key"]
    return str(
        indicators[key]["items"][0] if key in indicators else key.split(".")[0].split(":")[0]
    )


def _families(release: Any, items: Any) -> list[list[str]]:
    """Questions that wait for each other."""
    there = {question["key"] for question in release["questions"]}
    found: list[list[str]] = []
    for key, item in items.items():
        gate = item["show_if"] or item["rows_if"]
        if key in there:
            home = next((one for one in found if gate and gate["item"] in one), None)
            found.append([key]) if home is None else home.append(key)
    return found


def _patterns(items: Sequence[Any]) -> list[Given]:
    found: list[Given] = [{}]
    for item in items:
        found = [{**one, item["key"]: way} for one in found for way in _ways(item, one)]
        if len(found) > MOST_PATTERNS:
            raise TooManyPatternsError(f"{item['key']}: too many patterns")
    return found


def _ways(item: Any, before: Given) -> Iterator[Any]:
    """What a student can give to a question after the others."""
    options = {one["key"]: one["role"] for one in item["options"]}
    gate, row_gate = item["show_if"], item["rows_if"]
    if item["kind"] == "grid":
        earlier = before[row_gate["item"]] if row_gate else {}
        rows = [row["key"] for row in item["rows"]]
        choices = [
            [None, *options] if not row_gate or earlier.get(row) in row_gate["options"] else [None]
            for row in rows
        ]
        for given in product(*choices):
            yield dict(zip(rows, given, strict=True))
        return
    yield frozenset()
    if gate and not _all_given(before[gate["item"]]) & set(gate["options"]):
        return
    free = [one for one, role in options.items() if role not in ("none", "prefer_not")]
    yield from (frozenset({one}) for one, role in options.items() if one not in free)
    most = (item["most"] or len(free)) if item["kind"] == "several" else 1
    for number in range(1, most + 1):
        yield from map(frozenset, combinations(free, number))


def _all_given(given: Any) -> set[str]:
    return set(given.values()) - {None} if isinstance(given, dict) else set(given)


class _Family:
    def __init__(
        self, items: Sequence[Any], tables: list[Any], indicators: Any, sizes: Mapping[Cell, int]
    ) -> None:
        self.items = {item["key"]: item for item in items}
        self.tables, self.indicators = tables, indicators
        self.sizes = {cell: n for cell, n in sizes.items() if n}
        self.patterns = _patterns(items)
        asked = min(item["from_year"] for item in items)
        assert all(item["from_year"] == asked for item in items)
        self.cells = [cell for cell in self.sizes if _age(cell[0]) >= asked]
        self.rows: list[Any] = []
        self.bounds: list[tuple[float, float]] = []
        self._says = {table["key"]: self._answers(table) for table in tables}

    def _answers(self, table: Any) -> list[str]:
        """By pattern, the answer that it counts as in a table."""
        key, of = table["key"], _question(table, self.indicators)
        item = self.items[of]
        base = {one["key"] for one in item["options"] if one["role"] in ("answer", "none")}
        found = []
        for pattern in self.patterns:
            given = pattern[of]
            if key in self.indicators:
                one = self.indicators[key]
                said, yes = _all_given(given), set(one["yes"])
                no = base - yes - set(one["leave_out"])
                found.append("yes" if said & yes else "no" if said & no else "skipped")
            elif item["kind"] == "several":
                option = key.partition(":")[2]
                found.append("yes" if option in given else "no" if given & base else "skipped")
            else:
                said = given.get(key.partition(".")[2]) if isinstance(given, dict) else None
                said = said if isinstance(given, dict) else next(iter(given), None)
                found.append(said if said in table["answers"] else "skipped")
        return found

    def _line(self, key: str, answers: Any, group: str) -> Any:
        """A count, as weights of the unknowns: cell after cell, pattern after pattern."""
        inside = np.array([_inside(cell, group) for cell in self.cells], dtype=float)
        counted = np.array([one in answers for one in self._says[key]], dtype=float)
        return kron(csr_matrix(inside), csr_matrix(counted), format="csr")

    def _note(self, line: Any, low: float, high: float) -> None:
        self.rows.append(line)
        self.bounds.append((low, high))

    def _read(self) -> None:
        for at in range(len(self.cells)):
            only = np.zeros(len(self.cells))
            only[at] = 1
            every = np.ones(len(self.patterns))
            line = kron(csr_matrix(only), csr_matrix(every), format="csr")
            self._note(line, self.sizes[self.cells[at]], self.sizes[self.cells[at]])
        for table in self.tables:
            for row in table["rows"]:
                self._read_row(table, row)

    def _read_row(self, table: Any, row: Any) -> None:
        line = partial(self._line, table["key"], group=row["group"])
        base, step = set(table["base"]), STEPS.get(row["rung"], 20)
        limit, size = max(SMALL, step // 2), self._size(row["group"])
        if not row["shown"]:
            if row["reason"] == "base_below_minimum" and size >= 20 + limit - 1:
                self._note(line(base), 0, 19)
            return
        self._note(line(base), 20, np.inf)
        printed = [(row["cells"][one], {one}, base) for one in table["answers"]]
        printed += [
            (row["boxes"][b["key"]], set(b["answers"]), set(b["of"])) for b in table["boxes"]
        ]
        for figure, part, of in printed:
            outside = not part <= of
            step_here, limit_here = (max(10, step), max(10, limit)) if outside else (step, limit)
            if figure["status"] == "all_but_fewer":
                self._note(line(of - part), 0, limit - 1)
            elif figure["status"] == "fewer_than":
                self._note(line(part), 0, limit_here - 1)
            elif figure["status"] == "shown" and part != of:
                low = max(limit_here, figure["count"] - step_here // 2)
                self._note(line(part), low, figure["count"] + (step_here - 1) // 2)
            if figure["status"] in ("shown", "fewer_than") and not outside and part != of:
                self._note(line(of - part), limit, np.inf)

    def _size(self, group: str) -> int:
        return sum(self.sizes[cell] for cell in self.cells if _inside(cell, group))

    def narrowed(self) -> list[Narrowed]:
        self._read()
        names, lines = self._targets()
        weights = vstack(lines, format="csr")
        solve = self._solver()
        low, high = np.full(len(names), np.inf), np.full(len(names), -np.inf)

        def look(aim: Any) -> None:
            values = weights @ solve(aim)
            np.minimum(low, values, out=low)
            np.maximum(high, values, out=high)

        draw = np.random.default_rng(3)
        for _ in range(RANDOM_SEARCHES):
            look(weights.T @ (draw.standard_normal(len(names)) * (draw.random(len(names)) < 0.1)))
        found = []
        for at, (key, group, part) in enumerate(names):
            needed = min(SMALL, self._size(group) + 1)
            if floor(high[at] + 1e-6) - ceil(low[at] - 1e-6) + 1 >= needed:
                continue
            for sign in (1, -1):
                look(sign * weights[[at]].toarray()[0])
            least, most = ceil(low[at] - 1e-6), floor(high[at] + 1e-6)
            if least < SMALL and most - least + 1 < needed:
                found.append(Narrowed(key, group, "+".join(sorted(part)), least, most))
        return found

    def _solver(self) -> Any:
        """Finds numbers of students where a weighted sum is least."""
        matrix = vstack(self.rows, format="csr")
        low, high = (np.array(side) for side in zip(*self.bounds, strict=True))
        equal = hstack([matrix, -identity(len(low))], format="csr")
        bounds = [(0, None)] * matrix.shape[1] + list(zip(low, high, strict=True))

        def solve(aim: Any) -> Any:
            whole = np.concatenate([aim, np.zeros(len(low))])
            found = linprog(
                whole, A_eq=equal, b_eq=np.zeros(len(low)), bounds=bounds, method="highs"
            )
            assert found.status == 0, found.message
            return found.x[: matrix.shape[1]]

        return solve

    def _targets(self) -> tuple[list[tuple[str, str, frozenset[str]]], list[Any]]:
        years = dict.fromkeys(cell[0] for cell in self.cells)
        genders = dict.fromkeys(cell[1] for cell in self.cells)
        groups = ["all", *(f"year={y}" for y in years), *(f"gender={g}" for g in genders)]
        groups += [f"year={y},gender={g}" for y, g in self.cells]
        names, lines = [], []
        for table in self.tables:
            groups_here = [*groups, *(r["group"] for r in table["rows"] if "+" in r["group"])]
            base, every = frozenset(table["base"]), frozenset(table["answers"])
            parts = {frozenset({one}) for one in every} | {base, frozenset(table["base"][:2])}
            parts |= {frozenset(table["base"][-2:])}
            parts |= {frozenset(box["answers"]) for box in table["boxes"]}
            parts |= {every - part for part in parts} | {base - part for part in parts}
            for group, part in product(dict.fromkeys(groups_here), parts - {every, frozenset()}):
                if self._size(group):
                    names.append((table["key"], group, part))
                    lines.append(self._line(table["key"], part, group))
        return names, lines


def _age(year: str) -> int:
    return int(year[1:]) if year[1:].isdigit() else 7


def _inside(cell: Cell, group: str) -> bool:
    for part in () if group == "all" else group.split(","):
        name, _, value = part.partition("=")
        if cell[0 if name == "year" else 1] not in value.split("+"):
            return False
    return True
