"""What was rounded or hidden in a report, and why, in a head teacher's words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from survey.disclosure.figures import Reason
from survey.disclosure.policy import TEN_EVERYWHERE
from survey.disclosure.tables import Group
from survey.reports.opening import Protection, Responded
from survey.reports.reading import Share
from survey.reports.wording import groups_list

WHY: Mapping[Reason, LazyString] = {
    Reason.AUDIT: _l("the figures could have given a student away"),
    Reason.BASE_BELOW_MINIMUM: _l("too few students answered"),
    Reason.SURVEY_TOO_SMALL: _l("too few students took part"),
    Reason.WHOLE_SCHOOL_ONLY: _l("only the whole school is safe to show"),
}


def _(message: str, **values: object) -> str:
    return str(gettext(message, **values))


def why(reason: Reason) -> str:
    return str(WHY.get(reason) or WHY[Reason.AUDIT])


def too_few(share: Share) -> str:
    """In the place of how many of a group took part."""
    if share.figure.limit is not None:
        return _("fewer than %(least)s", least=share.figure.limit)
    return _("fewer than %(least)s", least=share.minimum)


def sentences(protection: Protection) -> tuple[str, ...]:
    """The rules this report was made under, and what they took away."""
    said = [_rounding(protection)]
    said.append(
        _(
            "A number under %(small)s is never broken down, not even to nought: it reads “fewer"
            " than %(small)s”. If all but a few gave one answer, it says so and no more.",
            small=protection.policy.small,
        )
    )
    said.append(
        _(
            "A group is only shown where at least %(least)s of it answered.",
            least=protection.policy.minimum_base,
        )
    )
    said += _taken_away(protection)
    said.append(
        _(
            "Percentages, charts, orders and intervals are all worked out from the rounded numbers."
            " Nothing on these pages is more exact than the tables."
        )
    )
    if protection.policy == TEN_EVERYWHERE:
        said.append(
            _(
                "These are fixed rules. Our own attack, which tries to work hidden numbers out,"
                " has not been run on this report, so it carries no certificate."
            )
        )
    return tuple(said)


def _rounding(protection: Protection) -> str:
    if not protection.roundings:
        return _("Nothing is shown, because too few students took part.")
    usual = max(protection.roundings, key=lambda one: one[1])[0]
    said = _("All numbers of students are rounded to the nearest %(usual)s.", usual=usual)
    for rounding, tables in protection.roundings:
        if rounding != usual:
            more = ngettext(
                "%(num)s table is rounded to the nearest %(rounding)s, where that was enough or"
                " needed.",
                "%(num)s tables are rounded to the nearest %(rounding)s, where that was enough or"
                " needed.",
                tables,
                rounding=rounding,
            )
            said += f" {more}"
    return said


def left_out(groups: Iterable[Group], is_whole_school_only: bool) -> str:
    """Which groups are not shown anywhere. A group of nobody looks like a group of few."""
    if is_whole_school_only:
        return _("So few students took part that only the whole school is shown.")
    return _(
        "Left out, because too few took part or nobody did: %(groups)s.", groups=groups_list(groups)
    )


def _taken_away(protection: Protection) -> list[str]:
    said = []
    if protection.hidden_groups:
        said.append(left_out(protection.hidden_groups, protection.is_whole_school_only))
    if protection.thin:
        said.append(
            _(
                "These groups are left out of some questions, where fewer than %(least)s of them"
                " answered: %(groups)s.",
                least=protection.policy.minimum_base,
                groups=groups_list(group for group, _tables in protection.thin),
            )
        )
    return said


def participation_sentence(whole: Responded) -> str:
    """How many took part, of how many on roll."""
    count = whole.share.figure.count
    if count is None:
        return _("Too few students took part to say how many.")
    if not whole.roll:
        return _("About %(count)s students took part.", count=count)
    return _(
        "About %(count)s of %(roll)s students on roll took part.", count=count, roll=whole.roll
    )
