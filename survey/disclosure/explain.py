"""Why a figure is hidden or coarse, as codes with values.

The words for them, and their translations, are where they are shown.  A reason says nothing about
any count beyond what the figures say.
"""

from __future__ import annotations

from dataclasses import dataclass

from survey.disclosure.figures import HiddenReason, ReleasedTable
from survey.disclosure.policy import Policy, RoundingLevel


@dataclass(frozen=True)
class Explanation:
    """A sentence by its code, and the values to fill in."""

    code: str
    values: tuple[tuple[str, int], ...] = ()


def explain_table(table: ReleasedTable, policy: Policy) -> tuple[Explanation, ...]:
    """What to say above a table: how it is rounded, and why not more finely."""
    found = []
    if table.reason is HiddenReason.SURVEY_TOO_SMALL:
        values = (
            ("whole_school_under", policy.whole_school_under),
            ("nothing_under", policy.nothing_under),
        )
        found.append(Explanation(table.reason.value, values))
    if table.rung is RoundingLevel.NOTHING:
        return tuple(found) or (Explanation("nothing"),)
    roundings = sorted({row.rung.rounding for row in table.rows if row.shown})
    if roundings:
        found.append(Explanation("rounded", (("rounding", roundings[0]),)))
    if len(roundings) > 1:
        found.append(Explanation("coarser_rows"))
    if table.reason is HiddenReason.WHOLE_SCHOOL_ONLY:
        found.append(Explanation("whole_school_only"))
    if table.reason is HiddenReason.POLICY:
        found.append(Explanation("policy", (("rounding", policy.start.rounding),)))
    return tuple(found)
