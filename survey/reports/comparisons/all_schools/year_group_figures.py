"""Figures by year group of all schools together, from what each school's report prints. Pure.

A figure is given only if all schools of a band print it; otherwise the band is left out of it. The
share of those that happen to print it would tell which of them do not: mostly those with the
smallest year groups, which are known by name. In a band each school weighs the same, as the
smallest one there, so a figure is the same whichever school has which letter.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from survey.disclosure.figures import Figure, ReleasedRow, ReleasedTable, Status
from survey.disclosure.policy import Policy
from survey.disclosure.release import Release
from survey.releases import sums_of_answers
from survey.releases.group_names import years_of
from survey.reports.comparisons.comparison_document import (
    ComparedFigure,
    Comparison,
    Printed,
    SchoolFigure,
    YearFigure,
)
from survey.reports.comparisons.named_figures_and_letters import weigh
from survey.reports.comparisons.size_bands import Band, read_bands
from survey.reports.school.non_response import years_on_roll

Held = tuple[Figure, int]
"""A figure that is printed, and its base."""

ByYear = Mapping[tuple[str, str], Mapping[str, Held]]
"""What a release prints by year group: by table, and by answer or box."""

OTHERWISE = (Printed.NOT_ASKED, Printed.ASKED_OTHERWISE)


@dataclass(frozen=True)
class SchoolPart:
    """What the schools of a band print of a figure: how many they are, what each weighs, the sum of
    their shares, and the smallest of their bases."""

    band: int
    schools: int
    weight: int
    places: int
    base: int


def years_taught(release: Release) -> frozenset[str]:
    """The year groups of a school: those on its roll, or else those of which its report prints how
    many took part."""
    groups = years_on_roll(release) or [
        row.group for row in release.participation.rows if row.shown
    ]
    return frozenset(f"y{year}" for group in groups for year in years_of(group))


def by_year(tables: Iterable[ReleasedTable]) -> ByYear:
    """What is printed of these tables by year group, without what is hidden."""
    return {
        (table.key, row.group.year): dict(_printed(table, row))
        for table in tables
        for row in table.rows
        if row.group.year is not None and row.group.gender is None
    }


def _printed(table: ReleasedTable, row: ReleasedRow) -> Iterator[tuple[str, Held]]:
    """Boxes last: where an answer has the name of a box, the box is meant."""
    cells = [(name, one, row.base) for name, one in zip(table.answers, row.cells, strict=True)]
    for name, figure, base in (*cells, *((box.key, box.figure, box.of_base) for box in row.boxes)):
        if base is not None and figure.status not in (Status.HIDDEN, Status.IMPLIED):
            yield name, (figure, base)


def year_figures(
    comparison: Comparison, printed: Mapping[str, ByYear], codes: Collection[str], policy: Policy
) -> Iterator[YearFigure]:
    """Each compared figure by each year group, over the schools of these letters. `printed`: by
    letter, what its release prints."""
    bands = read_bands(comparison)
    schools = {one.code: one for one in comparison.schools}
    weights = weigh(bands, {code: one.responded for code, one in schools.items()})
    years = _years_shown(comparison, codes)
    for figure in _figures_shown(comparison):
        asked = {one.school: one for one in figure.schools if one.printed not in OTHERWISE}
        for year in years:
            parts = [
                part
                for band in bands
                if (part := _part(band, codes, asked, figure, printed, year, weights))
            ]
            found = together(parts, policy)
            if found is not None:
                number = sum(part.schools for part in parts)
                held = ",".join(str(part.band) for part in parts)
                yield YearFigure(figure.table, figure.answer, year, held, number, *found)


def in_order(years: Iterable[str]) -> list[str]:
    """The youngest first."""
    return sorted(years, key=lambda year: int(year[1:]))


def _years_shown(comparison: Comparison, codes: Collection[str]) -> list[str]:
    """The year groups that all these schools print, of those that are common to the schools."""
    schools = {one.code: frozenset(one.years) for one in comparison.schools}
    shown = [schools[code] for code in codes]
    common = str(comparison.header.get("years_common", ""))
    if common:
        shown.append(frozenset(common.split(",")))
    return in_order(frozenset.intersection(*shown)) if codes else []


def _figures_shown(comparison: Comparison) -> Sequence[ComparedFigure]:
    """All figures, or the first of the places."""
    most = comparison.header.get("years_places")
    if not isinstance(most, int):
        return comparison.figures
    return [one for one in comparison.figures if one.answer == sums_of_answers.FEEL_UNSAFE][:most]


def _part(
    band: Band,
    codes: Collection[str],
    asked: Mapping[str, SchoolFigure],
    figure: ComparedFigure,
    printed: Mapping[str, ByYear],
    year: str,
    weights: Mapping[str, int],
) -> SchoolPart | None:
    """None if the band has no such school, or one of them prints no figure."""
    held = [code for code in band.codes if code in codes]
    if not held or not weights[held[0]] or not asked.keys() >= set(held):
        return None
    found = [printed[code].get((figure.table, year), {}).get(figure.answer) for code in held]
    shown = [one for one in found if one is not None]
    if len(shown) < len(held):
        return None
    least = min(base for _figure, base in shown)
    places = sum(place(one, least) for one, _base in shown)
    return SchoolPart(band.at, len(held), weights[held[0]], places, least)


def place(figure: Figure, base: int) -> int:
    """The printed percentage, or the middle of what "fewer than" leaves open in a school with the
    smallest base of its band."""
    if figure.percent is not None:
        return figure.percent
    under = min(100, -(-100 * (figure.limit or 1) // base))
    return (under + 1) // 2 if figure.status is Status.FEWER_THAN else 100 - under // 2


def together(parts: Sequence[SchoolPart], policy: Policy) -> tuple[int, int] | None:
    """The share of all parts in whole per cent, halves up, and how many answers of one school would
    make it as certain. None if too few schools are in it, or one weighs too much."""
    total = sum(part.schools * part.weight for part in parts)
    heaviest = max((part.weight for part in parts), default=0)
    if sum(part.schools for part in parts) < policy.schools_at_least:
        return None
    if 100 * heaviest > policy.school_share_at_most * total:
        return None
    share = sum(part.weight * part.places for part in parts)
    return (2 * share + total) // (2 * total), effective_base(parts)


def effective_base(parts: Sequence[SchoolPart]) -> int:
    """Rounded down, in whole numbers throughout."""
    total = sum(part.schools * part.weight for part in parts)
    common = 1
    for part in parts:
        common *= part.base
    spread = sum(part.schools * part.weight**2 * (common // part.base) for part in parts)
    return total * total * common // spread
