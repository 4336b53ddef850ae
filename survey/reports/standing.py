"""Something that stands out in a release: a place, a theme, a strength or a time. Pure.

A group is only named where it differs from the rest of the school by more than chance and rounding,
among all that the report compares.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from survey.reports.reading import Measure, Peak, Reading, Share, Tone, years_of


@dataclass(frozen=True)
class Standing:
    """Something that stands out: a place, a theme, a strength or a time. `year` and `gender` are
    None where no group is clearly above the rest; `by_year` is the share of each year group, also
    of those that are hidden or were not asked; `place`: the key of its place, if it is one;
    `is_tied_with_next`: the next in the order is too close for the order to mean anything;
    `least_difference`: how many points above the rest a year group would have to be to be named."""

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
    least_difference: int | None = None


def peak(reading: Reading, shares: Iterable[Share], tone: Tone) -> Peak | None:
    """The worst of some groups' shares, among those that the report may call worse than the rest of
    the school (`group_claims`): the highest, or the lowest of something good."""
    is_lowest = tone is Tone.GOOD
    found = []
    for share in shares:
        against = reading.claim(share)
        if against is not None and (against.above < 0) is is_lowest:
            found.append((against, share))
    if not found:
        return None
    against, worst = max(found, key=lambda one: abs(one[0].above))
    return Peak(worst.group, worst, against.rest, is_lowest)


def peaks(reading: Reading, shares: Iterable[Share], tone: Tone) -> tuple[Peak, ...]:
    """The year group and the gender that a chart by groups may name."""
    of = tuple(shares)
    found = (peak(reading, year_shares(of), tone), peak(reading, gender_shares(of), tone))
    return tuple(one for one in found if one)


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
        peak(reading, years, measure.tone),
        peak(reading, gender_shares(shares), measure.tone),
        sum(one.is_shown for one in years),
        year_shares(reading.share(table, measure.key, group) for group in reading.groups()),
        place,
        least_difference=reading.least_difference(years),
    )
