"""The thresholds a release is made under (rules R2, R3, R6, R7, R9, R11), with a version."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum


class DisclosurePolicyError(ValueError):
    """A policy that promises less than the rules require."""


class RoundingLevel(StrEnum):
    """How coarsely a table or a row is printed, finest first."""

    BASE_5 = "base5"
    BASE_10 = "base10"
    BASE_20 = "base20"
    WHOLE_SCHOOL = "whole_school"
    NOTHING = "nothing"

    @property
    def rounding(self) -> int:
        """The multiple counts are rounded to; for ``NOTHING`` no count is printed at all."""
        return _ROUNDING[self]

    @property
    def next(self) -> RoundingLevel:
        """The next coarser rounding level; that of ``NOTHING`` is ``NOTHING``."""
        order = tuple(RoundingLevel)
        return order[min(order.index(self) + 1, len(order) - 1)]

    @property
    def depth(self) -> int:
        """0 for the finest rounding level, 1 for the next coarser one, and so on."""
        return tuple(RoundingLevel).index(self)


_ROUNDING = {
    RoundingLevel.BASE_5: 5,
    RoundingLevel.BASE_10: 10,
    RoundingLevel.BASE_20: 20,
    RoundingLevel.WHOLE_SCHOOL: 20,
    RoundingLevel.NOTHING: 20,
}


@dataclass(frozen=True)
class Policy:
    """Thresholds, in people unless the name says otherwise.

    ``start``               the finest rounding level a release may use;
    ``small``               counts below this are never broken down (R3), and the number of
                            values that must stay possible (R6);
    ``minimum_base``        a row with fewer answers is not printed (R2);
    ``whole_school_under``  a survey with fewer respondents has no rows by group (R11);
    ``nothing_under``       a survey with fewer respondents has no report (R11);
    ``schools_at_least``    an authority figure needs at least this number of schools (R7);
    ``school_share_at_most``  per cent of an authority's answers one school may give (R7).

    Raises :class:`DisclosurePolicyError`.
    """

    version: str = "w5-1"
    start: RoundingLevel = RoundingLevel.BASE_5
    small: int = 5
    minimum_base: int = 20
    whole_school_under: int = 50
    nothing_under: int = 20
    schools_at_least: int = 5
    school_share_at_most: int = 60

    def __post_init__(self) -> None:
        object.__setattr__(self, "start", RoundingLevel(self.start))
        if not self.version:
            raise DisclosurePolicyError("a policy has a version")
        if self.start not in (RoundingLevel.BASE_5, RoundingLevel.BASE_10, RoundingLevel.BASE_20):
            raise DisclosurePolicyError("a policy starts at a rounding rung")
        if self.small < 5:
            raise DisclosurePolicyError("counts under 5 are never broken down")
        if self.minimum_base < max(10, 2 * self.small):
            raise DisclosurePolicyError(
                "the minimum base is at least 10, and twice the small count"
            )
        if self.nothing_under < self.minimum_base:
            raise DisclosurePolicyError("a report needs at least the minimum base")
        if self.whole_school_under < self.nothing_under:
            raise DisclosurePolicyError("the whole school is the last thing to be given up")
        if self.schools_at_least < 5 or not 0 < self.school_share_at_most <= 60:
            raise DisclosurePolicyError(
                "an authority figure needs 5 schools, none above 60 per cent"
            )

    def limit(self, rung: RoundingLevel) -> int:
        """The limit, in people, below which the rounding level prints "fewer than".

        Half the rounding, or ``small`` if that is more: then every printed multiple stands for
        the same number of values, and no count is rounded down to 0.
        """
        return max(self.small, rung.rounding // 2)

    def outside(self, rung: RoundingLevel) -> tuple[int, int]:
        """(rounding, limit) of answers outside the base ("no answer") at a rounding level.

        Never finer than tens.  A row prints every answer of a group whose size is known, so the
        other answers would give the number who did not answer to within their rounding.
        """
        rounding = max(10, rung.rounding)
        return rounding, max(10, self.limit(rung))

    def as_dict(self) -> dict[str, str | int]:
        """Plain values, for the release file."""
        return {
            name: str(value) if isinstance(value, RoundingLevel) else value
            for name, value in asdict(self).items()
        }


STANDARD = Policy()
"""The rules of the specification: the finest rounding level the audit certifies."""
