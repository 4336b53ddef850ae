"""A comparison line by line, to filter and for a pivot table: the share of each school, and those
of all schools together by year group and in two surveys. Its workbook has them all on one sheet;
the file of all schools together has the last two, and how parents agreed."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from survey.exports.csv import BYTE_ORDER_MARK, File, safe
from survey.exports.xlsx import Cell, SheetColumn, WorkbookSheet, key_columns
from survey.i18n import gettext as _
from survey.releases.models import StoredComparison
from survey.reports.comparisons import wording as said
from survey.reports.comparisons.all_schools import wording as whole
from survey.reports.comparisons.all_schools.changes import AllSchoolsChanges
from survey.reports.comparisons.all_schools.year_group_claims import YearGroups
from survey.reports.comparisons.view_model import ComparedFigureView, Distribution
from survey.reports.wording.labels import measure_label
from survey.year_groups.wording import year_name

COLUMNS = (
    "comparison_id", "kind", "figure", "answer", "label", "measure", "year", "survey", "percent",
    "change_low", "change_high", "judged", "schools",
)  # fmt: skip


@dataclass(frozen=True)
class ComparedLine:
    """One share. `of`: a school, or nothing for all schools together; `change`: how much it changed
    since the survey before, as the ends of a 95 % interval in points."""

    one: ComparedFigureView
    kind: str
    survey: str
    percent: int | None
    of: str = ""
    year: int | None = None
    change: tuple[int | None, int | None] = (None, None)
    judged: str = ""
    schools: int | None = None


def together(
    years: YearGroups, changes: AllSchoolsChanges | None, month: str
) -> Iterator[ComparedLine]:
    """Of all schools together: each year group, and both surveys of a change."""
    for line in years.lines:
        for share in line.shares:
            figure = share.figure
            yield ComparedLine(
                line.one, "year_group", month, figure.percent, year=share.year,
                judged=whole.way(share), schools=figure.schools,
            )  # fmt: skip
    if changes is None:
        return
    before, now = changes.names
    for one in changes.found:
        yield ComparedLine(one.one, "change", before, one.before, schools=one.schools)
        yield ComparedLine(
            one.one, "change", now, one.now, change=one.interval,
            judged=str(whole.VERDICTS[one.verdict]), schools=one.schools,
        )  # fmt: skip


def together_csv(
    stored: StoredComparison,
    years: YearGroups,
    changes: AllSchoolsChanges | None,
    month: str,
    consent: Sequence[str],
) -> File:
    """The lines of all schools together, and how parents agreed where schools differ."""
    out = io.StringIO(newline="")
    out.write(BYTE_ORDER_MARK)
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    name = stored.release_hash[:12]
    for one in together(years, changes, month):
        told = (
            name, one.kind, *one.one.name, said.title(one.one), measure_label(one.one.measure),
            one.year, one.survey, one.percent, *one.change, one.judged, one.schools,
        )  # fmt: skip
        writer.writerow([safe(value) for value in told])
    for words in consent:
        writer.writerow([name, "consent", "", "", safe(words), *[""] * 8])
    content = out.getvalue().encode()
    return File(f"comparison-{name}-together.csv", "text/csv; charset=utf-8", content)


def every_share(
    spread: Distribution, years: YearGroups, changes: AllSchoolsChanges | None, month: str
) -> WorkbookSheet:
    """The sheet of all lines."""
    columns = (
        SheetColumn(_("School"), 24),
        SheetColumn(_("Figure"), 60),
        SheetColumn(_("Measure"), 28),
        SheetColumn(_("Year group"), 12),
        SheetColumn(_("Survey"), 18),
        SheetColumn(_("Share"), 11),
        SheetColumn(_("Change in points, lowest"), 14),
        SheetColumn(_("Change in points, highest"), 14),
        SheetColumn(_("Judged"), 28),
        SheetColumn(_("Schools"), 10),
        *key_columns(),
    )
    lines = (*_of_schools(spread, month), *together(years, changes, month))
    return WorkbookSheet(
        _("Every figure"),
        _("One line for each share of each school, and of all schools together by year group and in"
          " two surveys: to filter, and for a pivot table."),
        columns,
        tuple(map(_line, lines)),
    )  # fmt: skip


def _of_schools(spread: Distribution, month: str) -> Iterator[ComparedLine]:
    for one in spread.figures:
        for school, standing in zip(spread.schools, one.funnel.standings, strict=True):
            judged = said.verdict(standing) if standing.percent is not None else ""
            yield ComparedLine(
                one, "school", month, standing.percent, of=said.school_label(school),
                judged=judged or said.share(standing), schools=1,
            )  # fmt: skip


def _line(one: ComparedLine) -> list[Cell]:
    return [
        Cell(one.of or _("All schools together")),
        Cell(said.title(one.one)),
        Cell(measure_label(one.one.measure)),
        Cell(None if one.year is None else year_name(one.year)),
        Cell(one.survey),
        Cell(one.percent, is_share=one.percent is not None, is_hidden=one.percent is None),
        *map(Cell, one.change),
        Cell(one.judged),
        Cell(one.schools),
        *map(Cell, one.one.name),
    ]
