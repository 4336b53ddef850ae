"""When a place feels least safe, of the students who feel unsafe there. Pure.

Asked place by place of those who rate it unsafe, and published for the whole school only.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from survey.questionnaires.model import Item, Row
from survey.reports.school.report_data import Heat, Line, Measure, ReportData, Tone

ANY_TIME = "any_time"
"""The answer of those to whom no time is worse than another."""


@dataclass(frozen=True)
class TimesOfPlace:
    """The times of a place, the most named first. `near`: those that the first is not clearly
    above."""

    item: str
    table: str
    title: str
    lines: tuple[Line, ...]
    near: tuple[Line, ...]

    @property
    def first(self) -> Line:
        return self.lines[0]

    @property
    def stands_out(self) -> bool:
        """Is there a time to name: not as many as are left out, and not "any time" above all?"""
        named = 1 + len(self.near)
        return 2 * named < len(self.lines) and bool(self.named)

    @property
    def named(self) -> tuple[Line, ...]:
        """The first and those too close to it, without "any time"."""
        found = (self.first, *self.near)
        return tuple(line for line in found if _key(line) != ANY_TIME)


def _key(line: Line) -> str:
    return line.of.key if isinstance(line.of, Measure) else ""


def items_of_times(reading: ReportData) -> Iterator[Item]:
    """The grids that are asked row by row of those who rate a place unsafe."""
    for item in reading.questionnaire.items:
        if item.rows_if is not None and item.places is not None:
            yield item


def times_of_place(reading: ReportData, place: str) -> TimesOfPlace | None:
    """None where it was not asked, or too few said when."""
    return next(
        (
            found
            for item in items_of_times(reading)
            if (found := times_of_row(reading, item, place)) is not None
        ),
        None,
    )


def times_of_row(reading: ReportData, item: Item, row: str) -> TimesOfPlace | None:
    table = item.row_key(row)
    released = reading.table(table)
    if released is None:
        return None
    lines = [
        Line(Measure(option.key, reading.words(option.label)), (reading.share(table, option.key),))
        for option in item.options
        if option.key in released.base
    ]
    if not lines or not all(line.first.is_shown for line in lines):
        return None
    lines.sort(key=lambda line: -line.first.rank)
    first = lines[0].first
    if first.figure.count is None or not first.base:
        return None
    near = tuple(line for line in lines[1:] if not first.is_clearly_above(line.first))
    return TimesOfPlace(item.key, str(table), reading.words(item.wording), tuple(lines), near)


def places_by_times(
    reading: ReportData, item: Item, rows: Iterable[Row]
) -> tuple[tuple[Heat, ...], tuple[str, ...]]:
    """The places of such a grid by its times, for the whole school; and the places of which too few
    said when."""
    times = tuple(Measure(option.key, reading.words(option.label)) for option in item.options)
    shown, too_few = [], []
    for row in rows:
        label = reading.words(row.label)
        shares = tuple(reading.share(item.row_key(row.key), time.key) for time in times)
        if shares[0].is_shown:
            shown.append(Line(Measure(row.key, label), shares))
        else:
            too_few.append(label)
    measure = Measure("share", None, Tone.ADVERSE)
    heats = (Heat(item.key, measure, times, tuple(shown)),) if shown else ()
    return heats, tuple(too_few)
