"""Reads the records of the WHO Global School-based Student Health Survey, Argentina 2018.

The file is public-use data: one line a student, no school. Ages 12 to 17 stand for Years 8 to 13;
schools are dealt out at random with a fixed seed (`deal`), so no school of the replay is real.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

Raw = dict[str, str | list[str]]

YEAR_OF_AGE: Mapping[int, int] = {age: age - 4 for age in range(12, 18)}
AGES = range(11, 19)
"""Every age that the file may have; records without a year group are left out and counted."""

_TIMES = {
    "0": "t0",
    "1": "t1",
    "2": "t2",
    "4": "t4",
    "6": "t6",
    "8": "t8",
    "10": "t10",
    "12": "t12",
}
_OFTEN = {"Never": "never", "Rarely": "rarely", "Sometimes": "sometimes",
          "Most of the time": "most", "Always": "always"}  # fmt: skip
_YES_NO = {"Yes": "yes", "No": "no"}

FIELDS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "sex": ("A2", {"Female": "girl", "Male": "boy"}),
    "bullied_at_school": ("W1.at_school", _YES_NO),
    "bullied_outside_school": ("W1.outside_school", _YES_NO),
    "cyberbullied": ("W1.online", _YES_NO),
    "physically_attacked": ("V1", _TIMES),
    "physical_fighting": ("V2", _TIMES),
    "felt_lonely": ("O4", _OFTEN),
    "close_friends": ("O6", {"0": "f0", "1": "f1", "2": "f2", "3 or more": "f3"}),
    "missed_school_without_permission": (
        "C2", {"0": "d0", "1": "d1", "3": "d3", "6": "d6", "10": "d10"},
    ),
    "other_students_kind": ("N2", _OFTEN),
    "parents_understand": ("N3", _OFTEN),
}  # fmt: skip
"""Column to field of the questionnaire, and each value to an option."""


class MissingColumnError(ValueError):
    """The file lacks columns; nothing was written."""


@dataclass(frozen=True)
class Record:
    """One student: the line of the file, the year group, and the answers by field name."""

    line: int
    year: int
    raw: Raw


@dataclass(frozen=True)
class BadRow:
    line: int
    why: str


@dataclass(frozen=True)
class ReadRecords:
    records: tuple[Record, ...]
    other_ages: int
    bad: tuple[BadRow, ...]


def read_records(path: Path) -> ReadRecords:
    """All usable records of the file. A bad row is named and left out; a missing column, or no
    file, stops everything with `MissingColumnError` or `OSError`."""
    records: list[Record] = []
    bad: list[BadRow] = []
    other_ages = 0
    with path.open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        missing = {"age", *FIELDS} - set(reader.fieldnames or ())
        if missing:
            raise MissingColumnError(f"{path.name} has no column {', '.join(sorted(missing))}")
        for line, row in enumerate(reader, start=2):
            try:
                age = _age(row["age"])
                raw = _answers(row)
            except ValueError as error:
                bad.append(BadRow(line, str(error)))
                continue
            if age in YEAR_OF_AGE:
                year = YEAR_OF_AGE[age]
                records.append(Record(line, year, {"A1": f"y{year}", **raw}))
            else:
                other_ages += 1
    return ReadRecords(tuple(records), other_ages, tuple(bad))


def _age(value: str | None) -> int:
    if value is None or not value.isdecimal() or int(value) not in AGES:
        raise ValueError(f"age is {value!r}, expected {AGES[0]} to {AGES[-1]}")
    return int(value)


def _answers(row: Mapping[str, str | None]) -> Raw:
    if None in row:
        raise ValueError("has more cells than the heading")
    raw: Raw = {}
    for column, (field, options) in FIELDS.items():
        value = row[column]
        if value == "":
            continue  # not answered
        if value is None or value not in options:
            raise ValueError(f"{column} is {value!r}, expected one of {', '.join(options)}")
        raw[field] = options[value]
    return raw


def deal(
    records: Sequence[Record], schools: int, *, least: int, most: int, seed: int
) -> tuple[tuple[Record, ...], ...]:
    """The records dealt to schools at random, each school between `least` and `most` students.

    Raises ValueError if so many records cannot make so many schools of that size."""
    if not least * schools <= len(records) <= most * schools:
        raise ValueError(
            f"{len(records)} records cannot make {schools} schools of {least} to {most} students"
        )
    random = Random(seed)  # noqa: S311 - a fixed seed is wanted, nothing here is secret
    sizes = [random.randint(least, most) for _ in range(schools)]
    while (gap := len(records) - sum(sizes)) != 0:
        at = random.randrange(schools)
        step = max(-10, min(10, gap))  # in small steps, so that few schools end at a limit
        sizes[at] = max(least, min(most, sizes[at] + step))
    order = list(records)
    random.shuffle(order)
    return tuple(_cut(order, sizes))


def _cut(order: list[Record], sizes: Iterable[int]) -> Iterable[tuple[Record, ...]]:
    start = 0
    for size in sizes:
        yield tuple(order[start : start + size])
        start += size
