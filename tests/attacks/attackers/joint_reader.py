"""A reader who puts a whole report together: an attacker that shares no code with the engine.

Reads the release as JSON and the questionnaire, which is public; knows the exact size of every
group by year and gender. Tables that the same answers go into are put in one linear system: the
options of a question, its indicators, its gates. Reports each count that could be under five and
is narrowed to fewer than five values. Linear programs by HiGHS; nothing of `survey.disclosure`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil, floor
from typing import Any

import highspy
import numpy as np
from scipy.sparse import csr_matrix

Cell = tuple[str, str]
Line = dict[int, float]
"""Weights of the unknowns; the constant is under -1."""
SMALL = 5
STEP = {"base5": 5, "base10": 10, "base20": 20}


@dataclass(frozen=True)
class Narrowed:
    """A count that is worked out too well: between `low` and `high`."""

    table: str
    group: str
    answers: str
    low: int
    high: int


@dataclass
class System:
    """One linear system over the tables that share answers."""

    width: int = 0
    upper: list[float] = field(default_factory=list)
    rows: list[tuple[Line, float, float]] = field(default_factory=list)
    counts: dict[str, dict[str, dict[Cell, Line]]] = field(default_factory=dict)
    tables: list[Any] = field(default_factory=list)

    def unknown(self, most: float) -> Line:
        self.upper.append(most)
        self.width += 1
        return {self.width - 1: 1.0}

    def between(self, line: Line, low: float, high: float) -> None:
        self.rows.append((line, low, high))


def add(*parts: tuple[float, Line]) -> Line:
    found: Line = defaultdict(float)
    for weight, line in parts:
        for at, value in line.items():
            found[at] += weight * value
    return dict(found)


def attack(
    release: Mapping[str, Any],
    questionnaire: Any,
    sizes: Mapping[Cell, int],
    least: int = SMALL,
    more: Sequence[str] = (),
) -> list[Narrowed]:
    """Every count that is narrowed too far, over all families of the release. `more`: groups to
    look at as well as years, genders and their overlaps."""
    items = {item.key: item for item in questionnaire.items}
    found = []
    for family in _families(release, questionnaire, items):
        system = _system(family, release, questionnaire, items, sizes)
        found.extend(_narrowed(system, release, sizes, least, more))
    return found


def _item_of(key: str) -> str:
    return key.partition(".")[0].partition(":")[0]


def _families(release: Any, questionnaire: Any, items: Any) -> list[list[Any]]:
    """Tables joined by the question they are of, by indicators and by gates."""
    indicators = {f"@{one.key}": one for one in questionnaire.indicators}
    owner = {key: key for key in items}

    def root(key: str) -> str:
        while owner[key] != key:
            key = owner[key]
        return key

    for item in items.values():
        if item.show_if:
            owner[root(item.key)] = root(item.show_if.item)
    for one in indicators.values():
        for other in one.items[1:]:
            owner[root(other)] = root(one.items[0])
    families: dict[str, list[Any]] = {}
    for table in release["tables"]:
        key = table["key"]
        of = indicators[key].items[0] if key in indicators else _item_of(key)
        waits_for = items[of].rows_if
        if waits_for and not _tied(root(waits_for.item), indicators, items, release, root):
            of = f"{waits_for.item}.{key.partition('.')[2]}"
        elif waits_for:
            of = root(waits_for.item)
        elif items[root(of)].kind == "grid" and not _tied(
            root(of), indicators, items, release, root
        ):
            of = key
        else:
            of = root(of)
        families.setdefault(of, []).append(table)
    return list(families.values())


def _tied(of: str, indicators: Any, items: Any, release: Any, root: Any) -> bool:
    printed = {table["key"] for table in release["tables"]}
    return any(root(one.items[0]) == of and key in printed for key, one in indicators.items()) or (
        sum(root(key) == of for key in items) > 1
    )


def _asked(sizes: Mapping[Cell, int], release: Any) -> Any:
    """The groups that an item is asked of."""
    young = next((year for year in release["lattice"]["years"]), "")

    def age(year: str) -> int:
        return int(year[1:]) if year[1:].isdigit() else 7

    def asked(item: Any) -> dict[Cell, int]:
        return {
            cell: n for cell, n in sizes.items() if n and age(cell[0] or young) >= item.from_year
        }

    return asked


def _system(
    family: list[Any], release: Any, questionnaire: Any, items: Any, sizes: Mapping[Cell, int]
) -> System:
    system = System(tables=family)
    made: dict[str, Any] = {}
    indicators = {f"@{one.key}": one for one in questionnaire.indicators}
    asked = _asked(sizes, release)
    shared: dict[str, dict[Cell, Line]] = {}
    for table in family:
        key = table["key"]
        if key in indicators:
            continue
        item = items[_item_of(key)]
        cells = asked(item)
        lines: dict[str, dict[Cell, Line]] = {answer: {} for answer in table["answers"]}
        if item.kind == "several":
            skipped = shared.setdefault(
                item.key, {cell: system.unknown(n) for cell, n in cells.items()}
            )
            for cell, n in cells.items():
                yes = system.unknown(n)
                lines["yes"][cell], lines["skipped"][cell] = yes, skipped[cell]
                lines["no"][cell] = add((1, {-1: n}), (-1, yes), (-1, skipped[cell]))
                system.between(lines["no"][cell], 0, n)
        else:
            for cell, n in cells.items():
                for answer in table["answers"]:
                    lines[answer][cell] = system.unknown(n)
                system.between(add(*((1, lines[a][cell]) for a in table["answers"])), n, n)
        made[key] = system.counts[key] = lines
    for key, several in shared.items():
        _tie_several(system, items[key], made, several, sizes)
    for table in family:
        if table["key"] in indicators:
            _indicator(system, table, indicators[table["key"]], items, made, asked)
    for item in items.values():
        if item.show_if:
            _gate(system, item, items[item.show_if.item], made, asked)
        if item.rows_if:
            _gate_by_row(system, item, made, asked)
    for table in family:
        _printed(system, table, release, sizes, asked, items, indicators)
    return system


def _tie_several(system: System, item: Any, made: Any, skipped: Any, sizes: Any) -> None:
    options = {
        o.key: made[f"{item.key}:{o.key}"]["yes"] for o in item.options
        if f"{item.key}:{o.key}" in made
    }  # fmt: skip
    alone = [o.key for o in item.options if o.stands_alone and o.key in options]
    for cell, none in skipped.items():
        n = sizes[cell]
        if len(options) == len(item.base):
            total = add((1, none), *((1, yes[cell]) for yes in options.values()))
            system.between(total, n, np.inf)  # who answered ticked something
        lone = [(1.0, options[key][cell]) for key in alone]
        others = [(1.0, yes[cell]) for key, yes in options.items() if key not in alone]
        for one in others:
            system.between(add((1, none), *lone, one), 0, n)
        system.between(add((1, none), *lone), 0, n)
        if item.most:
            all_ticks = add(*others, (item.most, none), *((item.most * w, x) for w, x in lone))
            system.between(all_ticks, -np.inf, item.most * n)


def _indicator(system: System, table: Any, one: Any, items: Any, made: Any, asked: Any) -> None:
    """Yes: anything of `yes`; no: anything else of the base; skipped: the rest."""
    key = table["key"]
    lines: dict[str, dict[Cell, Line]] = {answer: {} for answer in ("yes", "no", "skipped")}
    item = items[one.items[0]]
    left = set(item.base) - set(one.yes) - set(one.leave_out)
    for cell, n in asked(item).items():
        for answer in lines:
            lines[answer][cell] = system.unknown(n)
        yes, no, out = (lines[answer][cell] for answer in ("yes", "no", "skipped"))
        system.between(add((1, yes), (1, no), (1, out)), n, n)
        parts = [made[k] for k in made if _item_of(k) == item.key]
        if item.kind in ("one", "scale"):
            for mine, of in ((yes, set(one.yes)), (no, left)):
                system.between(add((1, mine), *((-1, parts[0][a][cell]) for a in of)), 0, 0)
        elif item.kind == "grid":
            happened = [add(*((1, part[a][cell]) for a in one.yes)) for part in parts]
            rest = [add(*((1, part[a][cell]) for a in left)) for part in parts]
            for y, b in zip(happened, rest, strict=True):
                system.between(add((1, yes), (-1, y)), 0, n)
                system.between(add((1, yes), (1, no), (-1, y), (-1, b)), 0, n)
            system.between(add((1, yes), *((-1, y) for y in happened)), -np.inf, 0)
            system.between(add((1, no), *((-1, b) for b in rest)), -np.inf, 0)
        else:
            ticked = {
                k.partition(":")[2]: made[k]["yes"][cell] for k in made if _item_of(k) == item.key
            }
            alone = {o.key for o in item.options if o.stands_alone}
            for option in one.yes:
                system.between(add((1, yes), (-1, ticked[option])), 0, n)
            system.between(add((1, yes), *((-1, ticked[o]) for o in one.yes)), -np.inf, 0)
            system.between(add((1, no), *((-1, ticked[o]) for o in left)), -np.inf, 0)
            if alone:
                lone = [(-1.0, ticked[o]) for o in alone & left]
                system.between(add((1, no), *lone), 0, n)
                skipped = next(iter(parts))["skipped"][cell]
                gone = [(-1.0, ticked[o]) for o in alone & set(one.leave_out)]
                system.between(add((1, out), (-1, skipped), *gone), 0, 0)
    made[key] = system.counts[key] = lines


def _gate(system: System, item: Any, gate: Any, made: Any, asked: Any) -> None:
    mine = [k for k in made if _item_of(k) == item.key]
    theirs = [k for k in made if _item_of(k) == gate.key]
    if not mine or not theirs:
        return
    for cell, n in asked(item).items():
        through = []
        for key in theirs:
            if gate.kind == "several":
                if key.partition(":")[2] in item.show_if.options:
                    through.append((1.0, made[key]["yes"][cell]))
            else:
                through += [
                    (1.0, made[key][a][cell]) for a in item.show_if.options if a in made[key]
                ]
                if set(item.show_if.options) - set(made[key]):
                    through.append((1.0, made[key]["skipped"][cell]))
        for key in mine:
            system.between(add((1, made[key]["skipped"][cell]), *through), n, np.inf)
        for key, lines in made.items():
            if (
                key.startswith("@")
                and gate.kind == "grid"
                and "yes" in lines
                and cell in lines["yes"]
            ):
                either = add((1, lines["yes"][cell]), (1, lines["no"][cell]))
                for k in mine:
                    system.between(add((1, made[k]["skipped"][cell]), (1, either)), n, np.inf)


def _gate_by_row(system: System, item: Any, made: Any, asked: Any) -> None:
    """No one answered a row without one of the answers that lead to it."""
    for row in item.rows:
        mine, theirs = made.get(f"{item.key}.{row.key}"), made.get(f"{item.rows_if.item}.{row.key}")
        if not mine or not theirs:
            continue
        for cell, n in asked(item).items():
            through = [(1.0, theirs[answer][cell]) for answer in item.rows_if.options]
            system.between(add((1, mine["skipped"][cell]), *through), n, np.inf)


def _inside(cell: Cell, group: str) -> bool:
    for part in [] if group == "all" else group.split(","):
        name, _, value = part.partition("=")
        if cell[0 if name == "year" else 1] not in value.split("+"):
            return False
    return True


def _count(system: System, key: str, answers: Any, group: str) -> Line:
    return add(
        *(
            (1, line)
            for answer in answers
            for cell, line in system.counts[key][answer].items()
            if _inside(cell, group)
        )
    )


def _printed(
    system: System, table: Any, release: Any, sizes: Any, asked: Any, items: Any, indicators: Any
) -> None:
    key, base = table["key"], set(table["base"])
    policy = release["policy"]
    item = items[indicators[key].items[0] if key in indicators else _item_of(key)]
    for row in table["rows"]:
        group = row["group"]
        size = sum(n for cell, n in asked(item).items() if _inside(cell, group))
        step = STEP.get(row["rung"], 20)
        limit = max(policy["small"], step // 2)
        answered = _count(system, key, base, group)
        if not row["shown"]:
            if row["reason"] == "base_below_minimum" and size >= policy["minimum_base"] + limit - 1:
                system.between(answered, 0, policy["minimum_base"] - 1)
            continue
        system.between(answered, policy["minimum_base"], np.inf)
        figures = [
            (row["cells"][a], {a}, base if a in base else None) for a in table["answers"]
        ] + [(row["boxes"][b["key"]], set(b["answers"]), set(b["of"])) for b in table["boxes"]]
        for figure, part, of in figures:
            if part == base:
                continue
            _figure(system, key, group, figure, part, of, step, limit)


def _figure(
    system: System, key: str, group: str, figure: Any, part: Any, of: Any, step: int, limit: int
) -> None:
    if of is None:
        step, limit = max(10, step), max(10, limit)
    what = _count(system, key, part, group)
    rest = None if of is None else _count(system, key, of - part, group)
    if figure["status"] == "all_but_fewer":
        system.between(rest or {}, 0, limit - 1)
        return
    if figure["status"] == "fewer_than":
        system.between(what, 0, limit - 1)
    elif figure["status"] == "shown":
        low = max(limit, figure["count"] - step // 2)
        system.between(what, low, figure["count"] + (step - 1) // 2)
    if figure["status"] in ("shown", "fewer_than") and rest is not None:
        system.between(rest, limit, np.inf)


def _narrowed(
    system: System, release: Any, sizes: Mapping[Cell, int], least: int, more: Sequence[str]
) -> list[Narrowed]:
    targets = _targets(system, sizes, more)
    weights = _sparse([line for *_name, line, _n in targets], system.width)
    constants = np.array([line.get(-1, 0.0) for *_name, line, _n in targets])
    solve = _solver(system)
    low, high = np.full(len(targets), np.inf), np.full(len(targets), -np.inf)

    def look(x: Any) -> None:
        values = weights @ x + constants
        np.minimum(low, values, out=low)
        np.maximum(high, values, out=high)

    draw = np.random.default_rng(5)
    needed = np.array([min(least, n + 1) for *_name, n in targets])
    for _ in range(12):
        look(solve(weights.T @ draw.standard_normal(len(targets))))
    found = []
    for at, (key, group, answers, _line, _n) in enumerate(targets):
        if floor(high[at] + 1e-6) - ceil(low[at] - 1e-6) + 1 >= needed[at]:
            continue
        for sign in (1, -1):
            look(solve(sign * weights[[at]].toarray()[0]))
        lowest, highest = ceil(low[at] - 1e-6), floor(high[at] + 1e-6)
        if lowest < SMALL and highest - lowest + 1 < needed[at]:
            found.append(Narrowed(key, group, "+".join(sorted(answers)), lowest, highest))
    return found


def _targets(system: System, sizes: Mapping[Cell, int], more: Sequence[str]) -> list[Any]:
    found = []
    for table in system.tables:
        key, every, base = table["key"], set(table["answers"]), table["base"]
        cells = next(iter(system.counts[key].values()))
        parts = {frozenset({a}) for a in every} | {frozenset(base[:2]), frozenset(base[-2:])}
        parts |= {frozenset(box["answers"]) for box in table["boxes"]}
        parts |= {frozenset(every - part) for part in parts} | {frozenset(base)}
        parts |= {frozenset(set(base) - part) for part in parts if part < set(base)}
        years, genders = {c[0] for c in cells}, {c[1] for c in cells}
        groups = ["all", *(f"year={y}" for y in years), *(f"gender={g}" for g in genders)]
        bands = [row["group"] for row in table["rows"] if "+" in row["group"]]
        groups += [f"year={y},gender={g}" for y, g in cells]
        groups += [*bands, *(f"{b},gender={g}" for b in bands if "," not in b for g in genders)]
        for group in (*groups, *more):
            size = sum(sizes[cell] for cell in cells if _inside(cell, group))
            if not size:
                continue
            for part in parts:
                if part and part != every:
                    found.append((key, group, part, _count(system, key, part, group), size))
    return found


def _sparse(lines: Sequence[Line], width: int) -> Any:
    """The weights of each line, a row for each."""
    filled = [
        (row, column, weight)
        for row, line in enumerate(lines)
        for column, weight in line.items()
        if column >= 0
    ]
    rows, columns, weights = zip(*filled, strict=True)
    return csr_matrix((weights, (rows, columns)), shape=(len(lines), width))


def _solver(system: System) -> Callable[[Any], Any]:
    """Finds a solution where a weighted sum is least. Each search continues from the solution
    before, so the next takes a few steps only."""
    shifts = np.array([line.get(-1, 0.0) for line, _low, _high in system.rows])
    matrix = _sparse([line for line, _low, _high in system.rows], system.width)
    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = system.width, len(system.rows)
    model.col_cost_ = np.zeros(system.width)
    model.col_lower_, model.col_upper_ = np.zeros(system.width), np.array(system.upper)
    model.row_lower_ = np.array([low for _line, low, _high in system.rows]) - shifts
    model.row_upper_ = np.array([high for _line, _low, high in system.rows]) - shifts
    model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    model.a_matrix_.start_, model.a_matrix_.index_ = matrix.indptr, matrix.indices
    model.a_matrix_.value_ = matrix.data
    solver = highspy.Highs()
    for option, value in (("output_flag", False), ("threads", 1)):  # as many as the engine's
        solver.setOptionValue(option, value)
    assert solver.passModel(model) == highspy.HighsStatus.kOk
    columns = np.arange(system.width, dtype=np.int32)

    def solve(aim: Any) -> Any:
        assert solver.changeColsCost(len(columns), columns, aim) == highspy.HighsStatus.kOk
        assert solver.run() == highspy.HighsStatus.kOk
        status = solver.getModelStatus()
        assert status == highspy.HighsModelStatus.kOptimal, solver.modelStatusToString(status)
        return np.array(solver.getSolution().col_value)

    return solve
