"""Charts of all schools together: year groups under each other, and two surveys."""

from __future__ import annotations

from collections.abc import Sequence

from survey.reports.charts.dot_chart import Chart, ChartLine, Spot
from survey.reports.charts.share_charts import HALF, STEPS, WHOLE
from survey.reports.comparisons import wording as said
from survey.reports.comparisons.all_schools import wording
from survey.reports.comparisons.all_schools.changes import AllSchoolsChanges, WholeChange
from survey.reports.comparisons.all_schools.year_group_claims import YearGroups, YearLine
from survey.reports.comparisons.comparison_charts import overview
from survey.reports.comparisons.view_model import Distribution
from survey.reports.school.report_data import Tone
from survey.reports.wording.figures import percent
from survey.year_groups.wording import year_name


def year_chart(line: YearLine) -> Chart:
    """One figure, year group under year group."""
    lines = tuple(
        ChartLine(
            f"{year_name(share.year)}{', ' + wording.way(share) if share.way else ''}",
            (Spot(percent(share.figure.percent), line.one.measure.tone, share.figure.percent),),
        )
        for share in line.shares
    )
    words = " ".join(
        f"{year_name(share.year)}: {percent(share.figure.percent)}." for share in line.shares
    )
    name = f"{line.one.figure.table}/{line.one.figure.answer}"
    most = max(share.figure.percent for share in line.shares)
    title = said.title(line.one)
    return Chart(f"years/{name}", title, words, lines, HALF if most <= HALF else WHOLE)


def change_chart(
    key: str, title: str, found: Sequence[WholeChange], names: tuple[str, str]
) -> Chart:
    """Figures in two surveys: a dot for the later one and one of another shape for the earlier."""
    tone = found[0].one.measure.tone
    lines = tuple(
        ChartLine(
            one.one.label,
            (
                Spot(percent(one.now), tone, one.now),
                Spot(percent(one.before), Tone.SECOND, one.before, is_second=True),
            ),
        )
        for one in found
    )
    words = " ".join(f"{one.one.label}: {wording.change_sentence(one)}" for one in found)
    most = max(max(one.before, one.now) for one in found)
    legend = ((names[1], tone), (names[0], Tone.SECOND))
    return Chart(f"change/{key}", title, words, lines, HALF if most <= HALF else WHOLE, legend)


def changed(
    spread: Distribution, changes: AllSchoolsChanges
) -> tuple[tuple[str, str, tuple[WholeChange, ...]], ...]:
    """The parts of an authority's page with their changes; empty ones left out."""
    parts = (
        (title, key, tuple(found for one in figures if (found := changes.of(one))))
        for title, key, figures in overview(spread)
    )
    return tuple(part for part in parts if part[2])


def by_year(
    spread: Distribution, years: YearGroups
) -> tuple[tuple[str, str, tuple[YearLine, ...]], ...]:
    """The same by year group."""
    parts = (
        (title, key, tuple(found for one in figures if (found := years.line_of(one))))
        for title, key, figures in overview(spread)
    )
    return tuple(part for part in parts if part[2])


def step_of(share: int, tone: Tone) -> int:
    """How dark a figure is shown."""
    return sum(share >= step for step in STEPS[tone])


def shade(share: int, tone: Tone) -> str:
    """The class of a cell by its share."""
    return f"heat-{tone.value} heat-{step_of(share, tone)}"
