"""Targets of actions: a place or a theme of a report, and the printed figures that an action
against it can be measured by. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from survey.actions.models import SubjectKind
from survey.actions.operations import Measured, Subject
from survey.disclosure.tables import BadGroupError, Group
from survey.questionnaires.table_key import TableKey
from survey.reports.school.question_blocks import read_blocks
from survey.reports.school.report_data import (
    EVERYONE,
    Block,
    Line,
    Measure,
    PanelKind,
    ReportData,
    Share,
    Tone,
    years_of,
)
from survey.reports.school.summary import NOT_A_THEME


@dataclass(frozen=True)
class Gauge:
    """A figure of the whole school that an action may be measured by: what was asked, of which row
    or option, and what is counted."""

    share: Share
    asked: str
    part: str | None
    measure: Measure
    themes: tuple[str, ...]
    from_year: int

    @property
    def where(self) -> tuple[str, str]:
        return self.share.table, self.share.answer


@dataclass(frozen=True)
class Actable:
    """A place or a theme with its figures, the most telling first. `label` is the questionnaire's
    name of a place; a theme has words of ours."""

    subject: Subject
    label: str | None
    gauges: tuple[Gauge, ...]

    def gauge(self, table: str, answer: str) -> Gauge | None:
        return next((one for one in self.gauges if one.where == (table, answer)), None)


def read_actable(reading: ReportData, subject: Subject) -> Actable | None:
    """None if the report has nothing of it."""
    found = _FIGURES[subject.kind](reading, subject.key)
    shown = {one.where: one for one in found if one.share.is_shown}
    if not shown:
        return None
    place = reading.questionnaire.place(subject.key) if subject.kind is SubjectKind.PLACE else None
    ordered = sorted(shown.values(), key=_telling)
    return Actable(subject, reading.words(place.label) if place else None, tuple(ordered))


def groups_of(reading: ReportData, from_year: int = 0) -> tuple[Group, ...]:
    """The groups an action may be for: not those who did not say."""
    return tuple(
        group
        for group in reading.groups(from_year)
        if group == EVERYONE or years_of(group) or group.gender not in (None, "unsaid")
    )


def share_at(reading: ReportData, measured: Measured) -> Share | None:
    """The figure of one release; None if it holds none there."""
    try:
        return reading.share(measured.table, measured.answer, Group.parse(measured.group))
    except (KeyError, BadGroupError):
        return None


def subject_label(reading: ReportData, subject: Subject) -> str | None:
    """What this wave calls a place."""
    place = reading.questionnaire.place(subject.key) if subject.kind is SubjectKind.PLACE else None
    return reading.words(place.label) if place else None


def _of_place(reading: ReportData, key: str) -> Iterator[Gauge]:
    for block in read_blocks(reading):
        item = reading.questionnaire.by_key.get(block.key)
        if item is not None and item.places is not None:
            for gauge, of in _gauges(block):
                if isinstance(of, Measure) and of.key == key:
                    yield gauge


def _of_theme(reading: ReportData, tag: str) -> Iterator[Gauge]:
    if tag not in NOT_A_THEME:
        for block in read_blocks(reading):
            if tag in block.themes:
                yield from (gauge for gauge, _of in _gauges(block))


def _of_statement(_reading: ReportData, _key: str) -> Iterator[Gauge]:
    """No figure of a survey says how far a statement of the self-assessment holds."""
    yield from ()


_FIGURES = {
    SubjectKind.PLACE: _of_place,
    SubjectKind.THEME: _of_theme,
    SubjectKind.STATEMENT: _of_statement,
}


def _gauges(block: Block) -> Iterator[tuple[Gauge, Measure | Group]]:
    """Every figure of the whole school in a block, with what its line is of."""
    for panel in block.panels:
        for line in panel.lines:
            if panel.kind is PanelKind.GROUPS and line.of != EVERYONE:
                continue
            for measure, share in zip(panel.measures, line.shares, strict=True):
                of = measure if panel.kind is not PanelKind.ORDERED else _of(line)
                part = panel.label if panel.kind is PanelKind.ORDERED else _part(line)
                yield (
                    Gauge(share, block.title, part, of, block.themes, block.from_year or 0),
                    line.of,
                )


def _of(line: Line) -> Measure:
    if not isinstance(line.of, Measure):
        raise TypeError("a line of answers is of an answer")
    return line.of


def _part(line: Line) -> str | None:
    return line.of.label if isinstance(line.of, Measure) else None


def _telling(gauge: Gauge) -> tuple[bool, bool, int]:
    """What weighs on students first, single figures before sums, the highest first."""
    return (
        gauge.measure.tone is not Tone.ADVERSE,
        TableKey(gauge.share.table).is_indicator,
        -gauge.share.rank,
    )
