"""Sentences on what a report rounds and hides, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from flask_babel.speaklater import LazyString

from survey.disclosure.explain import explain_table
from survey.disclosure.figures import HiddenReason, ReleasedTable
from survey.disclosure.policy import Policy
from survey.disclosure.tables import Group
from survey.i18n import gettext as _
from survey.i18n import lazy_gettext as _l
from survey.i18n import ngettext
from survey.reports.school.non_response import ResponseRates
from survey.reports.school.report_data import Share
from survey.reports.school.rounded_and_hidden import Protection
from survey.reports.school.summary import Responded
from survey.reports.wording.labels import groups_list
from survey.reports.wording.who_answered import non_response_sentences

EXPLAINED: Mapping[str, LazyString] = {
    "rounded": _l("Numbers are rounded to the nearest %(rounding)s."),
    "coarser_rows": _l(
        "Some rows are rounded more coarsely than others, so that no student can be"
        " picked out by comparing figures. Sometimes this is done at random, so that it"
        " gives nothing away."
    ),
    "whole_school_only": _l(
        "Only the whole school is shown for this question, to protect students. Some"
        " questions are chosen for this at random, so that it gives nothing away."
    ),
    "nothing": _l(
        "This question is hidden to protect students. Some questions are hidden at"
        " random, so that hiding gives nothing away."
    ),
    "policy": _l("The rules of this report round to the nearest %(rounding)s throughout."),
    "survey_too_small": _l(
        "Fewer than %(whole_school_under)s students took part, so only the whole school is shown,"
        " and with fewer than %(nothing_under)s nothing is."
    ),
}
"""Each explanation code of the disclosure engine in plain words."""

WHY: Mapping[HiddenReason, LazyString] = {
    HiddenReason.AUDIT: _l("the figures could have identified a student"),
    HiddenReason.BASE_BELOW_MINIMUM: _l("too few answered"),
    HiddenReason.SURVEY_TOO_SMALL: _l("too few took part"),
    HiddenReason.WHOLE_SCHOOL_ONLY: _l("only the whole school is safe to show"),
}


def table_notes(tables: Iterable[ReleasedTable], policy: Policy) -> tuple[str, ...]:
    """Notes on why tables of a question are coarser or hidden; empty if none is. A note that
    applies to only some of the tables gives their number."""
    return tuple(
        words if is_of_all else in_parts(count, total, words)
        for words, count, total, is_of_all in counted_notes(tables, policy)
    )


def counted_notes(
    tables: Iterable[ReleasedTable], policy: Policy
) -> tuple[tuple[str, int, int, bool], ...]:
    """The same, each with the number of tables it applies to and the number of all."""
    given = tuple(tables)
    found = Counter(
        said for table in given for said in explain_table(table, policy) if said.code != "rounded"
    )
    total = len(given)
    return tuple(
        (str(EXPLAINED[said.code]) % dict(said.values), count, total, count == total)
        for said, count in found.items()
    )


def in_parts(count: int, total: int, words: str) -> str:
    """A note that applies to some of a question's tables."""
    return _("%(count)s of %(total)s parts: %(words)s", count=count, total=total, words=words)


def certified_words(protection: Protection) -> str:
    """What the certificate of a release proves, and no more."""
    if not protection.is_audited_as_a_whole:
        return _(
            "This report was made by an earlier version of this program. Each of its tables was"
            " checked by itself, but tables of the same answers (a question and a figure made of"
            " it, or the choices of one question) were not checked together. Somebody who compares"
            " them may work out a small number. Think twice before you pass its tables on."
        )
    return _(
        "Before this report was shown, a check tried to work out hidden numbers from"
        " the whole report, knowing the exact size of every group. For every number"
        " that could be small it had to find at least five different values that would"
        " give exactly these figures. The certificate holds the proof."
    )


def why(reason: HiddenReason) -> str:
    return str(WHY.get(reason) or WHY[HiddenReason.AUDIT])


def too_few(share: Share) -> str:
    """Replaces the number of a group that took part."""
    if share.figure.limit is not None:
        return _("fewer than %(least)s", least=share.figure.limit)
    return _("fewer than %(least)s", least=share.minimum)


def sentences(protection: Protection) -> tuple[str, ...]:
    """The protection rules of this report, and what they removed."""
    said = [_rounding(protection)]
    said.append(
        _(
            "A number under %(small)s is never shown, not even if it is none: it reads"
            " “fewer than %(small)s”. If all but a few gave one answer, the report says"
            " only that.",
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
    """The groups that are not shown anywhere. An empty group looks like a small one."""
    if is_whole_school_only:
        return _("So few students took part that only the whole school is shown.")
    return _("Not shown: too few responses, or none: %(groups)s.", groups=groups_list(groups))


def _taken_away(protection: Protection) -> list[str]:
    said = []
    if protection.together:
        said.append(
            _(
                "These year groups are shown together, because one by itself would be too small to"
                " show: %(groups)s. This was fixed before anyone answered. If a question starts at"
                " a later year, the row counts only the years that were asked.",
                groups=groups_list(protection.together),
            )
        )
    if protection.no_years:
        said.append(
            _(
                "There were too few students on roll to show year groups. This was fixed before"
                " anyone answered."
            )
        )
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
    """How many took part out of the roll, and how much the others could change."""
    count = whole.share.figure.count
    if count is None:
        return _("Too few students took part to say how many.")
    if not whole.roll:
        return _("About %(count)s students took part.", count=count)
    said = _(
        "About %(count)s of %(roll)s students on roll took part.", count=count, roll=whole.roll
    )
    return " ".join((said, *non_response_sentences(ResponseRates(count, whole.roll))))


def extremes_sentence(extremes: tuple[int, str] | None) -> str:
    """How many students may have called every place very unsafe, seriously or not."""
    if extremes is None:
        return ""
    most, place = extremes
    return _(
        "At most %(most)s students can have answered “Very unsafe” for every place, as a joke or"
        " because it is so: no more did for “%(place)s”.",
        most=most,
        place=place,
    )
