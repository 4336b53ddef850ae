"""The mix of year groups among those who answered. A change in it may explain other changes.
Pure."""

from __future__ import annotations

from dataclasses import dataclass

from survey.disclosure.release import PARTICIPATION
from survey.disclosure.tables import Group
from survey.reports.school.report_data import EVERYONE, ReportData, Share, years_of
from survey.reports.trends.change import FigureChanges

POINTS = 7
"""Per cent points of all who took part, from which a year group makes up another part of them."""


@dataclass(frozen=True)
class Mixed:
    """A year group whose part of all who answered differs from the previous survey."""

    group: Group
    before: Share
    before_whole: Share
    now: Share
    now_whole: Share


def read_mixed(changes: FigureChanges) -> tuple[Mixed, ...]:
    """By printed numbers; a year group that is hidden in a wave counts as empty there."""
    found = []
    shared = set(changes.before.release.lattice.groups)
    for group in changes.now.release.lattice.groups:
        if not years_of(group) or group.gender is not None or group not in shared:
            continue
        one = Mixed(
            group,
            _took_part(changes.before, group),
            _took_part(changes.before, EVERYONE),
            _took_part(changes.now, group),
            _took_part(changes.now, EVERYONE),
        )
        parts = _part(one.before, one.before_whole), _part(one.now, one.now_whole)
        if abs(parts[0] - parts[1]) >= POINTS:
            found.append(one)
    return tuple(found)


def _took_part(reading: ReportData, group: Group) -> Share:
    return reading.share(PARTICIPATION, PARTICIPATION, group)


def _part(group: Share, whole: Share) -> float:
    return 100 * (group.figure.count or 0) / (whole.figure.count or 1)
