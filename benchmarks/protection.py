"""What a school of each size sees of itself: years apart, as before, and year bands.

    python -m benchmarks.protection [--schools 6] [--records FILE]
    python -m benchmarks.protection --most

Real records: the public-use file of the WHO school survey, Argentina 2018 (ages 11 to 18 as year
groups, two sexes, every item), from ../shared/data next to the project. It names no school, so
students are drawn for each school at random with a fixed seed. Synthetic: the default template
with the demo's invented students, every eighth table. Of a roll, 88 % answer, at random.
"""

from __future__ import annotations

import argparse
import csv
import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path

from benchmarks.disclosure import RECORDS, SEED, TEMPLATE
from survey.demo.parameters import HOTSPOT, SCHOOL_SPREAD
from survey.demo.simulated_students import SchoolEffect, draw_answers, draw_student
from survey.disclosure import certify
from survey.disclosure.figures import ReleasedTable, Status
from survey.disclosure.policy import STANDARD, Policy
from survey.disclosure.protection_levels import (
    BY_GROUP,
    WHOLE_ONLY,
    ProtectionLevel,
    begin,
    forms,
    ladder_for,
)
from survey.disclosure.tables import JOIN, CountTable, Group, Lattice
from survey.questionnaires import year_bands
from survey.questionnaires.load import load_all
from survey.questionnaires.routing import check
from survey.questionnaires.year_bands import YearBands
from survey.releases.tabulation import count
from survey.releases.tabulation_plan import join_years
from tests.unit.disclosure.one_table import task_of

SIZES = ((30, 100), (100, 250), (250, 1200))
ANSWERED = 0.88
EVERY = 8
"""Of how many tables of the default template one is measured."""

Ladder = Callable[[int, Policy], tuple[ProtectionLevel, ...]]
Tables = list[CountTable]


def old_ladder(respondents: int, policy: Policy) -> tuple[ProtectionLevel, ...]:
    """One ladder for every size."""
    return forms(policy, BY_GROUP if respondents >= policy.whole_school_under else WHOLE_ONLY)


@contextmanager
def climbing(ladder: Ladder) -> Iterator[None]:
    usual = certify.ladder_for
    certify.ladder_for = ladder  # type: ignore[assignment]
    try:
        yield
    finally:
        certify.ladder_for = usual


@dataclass
class Seen:
    """What was measured over the schools of a size."""

    tables: int = 0
    certified: int = 0
    cells: int = 0
    hidden: int = 0
    students: int = 0
    see_year: int = 0
    see_only_band: int = 0
    see_whole_only: int = 0
    seconds: float = 0.0

    def __post_init__(self) -> None:
        self.errors: dict[bool, list[float]] = {True: [], False: []}  # whole school, groups

    def line(self) -> str:
        whole, groups = (sorted(self.errors[kind]) or [0.0] for kind in (True, False))
        return (
            f"{self.certified:>4} of {self.tables:<4}"
            f" {100 * self.hidden / self.cells:>7.1f} %"
            f" {p95(whole):>9.1f} {p95(groups):>7.1f}"
            f" {100 * self.see_year / self.students:>8.0f} %"
            f" {100 * self.see_only_band / self.students:>8.0f} %"
            f" {100 * self.see_whole_only / self.students:>8.0f} %"
            f" {self.seconds:>8.1f}"
        )


def p95(ordered: Sequence[float]) -> float:
    return ordered[int(0.95 * (len(ordered) - 1))]


def measure(schools: Sequence[Tables], ladder: Ladder) -> Seen:
    """A student sees their year where a row of it, or of its band, is shown. In a school too small
    for two bands the row of the whole school is that of the only band: it is counted by itself, and
    among those of which only the whole school is shown."""
    seen = Seen()
    began = time.process_time()
    with climbing(ladder):
        for at, tables in enumerate(schools):
            for table in tables:
                total = sum(table.sizes().values())
                step = begin(ladder(total, STANDARD), SEED, f"{at}/{table.key}")
                made = certify.certify_task(task_of(table, STANDARD, total, step))
                seen.tables += 1
                seen.certified += made.certificate is not None
                look(seen, table, made.released[0])
                seen.see_only_band += _in_only_band(table, made.released[0])
    seen.seconds = time.process_time() - began
    return seen


def _in_only_band(table: CountTable, released: ReleasedTable) -> int:
    """How many students are in a school whose roll allows one band, whose row is shown."""
    years = {year for (year, _gender), size in table.sizes().items() if size}
    has_row = any(year in years for year in table.lattice.years if year not in table.lattice.silent)
    has_band = any(JOIN in year for year in table.lattice.years)
    is_shown = any(row.shown for row in released.rows if row.group == Group())
    return sum(table.sizes().values()) if not has_row and not has_band and is_shown else 0


def look(seen: Seen, table: CountTable, released: ReleasedTable) -> None:
    shown = [row for row in released.rows if row.shown]
    for row in released.rows:
        if sum(table.row(row.group)):
            seen.cells += len(row.cells)
            seen.hidden += 0 if row.shown else len(row.cells)
    for cell, size in table.sizes().items():
        rows = [row.group for row in shown if row.group.holds(cell)]
        seen.students += size
        seen.see_year += size * any(group.year and not group.gender for group in rows)
        seen.see_whole_only += size * (rows == [Group()])
    for row in shown:
        base = table.count(row.group, table.base)
        figures = zip(table.answers, row.cells, strict=True)
        figures_and_boxes = [((answer,), figure) for answer, figure in figures]
        figures_and_boxes += [
            (box.answers, printed.figure)
            for box, printed in zip(table.boxes, row.boxes, strict=True)
            if box.of is None
        ]
        for answers, figure in figures_and_boxes:
            if figure.status is Status.SHOWN and figure.percent is not None:
                truth = 100 * table.count(row.group, answers) / base
                seen.errors[row.group == Group()].append(abs(figure.percent - truth))


def joined(tables: Tables, bands: YearBands) -> Tables:
    """The same counts with a row for each band."""
    if not tables:
        return []
    before = tables[0].lattice
    years, silent = join_years(before.years, bands)
    lattice = Lattice(years, before.genders, before.crossed, (*before.silent, *silent))
    return [replace(table, lattice=lattice) for table in tables]


def real(file: Path, roll: int, draw: random.Random) -> tuple[Tables, dict[str, int]]:
    records = draw.sample(_records(file), roll)
    years = {str(age): sum(int(one["age"]) == age for one in records) for age in range(11, 19)}
    answered = [one for one in records if draw.random() < ANSWERED]
    lattice = Lattice(tuple(f"y{age}" for age in range(11, 19)), ("Female", "Male"))
    tables = []
    for item in [name for name in records[0] if name not in ("age", "sex")]:
        answers = tuple(sorted({one[item] for one in _records(file)} - {""}))
        names = tuple(answer.replace(",", " ").replace("=", " ") for answer in answers)
        counts: dict[tuple[str, str], list[int]] = {}
        for one in answered:
            row = counts.setdefault((f"y{one['age']}", one["sex"]), [0] * (len(answers) + 1))
            row[answers.index(one[item]) if one[item] else -1] += 1
        rows = {cell: tuple(row) for cell, row in counts.items()}
        tables.append(CountTable(item, (*names, "skipped"), names, (), rows, lattice))
    return tables, years


@cache
def _records(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def invented(roll: int, draw: random.Random) -> tuple[Tables, dict[str, int]]:
    questionnaire = load_all()[TEMPLATE]
    effect = SchoolEffect(draw.gauss(0, SCHOOL_SPREAD), {"toilets": HOTSPOT}, "lunch")
    years = draw.choices(range(7, 14), (10, 10, 10, 10, 10, 4, 4), k=roll)
    answers = (
        check(
            questionnaire, None, draw_answers(questionnaire, draw_student(year, draw), effect, draw)
        )
        for year in years
        if draw.random() < ANSWERED
    )
    tables = count(questionnaire, answers).tables[::EVERY]
    return list(tables), {str(year): years.count(year) for year in range(7, 14)}


def most(file: Path, least: int, under: int, row: int, schools: int = 1500) -> tuple[float, float]:
    """Of students of schools of 30 to 100 on roll, the share who could see their year or band, and
    their only band, if the audit hid nothing: bands of `least` on roll, rows by group from `under`
    answers on, each of `row` answers or more. No choice made before anyone answers does better."""
    draw, before = random.Random(1), year_bands.LEAST
    see = only = everyone = 0
    year_bands.LEAST = least
    try:
        for _ in range(schools):
            years = [
                int(one["age"]) for one in draw.sample(_records(file), draw.randint(*SIZES[0]))
            ]
            bands = YearBands.of({str(year): years.count(year) for year in years}).bands
            answered = [year for year in years if draw.random() < ANSWERED]
            everyone += len(answered)
            if len(answered) < under:
                continue
            held = [sum(year in band for year in answered) for band in bands]
            if len(bands) == 1:
                only += len(answered)
            else:
                see += sum(number for number in held if number >= row)
    finally:
        year_bands.LEAST = before
    return see / everyone, only / everyone


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--schools", type=int, default=6, help="schools of each size")
    parser.add_argument("--only-real", action="store_true", help="leave out invented schools")
    parser.add_argument("--records", type=Path, default=RECORDS, help="of the real survey")
    parser.add_argument(
        "--most", action="store_true", help="only what the rules allow in schools of 30 to 100"
    )
    chosen = parser.parse_args()
    if chosen.most:
        print("band of  rows from  row of   see year  only band")
        for rule in (
            (28, 50, 24),
            (26, 50, 24),
            (24, 50, 24),
            (24, 40, 24),
            (24, 40, 20),
            (20, 30, 14),
        ):
            year, only = most(chosen.records, *rule)
            print("{:7} {:10} {:7}".format(*rule), f"{year:10.0%} {only:10.0%}", flush=True)
        return
    print(
        f"{'':44}certified    hidden  p95: whole  groups  see year  only band whole only    CPU s",
    )
    sources = {"synthetic": invented, "real": partial(real, chosen.records)}
    if chosen.only_real:
        del sources["synthetic"]
    for source, make in sources.items():
        if source == "real" and not chosen.records.exists():
            print(f"(skipped: no {chosen.records})")
            continue
        for low, high in SIZES:
            draw = random.Random(f"{source} {low}")
            schools = [make(draw.randint(low, high), draw) for _ in range(chosen.schools)]
            apart = [tables for tables, _roll in schools]
            bands = [joined(tables, YearBands.of(roll)) for tables, roll in schools]
            enough = [
                tables
                for tables in bands
                if sum(tables[0].sizes().values()) >= STANDARD.whole_school_under
            ]
            for label, found, ladder in (
                ("years apart", apart, old_ladder),
                ("year bands", bands, ladder_for),
                *((("bands, 50 answers or more", enough, ladder_for),) if low < 50 else ()),
            ):
                name = f"{source}, {low} to {high:,} on roll, {label}"
                print(f"{name:44}{measure(found, ladder).line()}", flush=True)


if __name__ == "__main__":
    main()
