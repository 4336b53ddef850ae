"""A CSV file as a table of words, however the office program wrote it.

Reads UTF-8 (with or without a byte order mark), UTF-16 and Windows-1252; commas, semicolons or
tabs. Official lists often have a title or merged cells above the headings: the headings are the
first line that has a column we know.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from flask_babel import format_decimal
from flask_babel import gettext as _

from survey.errors import RefusedError
from survey.typed_text import kept

MOST_ROWS = 20_000
LARGEST_FILE_BYTES = 16 * 1024 * 1024
MOST_COLUMNS = 1_000
"""The longest official list has about 150."""
MOST_LINES = 1_100_000
"""With empty ones: an office program writes up to 1,048,576."""
LINES_ABOVE = 20
"""How far down the headings may be."""
LONGEST_CELL = 2_000
LONGEST_START = 256 * 1024
"""Characters in which the separator is looked for: the first lines of the widest official list have
a tenth of them."""
NOT_CSV = {b"PK\x03\x04": "XLSX", b"\xd0\xcf\x11\xe0": "XLS", b"%PDF": "PDF"}
SEPARATORS = ",;\t|"


class FileError(RefusedError):
    """The file as a whole cannot be read; the message says what to do."""


@dataclass(frozen=True)
class CsvLine:
    """A line under the headings. `number` counts from 1 at the top of the file, as the program
    that shows it does."""

    number: int
    cells: tuple[str, ...]


@dataclass(frozen=True)
class CsvTable:
    headings: tuple[str, ...]
    lines: tuple[CsvLine, ...]


def read_table(
    content: bytes, *, is_heading: Callable[[str], bool], is_column: Callable[[str], bool]
) -> CsvTable:
    """The table in a file. Empty lines, and headings that are there again, are left out. Raises a
    `FileError`.

    `is_heading` says whether a cell is the name of a column that someone could look for,
    `is_column` whether it is the name of any column that we read. Of the first lines, the one with
    most of these has the headings: a merged title above them may be one such word.
    """
    text = _decoded(content)
    rows = list(_rows(text, _separator(text, is_column)))
    at = max(
        (at for at, row in enumerate(rows[:LINES_ABOVE]) if any(map(is_heading, row[1]))),
        key=lambda at: (sum(map(is_column, rows[at][1])), -at),
        default=None,
    )
    if at is None:
        raise FileError(
            _(
                "We found no line with headings that we know. The first line of the file has to"
                " name the columns, as in our template."
            )
        )
    headings = rows[at][1]
    below = rows[at + 1 :]
    if below and (whole := _with_second_line(headings, below[0][1], is_column)):
        headings, below = whole, below[1:]
    repeated = (rows[at][1], headings)
    lines = tuple(
        CsvLine(number, cells) for number, cells in below if any(cells) and cells not in repeated
    )
    if not lines:
        raise FileError(_("The file has headings and no rows."))
    if len(lines) > MOST_ROWS:
        raise _too_many_rows()
    return CsvTable(headings, lines)


def _too_many_rows() -> FileError:
    return FileError(
        _(
            "The file has more than %(most)s rows. Leave out the schools of other areas, or send it"
            " in parts.",
            most=format_decimal(MOST_ROWS),
        )
    )


def _decoded(content: bytes) -> str:
    for mark, program in NOT_CSV.items():
        if content.startswith(mark):
            raise FileError(
                _(
                    "This is a file of the kind %(kind)s. Open it, choose Save as, and save it as"
                    " CSV (UTF-8).",
                    kind=program,
                )
            )
    if not content.strip():
        raise FileError(_("The file is empty."))
    is_utf_16 = content[:2] in (b"\xff\xfe", b"\xfe\xff")
    for encoding in ("utf-16",) if is_utf_16 else ("utf-8-sig", "cp1252"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if not text:  # a byte order mark and nothing else
            raise FileError(_("The file is empty."))
        if "\0" not in text:
            return text
    raise FileError(_("We cannot read the letters of this file. Save it as CSV (UTF-8)."))


def _with_second_line(
    upper: tuple[str, ...], lower: tuple[str, ...], is_column: Callable[[str], bool]
) -> tuple[str, ...] | None:
    """The headings of two lines as one, where a merged cell such as "Number on roll" spans year
    groups that are named in the line below it. None if the lower line is no such line."""
    width = max(len(upper), len(lower))
    above = (*upper, *[""] * (width - len(upper)))
    under = (*lower, *[""] * (width - len(lower)))
    named = [at for at, words in enumerate(under) if words]
    if not named or not all(is_column(under[at]) and not is_column(above[at]) for at in named):
        return None
    return tuple(low or high for high, low in zip(above, under, strict=True))


def _rows(text: str, separator: str) -> Iterator[tuple[int, tuple[str, ...]]]:
    """The lines that are not empty, with their numbers. Reads no further than a file of schools can
    go: a file of nothing but separators would fill the memory."""
    found = 0
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    first = 1
    try:
        for row in reader:
            if len(row) > MOST_COLUMNS:
                raise _too_many_columns(first)
            if any(row):
                yield first, tuple(_cell(words) if words else "" for words in row)
                found += 1
            first = reader.line_num + 1
            if found > MOST_ROWS + LINES_ABOVE or first > MOST_LINES:
                raise _too_many_rows()
    except csv.Error:
        raise FileError(
            _(
                "Line %(number)s cannot be read: a quotation mark is opened and never closed, or a"
                " cell is too long.",
                number=first,
            )
        ) from None


def _cell(words: str) -> str:
    return kept(words[:LONGEST_CELL]).replace("\n", " ")


def _too_many_columns(number: int) -> FileError:
    return FileError(
        _(
            "Line %(number)s has more than %(most)s columns. Keep those that our template has.",
            number=format_decimal(number),
            most=format_decimal(MOST_COLUMNS),
        )
    )


def _separator(text: str, is_column: Callable[[str], bool]) -> str:
    """The separator that finds most headings that we know in one of the first lines. If several
    do, the one that these lines have most of outside quotation marks: names hold commas too."""
    first = text[:LONGEST_START].splitlines()[:LINES_ABOVE]
    outside = "".join("\n".join(first).split('"')[::2])

    def known(separator: str) -> int:
        cells = (line.split(separator, MOST_COLUMNS) for line in first)
        return max(sum(is_column(one.strip(' "')) for one in line) for line in cells)

    return max(SEPARATORS, key=lambda separator: (known(separator), outside.count(separator)))
