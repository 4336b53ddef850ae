"""Something that stands out in a release: a place, a theme, a strength or a time. Pure.

A group is only named as higher than another if the difference is more than chance and more than
rounding.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from survey.disclosure.tables import Group
from survey.reports.reading import Measure, Reading, Share, Tone, years_of

LEAST_BASE = 30
"""A group with fewer answers is shown, but no sentence calls it higher or lower than another."""


@dataclass(frozen=True)
class Peak:
    """The group in which a share is highest, or lowest, and those it is clearly beyond."""

    group: Group
    share: Share
    beyond: tuple[Group, ...]
    is_lowest: bool


@dataclass(frozen=True)
class Standing:
    """Something that stands out: a place, a theme, a strength or a time. `year` and `gender` are
    None where no group is clearly above another; `by_year` is the share of each year group, also of
    those that are hidden or were not asked; `place`: the key of its place, if it is one;
    `is_tied_with_next`: the next in the order is too close for the order to mean anything."""

    table: str
    label: str
    measure: Measure
    themes: tuple[str, ...]
    share: Share
    year: Peak | None
    gender: Peak | None
    compared_years: int
    by_year: tuple[Share, ...]
    place: str | None = None
    is_tied_with_next: bool = False


def peak(shares: Iterable[Share], tone: Tone) -> Peak | None:
    """The worst of some groups' shares, if it is clearly beyond any of them: the highest, or the
    lowest of something good."""
    shown = [share for share in shares if share.is_shown and (share.base or 0) >= LEAST_BASE]
    if not shown:
        return None
    is_lowest = tone is Tone.GOOD
    worst = min(shown, key=lambda share: share.rank if is_lowest else -share.rank)
    beyond = tuple(
        share.group
        for share in shown
        if (share.is_clearly_above(worst) if is_lowest else worst.is_clearly_above(share))
    )
    return Peak(worst.group, worst, beyond, is_lowest) if beyond else None


def year_shares(shares: Iterable[Share]) -> tuple[Share, ...]:
    return tuple(share for share in shares if years_of(share.group))


def gender_shares(shares: Iterable[Share]) -> tuple[Share, ...]:
    """Girls, boys and others; whoever did not say is no group to name."""
    return tuple(share for share in shares if share.group.gender not in (None, "unsaid"))


def read_standing(
    reading: Reading,
    table: str,
    label: str,
    measure: Measure,
    themes: tuple[str, ...],
    from_year: int,
    place: str | None = None,
) -> Standing | None:
    """None if the release hides it for the whole school."""
    share = reading.share(table, measure.key)
    if not share.is_shown:
        return None
    shares = [reading.share(table, measure.key, group) for group in reading.groups(from_year)]
    years = year_shares(shares)
    return Standing(
        table,
        label,
        measure,
        themes,
        share,
        peak(years, measure.tone),
        peak(gender_shares(shares), measure.tone),
        sum(one.is_shown for one in years),
        year_shares(reading.share(table, measure.key, group) for group in reading.groups()),
        place,
    )
