"""Figures of a report in words: shares, counts, intervals, and why one is hidden.

Every number is one that the release prints. A fraction in words is only used where it is inside
the figure's 95 % interval.
"""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel.speaklater import LazyString

from survey.disclosure.figures import HiddenReason, Status
from survey.i18n import gettext as _
from survey.i18n import lazy_gettext as _l
from survey.i18n.percent_words import percent as percent
from survey.i18n.percent_words import share_words as words_of_share
from survey.reports.school.report_data import Share

FRACTIONS: tuple[tuple[int, LazyString], ...] = (
    (5, _l("About 1 in 20")),
    (10, _l("About 1 in 10")),
    (14, _l("About 1 in 7")),
    (17, _l("About 1 in 6")),
    (20, _l("About 1 in 5")),
    (25, _l("About a quarter")),
    (30, _l("About 3 in 10")),
    (33, _l("About a third")),
    (40, _l("About 2 in 5")),
    (50, _l("About half")),
    (60, _l("About 3 in 5")),
    (67, _l("About two thirds")),
    (70, _l("About 7 in 10")),
    (75, _l("About three quarters")),
    (80, _l("About 4 in 5")),
    (90, _l("About 9 in 10")),
)


MORE_THAN_HALF: tuple[range, LazyString] = range(53, 58), _l("More than half")


"""Per cent that are said so, if the whole interval is above half."""


NEAR = 2


"""Per cent points that a fraction in words may be from the printed figure."""


HALF = 50


WIDE = 20


"""Per cent points of interval from which a sentence gives the interval instead of one number."""


HIDDEN_BECAUSE: Mapping[HiddenReason, LazyString] = {
    HiddenReason.AUDIT: _l("hidden: it could identify a student"),
    HiddenReason.WHOLE_SCHOOL_ONLY: _l("hidden: shown for the whole school only"),
    HiddenReason.SURVEY_TOO_SMALL: _l("hidden: too few took part in the survey"),
}


"""For every other reason: too few answered."""


def share_words(share: Share) -> str:
    """The figure itself, short enough for a chart."""
    figure = share.figure
    match figure.status:
        case Status.HIDDEN:
            return _short_why(share)
        case Status.IMPLIED:
            return _("in the sums")
    under = 1 if figure.percent == 0 and figure.count else figure.under
    words = words_of_share(figure.percent, under=under, at_least=figure.at_least)
    return str(figure.count) if words is None else words


def _short_why(share: Share) -> str:
    if share.is_pooled:
        return _("two wordings")
    return _("hidden") if share.is_asked else _("not asked")


def count_words(share: Share) -> str:
    """The count behind it and its base, or why there is none."""
    figure, base = share.figure, share.base
    match figure.status:
        case Status.SHOWN:
            return _("%(count)s of %(base)s", count=figure.count, base=base)
        case Status.FEWER_THAN:
            return _("fewer than %(limit)s of %(base)s", limit=figure.limit, base=base)
        case Status.ALL_BUT_FEWER:
            return _("all but fewer than %(limit)s of %(base)s", limit=figure.limit, base=base)
        case Status.HIDDEN | Status.IMPLIED:
            return why_hidden(share)


def why_hidden(share: Share) -> str:
    if not share.is_asked:
        return _("not asked")
    if share.is_pooled:
        return _("asked in two wordings")
    if share.figure.status is Status.IMPLIED:
        return _("counted in the sums")
    known = HIDDEN_BECAUSE.get(share.reason)
    return str(known) if known else _("hidden: fewer than %(n)s answered", n=share.minimum)


def interval_words(share: Share) -> str:
    if share.interval is None:
        return ""
    low, high = share.interval
    return _("%(low)s to %(high)s%%", low=low, high=high)


ONLY_TICKED = _l(
    "Shares are of the students who ticked something. There was no “None of these” to tick, so the"
    " share of all students is lower."
)


def about(share: Share) -> str:
    """The share in words: a fraction if one is near and inside the interval, else the number; the
    interval itself where it is wide."""
    number, interval = share.figure.percent, share.interval
    if number is None or interval is None:
        return capital(share_words(share))
    low, high = interval
    if high - low >= WIDE:
        return _("Between %(low)s and %(high)s%%", low=low, high=high)
    if number in MORE_THAN_HALF[0] and low >= HALF:
        return str(MORE_THAN_HALF[1])
    near, words = min(FRACTIONS, key=lambda one: abs(one[0] - number))
    if abs(near - number) <= NEAR and low <= near <= high:
        return str(words)
    return percent(number)


def exactly(share: Share) -> str:
    """The printed figure with its base."""
    if share.figure.status is Status.SHOWN:
        return _("%(share)s of %(base)s", share=share_words(share), base=share.base)
    return count_words(share)


def exactly_after(share: Share) -> str:
    """What follows `about` in brackets: the figure, but not twice."""
    if about(share) == share_words(share):
        return _("of %(base)s", base=share.base)
    return exactly(share)


def capital(words: str) -> str:
    return words[:1].upper() + words[1:]
