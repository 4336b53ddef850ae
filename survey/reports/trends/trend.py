"""The waves of a school side by side, read once and kept: they never change."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from survey.cache import Kept
from survey.campaigns.models import Wave
from survey.database import read
from survey.reports.school.report import spoken
from survey.reports.trends.composition import Mixed, read_mixed
from survey.reports.trends.earlier_releases import Held, changes_between, read_held
from survey.reports.trends.latest_changes import Since, read_since
from survey.reports.trends.series import OverTime, read_over_time


@dataclass(frozen=True)
class SideBySide:
    """What a wave's report says against earlier waves. `kept_as` names all that it is made of."""

    held: tuple[Held, ...]
    over: OverTime
    since: Since
    mixed: tuple[Mixed, ...]
    kept_as: tuple[str, ...]


_kept: Kept[tuple[str, ...], SideBySide] = Kept(32)


def side_of(wave: Wave) -> SideBySide | None:
    """The same in a request, in its language."""
    return read_side_by_side(read(), wave=wave, language=spoken())


def read_side_by_side(db: Session, *, wave: Wave, language: str) -> SideBySide | None:
    """None if the wave's own release does not stand, or no earlier one of its campaign does."""
    held = read_held(db, wave=wave, language=language)
    if len(held) < 2 or held[-1].number != wave.number:
        return None
    name = (*(f"{one.number}:{one.release_hash}" for one in held), language)

    def lay_out() -> SideBySide:
        over = read_over_time([changes_between(one, held[-1]) for one in held[:-1]])
        return SideBySide(held, over, read_since(over), read_mixed(over.changes), name)

    return _kept.get(name, lay_out)
