"""What else may be behind a change, shown wherever the change is: on the page of a place, with an
action, to students and on paper. Pure."""

from __future__ import annotations

from enum import StrEnum

from survey.reports.school.report_data import EVERYONE
from survey.reports.trends.change import Change, Changes, Verdict
from survey.reports.trends.year_group_mix import read_mixed

AWAY = "away"


class Caveat(StrEnum):
    MIX = "mix"  # other year groups took part, and the change is not judged by weighed shares
    STAYS_AWAY = "stays_away"  # a place is feared by fewer, and more do not go there


def caveats_of(changes: Changes, change: Change, verdict: Verdict) -> tuple[Caveat, ...]:
    """Of a change that is marked; nothing of one that is not."""
    if verdict in (Verdict.UNCLEAR, Verdict.UNSAID):
        return ()
    found = []
    if change.group == EVERYONE and not change.on_one_roll and read_mixed(changes):
        found.append(Caveat.MIX)
    if stays_away(away_of(changes, change), verdict):
        found.append(Caveat.STAYS_AWAY)
    return tuple(found)


def away_of(changes: Changes, change: Change) -> Change:
    """The change of those who do not go to the place that a change is of."""
    return changes.change_of(change.table, AWAY, change.group)


def stays_away(away: Change | None, verdict: Verdict) -> bool:
    """Is a place that fewer fear perhaps no safer, because more stay away from it?"""
    if away is None or away.before is None or away.now is None:
        return False
    return verdict is Verdict.BETTER and away.verdict is Verdict.HIGHER
