"""What a report says of its figures, in sentences a head teacher would say.

A group is only called higher than the rest of the school where it differs by more than chance and
rounding among all that the report compares (`group_claims`), and a place only put before another
where the two differ by more than chance and rounding (`is_clearly_above`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from flask_babel.speaklater import LazyString

from survey.disclosure.tables import Group
from survey.i18n import gettext as _
from survey.i18n import lazy_gettext as _l
from survey.i18n import ngettext
from survey.questionnaires.gender_question.wording import sex_or_gender
from survey.questionnaires.table_key import TableKey
from survey.releases import sums_of_answers
from survey.reports.school.finding import Finding
from survey.reports.school.place_times import TimesOfPlace
from survey.reports.school.report_data import (
    EVERYONE,
    Heat,
    Line,
    Measure,
    Panel,
    PanelKind,
    Peak,
    Share,
    years_of,
)
from survey.reports.school.rounding_consistency import disagrees
from survey.reports.wording.figures import (
    about,
    count_words,
    exactly,
    exactly_after,
    in_a_sentence,
    in_small,
    interval_words,
    line_label,
    list_of,
    measure_label,
    share_words,
    why_hidden,
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
        "share": about(standing.share),
        "exact": exactly_after(standing.share),
        "students": students(standing.asked, is_of_few=standing.is_of_few),
    }
    return str(sentence) % said


def brief_sentence(standing: Finding) -> str:
    """What a person would say of a place first: the year group that stands out, if one does."""
    found = standing.year
    if found is None:
        return _("%(share)s feel unsafe there.", share=about(standing.share))
    return _(
        "%(share)s of %(group)s feel unsafe there (%(count)s), clearly more than in the rest of"
        " the school (%(rest)s%%).",
        share=about(found.share),
        group=in_a_sentence(found.group),
        count=count_words(found.share),
        rest=found.rest,
    )


def more_on_groups(standing: Finding) -> tuple[str, ...]:
    """What `brief_sentence` leaves to say: of year groups and genders, of who stays away and who
    answered."""
    said = []
    if standing.year is None and standing.compared_years > 1:
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
    """How far a year group would have to lie above the rest to be named, where none is."""
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
    """When students feel least safe. It is asked of the whole day, so it says so of no place."""
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
    """When a place feels least safe, of those who feel unsafe there; nothing where it is hidden or
    was not asked."""
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
    """For which year groups and genders it differs, as far as can be said, and whom it is of."""
    said = [peak_sentence(one) for one in (standing.year, standing.gender) if one]
    if standing.year is None and standing.compared_years > 1:
        said.append(no_year_stands_out())
    return (*said, *whom_sentences(standing))


def order_among(standings: Sequence[Finding]) -> str:
    """Which of a few in order are too close to tell which comes first; nothing of the others."""
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
    """What the list of themes is, and is not."""
    return _("For each theme, the experience students report most, whether or not it is unusual.")


def order_note(standings: Sequence[Finding]) -> str:
    """What the order of a list does not say."""
    if not any(one.is_tied_with_next for one in standings):
        return ""
    return _("The order can be chance: neighbours are too close to tell apart.")


def takeaway(panel: Panel) -> str:
    """One or two sentences on a chart: what it shows, as far as its intervals allow."""
    shown = [line for line in panel.shown if not line.stands_apart]
    if not shown:
        return _("Nothing to show here: too few answered.")
    return _TAKEAWAYS[panel.kind](shown, panel)


def _ranked(shown: Sequence[Line], _panel: Panel) -> str:
    first, others = shown[0], shown[1:]
    label, exact = _named(first), exactly(first.first)
    said = [_("First: %(label)s, with %(exact)s.", label=label, exact=exact)]
    near = [line for line in others if not first.first.is_clearly_above(line.first)]
    if others and not near:
        said.append(_("This is clearly higher than all others."))
    elif near:
        labels = [_named(line) for line in near[:MOST_NAMED]]
        rest = len(near) - len(labels)
        if rest:
            labels.append(str(ngettext("%(num)s other", "%(num)s others", rest)))
        said.append(_("Too close to it to tell apart: %(labels)s.", labels=list_of(labels)))
    return " ".join(said)


def _ordered(shown: Sequence[Line], _panel: Panel) -> str:
    most = max(shown, key=lambda line: line.first.rank)
    label, exact = _named(most), exactly(most.first)
    return _("The most frequent answer is “%(label)s”, with %(exact)s.", label=label, exact=exact)


def _groups(shown: Sequence[Line], panel: Panel) -> str:
    said = [
        _(
            "Whole school: %(about)s (%(exact)s).",
            about=in_small(about(line.first)),
            exact=exactly_after(line.first),
        )
        for line in shown
        if line.of == EVERYONE
    ]
    said += [peak_sentence(one) for one in panel.peaks]
    if not panel.peaks and len(shown) > 2:
        said.append(
            sex_or_gender(
                _("No year group or gender is clearly different from the rest of the school."),
                _("No year group or sex is clearly different from the rest of the school."),
            )
        )
    if any(
        _is_rounded_apart([line.of for line in shown], [line.shares[at] for line in shown])
        for at in range(panel.drawn)
    ):
        said.append(rounded_apart())
    return " ".join(said)


def heat_note(heat: Heat) -> str:
    """That a whole and its parts are rounded apart, where a reader would wonder."""
    if any(_is_rounded_apart(heat.groups, line.shares) for line in heat.lines):
        return rounded_apart()
    return ""


def rounded_apart() -> str:
    return _(
        "Each figure is rounded by itself, so the whole school can lie outside its groups here. The"
        " true figures agree."
    )


def _is_rounded_apart(groups: Sequence[Measure | Group], shares: Sequence[Share]) -> bool:
    pairs = [(of, share) for of, share in zip(groups, shares, strict=True) if share.is_asked]
    whole = next((share for of, share in pairs if of == EVERYONE), None)
    years = [share for of, share in pairs if isinstance(of, Group) and years_of(of)]
    others = [share for of, share in pairs if isinstance(of, Group) and of.gender]
    return whole is not None and disagrees(whole, years, others)


def _named(line: Line) -> str:
    return in_a_sentence(line.of)


MOST_NAMED = 3
"""How many neighbours a sentence names before it counts the rest."""

_TAKEAWAYS: Mapping[PanelKind, Callable[[Sequence[Line], Panel], str]] = {
    PanelKind.RANKED: _ranked,
    PanelKind.ORDERED: _ordered,
    PanelKind.GROUPS: _groups,
}


def description(panel: Panel) -> str:
    """What the chart shows, line by line, for readers who do not see it."""
    drawn = panel.measures[: panel.drawn]
    lines = []
    for line in panel.lines:
        said = [
            f"{measure_label(measure)} {_told(share)}" if len(drawn) > 1 else _told(share)
            for measure, share in zip(drawn, line.shares, strict=False)
        ]
        lines.append(f"{line_label(line)}: {', '.join(said)}")
    return ". ".join(lines) + "."


def _told(share: Share) -> str:
    words = share_words(share) if share.is_shown else why_hidden(share)
    interval = interval_words(share)
    return f"{words} ({interval})" if interval else words
