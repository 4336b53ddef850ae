"""The ladder: the forms a table may be printed in, finest first, fixed before any count is seen.

A form depends on group sizes only, which the attacker is assumed to know.  The form steps down the
ladder until the audit passes.  It begins at a random start level drawn with a secret seed, usually
the first step.  Without the random start level a coarse form would show that the finer ones failed,
and that alone can give a count away.  With it, every table that would print these figures could
have led to them: the audit of a form judges its figures only, and the start level may be that form.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

from survey.disclosure.figures import HiddenReason, ReleasedTable
from survey.disclosure.policy import Policy, RoundingLevel
from survey.disclosure.protect import has_room, protect, withhold
from survey.disclosure.tables import CountTable, Group

LARGE = 100
"""The size, in people, from which groups lose little by rounding. A survey with fewer respondents
is small and has a separate ladder."""


@dataclass(frozen=True)
class ProtectionLevel:
    """The rounding levels of the row of everyone, of groups under ``LARGE``, and of the others.

    A group so small that rounding to the nearest 20 would hide its row is rounded to 10 there.
    ``chance``: how often, in 10,000, the random start level is this form.
    """

    whole: RoundingLevel
    small: RoundingLevel
    large: RoundingLevel
    chance: int

    def rows(self, sizes: Mapping[Group, int], policy: Policy) -> dict[Group, RoundingLevel]:
        """The rounding level of each group."""
        return {group: self._row(group, size, policy) for group, size in sizes.items()}

    def _row(self, group: Group, size: int, policy: Policy) -> RoundingLevel:
        if group == Group():
            return self.whole
        rung = self.small if size < LARGE else self.large
        if rung is RoundingLevel.BASE_20 and not has_room(size, rung, policy):
            return RoundingLevel.BASE_10
        return rung


_5, _10, _20 = RoundingLevel.BASE_5, RoundingLevel.BASE_10, RoundingLevel.BASE_20
_NO = RoundingLevel.NOTHING

BY_GROUP = (
    ProtectionLevel(_5, _5, _5, 8000),
    ProtectionLevel(_10, _5, _5, 700),
    ProtectionLevel(_20, _5, _5, 400),
    ProtectionLevel(_20, _10, _5, 300),
    ProtectionLevel(_20, _5, _10, 200),
    ProtectionLevel(_20, _10, _10, 150),
    ProtectionLevel(_20, _20, _10, 100),
    ProtectionLevel(_20, _20, _20, 80),
    ProtectionLevel(_20, _NO, _10, 20),
    ProtectionLevel(_20, _NO, _20, 20),
    ProtectionLevel(_5, _NO, _NO, 10),
    ProtectionLevel(_10, _NO, _NO, 5),
    ProtectionLevel(_20, _NO, _NO, 5),
    ProtectionLevel(_NO, _NO, _NO, 10),
)
"""The forms of a table with rows by group; chances add up to 10,000."""

SMALL_SURVEY = (
    ProtectionLevel(_5, _5, _5, 8000),
    ProtectionLevel(_5, _10, _10, 800),
    ProtectionLevel(_10, _10, _10, 500),
    ProtectionLevel(_5, _20, _20, 300),
    ProtectionLevel(_10, _20, _20, 200),
    ProtectionLevel(_20, _20, _20, 100),
    ProtectionLevel(_5, _NO, _NO, 60),
    ProtectionLevel(_10, _NO, _NO, 20),
    ProtectionLevel(_20, _NO, _NO, 10),
    ProtectionLevel(_NO, _NO, _NO, 10),
)
"""The forms of a table in a survey of under ``LARGE``: every group is small there, and the row of
everyone, which is the most useful, keeps its fine rounding longest."""

WHOLE_ONLY = (
    ProtectionLevel(_5, _NO, _NO, 9000),
    ProtectionLevel(_10, _NO, _NO, 700),
    ProtectionLevel(_20, _NO, _NO, 200),
    ProtectionLevel(_NO, _NO, _NO, 100),
)
"""The forms of a table in a survey too small for rows by group."""


def ladder_for(respondents: int, policy: Policy) -> tuple[ProtectionLevel, ...]:
    """The ladder of every table of a survey, by its number of respondents."""
    if respondents < policy.whole_school_under:
        return forms(policy, WHOLE_ONLY)
    return forms(policy, SMALL_SURVEY if respondents < LARGE else BY_GROUP)


def ladder_of_whole(policy: Policy) -> tuple[ProtectionLevel, ...]:
    """The ladder of a table that is printed for the whole school only, however many took part."""
    return forms(policy, WHOLE_ONLY)


def forms(policy: Policy, ladder: tuple[ProtectionLevel, ...]) -> tuple[ProtectionLevel, ...]:
    """A ladder under a policy: forms finer than its start are left out, and their chance goes
    to the first that stays."""
    kept = [
        form
        for form in ladder
        if all(rung.depth >= policy.start.depth for rung in (form.whole, form.small, form.large))
    ]
    spare = sum(form.chance for form in ladder) - sum(form.chance for form in kept)
    first = kept[0]
    return (ProtectionLevel(first.whole, first.small, first.large, first.chance + spare), *kept[1:])


def print_form(
    table: CountTable,
    policy: Policy,
    form: ProtectionLevel,
    groups: Mapping[Group, int],
    by_group: bool,
) -> ReleasedTable:
    """Print a table in one form of the ladder."""
    if form.whole is RoundingLevel.NOTHING:
        return withhold(table, HiddenReason.AUDIT)
    only = None
    if not by_group:
        only = HiddenReason.SURVEY_TOO_SMALL
    elif form.small is form.large is RoundingLevel.NOTHING:
        only = HiddenReason.WHOLE_SCHOOL_ONLY
    return protect(table, policy, policy.start, form.rows(groups, policy), only)


def begin(ladder: tuple[ProtectionLevel, ...], seed: bytes, key: str) -> int:
    """The random start level of a table, as a step of the ladder.

    The same seed and key give the same step.  The seed must be secret, different for each wave, and
    never stored with its release.
    """
    drawn = int.from_bytes(hmac.new(seed, key.encode(), sha256).digest()[:8], "big") % 10_000
    for step, form in enumerate(ladder):
        drawn -= form.chance
        if drawn < 0:
            return step
    return len(ladder) - 1
