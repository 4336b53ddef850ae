"""What an authority is shown next to a letter, which must not say how many answered there. Pure.

A printed share is a multiple of five answers over the number who answered. In whole per cent, a
hundred of them say that number: of 85 answers there are shares of 6, 12, 18 and 24 per cent, and
none between. Who knows by name how many answered then knows the letter. So next to a letter the
count is moved by up to five answers, as far as rounding may have moved it and as far again: shares
of any school are then as likely to be one number as the next. How far follows from the reference
of the school's report, which only those know who have the report, and so the letter anyway. It is
the same each time.

"Under x %" is that of the smallest of the band, for every share below it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256

from survey.reports.comparisons.build_comparison import quartile, shuffled
from survey.reports.comparisons.comparison_document import (
    ComparedFigure,
    Comparison,
    Printed,
    SchoolFigure,
)
from survey.reports.comparisons.size_bands import Band

WIDTH = 10
"""Answers that a count is moved within: a multiple of what most counts are rounded to, so that the
steps between shares leave no trace."""
SMALL = 5
FINE = 1 << 32


def as_shown(comparison: Comparison, bands: Sequence[Band]) -> tuple[ComparedFigure, ...]:
    """The figures as they are next to letters; those of schools with a name as they are printed."""
    order = shuffled(comparison.releases)
    reference = dict(zip((one.code for one in comparison.schools), order, strict=False))
    named = {one.code for one in comparison.schools if one.name}
    return tuple(_figure(one, bands, reference, named) for one in comparison.figures)


def _figure(
    figure: ComparedFigure, bands: Iterable[Band], reference: Mapping[str, str], named: set[str]
) -> ComparedFigure:
    found = {one.school: one for one in figure.schools}
    for band in bands:
        held = [found[code] for code in band.codes if found[code].is_given]
        limit = max((one.limit or SMALL for one in held), default=SMALL)
        least = min((one.base or 1 for one in held), default=1)
        for one in held:
            if one.school not in named:
                name = f"{reference.get(one.school, '')} {figure.table} {figure.answer}"
                found[one.school] = _school(one, limit, least, name)
    schools = tuple(found[one.school] for one in figure.schools)
    places = sorted(one.place for one in schools if one.place is not None)
    return replace(
        figure,
        schools=schools,
        lower_quartile=quartile(places, 1),
        median=quartile(places, 2),
        upper_quartile=quartile(places, 3),
    )


def _school(one: SchoolFigure, limit: int, least: int, name: str) -> SchoolFigure:
    edge = min(100, -(-100 * limit // least))
    percent = None if one.percent is None else _moved(one.count or 0, one.base or 1, name)
    if one.printed is Printed.FEWER_THAN or (percent is not None and percent < edge):
        return replace(
            one,
            printed=Printed.FEWER_THAN,
            count=None,
            percent=None,
            limit=limit,
            under=edge,
            at_least=None,
        )
    if one.printed is Printed.ALL_BUT_FEWER or (percent is not None and percent > 100 - edge):
        return replace(
            one,
            printed=Printed.ALL_BUT_FEWER,
            count=None,
            percent=None,
            limit=limit,
            under=None,
            at_least=100 - edge,
        )
    return replace(one, percent=percent)


def _moved(count: int, base: int, name: str) -> int:
    """The share in whole per cent, halves up, of a count moved by up to half of `WIDTH`."""
    drawn = int.from_bytes(sha256(name.encode()).digest()[:4], "big")
    moved = 2 * count * FINE + WIDTH * (2 * drawn - FINE)  # in halves
    return min(100, max(0, (100 * moved + base * FINE) // (2 * base * FINE)))
