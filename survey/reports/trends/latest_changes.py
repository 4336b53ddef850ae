"""What got better and worse since the previous survey: a section of the summary page. Pure.

There are two lists. The first has the figures that were named first in the previous survey: they
were chosen before their change was known, so each is judged by itself. The second has the other
changes: of many figures some would change by chance, so only those are named that pass Bonferroni's
limit (if nothing had changed, fewer than one report in twenty would name anything).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from survey.questionnaires.table_key import TableKey
from survey.reports.school.finding import Finding
from survey.reports.school.report_data import Measure
from survey.reports.school.summary import read_opening, theme_of
from survey.reports.trends.caveats import AWAY
from survey.reports.trends.change import USUAL, ChangeVerdict, FigureChange, FigureChanges
from survey.reports.trends.over_time import OverTime, OverTimeSection

MOST = 5
"""How many changes of a kind are named; the page over time has them all."""


@dataclass(frozen=True)
class MovedFigure:
    """A figure with its change. `label` is a place or a row of an item, `title` the item it is of,
    `theme` a tag. `away`: the change of those who do not go to a place."""

    label: str
    title: str | None
    theme: str | None
    measure: Measure
    change: FigureChange
    away: FigureChange | None

    @property
    def is_clear(self) -> bool:
        """Whether it changed by more than chance and rounding."""
        return self.change.verdict not in (ChangeVerdict.UNCLEAR, ChangeVerdict.UNSAID)


@dataclass(frozen=True)
class LatestChanges:
    """`stood_out` in the wave before, places first; `better` and `worse` are other figures, those
    that moved furthest first, of `figures` that were compared; `more` is how many are not named."""

    number_before: int
    number_now: int
    stood_out: tuple[MovedFigure, ...]
    better: tuple[MovedFigure, ...]
    worse: tuple[MovedFigure, ...]
    more: int
    figures: int


def read_since(over: OverTime) -> LatestChanges:
    changes = over.changes
    before = read_opening(changes.before)
    stood_out = (
        *(_of_place(changes, one) for one in before.places),
        *(_of_theme(changes, one) for one in before.themes),
    )
    known = {(one.change.table, one.change.answer) for one in stood_out}
    rest = list(_others(over))
    limit = USUAL / max(1, len(rest))
    found = {
        verdict: sorted(
            (
                one
                for one in rest
                if (one.change.table, one.change.answer) not in known
                and one.change.verdict_at(limit) is verdict
            ),
            key=lambda one: -abs(one.change.points or 0),
        )
        for verdict in (ChangeVerdict.BETTER, ChangeVerdict.WORSE)
    }
    return LatestChanges(
        changes.number_before,
        changes.number_now,
        stood_out,
        tuple(found[ChangeVerdict.BETTER][:MOST]),
        tuple(found[ChangeVerdict.WORSE][:MOST]),
        sum(max(0, len(some) - MOST) for some in found.values()),
        len(rest),
    )


def _of_place(changes: FigureChanges, standing: Finding) -> MovedFigure:
    return MovedFigure(
        _label_now(changes, standing),
        None,
        None,
        standing.measure,
        changes.change_of(standing.table, standing.measure.key),
        changes.change_of(standing.table, AWAY),
    )


def _of_theme(changes: FigureChanges, standing: Finding) -> MovedFigure:
    return MovedFigure(
        standing.label,
        None,
        theme_of(standing),
        standing.measure,
        changes.change_of(standing.table, standing.measure.key),
        None,
    )


def _label_now(changes: FigureChanges, standing: Finding) -> str:
    """The current name of a place."""
    place = changes.now.questionnaire.place(TableKey(standing.table).row)
    return standing.label if place is None else changes.now.words(place.label)


def _others(over: OverTime) -> Iterator[MovedFigure]:
    """Every figure of the whole school that can get better or worse and is compared: the first of
    each row, as the others say the same of it."""
    for one in over.tracked:
        if one.part is OverTimeSection.REST or one.is_by_year:
            continue
        for row in one.rows:
            change = row.first.change
            if change.why is None:
                away = (
                    over.changes.change_of(change.table, AWAY)
                    if one.part is OverTimeSection.PLACES
                    else None
                )
                label = row.of.label if isinstance(row.of, Measure) else None
                yield MovedFigure(
                    label or row.title or "",
                    row.title if label else one.title,
                    None,
                    row.first.measure,
                    change,
                    away,
                )
