"""The words of a comparison: letters of schools, distributions, and hidden figures."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from babel.lists import format_list
from flask_babel import get_locale
from flask_babel.speaklater import LazyString

from survey.i18n import gettext as _
from survey.i18n import lazy_gettext as _l
from survey.i18n import ngettext
from survey.i18n.percent_words import share_words
from survey.organisations.policies.consent import Consent
from survey.releases.group_names import LISTS
from survey.reports.comparisons.comparison_document import ComparedSchool, SchoolFigure
from survey.reports.comparisons.size_bands import Band
from survey.reports.comparisons.statistics.funnel_limits import FunnelPosition, FunnelVerdict
from survey.reports.comparisons.view_model import ComparedFigureView, Distribution
from survey.reports.wording.figures import percent
from survey.reports.wording.labels import in_small, measure_label

PHASES: Mapping[str, LazyString] = {
    "secondary": _l("Secondary"),
    "all_through": _l("All-through"),
    "middle": _l("Middle"),
    "sixth_form": _l("Sixth form or college"),
    "special": _l("Special"),
    "alternative": _l("Alternative provision"),
    "primary": _l("Primary school with Year 6"),
    "independent": _l("Independent"),
}

NOT_SHOWN = _l("not shown")
"""The same for every reason, because a missing place or a small size might identify the school."""

VERDICTS: Mapping[FunnelVerdict, LazyString] = {
    FunnelVerdict.FAR_BELOW: _l("far below the others"),
    FunnelVerdict.BELOW: _l("below the others"),
    FunnelVerdict.INSIDE: _l("within the limits"),
    FunnelVerdict.ABOVE: _l("above the others"),
    FunnelVerdict.FAR_ABOVE: _l("far above the others"),
}

OWN_VERDICTS: Mapping[FunnelVerdict, LazyString] = {
    FunnelVerdict.FAR_BELOW: _l("Far below the other schools."),
    FunnelVerdict.BELOW: _l("Below the other schools."),
    FunnelVerdict.INSIDE: _l(
        "Within what chance and the usual differences between schools explain."
    ),
    FunnelVerdict.ABOVE: _l("Above the other schools."),
    FunnelVerdict.FAR_ABOVE: _l("Far above the other schools."),
}

FEW_SCHOOLS = 10
"""Of fewer, how much schools usually differ is known only roughly."""

VERY_FEW_SCHOOLS = 8
"""Of fewer, a school that is 25 points above the others is found in 4 % of cases."""


def school_label(school: ComparedSchool) -> str:
    letter = _("School %(letter)s", letter=school.code)
    return f"{letter}: {school.name}" if school.name else letter


def share(one: SchoolFigure | FunnelPosition) -> str:
    """A school's share, short. It shows only as much of the base as the band does."""
    return share_words(one.percent, under=one.under, at_least=one.at_least) or str(NOT_SHOWN)


def verdict(one: FunnelPosition) -> str:
    return str(VERDICTS[one.verdict]) if one.is_given else ""


def band(one: Band) -> str:
    """The approximate number of answers."""
    if one.least is None and one.below is None:
        return _("all schools")
    if one.least is None:
        return _("under %(number)s", number=one.below)
    if one.below is None:
        return _("%(number)s or more", number=one.least)
    return _("%(low)s to %(high)s", low=one.least, high=one.below - 1)


def limits(low_and_high: tuple[int, int]) -> str:
    low, high = low_and_high
    return _("%(low)s to %(high)s%%", low=low, high=high)


def kind(one: Band, code: str) -> str:
    """The kind of a school, if that identifies none."""
    phase = one.phase_of(code)
    return "–" if phase is None else str(PHASES.get(phase, phase))


def half(one: ComparedFigureView) -> str:
    """The middle half of the schools."""
    figure = one.figure
    return _("%(low)s to %(high)s%%", low=figure.lower_quartile, high=figure.upper_quartile)


def ends(one: ComparedFigureView) -> str:
    return _("%(low)s – %(high)s", low=share(one.lowest), high=share(one.highest))


def title(one: ComparedFigureView) -> str:
    """Label and measure, for a heading."""
    if one.is_indicator:
        return one.label
    if one.label.endswith("?"):
        return f"{one.label} {measure_label(one.measure)}"
    return f"{one.label.rstrip('.')}: {in_small(measure_label(one.measure))}"


def spread_sentence(one: ComparedFigureView) -> str:
    """What the distribution shows."""
    figure = one.figure
    return _(
        "In the school in the middle it is %(median)s; half of the %(given)s schools lie between"
        " %(half)s.",
        median=percent(figure.median),
        given=figure.given,
        half=_("%(low)s and %(high)s%%", low=figure.lower_quartile, high=figure.upper_quartile),
    )


def apart_sentence(one: ComparedFigureView) -> str:
    """How many schools are outside the limits in each direction, without saying which."""
    counts = {
        verdict: sum(standing.verdict is verdict for standing in one.funnel.standings)
        for verdict in APART_COUNTS
    }
    told = [str(APART_COUNTS[verdict](number)) for verdict, number in counts.items() if number]
    if not told:
        return _("No school is outside the limits.")
    return _("Outside the limits: %(schools)s.", schools=format_list(told, locale=_locale()))


APART_COUNTS: Mapping[FunnelVerdict, Callable[[int], str]] = {
    FunnelVerdict.FAR_ABOVE: lambda number: ngettext(
        "%(num)s school far above", "%(num)s schools far above", number
    ),
    FunnelVerdict.ABOVE: lambda number: ngettext(
        "%(num)s school above", "%(num)s schools above", number
    ),
    FunnelVerdict.BELOW: lambda number: ngettext(
        "%(num)s school below", "%(num)s schools below", number
    ),
    FunnelVerdict.FAR_BELOW: lambda number: ngettext(
        "%(num)s school far below", "%(num)s schools far below", number
    ),
}


def dispersion_sentence(one: ComparedFigureView) -> str:
    """Whether the limits were widened, and how certain that is."""
    if not one.funnel.is_dispersed:
        said = _(
            "Chance alone explains how schools differ here, so the limits are those of chance."
        )
    else:
        said = _(
            "Schools differ by more than chance here, as schools do, so the limits are wider than"
            " those of chance."
        )
    if one.figure.given < FEW_SCHOOLS:
        said += " " + _(
            "With fewer than %(number)s schools, how much they usually differ is known only"
            " roughly.",
            number=FEW_SCHOOLS,
        )
    return said


def own_sentence(one: ComparedFigureView, code: str) -> str:
    """The position of one school, in words for its own lead."""
    standing = one.funnel.standing_of(code)
    if not standing.is_given:
        return _("Your school has no figure here.")
    return _("Your school: %(share)s.", share=share(standing)) + " " + own_verdict(one, code)


def expected_sentence(spread: Distribution, code: str) -> str:
    """How many figures of a school would lie outside the limits if it were like the others."""
    figures = len(spread.compared_of(code))
    return _(
        "%(figures)s figures are compared. If your school differed from the others only as schools"
        " usually do, about %(expected)s of them would lie outside the 95%% limits by chance. What"
        " is named here holds among all of them.",
        figures=figures,
        expected=spread.expected_of(code),
    )


def few_schools_sentence(spread: Distribution) -> str:
    """A note on what a comparison of few schools cannot show."""
    if len(spread.schools) < VERY_FEW_SCHOOLS:
        return _(
            "With fewer than %(number)s schools, hardly any can be shown to differ: a school"
            " that differs also widens the limits it is held against.",
            number=VERY_FEW_SCHOOLS,
        )
    if len(spread.schools) < FEW_SCHOOLS:
        return _(
            "With fewer than %(number)s schools, how much they usually differ is known only"
            " roughly.",
            number=FEW_SCHOOLS,
        )
    return ""


def consent_sentences(consents: Mapping[Consent, int]) -> tuple[str, ...]:
    """How parents agreed in the schools of a comparison, where that differs; nothing if it does
    not. It says how many schools, and not which."""
    if len(consents) < 2:
        return ()
    said = [_consent(one, number) for one, number in sorted(consents.items(), key=_strictest_last)]
    return (
        " ".join(said),
        _(
            "Where a parent had to say yes, those who took part may differ from those whose parents"
            " did not answer. So compare schools that asked in the same way: a school that stands"
            " out may do so because others were let in, and not because more happens there."
        ),
    )


def _strictest_last(one: tuple[Consent, int]) -> tuple[bool, int]:
    consent, _number = one
    return not consent.is_opt_out, 99 if consent.under is None else consent.under


def _consent(consent: Consent, number: int) -> str:
    if consent.is_opt_out:
        return ngettext(
            "In %(num)s school, parents could say no before the survey.",
            "In %(num)s schools, parents could say no before the survey.",
            number,
        )
    if consent.under is None:
        return ngettext(
            "In %(num)s school, a parent of every student had to say yes first.",
            "In %(num)s schools, a parent of every student had to say yes first.",
            number,
        )
    return ngettext(
        "In %(num)s school, a parent of every student under %(age)s had to say yes first.",
        "In %(num)s schools, a parent of every student under %(age)s had to say yes first.",
        number,
        age=consent.under,
    )


def own_verdict(one: ComparedFigureView, code: str) -> str:
    standing = one.funnel.standing_of(code)
    return str(OWN_VERDICTS[standing.verdict]) if standing.is_given else ""


def funnel_description(one: ComparedFigureView, schools: Sequence[ComparedSchool]) -> str:
    """A funnel in words: the middle, the limits of each band, and each school."""
    parts = [_("All students together: %(share)s.", share=percent(one.funnel.middle))]
    for limit in one.funnel.limits:
        parts.append(
            _(
                "Students who answered, %(band)s: 95%% limits %(usual)s, 99.8%% limits %(wide)s.",
                band=band(limit.band),
                usual=limits(limit.usual),
                wide=limits(limit.wide),
            )
        )
    for school, standing in zip(schools, one.funnel.standings, strict=True):
        words = share(standing)
        apart = "" if standing.verdict is FunnelVerdict.INSIDE else f", {verdict(standing)}"
        parts.append(f"{school_label(school)}: {words}{apart}.")
    return " ".join(parts)


def _locale() -> str:
    locale = str(get_locale() or "en")
    return LISTS.get(locale, locale)
