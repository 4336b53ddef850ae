"""Caveats of a change: other possible reasons, shown wherever the change is shown. Pure."""

from __future__ import annotations

from enum import StrEnum

from survey.reports.school.report_data import EVERYONE
from survey.reports.trends.change import ChangeVerdict, FigureChange, FigureChanges
from survey.reports.trends.year_group_mix import read_mixed

AWAY = "away"


class Caveat(StrEnum):
    MIX = "mix"  # other year groups took part, and the change is not judged by weighed shares
    STAYS_AWAY = "stays_away"  # a place is feared by fewer, and more do not go there


def caveats_of(
    changes: FigureChanges, change: FigureChange, verdict: ChangeVerdict
) -> tuple[Caveat, ...]:
    """The caveats of a marked change; empty if it is not marked."""
    if verdict in (ChangeVerdict.UNCLEAR, ChangeVerdict.UNSAID):
        return ()
    found = []
    if change.group == EVERYONE and not change.on_one_roll and read_mixed(changes):
        found.append(Caveat.MIX)
    if stays_away(away_of(changes, change), verdict):
        found.append(Caveat.STAYS_AWAY)
    return tuple(found)


def away_of(changes: FigureChanges, change: FigureChange) -> FigureChange:
    """The change in how many do not go to the place."""
    return changes.change_of(change.table, AWAY, change.group)


def stays_away(away: FigureChange | None, verdict: ChangeVerdict) -> bool:
    """Whether a place may be no safer although fewer fear it, because more stay away."""
    if away is None or away.before is None or away.now is None:
        return False
    return verdict is ChangeVerdict.BETTER and away.verdict is ChangeVerdict.HIGHER
