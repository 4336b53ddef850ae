"""A year group by age, apart from its name in each nation. Pure.

What is stored, compared and gated is the age: the key "y9" and the number 9 mean that the youngest
are 13. England and Wales call them Year 9, Scotland S3, Northern Ireland Year 10. Scottish year
groups run from March to February, so the youngest in S3 are 13 and a half. A gate goes by the
youngest in a year group and never lets anyone in early.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

YOUNGEST, OLDEST = 6, 13
PRIMARY = 6
"""The last year group of primary schools. Only schools that have it on roll ask it."""

SECONDARY = 7
"""The first year group of secondary schools, from which questions are asked if nothing else is
said."""


class YearNaming(StrEnum):
    """How the year groups of secondary schools are called."""

    ENGLAND_AND_WALES = "england_and_wales"
    SCOTLAND = "scotland"
    NORTHERN_IRELAND = "northern_ireland"

    @classmethod
    def of_nation(cls, nation: str) -> YearNaming:
        """The names that a nation ("england", "wales", ...) uses."""
        return next((one for one in cls if one.value == nation), cls.ENGLAND_AND_WALES)

    @property
    def groups(self) -> tuple[YearGroup, ...]:
        """The year groups of its secondary schools, youngest first."""
        last = OLDEST - 1 if self is YearNaming.SCOTLAND else OLDEST
        return tuple(map(YearGroup, range(SECONDARY, last + 1)))

    @property
    def groups_on_roll(self) -> tuple[YearGroup, ...]:
        """The year groups that a school can have on roll: in England and Wales Year 6 too, which
        primary and middle schools and those for all ages have."""
        younger = (YearGroup(PRIMARY),) if self is YearNaming.ENGLAND_AND_WALES else ()
        return (*younger, *self.groups)

    @property
    def numbers(self) -> tuple[int, ...]:
        return tuple(group.number for group in self.groups)


@dataclass(frozen=True, order=True)
class YearGroup:
    """Students of one year of age. `number` is what is stored, whatever the nation."""

    number: int

    @property
    def key(self) -> str:
        """How the question about the year keys it."""
        return f"y{self.number}"

    @property
    def youngest_age(self) -> int:
        """The age of the youngest student when the school year begins, in whole years."""
        return self.number + 4

    def in_nation(self, naming: YearNaming) -> str:
        """The number that its nation gives it: "9", "S3" or "10"."""
        match naming:
            case YearNaming.SCOTLAND:
                return f"S{self.number - SECONDARY + 1}"
            case YearNaming.NORTHERN_IRELAND:
                return str(self.number + 1)
        return str(self.number)

    @classmethod
    def parse(cls, key: str) -> YearGroup | None:
        """The year group of a key like "y9"; None for any other answer."""
        found = KEY.fullmatch(key)
        return cls(int(found[1])) if found else None


KEY = re.compile(r"y([0-9]{1,2})")
