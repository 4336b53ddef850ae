"""Why a figure is hidden or coarse, in a head teacher's words.

Codes travel, sentences stay here: the renderer translates :data:`SENTENCES` and fills in the
values.  A reason says nothing about any count beyond what the figures say.
"""

from __future__ import annotations

from dataclasses import dataclass

from survey.disclosure.figures import Figure, Reason, ReleasedRow, ReleasedTable, Status
from survey.disclosure.policy import Policy, Rung
from survey.disclosure.tables import Group

SENTENCES: dict[str, str] = {
    "promise": "Numbers are rounded to the nearest 5 or more, and fewer than 5 is never broken "
    "down, not even to nought. Before anything was shown, the computer found different sets of "
    "answers that would give exactly this report.",
    "rounded": "Numbers are rounded to the nearest %(rounding)s.",
    "coarser_rows": "Some rows are rounded more coarsely, so that nobody can be picked out by "
    "comparing figures. Now and then this is done by lot, so that it tells nothing in itself.",
    "whole_school_only": "Only the whole school is shown for this question. By year group or "
    "gender, comparing figures could have picked somebody out, or the lot fell on it.",
    "nothing": "This question is not shown. Any figure could have helped to pick somebody out, "
    "or the lot fell on it.",
    "policy": "The rules of this report round to the nearest %(rounding)s throughout.",
    "row_base_below_minimum": "Too few answers to show: a group needs at least %(minimum_base)s.",
    "row_audit": "Not shown for this group, so that nobody can be picked out by comparing figures.",
    "row_whole_school_only": "Not shown by group for this question.",
    "survey_too_small": "Fewer than %(whole_school_under)s students took part, so only the whole "
    "school is shown, and with fewer than %(nothing_under)s nothing is.",
    "too_few_schools": "An authority's figure needs at least %(schools_at_least)s schools.",
    "school_too_large": "One school gave more than %(school_share_at_most)s per cent of the "
    "answers, so the figure would mostly be that school's.",
    "not_comparable": "The schools did not ask this in the same way, so it is not added up.",
    "fewer_than": "Fewer than %(limit)s, which may be nought.",
    "all_but_fewer": "All, or all but fewer than %(limit)s.",
    "hidden": "Not shown.",
}
"""Code to English sentence, with named values."""


@dataclass(frozen=True)
class Explanation:
    """A sentence by its code, and the values to fill in."""

    code: str
    values: tuple[tuple[str, int], ...] = ()

    def in_english(self) -> str:
        """The sentence, filled in."""
        return SENTENCES[self.code] % dict(self.values)


def explain_table(table: ReleasedTable, policy: Policy) -> tuple[Explanation, ...]:
    """What to say above a table: how it is rounded, and why not more finely."""
    refused = {
        Reason.SURVEY_TOO_SMALL: ("whole_school_under", "nothing_under"),
        Reason.TOO_FEW_SCHOOLS: ("schools_at_least",),
        Reason.SCHOOL_TOO_LARGE: ("school_share_at_most",),
        Reason.NOT_COMPARABLE: (),
    }
    found = []
    if table.reason in refused:
        values = tuple((name, int(getattr(policy, name))) for name in refused[table.reason])
        found.append(Explanation(table.reason.value, values))
    if table.rung is Rung.NOTHING:
        return tuple(found) or (Explanation("nothing"),)
    roundings = sorted({row.rung.rounding for row in table.rows if row.shown})
    if roundings:
        found.append(Explanation("rounded", (("rounding", roundings[0]),)))
    if len(roundings) > 1:
        found.append(Explanation("coarser_rows"))
    if table.reason is Reason.WHOLE_SCHOOL_ONLY:
        found.append(Explanation("whole_school_only"))
    if table.reason is Reason.POLICY:
        found.append(Explanation("policy", (("rounding", policy.start.rounding),)))
    return tuple(found)


def explain_row(row: ReleasedRow, policy: Policy) -> Explanation | None:
    """Why a row is hidden; None for a shown row."""
    if row.shown:
        return None
    if row.reason is Reason.BASE_BELOW_MINIMUM:
        return Explanation("row_base_below_minimum", (("minimum_base", policy.minimum_base),))
    if row.reason is Reason.AUDIT and row.group != Group():
        return Explanation("row_audit")
    if row.reason is Reason.WHOLE_SCHOOL_ONLY:
        return Explanation("row_whole_school_only")
    return Explanation("hidden")


def explain_figure(figure: Figure) -> Explanation | None:
    """What stands for a count that is not printed; None for a printed one."""
    if figure.status is Status.SHOWN:
        return None
    if figure.status is Status.HIDDEN or figure.limit is None:
        return Explanation("hidden")
    return Explanation(figure.status.value, (("limit", figure.limit),))
