"""The words of the figures of all schools together: year groups, and changes between surveys."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel.speaklater import LazyString

from survey.i18n import gettext as _
from survey.i18n import lazy_gettext as _l
from survey.i18n import ngettext
from survey.reports.comparisons.all_schools.changes import AllSchoolsChanges, WholeChange
from survey.reports.comparisons.all_schools.included_schools import MANY
from survey.reports.comparisons.all_schools.year_group_claims import YearGroups, YearShare
from survey.reports.school.report_data import ChangeVerdict
from survey.reports.wording.figures import percent
from survey.year_groups.wording import year_name as year_name

VERDICTS: Mapping[ChangeVerdict, LazyString] = {
    ChangeVerdict.BETTER: _l("better"),
    ChangeVerdict.WORSE: _l("worse"),
    ChangeVerdict.HIGHER: _l("higher"),
    ChangeVerdict.LOWER: _l("lower"),
    ChangeVerdict.UNCLEAR: _l("no clear change"),
}

WAYS: Mapping[int, LazyString] = {1: _l("above the other years"), -1: _l("below the other years")}


def year_sentence(share: YearShare) -> str:
    """What may be said of one year group."""
    rest = percent(share.contrast.rest) if share.contrast else ""
    words = {"year": year_name(share.year), "share": percent(share.figure.percent), "rest": rest}
    if share.way > 0:
        return _("%(year)s: %(share)s, above the other years (%(rest)s).", **words)
    return _("%(year)s: %(share)s, below the other years (%(rest)s).", **words)


def way(share: YearShare | None) -> str:
    """A mark in a cell, in words."""
    return str(WAYS[share.way]) if share is not None and share.way else ""


def years_over(years: YearGroups, compared: int) -> str:
    if years.schools == compared:
        return _("Over all %(schools)s schools that are compared.", schools=compared)
    return _(
        "Over %(schools)s of the %(compared)s schools that are compared.",
        schools=years.schools,
        compared=compared,
    )


def which_figures(years: YearGroups) -> str:
    """Why there are only places, where schools teach different year groups."""
    if not years.is_of_places:
        return ""
    return _(
        "Some of these schools teach year groups that others do not. So only the places are shown,"
        " in the year groups that most schools teach: with all figures, anyone who knows which"
        " schools have older students could find their letters. From %(many)s schools on, all"
        " figures are shown.",
        many=MANY,
    )


def no_years() -> str:
    """Why a comparison shows no year groups; the same whichever reason it is."""
    return _(
        "Year groups are shown for all schools together, if the reports of at least five schools of"
        " about the same size show the same year groups one by one. Here that is not so. Where a"
        " report joins year groups, because few students answered, its size band is left out as a"
        " whole: otherwise the figures would show which letter that school is. Each school sees"
        " its own year groups in its report."
    )


def change_sentence(one: WholeChange) -> str:
    """From what to what."""
    return _(
        "From %(before)s to %(now)s: %(verdict)s.",
        before=percent(one.before),
        now=percent(one.now),
        verdict=VERDICTS[one.verdict],
    )


def points(one: WholeChange) -> str:
    """The interval of a change."""
    low, high = one.interval
    if low >= 0:
        return _("%(low)s to %(high)s higher", low=low, high=high)
    if high <= 0:
        return _("%(low)s to %(high)s lower", low=-high, high=-low)
    return _("%(low)s lower to %(high)s higher", low=-low, high=high)


def changes_over(changes: AllSchoolsChanges, compared: int) -> str:
    if changes.schools == compared:
        return _("Over all %(schools)s schools that are compared.", schools=compared)
    return ngettext(
        "Over the %(num)s school that is in both comparisons and can be taken in, of the"
        " %(compared)s that are compared now.",
        "Over the %(num)s schools that are in both comparisons and can be taken in, of the"
        " %(compared)s that are compared now.",
        changes.schools,
        compared=compared,
    )


def clear_changes() -> str:
    return _(
        "Here a share moved by more than rounding and chance explain. All such changes are chosen"
        " together, so that at most one in twenty of them is expected to be wrong."
    )


def nothing_certain() -> str:
    return _(
        "Nothing for certain. That does not mean that nothing changed: the tables say how much may"
        " have."
    )


def no_change_yet() -> str:
    return _(
        "One survey of this programme is compared so far. What changed can be shown after the"
        " second."
    )


def no_change() -> str:
    return _(
        "A change is shown over the schools that are in both comparisons, at least five. A size"
        " band with a school that took part in only one of them is left out, because the change of"
        " the others would show which letter that school is. Here too few schools are left. Each"
        " school sees its own change in its report."
    )


def how_years() -> tuple[str, ...]:
    """How shares by year group are worked out."""
    return (
        _(
            "Each school weighs as the smallest school of its size band, so a share by year group"
            " may be a point off that of all students. A size band is taken in only if all its"
            " schools show the figure. So these figures are the same whichever school has which"
            " letter."
        ),
        _(
            "Each year group is held against the average of the other year groups of the same"
            " schools. We assume that answers within a class resemble each other (a design effect"
            " of one and a half), because no answer is stored with its class."
        ),
        _("A year group that stands out is made of other students next year. It does not say why."),
    )


def how_changes() -> tuple[str, ...]:
    """How changes are worked out, and what they do not say."""
    return (
        _(
            "Only schools that are in both comparisons count in a change, and each weighs the same"
            " in both, as the smallest school of its size band. So a share may be a point off the"
            " one in the comparison, and no change comes from schools that joined or left."
        ),
        _(
            "A change is named if it is more than rounding (it goes the same way whichever way"
            " every count was rounded) and more than chance, with answers within a class taken to"
            " resemble each other (a design effect of one and a half)."
        ),
        _(
            "A change does not say why, and not that single students feel safer: the year groups"
            " are other students now. What was highest last time tends to fall a little by itself."
            " If other year groups answered, a part of the change may come from that."
        ),
    )
