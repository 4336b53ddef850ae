"""The policy on consent of parents: they can say no, or they have to say yes. Pure.

Where the rule depends on age, it goes by the youngest student of a year group: a year group in
which anyone can be under the age when the school year begins needs a yes from every parent.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from survey.year_groups.values import YearGroup


class ConsentKind(StrEnum):
    OPT_OUT = "opt_out"
    OPT_IN = "opt_in"
    OPT_IN_UNDER = "opt_in_under"


AGES = tuple(range(11, 17))
"""The ages under which a yes can be asked for. At 17 and over it would be everyone."""

_WRITTEN = re.compile(rf"{ConsentKind.OPT_IN_UNDER}_([0-9]{{2}})")


class ConsentError(ValueError):
    """A policy that cannot be."""


@dataclass(frozen=True)
class Consent:
    """A policy on consent. `under` is the age of "opt in under an age", and None otherwise."""

    kind: ConsentKind = ConsentKind.OPT_OUT
    under: int | None = None

    def __post_init__(self) -> None:
        if (self.kind is ConsentKind.OPT_IN_UNDER) != (self.under is not None):
            raise ConsentError("an age belongs to opting in under an age, and to nothing else")
        if self.under is not None and self.under not in AGES:
            raise ConsentError(f"the age is {AGES[0]} to {AGES[-1]}")

    @classmethod
    def parse(cls, written: str) -> Consent:
        """The policy that `str` of one writes."""
        if found := _WRITTEN.fullmatch(written):
            return cls(ConsentKind.OPT_IN_UNDER, int(found[1]))
        try:
            return cls(ConsentKind(written))
        except ValueError:
            raise ConsentError(f"no policy is written {written!r}") from None

    def __str__(self) -> str:
        return f"{self.kind}_{self.under}" if self.under is not None else str(self.kind)

    @property
    def is_opt_out(self) -> bool:
        return self.kind is ConsentKind.OPT_OUT

    def asks_yes_of(self, year: int) -> bool:
        """Does a student of this year group need a yes from a parent?"""
        if self.under is not None:
            return YearGroup(year).youngest_age < self.under
        return self.kind is ConsentKind.OPT_IN

    def years_with_slips(self, years: Iterable[int]) -> tuple[int, ...]:
        """Those of the year groups that need a slip."""
        return tuple(year for year in years if self.asks_yes_of(year))

    def capped(self, roll: Mapping[int, int], slips: Mapping[int, int] | None) -> dict[int, int]:
        """How many students of each year group can be handed a card: those on roll, and no more
        than slips that came back where a slip is needed. Slips never add to the roll."""
        returned = slips or {}
        return {
            year: min(number, returned.get(year, 0)) if self.asks_yes_of(year) else number
            for year, number in roll.items()
        }


OPT_OUT = Consent()
