"""A forecast of what a report will show, made before anyone has answered, while the school can
still choose (rule R11). Rolls are the school's own numbers; nothing here is an answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from survey.disclosure.policy import STANDARD
from survey.questionnaires.model import Item

FEW = 50
"""Students expected in a year group: in fewer, a sensitive item is mostly hidden or coarse."""

SENSITIVE = 2
"""From this level of care on, an item counts as sensitive (3 also has a landing page)."""


@dataclass(frozen=True)
class Forecast:
    """`roll`: students in all; `small_years`: year groups with fewer than `FEW` of them."""

    roll: int
    small_years: tuple[int, ...]

    @property
    def whole_school_only(self) -> bool:
        return STANDARD.nothing_under <= self.roll < STANDARD.whole_school_under

    @property
    def nothing(self) -> bool:
        return 0 < self.roll < STANDARD.nothing_under

    def small_for(self, item: Item) -> tuple[int, ...]:
        """The small year groups that a sensitive item would be asked in; none for other items."""
        if item.sensitivity < SENSITIVE:
            return ()
        return tuple(year for year in self.small_years if year >= item.from_year)


def forecast(roll: Mapping[str, Any]) -> Forecast:
    """The forecast for numbers on roll by year group ("7": 180). Without any, it is empty."""
    sizes = {int(year): int(number) for year, number in roll.items() if int(number) > 0}
    small = tuple(sorted(year for year, number in sizes.items() if number < FEW))
    return Forecast(sum(sizes.values()), small)
