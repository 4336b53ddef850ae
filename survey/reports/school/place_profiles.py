"""Everything a release holds of one place: how safe, for whom, who stays away, where else it is
named. Pure.

A place is a row of a grid that asks how safe it feels; those who feel unsafe there are asked when.
Lists of places name it again: where it should be safer, where things happened. Why a school feels
unsafe, and when a day does, is asked of all places together, so the page of a place shows that as
figures of the whole school.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from survey.questionnaires.model import Inside, Item, ItemKind, QuestionRole
from survey.releases import sums_of_answers
from survey.reports.school.finding import Finding, peaks, read_standing
from survey.reports.school.place_times import TimesOfPlace, items_of_times, times_of_place
from survey.reports.school.question_blocks import CHOSEN, SHARE, TONES, ranked
from survey.reports.school.report_data import (
    EVERYONE,
    Heat,
    Line,
    Measure,
    Panel,
    PanelKind,
    ReportData,
    Share,
)
from survey.reports.school.who_was_asked import QuestionBase

UNSAFE = Measure(sums_of_answers.FEEL_UNSAFE, None, TONES[sums_of_answers.FEEL_UNSAFE])
MOST_REASONS = 3
"""How many reasons, and times, the page of a place repeats from the whole school."""


@dataclass(frozen=True)
class WholeSchool:
    """An item that was asked of all places together, and what was named most."""

    item: str
    title: str
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class PlacePage:
    """A place with all its figures. `away`: how many say "I don't go there"; it is no part of how
    safe the place feels. `mentions`: the lists it is named in, by group; `gates`: those of them
    that wait for an earlier answer, and who was asked. `when`: its times, if enough students said;
    `is_asked_when`: whether they were asked. `clearly_above`, `close_to`: the other
    places of the same grid that it does, and does not, clearly differ from."""

    key: str
    label: str
    is_inside: bool
    item: str
    themes: tuple[str, ...]
    unsafe: Share
    standing: Finding | None
    by_group: Panel
    away: Panel | None
    answers: Panel
    mentions: Heat | None
    clearly_above: tuple[str, ...]
    clearly_below: tuple[str, ...]
    close_to: tuple[str, ...]
    reasons: tuple[WholeSchool, ...]
    times: tuple[WholeSchool, ...]
    when: TimesOfPlace | None
    is_asked_when: bool
    gates: tuple[tuple[str, QuestionBase], ...] = ()

    @property
    def panels(self) -> tuple[Panel, ...]:
        """What is drawn of it."""
        return tuple(one for one in (self.by_group, self.away, self.answers) if one)


def place_grids(reading: ReportData) -> Iterator[Item]:
    """The grids that ask how safe each place of a list feels."""
    for item in reading.questionnaire.items:
        if item.kind is ItemKind.GRID and item.places is not None and place_keys(reading, item):
            yield item


def place_keys(reading: ReportData, item: Item) -> tuple[str, ...]:
    """The places of such a grid, as they were asked."""
    tables = ((row.key, reading.table(item.row_key(row.key))) for row in item.rows)
    return tuple(
        key
        for key, table in tables
        if table and any(box.key == sums_of_answers.FEEL_UNSAFE for box in table.boxes)
    )


def read_places(reading: ReportData) -> tuple[PlacePage, ...]:
    """A page for each place, as they were asked."""
    return tuple(
        _place(reading, item, key)
        for item in place_grids(reading)
        for key in place_keys(reading, item)
    )


def place_standing(reading: ReportData, item: Item, key: str) -> Finding | None:
    """How unsafe a place feels; None if the release hides it."""
    label = _label(reading, item, key)
    table = item.row_key(key)
    return read_standing(reading, table, label, UNSAFE, item.themes, item.from_year, key)


def _label(reading: ReportData, item: Item, key: str) -> str:
    return next(reading.words(row.label) for row in item.rows if row.key == key)


def _place(reading: ReportData, item: Item, key: str) -> PlacePage:
    table = item.row_key(key)
    mine = reading.share(table, sums_of_answers.FEEL_UNSAFE)
    others = [
        (
            _label(reading, item, other),
            reading.share(item.row_key(other), sums_of_answers.FEEL_UNSAFE),
        )
        for other in place_keys(reading, item)
        if other != key
    ]
    shown = [(label, share) for label, share in others if share.is_shown and mine.is_shown]
    above = {label for label, share in shown if mine.is_clearly_above(share)}
    below = {label for label, share in shown if share.is_clearly_above(mine)}
    place = reading.questionnaire.place(key)
    return PlacePage(
        key,
        _label(reading, item, key),
        place is None or place.inside is Inside.INSIDE,
        item.key,
        item.themes,
        mine,
        place_standing(reading, item, key),
        _groups(reading, item, f"{table}/groups", table, UNSAFE),
        _away(reading, item, table),
        _answers(reading, item, table),
        _mentions(reading, key),
        tuple(label for label, _share in shown if label in above),
        tuple(label for label, _share in shown if label in below),
        tuple(label for label, _share in shown if label not in above | below),
        tuple(_whole_school(reading, one) for one in _reasons(reading, item)),
        tuple(_whole_school(reading, one) for one in _times(reading)),
        times_of_place(reading, key),
        any(reading.table(one.row_key(key)) for one in items_of_times(reading)),
        tuple(
            (reading.words(item.wording), asked)
            for item in _lists_of(reading, key)
            if (asked := reading.asked(item.key)).gate
        ),
    )


def _groups(reading: ReportData, item: Item, key: str, table: str, measure: Measure) -> Panel:
    """A line for the whole school, each year group and each gender."""
    lines = tuple(
        Line(group, (reading.share(table, measure.key, group),))
        for group in reading.groups(item.from_year)
    )
    found = peaks(reading, (line.first for line in lines), measure.tone)
    return Panel(key, PanelKind.GROUPS, (measure,), lines, 1, peaks=found)


def _away(reading: ReportData, item: Item, table: str) -> Panel | None:
    option = next((one for one in item.options if one.role is QuestionRole.AWAY), None)
    released = reading.table(table)
    if option is None or released is None or option.key not in released.base:
        return None
    measure = Measure(option.key, reading.words(option.label))
    return _groups(reading, item, f"{table}/away", table, measure)


def _answers(reading: ReportData, item: Item, table: str) -> Panel:
    """Every answer of the whole school, in the order it was offered."""
    released = reading.table(table)
    base = released.base if released else ()
    lines = tuple(
        Line(
            Measure(option.key, reading.words(option.label)),
            (reading.share(table, option.key),),
            stands_apart=option.role is QuestionRole.AWAY,
        )
        for option in item.options
        if option.key in base
    )
    return Panel(f"{table}/answers", PanelKind.ORDERED, (SHARE,), lines, 1)


def _mentions(reading: ReportData, key: str) -> Heat | None:
    """The lists of places that name it, each with the share that chose it."""
    groups = reading.groups()
    lines = []
    for item in _lists_of(reading, key):
        table = item.option_key(key)
        shares = tuple(reading.share(table, "yes", group) for group in groups)
        lines.append(Line(Measure(item.key, reading.words(item.wording)), shares))
    return Heat(f"{key}/named", CHOSEN, groups, tuple(lines)) if lines and groups else None


def _lists_of(reading: ReportData, key: str) -> Iterator[Item]:
    """The questions that offer a list of places with this one in it."""
    for item in reading.questionnaire.items:
        listed = item.kind is ItemKind.SEVERAL and item.places is not None
        if listed and reading.table(item.option_key(key)):
            yield item


def _reasons(reading: ReportData, grid: Item) -> Iterator[Item]:
    """What makes these places unsafe: choices of several with no theme that the grid has not."""
    for item in reading.questionnaire.items:
        is_choice = item.kind is ItemKind.SEVERAL and item.places is None
        if is_choice and set(item.themes) <= set(grid.themes) and _lines(reading, item):
            yield item


def _times(reading: ReportData) -> Iterator[Item]:
    for item in reading.questionnaire.items:
        if item.kind is ItemKind.SEVERAL and "TIME" in item.themes and _lines(reading, item):
            yield item


def _whole_school(reading: ReportData, item: Item) -> WholeSchool:
    title = reading.words(item.wording)
    return WholeSchool(item.key, title, _lines(reading, item)[:MOST_REASONS])


def _lines(reading: ReportData, item: Item) -> tuple[Line, ...]:
    """The options that are shown for the whole school, by published share."""
    lines = (
        Line(
            Measure(option.key, reading.words(option.label)),
            (reading.share(item.option_key(option.key), "yes", EVERYONE),),
        )
        for option in item.options
        if not option.stands_alone and reading.table(item.option_key(option.key))
    )
    return tuple(line for line in ranked(lines) if line.first.is_shown)
