"""Sentences on what a report finds: places, themes, times, and the groups that differ.

A group is only called higher than the rest of the school where it differs by more than chance and
rounding among all that the report compares (`group_claims`), and a place only put before another
where the two differ by more than chance and rounding (`is_clearly_above`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flask_babel.speaklater import LazyString

from survey.i18n import gettext as _
from survey.i18n import lazy_gettext as _l
from survey.i18n import ngettext
from survey.questionnaires.table_key import TableKey
from survey.releases import sums_of_answers
from survey.reports.school.finding import Finding
from survey.reports.school.place_times import TimesOfPlace
from survey.reports.school.report_data import (
    Peak,
)
from survey.reports.wording.figures import (
    about,
    capital,
    count_words,
    exactly,
    exactly_after,
)
from survey.reports.wording.labels import (
    in_a_sentence,
    in_small,
    line_label,
    list_of,
)
from survey.reports.wording.who_answered import away_sentence, students, weighed_sentence

INDICATOR, OPTION = "indicator", "option"


SENTENCES: Mapping[str, LazyString] = {
    sums_of_answers.FEEL_UNSAFE: _l(
        "%(share)s of %(students)s who go there feel unsafe or very unsafe (%(exact)s)."
    ),
    sums_of_answers.HAPPENED: _l("%(share)s of %(students)s say it happened to them (%(exact)s)."),
    sums_of_answers.WEEKLY: _l(
        "%(share)s of %(students)s say: most weeks or most days (%(exact)s)."
    ),
    INDICATOR: _l("%(share)s of %(students)s (%(exact)s)."),
    OPTION: _l("%(share)s of %(students)s name it (%(exact)s)."),
}


"""By the box, else by whether it is an indicator or an option."""


def standing_sentence(standing: Finding) -> str:
    kind = INDICATOR if TableKey(standing.table).is_indicator else OPTION
    sentence = SENTENCES.get(standing.measure.key) or SENTENCES[kind]
    said = {
        "share": in_small(about(standing.share)),
        "exact": exactly_after(standing.share),
        "students": students(standing.asked, is_of_few=standing.is_of_few),
    }
    return capital(str(sentence) % said)


def brief_sentence(standing: Finding) -> str:
    """The short sentence on a place: its share, or that of a year group that stands out."""
    found = standing.year
    if found is None:
        return capital(_("%(share)s feel unsafe there.", share=in_small(about(standing.share))))
    said = _(
        "%(share)s of %(group)s feel unsafe there (%(count)s), clearly more than in the rest of"
        " the school (%(rest)s%%).",
        share=in_small(about(found.share)),
        group=in_a_sentence(found.group),
        count=count_words(found.share),
        rest=found.rest,
    )
    return capital(said)


def name_no_year(standings: Sequence[Finding]) -> bool:
    """May no year group be named at any of several places? Then it is said once, below them all."""
    return len(standings) > 1 and all(
        one.year is None and one.compared_years > 1 for one in standings
    )


def more_on_groups(standing: Finding, *, is_said_below: bool = False) -> tuple[str, ...]:
    """The sentences after `brief_sentence`: on year groups and genders, on who stays away and who
    answered. `is_said_below`: the page says once for all places that no year group is named."""
    said = []
    if standing.year is None and standing.compared_years > 1 and not is_said_below:
        said.append(no_year_stands_out())
    if standing.gender:
        said.append(peak_sentence(standing.gender))
    return (*said, *whom_sentences(standing))


def whom_sentences(standing: Finding) -> tuple[str, ...]:
    """Who stays away from a place, and the share weighed by the roll where it differs."""
    said = (away_sentence(standing), weighed_sentence(standing))
    return tuple(one for one in said if one)


def no_year_stands_out() -> str:
    return _("No year group clearly differs from the rest of the school.")


def what_could_be_seen(standings: Sequence[Finding]) -> str:
    """How far above the rest a year group would have to be to be named, if none is."""
    unnamed = [one.least_difference for one in standings if one.year is None]
    found = [points for points in unnamed if points]
    if not found:
        return ""
    return str(
        ngettext(
            "To be named here, a year group would have to be about %(num)s percentage point above"
            " the rest of the school.",
            "To be named here, a year group would have to be about %(num)s percentage points above"
            " the rest of the school.",
            max(found),
        )
    )


def time_sentence(standing: Finding, near: Sequence[Finding]) -> str:
    """The time at which students feel least safe. The question is about the whole day, not a
    place."""
    said = {
        "time": standing.label,
        "share": in_small(about(standing.share)),
        "exact": exactly_after(standing.share),
        "students": students(standing.asked, is_of_few=standing.is_of_few),
    }
    if not near:
        return _(
            "%(time)s: named by %(share)s of %(students)s (%(exact)s), clearly more than any other"
            " time.",
            **said,
        )
    return _(
        "%(time)s: named by %(share)s of %(students)s (%(exact)s). Too close to it to tell apart:"
        " %(others)s.",
        others=list_of(in_small(one.label) for one in near),
        **said,
    )


def when_sentence(standing: Finding) -> str:
    """The time at which a place feels least safe, for those who feel unsafe there; empty if hidden
    or not asked."""
    return "" if standing.times is None else times_sentence(standing.times)


def times_sentence(times: TimesOfPlace) -> str:
    if not times.stands_out:
        return _("No time of day clearly stands out there.")
    named = [in_small(line_label(line)) for line in times.named]
    exact = exactly(times.named[0].first)
    if len(named) > 1:
        return _(
            "Least safe: %(times)s, too close to tell apart. Of those who feel unsafe there and"
            " said when, %(exact)s named the first.",
            times=list_of(named),
            exact=exact,
        )
    return _(
        "Least safe: %(time)s, named by %(exact)s who feel unsafe there and said when.",
        time=named[0],
        exact=exact,
    )


def peak_sentence(found: Peak) -> str:
    said = {
        "group": in_a_sentence(found.group),
        "exact": exactly(found.share),
        "rest": found.rest,
    }
    if found.is_lowest:
        return _(
            "Clearly lower for %(group)s (%(exact)s) than in the rest of the school (%(rest)s%%).",
            **said,
        )
    return _(
        "Clearly higher for %(group)s (%(exact)s) than in the rest of the school (%(rest)s%%).",
        **said,
    )


def group_sentences(standing: Finding) -> tuple[str, ...]:
    """The year groups and genders that differ, and who the figure is of."""
    said = [peak_sentence(one) for one in (standing.year, standing.gender) if one]
    if standing.year is None and standing.compared_years > 1:
        said.append(no_year_stands_out())
    return (*said, *whom_sentences(standing))


def order_among(standings: Sequence[Finding]) -> str:
    """A sentence on those whose order is too close to tell; empty if there are none."""
    spans: list[tuple[int, int]] = []
    for first, one in enumerate(standings):
        last = first
        while last + 1 < len(standings) and not one.share.is_clearly_above(
            standings[last + 1].share
        ):
            last += 1
        if last > first and not any(last <= other for _first, other in spans):
            spans.append((first, last))
    if not spans:
        return ""
    sets = (list_of(one.label for one in standings[first : last + 1]) for first, last in spans)
    return _("Too close to tell which comes first: %(places)s.", places="; ".join(sets))


def themes_lead() -> str:
    """An introduction to the list of themes."""
    return _("For each theme, the experience students report most, whether or not it is unusual.")


def order_note(standings: Sequence[Finding]) -> str:
    """A note that the order of a list can be chance."""
    if not any(one.is_tied_with_next for one in standings):
        return ""
    return _("The order can be chance: neighbours are too close to tell apart.")
