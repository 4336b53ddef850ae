"""A comparison as a workbook: what its pages say, and no base next to a letter. A sheet of the
schools, then one for each chapter with a line for each figure and two columns for each school."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from survey.exports.comparison_lines import every_share
from survey.exports.csv import File
from survey.exports.provenance import day
from survey.exports.xlsx import Cell, SheetColumn, Workbook, WorkbookSheet, key_columns
from survey.exports.xlsx_report import KIND
from survey.i18n import gettext as _
from survey.releases.models import StoredComparison
from survey.reports.comparisons import wording as said
from survey.reports.comparisons.all_schools import wording as whole
from survey.reports.comparisons.all_schools.changes import AllSchoolsChanges
from survey.reports.comparisons.all_schools.year_group_claims import YearGroups, YearLine
from survey.reports.comparisons.comparison_document import ComparedSchool
from survey.reports.comparisons.statistics.funnel_limits import FunnelPosition
from survey.reports.comparisons.view_model import ComparedFigureView, Distribution
from survey.reports.school.chapters import grouped
from survey.reports.wording.labels import measure_label
from survey.year_groups.wording import year_name


def comparison_xlsx(
    programme: str,
    month: str,
    stored: StoredComparison,
    spread: Distribution,
    years: YearGroups,
    changes: AllSchoolsChanges | None,
    consent: Sequence[str] = (),
) -> File:
    title = _("%(programme)s: schools side by side, %(month)s", programme=programme, month=month)
    together = [*_years(years), *_changes(changes)]
    lines = every_share(spread, years, changes, month)
    sheets = [_schools(spread), *together, *_chapters(spread), lines]
    book = Workbook(title)
    book.read_me(_("Read me"), title, _read_me(stored, spread, sheets, consent))
    for sheet in sheets:
        book.add(sheet)
    return File(f"comparison-{stored.release_hash[:12]}.xlsx", KIND, book.close())


def _read_me(
    stored: StoredComparison,
    spread: Distribution,
    sheets: Sequence[WorkbookSheet],
    consent: Sequence[str],
) -> Iterator[tuple[str, tuple[str, ...]]]:
    yield (
        _("What this is"),
        (
            _("Compared on %(day)s, from the rounded figures that each school has published."
              " Schools are shown under letters, in no order of result, unless they agreed to be"
              " named.",
              day=day(stored.released_on)),
            _("The comparison is kept under the fingerprint %(hash)s.",
              hash=stored.release_hash[:12]),
        ),
    )  # fmt: skip
    yield _("The sheets"), tuple(f"{sheet.name}: {sheet.about}" for sheet in sheets)
    yield (
        _("How to read it"),
        (
            _("The limits allow for chance, for rounding, and for how much schools usually differ."
              " A school outside them is a reason to ask what it knows, not a verdict on it."),
            _("A cell that is hatched holds no number. All hidden cells look the same, so that"
              " nothing can be read from them."),
            _("The number who answered is shown in bands of at least three schools without a"
              " name, and the kind of a school only where it does not single one out. Otherwise"
              " anyone who knows how many took part could tell which school a letter is."),
        ),
    )  # fmt: skip
    if consent:
        yield _("Schools differ in how parents agreed"), tuple(consent)
    left_out = len(spread.comparison.left_out)
    if left_out:
        words = _(
            "%(number)s figures are not compared: too few schools print them, one school would make"
            " up most of them, or younger and older students were asked in different words.",
            number=left_out,
        )
        yield _("Left out"), (words,)


def _schools(spread: Distribution) -> WorkbookSheet:
    return WorkbookSheet(
        _("The schools"),
        _("Schools in this comparison, by letter"),
        (
            SheetColumn(_("School"), 36),
            SheetColumn(_("Students who answered"), 24),
            SheetColumn(_("Kind"), 20),
        ),
        tuple(_school(school, spread) for school in spread.schools),
    )


def _school(school: ComparedSchool, spread: Distribution) -> list[Cell]:
    band = spread.band_of(school.code)
    words = said.school_label(school), said.band(band), said.kind(band, school.code)
    return [Cell(one) for one in words]


def _years(years: YearGroups) -> Iterator[WorkbookSheet]:
    """Shares by year group of all schools together, and what stands out."""
    if not years.lines:
        return
    named = [year_name(year) for year in years.years]
    columns = (
        SheetColumn(_("Figure"), 60),
        *(SheetColumn(one, 11) for one in named),
        *(SheetColumn(_("%(year)s against the others", year=one), 22) for one in named),
        SheetColumn(_("Schools"), 10),
        *key_columns(),
    )
    lines = tuple(_year_line(line, years.years) for line in years.lines)
    about = _("All schools together, by year group. A year group is named where it differs from the"
              " others by more than chance and rounding explain.")  # fmt: skip
    yield WorkbookSheet(_("Year groups"), about, columns, lines, frozen=1)


def _year_line(line: YearLine, years: Sequence[int]) -> list[Cell]:
    shares = [line.of(year) for year in years]
    return [
        Cell(said.title(line.one)),
        *(
            Cell(share.figure.percent, is_share=True)
            if share
            else Cell(str(said.NOT_SHOWN), is_hidden=True)
            for share in shares
        ),
        *(Cell(whole.way(share) or "–") for share in shares),
        Cell(line.schools),
        *map(Cell, line.one.name),
    ]


def _changes(changes: AllSchoolsChanges | None) -> Iterator[WorkbookSheet]:
    """Shares of all schools together in two surveys."""
    if changes is None or not changes.found:
        return
    earlier, later = changes.names
    columns = (
        SheetColumn(_("Figure"), 60),
        SheetColumn(earlier, 18),
        SheetColumn(later, 18),
        SheetColumn(_("Change in points, lowest"), 14),
        SheetColumn(_("Change in points, highest"), 14),
        SheetColumn(_("Judged"), 18),
        SheetColumn(_("Schools"), 10),
        *key_columns(),
    )
    lines = tuple(
        [
            Cell(said.title(one.one)),
            Cell(one.before, is_share=True),
            Cell(one.now, is_share=True),
            *map(Cell, one.interval),
            Cell(str(whole.VERDICTS[one.verdict])),
            Cell(one.schools),
            *map(Cell, one.one.name),
        ]
        for one in changes.found
    )
    about = _(
        "All schools that are in both comparisons together, with the 95 per cent interval of a"
        " change."
    )
    yield WorkbookSheet(_("What changed"), about, columns, lines, frozen=1)


def _chapters(spread: Distribution) -> Iterator[WorkbookSheet]:
    named = [said.school_label(school) for school in spread.schools]
    columns = (
        SheetColumn(_("Question"), 44),
        SheetColumn(_("Figure"), 36),
        SheetColumn(_("Measure"), 28),
        SheetColumn(_("Schools"), 10),
        SheetColumn(_("Lower quartile"), 11),
        SheetColumn(_("Median school"), 11),
        SheetColumn(_("Upper quartile"), 11),
        SheetColumn(_("All students"), 11),
        *(SheetColumn(_("Share: %(group)s", group=one), 13) for one in named),
        *(SheetColumn(_("Against the limits: %(school)s", school=one), 18) for one in named),
        *key_columns(),
    )
    for chapter, found in grouped(spread.figures):
        lines = tuple(_line(one) for one in found)
        yield WorkbookSheet(str(chapter.title), str(chapter.lead), columns, lines, frozen=3)


def _line(one: ComparedFigureView) -> list[Cell]:
    figure, standings = one.figure, one.funnel.standings
    spread = figure.lower_quartile, figure.median, figure.upper_quartile, one.funnel.middle
    return [
        *map(Cell, (one.asked or "", one.label, measure_label(one.measure))),
        Cell(figure.given),
        *(Cell(number, is_share=True) for number in spread),
        *(_share(standing) for standing in standings),
        *(Cell(said.verdict(standing) or "–") for standing in standings),
        *map(Cell, (figure.table, figure.answer)),
    ]


def _share(standing: FunnelPosition) -> Cell:
    if standing.percent is not None:
        return Cell(standing.percent, is_share=True)
    return Cell(said.share(standing), is_hidden=not standing.is_given)
