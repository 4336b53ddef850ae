"""A finding of a report: a place, a theme, a strength or a time that stands out. Pure.

A group is only named where it differs from the rest of the school by more than chance and rounding,
among all that the report compares.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil, floor

from survey.questionnaires.model import QuestionRole
from survey.questionnaires.table_key import TableKey
from survey.reports.school.place_times import TimesOfPlace, times_of_place
from survey.reports.school.report_data import Measure, Peak, ReportData, Share, Tone, years_of
from survey.reports.school.who_was_asked import EVERYBODY, QuestionBase, items_of


@dataclass(frozen=True)
class Away:
    """Students who do not go to a place, and so are not in its figure. `bounds`: the
    least and the most per cent who feel unsafe there among these and those who go."""

    share: Share
    bounds: tuple[int, int]


@dataclass(frozen=True)
class Finding:
    """A place, a theme, a strength or a time that stands out. `year` and `gender` are
    None where no group is clearly above the rest; `by_year` is the share of each year group, also
    of those that are hidden or were not asked; `place`: the key of its place, if it is one;
    `is_tied_with_next`: the next in the order is too close for the order to mean anything;
    `least_difference`: how many points above the rest a year group would have to be to be named;
    `asked`: whom the share is of; `weighed`: the share in per cent with each year group weighed by
    the roll, where it differs; `away`: who does not go to a place; `is_of_few`: so few of the roll
    answered that the share is only of those who did; `times`: when a place feels least safe."""

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
    asked: QuestionBase = EVERYBODY
    weighed: int | None = None
    away: Away | None = None
    is_of_few: bool = False
    times: TimesOfPlace | None = None

    @property
    def item(self) -> str:
        """The key of the question that the share is of."""
        return TableKey(self.table).item


def peak(reading: ReportData, shares: Iterable[Share], tone: Tone) -> Peak | None:
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


def peaks(reading: ReportData, shares: Iterable[Share], tone: Tone) -> tuple[Peak, ...]:
    """The year group and gender that a chart may name."""
    of = tuple(shares)
    found = (peak(reading, year_shares(of), tone), peak(reading, gender_shares(of), tone))
    return tuple(one for one in found if one)


def year_shares(shares: Iterable[Share]) -> tuple[Share, ...]:
    return tuple(share for share in shares if years_of(share.group))


def gender_shares(shares: Iterable[Share]) -> tuple[Share, ...]:
    """The shares of girls, boys and others, without those who did not say."""
    return tuple(share for share in shares if share.group.gender not in (None, "unsaid"))


def read_standing(
    reading: ReportData,
    table: str,
    label: str,
    measure: Measure,
    themes: tuple[str, ...],
    from_year: int,
    place: str | None = None,
) -> Finding | None:
    """The finding for a figure; None if the release hides it for the whole school."""
    share = reading.share(table, measure.key)
    if not share.is_shown:
        return None
    shares = [reading.share(table, measure.key, group) for group in reading.groups(from_year)]
    years = year_shares(shares)
    return Finding(
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
        asked=reading.asked(table),
        weighed=_weighed(reading, table, measure),
        away=read_away(reading, table, measure) if place else None,
        is_of_few=reading.turnout is not None and reading.turnout.is_low,
        times=times_of_place(reading, place) if place else None,
    )


def _weighed(reading: ReportData, table: str, measure: Measure) -> int | None:
    found = reading.weighed(table, measure.key)
    return found.percent if found and found.differs else None


def read_away(reading: ReportData, table: str, measure: Measure) -> Away | None:
    """Who does not go to a place, from the figures of its row; None where that is not printed."""
    released = reading.table(table)
    item = items_of(reading.questionnaire, table)[0]
    option = next((one for one in item.options if one.role is QuestionRole.AWAY), None)
    if released is None or option is None or option.key not in released.base:
        return None
    away, unsafe = reading.share(table, option.key), reading.share(table, measure.key)
    if not away.is_shown or not unsafe.is_shown or not unsafe.base:
        return None
    stay, feel = _counts(away), _counts(unsafe)
    return Away(
        away,
        (
            floor(100 * feel[0] / (unsafe.base + stay[0])),
            min(100, ceil(100 * (feel[1] + stay[1]) / (unsafe.base + stay[1]))),
        ),
    )


def _counts(share: Share) -> tuple[int, int]:
    """The printed count, or the least and the most that "fewer than" leaves open."""
    figure, base = share.figure, share.base or 0
    if figure.count is not None:
        return figure.count, figure.count
    few = (figure.limit or 1) - 1
    return (0, few) if figure.at_least is None else (max(0, base - few), base)
