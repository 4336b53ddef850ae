"""Measure what the release rules cost and what they stop: one table, on a fixed seed.

    python -m benchmarks.disclosure [--schools 30] [--authority 30] [--skip-real]

Synthetic schools follow the shape in docs/disclosure.md: about a thousand students, seven years,
three genders, rating items of five answers.  Real records: the public-use file of the WHO school
survey, Argentina 2018, from ../shared/data next to the project; it names no schools, so students
are dealt to 30 schools at random with a fixed seed.
"""

from __future__ import annotations

import argparse
import csv
import random
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from resource import RUSAGE_CHILDREN, RUSAGE_SELF, getrusage
from statistics import mean

from survey.demo.parameters import HOTSPOT, SCHOOL_SPREAD
from survey.demo.simulated_students import SchoolEffect, draw_answers, draw_student
from survey.disclosure.certify import CertifiedFamily, certify_task
from survey.disclosure.figures import HiddenReason, Status
from survey.disclosure.policy import STANDARD
from survey.disclosure.protection_levels import BY_GROUP, begin, forms
from survey.disclosure.tables import CountTable, Group, Lattice
from survey.disclosure.verify_comparison import verify_comparison
from survey.jobs.process_pool import ProcessPool
from survey.questionnaires.load import load_all
from survey.questionnaires.routing import check
from survey.releases.certified_figures import publish
from survey.releases.tabulation import Tabulation, count
from survey.reports.comparisons.build_comparison import Participant, compare
from tests.unit.disclosure.one_table import task_of
from tests.unit.disclosure.rivals import (
    blank_under_five,
    learned,
    minimum_base_ten,
    nearest_five_with_percentages,
)
from tests.unit.disclosure.schools import school

TEMPLATE = ("safety", "2026.3")
SEED = b"benchmark seed, fixed on purpose"
RECORDS = Path(__file__).parents[1].parent / "shared" / "data" / "gshs_argentina_2018.csv"


def synthetic(schools: int, items: int) -> list[CountTable]:
    return [school(n, f"item{i}") for n in range(schools) for i in range(items)]


def real(schools: int = 30) -> list[CountTable]:
    """The real records as count tables: every item of every school."""
    if not RECORDS.exists():
        print(f"(skipped: no {RECORDS.name} beside the project)")
        return []
    with RECORDS.open(encoding="utf-8") as file:
        records = list(csv.DictReader(file))
    items = [name for name in records[0] if name not in ("age", "sex")]
    draw = random.Random(2018)
    dealt = [draw.randrange(schools) for _ in records]
    years = tuple(sorted({f"age {record['age']}" for record in records}))
    genders = tuple(sorted({record["sex"] for record in records}))
    lattice = Lattice(years, genders)
    tables = []
    for item in items:
        answers = tuple(sorted({record[item] for record in records} - {""}))
        names = {answer: answer.replace(",", " ").replace("=", " ") for answer in answers}
        places = {answer: at for at, answer in enumerate(answers)}
        counts: list[dict[tuple[str, str], list[int]]] = [
            defaultdict(lambda: [0] * (len(answers) + 1))  # noqa: B023
            for _ in range(schools)
        ]
        for record, at in zip(records, dealt, strict=True):
            cell = (f"age {record['age']}", record["sex"])
            counts[at][cell][places.get(record[item], len(answers))] += 1
        base = tuple(names.values())
        for at in range(schools):
            rows = {cell: tuple(row) for cell, row in counts[at].items()}
            tables.append(CountTable(item, (*base, "skipped"), base, (), rows, lattice))
    return tables


Found = dict[str, str]
"""Lines of the table: what was measured, and what came of it."""


def measure(tables: Sequence[CountTable]) -> Found:
    """Certify every table: rounding levels, hidden share, errors and seconds."""
    ladder = forms(STANDARD, BY_GROUP)
    began = time.process_time()
    done: list[tuple[CountTable, CertifiedFamily]] = []
    for number, table in enumerate(tables):
        step = begin(ladder, SEED, f"{number}/{table.key}")
        total = sum(table.sizes().values())
        done.append((table, certify_task(task_of(table, STANDARD, total, step))))
    seconds = time.process_time() - began
    rungs = Counter(one.released[0].rung.value for _, one in done)
    certified = sum(one.certificate is not None for _, one in done)
    printed = hidden = audited_away = 0
    errors: dict[str, list[float]] = {"whole school": [], "years of 100+": [], "smaller": []}
    for table, one in done:
        for row in one.released[0].rows:
            if not sum(table.row(row.group)):
                continue
            printed += len(row.cells)
            hidden += 0 if row.shown else len(row.cells)
            audited_away += (
                0 if row.reason is HiddenReason.BASE_BELOW_MINIMUM or row.shown else len(row.cells)
            )
            base = table.count(row.group, table.base)
            for answer, figure in zip(table.answers, row.cells, strict=True):
                if figure.status is Status.SHOWN and figure.percent is not None:
                    kind = "whole school" if row.group == Group() else "smaller"
                    if row.group.year and base >= 100:
                        kind = "years of 100+"
                    truth = 100 * table.count(row.group, (answer,)) / base
                    errors[kind].append(abs(figure.percent - truth))
    found = {
        "tables certified": f"{certified} of {len(tables)}",
        **{f"  of them at {rung}": str(count) for rung, count in sorted(rungs.items())},
        "audits a table": f"{mean(one.attempts for _, one in done):.2f}",
        "alternative tables a certificate": (
            f"{mean(one.certificate.alternatives for _, one in done if one.certificate):.0f}"
        ),
        "cells hidden": f"{100 * hidden / printed:.2f} %",
        "  of them by audit or lot": f"{100 * audited_away / printed:.2f} %",
    }
    for kind, values in errors.items():
        if values:
            values.sort()
            high = values[int(0.95 * (len(values) - 1))]
            found[f"error in points, {kind}: mean, p95"] = f"{mean(values):.2f}, {high:.2f}"
    return {**found, "CPU seconds to audit and certify": f"{seconds:.1f}"}


def rivals(tables: Sequence[CountTable]) -> Found:
    """The same tables as people publish them today: true counts of 1 to 4 that a reader works out
    exactly, and tables in which there is any."""
    lines: Found = {}
    for label, rule in (
        ("blank under 5, else exact", blank_under_five),
        ("minimum base 10, else exact", minimum_base_ten),
        ("nearest 5, percentages to 0.1 from exact", nearest_five_with_percentages),
        ("nearest 5, whole percentages from exact",
         lambda table: nearest_five_with_percentages(table, 0)),
    ):  # fmt: skip
        found = [learned(table, list(rule(table))) for table in tables]
        exact, total = sum(one for one, _ in found), sum(of for _, of in found)
        leaking = sum(one > 0 for one, _ in found)
        lines[f"today: {label}"] = (
            f"{100 * exact / max(1, total):.0f} % of {total} exact; {leaking} of {len(tables)} leak"
        )
    return lines


def invented(students: int, seed: int) -> Tabulation:
    """A school that answered the whole default template, with the demo's invented students."""
    questionnaire = load_all()[TEMPLATE]
    draw = random.Random(seed)
    effect = SchoolEffect(draw.gauss(0, SCHOOL_SPREAD), {"toilets": HOTSPOT}, "lunch")
    years = draw.choices(range(7, 14), (10, 10, 10, 10, 10, 4, 4), k=students)
    return count(
        questionnaire,
        (
            check(
                questionnaire,
                None,
                draw_answers(questionnaire, draw_student(year, draw), effect, draw),
            )
            for year in years
        ),
    )


def one_school(students: int, pool: ProcessPool) -> Found:
    counted = invented(students, 1)
    began = time.perf_counter()
    release, certificate = publish(counted, {"id": "benchmark"}, bytes(32), pool.each)
    seconds = time.perf_counter() - began
    kilobytes = len(release.to_json()) // 1000, len(certificate.to_json()) // 1000
    return {
        f"one school of {students}, full template, {len(counted.tables)} tables": (
            f"{seconds:.1f} s to audit, certify and verify"
        ),
        "  its release, its certificate": f"{kilobytes[0]} kB, {kilobytes[1]} kB",
    }


def authority(schools: int, pool: ProcessPool) -> Found:
    """Every school's release and then the comparison, as an authority waits for them."""
    questionnaire = load_all()[TEMPLATE]
    began = time.perf_counter()
    participants = []
    for number in range(schools):
        counted = invented(600 + 40 * (number % 20), number)
        release, _certificate = publish(counted, {"n": number, "roll": 1000}, bytes(32), pool.each)
        participants.append(
            Participant(release, release.content_hash(), questionnaire, "secondary", None)
        )
        print(f"\r  {number + 1} of {schools} schools", end="", flush=True)
    certified = time.perf_counter()
    comparison = compare(participants, questionnaire, STANDARD, {"wave": 1})
    verify_comparison(comparison.to_json(), [one.release.to_json() for one in participants])
    done = time.perf_counter()
    print("\r", end="")
    return {
        f"authority of {schools} schools, full template": (
            f"{certified - began:.0f} s for all certified releases"
        ),
        f"  its comparison of {len(comparison.figures)} figures, checked": (
            f"{done - certified:.1f} s"
        ),
    }


def table(columns: dict[str, Found]) -> None:
    """One table, in Markdown: a line for each measure, a column for each set of schools."""
    print("\n| | " + " | ".join(columns) + " |\n|---|" + "---|" * len(columns))
    for name in dict.fromkeys(name for found in columns.values() for name in found):
        cells = " | ".join(found.get(name, "") for found in columns.values())
        print(f"| {name.replace('  ', '&nbsp;&nbsp;')} | {cells} |")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--schools", type=int, default=30)
    arguments.add_argument("--items", type=int, default=4)
    arguments.add_argument("--students", type=int, default=1200)
    arguments.add_argument("--authority", type=int, default=30)
    arguments.add_argument("--skip-real", action="store_true")
    chosen = arguments.parse_args()
    tables = synthetic(chosen.schools, chosen.items)
    columns = {"synthetic schools": measure(tables) | rivals(tables[::4])}
    if not chosen.skip_real and (records := real()):
        columns["real records"] = measure(records) | rivals(records[::10])
    with ProcessPool() as pool:
        product = one_school(chosen.students, pool)
        if chosen.authority:
            product |= authority(chosen.authority, pool)
    unit = 1 if sys.platform == "darwin" else 1024
    for whose, label in ((RUSAGE_SELF, "this process"), (RUSAGE_CHILDREN, "one of the pool")):
        product[f"memory at most, {label}"] = f"{getrusage(whose).ru_maxrss * unit // 10**6} MB"
    table(columns | {"the product, on the clock": product})


if __name__ == "__main__":
    main()
