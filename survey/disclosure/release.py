"""A release: the frozen set of printed tables of one wave, and its two written forms.

The canonical JSON is what is stored, hashed, rendered and verified; ``docs/release-format.md``
describes it for outside readers.  The long form is the same figures, one a line, for spreadsheets.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import astuple, dataclass, fields
from functools import lru_cache
from hashlib import sha256
from typing import Any

from survey.disclosure.figures import (
    HIDDEN,
    Figure,
    HiddenReason,
    ReleasedBox,
    ReleasedRow,
    ReleasedTable,
)
from survey.disclosure.policy import Policy, RoundingLevel
from survey.disclosure.sources import Question, Source
from survey.disclosure.tables import Box, Group, Lattice, TableError

FORMAT = "safety-survey-release/2"
FORMAT_1 = "safety-survey-release/1"
"""Releases that do not say what their tables are made of: each table was audited by itself, and
tables of the same answers were not put together.  They are read, shown and verified as they are."""
PARTICIPATION = "participation"
"""Key and only answer of the participation table: how many responded, rounded, by group."""


class UnreadableReleaseError(TableError):
    """A file that is not a release, is of another format, or holds impossible figures."""


@dataclass(frozen=True)
class LongRow:
    """One printed figure in the long form; fields are the columns.  None means not printed."""

    release_id: str
    table: str
    group: str
    answer: str
    status: str
    count: int | None
    percent: int | None
    limit: int | None
    under: int | None
    at_least: int | None
    base: int | None
    rung: str
    reason: str

    def values(self) -> tuple[str | int | None, ...]:
        """The fields in column order."""
        return astuple(self)


COLUMNS = tuple(field.name for field in fields(LongRow))


@dataclass(frozen=True)
class Release:
    """Everything one release publishes.  ``header`` names it in plain values: no exact time,
    no exact count belongs there.  ``questions``: those the tables are made of; none in a release
    of the first format.  Raises :class:`TableError` for tables that do not fit."""

    header: Mapping[str, str | int]
    policy: Policy
    lattice: Lattice
    participation: ReleasedTable
    tables: tuple[ReleasedTable, ...]
    questions: tuple[Question, ...] = ()
    format: str = FORMAT

    def __post_init__(self) -> None:
        object.__setattr__(self, "header", dict(self.header))
        object.__setattr__(self, "tables", tuple(self.tables))
        for name, value in self.header.items():
            if not isinstance(name, str) or not isinstance(value, str | int):
                raise UnreadableReleaseError(f"header {name!r} is not plain text or a whole number")
        keys = [table.key for table in self.tables]
        if len(set(keys)) != len(keys):
            raise UnreadableReleaseError("a table is released twice")
        groups = set(self.lattice.groups)
        for table in (self.participation, *self.tables):
            outside = {row.group for row in table.rows} - groups
            if outside:
                raise UnreadableReleaseError(f"{table.key!r} prints a group outside the lattice")

    @property
    def is_audited_as_a_whole(self) -> bool:
        """Whether tables that share answers were audited together."""
        return self.format == FORMAT

    def table(self, key: str) -> ReleasedTable:
        """One table by key.  Raises KeyError."""
        for table in self.tables:
            if table.key == key:
                return table
        raise KeyError(key)

    def to_json(self) -> str:
        """Canonical JSON: sorted names, no blanks, non-ASCII as it is."""
        return json.dumps(
            self.as_dict(),
            ensure_ascii=False,
            sort_keys=True,
            separators=(",", ":"),
            allow_nan=False,
        )

    def as_dict(self) -> dict[str, Any]:
        """The release as plain values, as written in the JSON."""
        told = [question.as_dict() for question in self.questions]
        return {
            "format": self.format,
            "header": dict(self.header),
            "policy": self.policy.as_dict(),
            "lattice": {
                "years": list(self.lattice.years),
                "genders": list(self.lattice.genders),
                "crossed": self.lattice.crossed,
                "silent": list(self.lattice.silent),
            },
            "participation": _write_table(self.participation),
            "tables": [_write_table(table) for table in self.tables],
            **({"questions": told} if self.format == FORMAT else {}),
        }

    @classmethod
    def from_json(cls, text: str) -> Release:
        """Read a release back.  Raises :class:`UnreadableReleaseError` or another table error."""
        try:
            data = json.loads(text)
            if data["format"] not in (FORMAT, FORMAT_1):
                raise UnreadableReleaseError(f"not a {FORMAT} file")
            told = data["questions"] if data["format"] == FORMAT else ()
            lattice = data["lattice"]
            return cls(
                data["header"],
                Policy(**data["policy"]),
                Lattice(**lattice),
                _read_table(data["participation"]),
                tuple(_read_table(table) for table in data["tables"]),
                tuple(Question.read(question) for question in told),
                data["format"],
            )
        except TableError:
            raise
        except (ValueError, KeyError, TypeError, AttributeError) as wrong:
            raise UnreadableReleaseError(f"not a release: {wrong}") from wrong

    def content_hash(self) -> str:
        """SHA-256 of the canonical bytes, in hexadecimal."""
        return sha256(self.to_json().encode()).hexdigest()

    def rows(self, release_id: str | None = None) -> Iterator[LongRow]:
        """The long form: participation first, then every table, groups in breakdown order.

        ``release_id`` defaults to the content hash.
        """
        name = self.content_hash() if release_id is None else release_id
        for table in (self.participation, *self.tables):
            by_group = {row.group: row for row in table.rows}
            for group, answer, figure, base in table.figures():
                row = by_group[group]
                reason = (
                    row.reason
                    if not row.shown
                    else (
                        table.reason if row.rung is not RoundingLevel.BASE_5 else HiddenReason.NONE
                    )
                )
                yield LongRow(
                    name,
                    table.key,
                    group.key,
                    answer,
                    figure.status.value,
                    figure.count,
                    figure.percent,
                    figure.limit,
                    figure.under,
                    figure.at_least,
                    base,
                    row.rung.value,
                    reason.value,
                )


def _write_figure(figure: Figure) -> dict[str, str | int]:
    written: dict[str, str | int] = {"status": figure.status.value}
    for name in ("count", "percent", "limit", "under", "at_least"):
        number = getattr(figure, name)
        if number is not None:
            written[name] = number
    return written


def _write_table(table: ReleasedTable) -> dict[str, Any]:
    return {
        "key": table.key,
        "answers": list(table.answers),
        "base": list(table.base),
        "boxes": [
            {"key": box.key, "answers": list(box.answers), "of": list(box.of or table.base)}
            for box in table.boxes
        ],
        "rung": table.rung.value,
        "reason": table.reason.value,
        "rows": [_write_row(table, row) for row in table.rows],
        **({} if table.source is None else {"made_of": table.source.as_dict()}),
    }


def _write_row(table: ReleasedTable, row: ReleasedRow) -> dict[str, Any]:
    written: dict[str, Any] = {
        "group": row.group.key,
        "shown": row.shown,
        "rung": row.rung.value,
        "reason": row.reason.value,
    }
    if row.shown:
        written["base"] = row.base
        written["cells"] = {
            answer: _write_figure(figure)
            for answer, figure in zip(table.answers, row.cells, strict=True)
        }
        written["boxes"] = {
            box.key: {
                **_write_figure(box.figure),
                **({} if box.of_base is None else {"of_base": box.of_base}),
            }
            for box in row.boxes
        }
    return written


_figure = lru_cache(maxsize=8192, typed=True)(Figure)
"""A cache, as a release prints the same few figures many times.  Typed, as True is not 1 there."""


def _read_table(data: Mapping[str, Any]) -> ReleasedTable:
    answers, base = tuple(data["answers"]), tuple(data["base"])
    boxes = tuple(
        Box(
            box["key"],
            tuple(box["answers"]),
            None if tuple(box["of"]) == base else tuple(box["of"]),
        )
        for box in data["boxes"]
    )
    rows = []
    for row in data["rows"]:
        shown = row["shown"]
        if shown and set(row["cells"]) != set(answers):
            raise UnreadableReleaseError(f"row {row['group']!r} of {data['key']!r} lacks answers")
        cells = tuple(_figure(**row["cells"][answer]) if shown else HIDDEN for answer in answers)
        rows.append(
            ReleasedRow(
                Group.parse(row["group"]),
                shown,
                RoundingLevel(row["rung"]),
                HiddenReason(row["reason"]),
                row["base"] if shown else None,
                cells,
                tuple(
                    _read_box(box.key, row["boxes"][box.key] if shown else {"status": "hidden"})
                    for box in boxes
                ),
            )
        )
    return ReleasedTable(
        data["key"],
        answers,
        base,
        boxes,
        RoundingLevel(data["rung"]),
        HiddenReason(data["reason"]),
        tuple(rows),
        Source.read(data["made_of"]) if "made_of" in data else None,
    )


def _read_box(key: str, data: Mapping[str, Any]) -> ReleasedBox:
    figure = _figure(**{name: value for name, value in data.items() if name != "of_base"})
    return ReleasedBox(key, figure, data.get("of_base"))
