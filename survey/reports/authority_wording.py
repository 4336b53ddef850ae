"""The words of a comparison: schools by letter, spreads, and what stands in a hidden place."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from survey.reports.compared import Apart, ComparedSchool, Printed, Reason, SchoolFigure, Size
from survey.reports.distribution import Compared
from survey.reports.wording import in_small, measure_label, percent

SIZES: Mapping[Size, LazyString] = {
    Size.UNDER_600: _l("under 600"),
    Size.TO_1000: _l("600 to 1000"),
    Size.TO_1500: _l("1001 to 1500"),
    Size.OVER_1500: _l("over 1500"),
    Size.UNSAID: _l("not said"),
}

PHASES: Mapping[str, LazyString] = {
    "secondary": _l("Secondary"),
    "all_through": _l("All-through"),
    "special": _l("Special"),
}

ABSENT: Mapping[Printed, LazyString] = {
    Printed.HIDDEN: _l("hidden: too few answered"),
    Printed.NOT_ASKED: _l("not asked"),
    Printed.ASKED_OTHERWISE: _l("asked otherwise"),
}

APART: Mapping[Apart, LazyString] = {
    Apart.ABOVE: _l("above the others"),
    Apart.BELOW: _l("below the others"),
}

LEFT_OUT: Mapping[Reason, LazyString] = {
    Reason.TOO_FEW_SCHOOLS: _l("too few schools print this figure"),
    Reason.SCHOOL_TOO_LARGE: _l("one school would make up most of this figure"),
}


def _(message: str, **values: object) -> str:
    return str(gettext(message, **values))


def school_label(school: ComparedSchool) -> str:
    letter = _("School %(letter)s", letter=school.code)
    return f"{letter}: {school.name}" if school.name else letter


def years(school: ComparedSchool) -> str:
    """Year 7 to Year 11, from the first and the last."""
    numbers = sorted(int(year[1:]) for year in school.years if year[1:].isdecimal())
    if not numbers:
        return ""
    return _("Years %(first)s to %(last)s", first=numbers[0], last=numbers[-1])


def share(one: SchoolFigure) -> str:
    """A school's share, short."""
    match one.printed:
        case Printed.SHOWN:
            return percent(one.percent or 0)
        case Printed.FEWER_THAN:
            return _("under %(share)s", share=percent(one.under or 0))
        case Printed.ALL_BUT_FEWER:
            return _("%(share)s or more", share=percent(one.at_least or 0))
        case _:
            return str(ABSENT[one.printed])


def count(one: SchoolFigure) -> str:
    """The rounded count behind it, of its base."""
    match one.printed:
        case Printed.SHOWN:
            return _("%(count)s of %(base)s", count=one.count, base=one.base)
        case Printed.FEWER_THAN:
            return _("fewer than %(limit)s of %(base)s", limit=one.limit, base=one.base)
        case Printed.ALL_BUT_FEWER:
            return _("all but fewer than %(limit)s of %(base)s", limit=one.limit, base=one.base)
        case _:
            return ""


def interval(one: SchoolFigure) -> str:
    if one.low is None:
        return ""
    return _("%(low)s to %(high)s%%", low=one.low, high=one.high)


def apart(one: SchoolFigure) -> str:
    return "" if one.apart is None else str(APART[one.apart])


def half(one: Compared) -> str:
    """The middle half of the schools."""
    figure = one.figure
    return _("%(low)s to %(high)s%%", low=figure.lower_quartile, high=figure.upper_quartile)


def ends(one: Compared) -> str:
    return _("%(low)s – %(high)s", low=share(one.lowest), high=share(one.highest))


def title(one: Compared) -> str:
    """Label and measure, for a heading."""
    if one.is_indicator:
        return one.label
    return f"{one.label.rstrip('.')}: {in_small(measure_label(one.measure))}"


def spread_sentence(one: Compared) -> str:
    """What the spread is, and how many schools are clearly apart from it."""
    figure = one.figure
    said = _(
        "In the school in the middle it is %(median)s; half of the %(given)s schools lie between"
        " %(half)s.",
        median=percent(figure.median),
        given=figure.given,
        half=_("%(low)s and %(high)s%%", low=figure.lower_quartile, high=figure.upper_quartile),
    )
    beyond = sum(school.apart is not None for school in figure.schools)
    if not beyond:
        return said + " " + _("No school is clearly apart from the others.")
    return said + " " + _("Schools clearly apart from all together: %(beyond)s.", beyond=beyond)
