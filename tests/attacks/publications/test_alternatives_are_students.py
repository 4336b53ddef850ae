"""Each alternative of a certificate is students: someone could have answered so, question by
question, and the report would have been the same.

A certificate holds counts. Here they become students again: for each cell, whole numbers of
patterns of answers are found that add up to the counts of all tables of a family, the
questionnaire's own routing accepts each student, and what they answered is counted afresh. Then
every printed figure, read by the rules of `docs/release-format.md`, must be true of them.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from scipy.optimize import Bounds, LinearConstraint, milp

from survey.disclosure.certify import certify
from survey.disclosure.policy import STANDARD
from survey.questionnaires.check_answers import Answers
from survey.questionnaires.document import to_document
from survey.questionnaires.load import load_all
from survey.questionnaires.model import Questionnaire
from survey.questionnaires.routing import check
from survey.questionnaires.year_bands import YearBands
from survey.releases.tabulation import Tabulation, count
from tests.attacks.attackers import pattern_reader as reader
from tests.unit.reports.schools import with_sections
from tests.unit.reports.students import make_students

SEED = b"a fixed seed, for attacks only.."
BANDS = YearBands(((7, 8), (9,), (10, 11)))
Cell = tuple[list[str], list[str]]


class Family:
    """One entry of a certificate, with the patterns of its questions."""

    def __init__(self, release: Any, entry: Any, asked: Any) -> None:
        self.tables = {t["key"]: t for t in release["tables"] if t["key"] in entry["tables"]}
        self.questions = {one["key"]: one for one in release["questions"]}
        self.entry = entry
        items = {one["key"]: one for section in asked["sections"] for one in section["items"]}
        self.keys = list(dict.fromkeys(t["made_of"]["question"] for t in self.tables.values()))
        parts = {t["made_of"]["part"] for t in self.tables.values()}
        self.items = [
            {
                **items[key],
                "rows": [row for row in items[key]["rows"] if row["key"] in parts],
                "options": items[key]["options"] or self._numbers(key),
            }
            for key in self.keys
        ]
        self.patterns = reader._patterns(self.items)
        says = reader._Family.__new__(reader._Family)
        says.items, says.patterns = {one["key"]: one for one in self.items}, self.patterns
        says.indicators = {f"@{one['key']}": one for one in asked["indicators"]}
        self.says = {key: says._answers(table) for key, table in self.tables.items()}

    def _numbers(self, key: str) -> list[Any]:
        """The answers of a scale, whose kind fixes them."""
        base = self.tables[key]["base"] if key in self.tables else []
        return [{"key": answer, "role": "answer"} for answer in base]

    def question(self, table: Any) -> Any:
        return self.questions[table["made_of"]["question"]]

    def is_option(self, table: Any) -> bool:
        return self.question(table)["kind"] == "several" and table["made_of"]["part"] is not None

    def cells(self, at: int) -> Iterator[tuple[Cell, int, dict[str, dict[str, int]]]]:
        """Cell by cell, its size and the counts of each table in one alternative."""
        digits = 2 if max(size for _name, size in self.entry["cells"]) < 256 else 4
        for (name, size), line in zip(self.entry["cells"], self.entry["counts"], strict=True):
            year, gender = (part.partition("=")[2].split("+") for part in name.split(","))
            told = iter(int(one[at * digits : (at + 1) * digits], 16) for one in line)
            found: dict[str, dict[str, int]] = {}
            skipped: dict[str, int] = {}
            for key, table in self.tables.items():
                of = self.question(table)
                if set(year).isdisjoint(of["years"]):
                    continue
                if self.is_option(table):
                    if of["key"] not in skipped:
                        skipped[of["key"]] = next(told)
                    said = {"skipped": skipped[of["key"]], "yes": next(told)}
                    found[key] = {**said, "no": size - sum(said.values())}
                else:
                    said = {answer: next(told) for answer in table["answers"][:-1]}
                    found[key] = {**said, table["answers"][-1]: size - sum(said.values())}
            yield (year, gender), size, found

    def people(self, at: int) -> Iterator[tuple[Cell, dict[str, Any]]]:
        """Each student of an alternative: a cell and a pattern. Raises if there are no such."""
        for cell, size, counts in self.cells(at):
            lines = [
                ([float(said == answer) for said in self.says[key]], number)
                for key, numbers in counts.items()
                for answer, number in numbers.items()
            ]
            weights, wanted = (np.array(one) for one in zip(*lines, strict=True))
            asked = {self.tables[key]["made_of"]["question"] for key in counts}
            most = [
                float(size) * all(key in asked or not reader._all_given(one[key]) for key in one)
                for one in self.patterns
            ]
            found = milp(
                np.zeros(len(self.patterns)),
                constraints=LinearConstraint(weights, wanted, wanted),
                integrality=np.ones(len(self.patterns)),
                bounds=Bounds(0, np.array(most)),
            )
            assert found.x is not None, (list(self.tables), cell, counts)
            for pattern, number in zip(self.patterns, np.rint(found.x).astype(int), strict=True):
                yield from [(cell, pattern)] * number

    def students(self, at: int, asked: Questionnaire) -> list[Answers]:
        return [check(asked, None, _raw(cell, pattern)) for cell, pattern in self.people(at)]


def _raw(cell: Cell, pattern: dict[str, Any]) -> dict[str, Any]:
    """Where years or genders are joined they did not say, so that they have no row either."""
    given: dict[str, Any] = {
        key: values[0]
        for key, values in zip(("A1", "A2"), cell, strict=True)
        if "unsaid" not in values
    }
    for key, said in pattern.items():
        if isinstance(said, dict):
            given |= {f"{key}.{row}": answer for row, answer in said.items() if answer is not None}
        elif said:
            given[key] = sorted(said)
    return given


def _untrue(release: Any, table: Any, counted: Tabulation) -> list[Any]:
    """The printed figures of a table that are not true of these students."""
    found = []
    by_cell = next(one.counts for one in counted.tables if one.key == table["key"])
    for row in (one for one in table["rows"] if one["shown"]):
        total = dict.fromkeys(table["answers"], 0)
        for cell, line in by_cell.items():
            if reader._inside(cell, row["group"]):
                for answer, number in zip(table["answers"], line, strict=True):
                    total[answer] += number
        for answers, low, high in _facts(table, row):
            if not low <= sum(total[answer] for answer in answers) <= high:
                found.append((row["group"], sorted(answers), low, high, total))
    return found


def _facts(table: Any, row: Any) -> Iterator[tuple[frozenset[str], int, float]]:
    step, base = reader.STEPS[row["rung"]], frozenset(table["base"])
    limit = max(5, step // 2)
    yield base, 20, np.inf
    printed = [(row["cells"][one], frozenset((one,)), base) for one in table["answers"]]
    for box in table["boxes"]:
        part, of = frozenset(box["answers"]), frozenset(box["of"])
        printed.append((row["boxes"][box["key"]], part, of))
    for figure, part, of in printed:
        inside = part <= of
        here, small = (step, limit) if inside else (max(10, step), max(10, limit))
        if part == of or figure["status"] in ("implied", "hidden"):
            continue
        if figure["status"] == "all_but_fewer":
            yield of - part, 0, limit - 1
            continue
        if figure["status"] == "fewer_than":
            yield part, 0, small - 1
        else:
            yield part, max(small, figure["count"] - here // 2), figure["count"] + (here - 1) // 2
        if inside:
            yield of - part, limit, np.inf


LONG = [("safety", letters, n) for n in (36, 60, 100) for letters in ("ABC", "AGHJ", "AKLM")]


@pytest.mark.parametrize(
    ("template", "letters", "students", "most"),
    [("safety", "AD", 52, 1), *(pytest.param(*one, 2, marks=pytest.mark.slow) for one in LONG)],
)
def test_alternatives_are_students_with_the_same_report(
    template: str, letters: str, students: int, most: int
) -> None:
    """So many alternatives of each family."""
    asked = with_sections(load_all()[template, "2026.3"], *letters)
    years = ("y7", "y8", "y9", "y10", "y11", None)
    counted = count(asked, make_students(asked, students, students, years), BANDS, SEED)
    made = certify(
        counted.tables, counted.participation, STANDARD, {}, SEED, questions=counted.questions
    )
    release, certificate = (json.loads(one.to_json()) for one in made)
    draw, tried, left_out = random.Random(3), 0, 0
    for entry in certificate["families"]:
        if not entry["cells"]:
            continue
        try:
            family = Family(release, entry, to_document(asked))
        except reader.TooManyPatternsError:
            left_out += 1
            continue
        for at in draw.sample(range(entry["alternatives"]), min(most, entry["alternatives"])):
            again = count(asked, family.students(at, asked), BANDS)
            for table in family.tables.values():
                assert _untrue(release, table, again) == [], table["key"]
            tried += 1
    assert tried >= 2 * most + 1
    assert tried > left_out
