"""Sentences on changes. They never claim more than the verdict; their numbers are published, or
intervals of published numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flask_babel.speaklater import LazyString

from survey.campaigns.titles import survey_name
from survey.disclosure.tables import Group
from survey.i18n import gettext as _
from survey.i18n import lazy_gettext as _l
from survey.i18n import ngettext
from survey.questionnaires.themes import theme_label
from survey.reports.school.report_data import EVERYONE, Share
from survey.reports.trends.caveats import stays_away
from survey.reports.trends.change import ChangeVerdict, FigureChange, WhyNoVerdict
from survey.reports.trends.latest_changes import LatestChanges, MovedFigure
from survey.reports.trends.load_trends import SideBySide
from survey.reports.trends.over_time import OverTimeRow, Tracked
from survey.reports.trends.smallest_detectable_change import Detectable, smallest_of_years
from survey.reports.trends.year_group_mix import Mixed
from survey.reports.wording.figures import percent, share_words
from survey.reports.wording.labels import group_label, in_small, list_of, measure_label
from survey.year_groups.wording import tidy, year_number

EXAMPLE_YEAR = 9

VERDICTS: Mapping[ChangeVerdict, LazyString] = {
    ChangeVerdict.BETTER: _l("Better"),
    ChangeVerdict.WORSE: _l("Worse"),
    ChangeVerdict.HIGHER: _l("Higher"),
    ChangeVerdict.LOWER: _l("Lower"),
    ChangeVerdict.UNCLEAR: _l("No clear change"),
    ChangeVerdict.UNSAID: _l("Cannot be compared"),
}

WHY: Mapping[WhyNoVerdict, LazyString] = {
    WhyNoVerdict.ADDED: _l("Not asked in %(before)s."),
    WhyNoVerdict.DROPPED: _l("Asked in %(before)s, and not in %(now)s."),
    WhyNoVerdict.OTHERWISE: _l("Asked in another way, or of other students, in %(before)s."),
    WhyNoVerdict.HIDDEN: _l("Hidden in one of the surveys, so it cannot be compared."),
    WhyNoVerdict.WORDINGS: _l(
        "Younger and older students were asked in different words, so only year groups are"
        " compared."
    ),
    WhyNoVerdict.BANDS: _l(
        "Not the same year groups together as in %(before)s, so it cannot be compared."
    ),
}

CLEAR = _l("It is %(range)s, which is more than rounding and chance.")
UNCLEAR = _l("The true change could be anywhere from %(range)s.")


def name_of(side: SideBySide, number: int) -> str:
    """The name of a survey of this school."""
    return next(survey_name(one) for one in side.held if one.number == number)


def names_of(side: SideBySide) -> tuple[str, str]:
    """The names of the two latest surveys, which are compared."""
    return survey_name(side.held[-2]), survey_name(side.held[-1])


def verdict_words(change: FigureChange, chance: float | None = None) -> str:
    """The verdict in one or two words; at a stricter limit if one is given."""
    return str(VERDICTS[change.verdict if chance is None else change.verdict_at(chance)])


def range_words(change: FigureChange) -> str:
    """The 95 % interval of a change, in points lower or higher."""
    if change.interval is None:
        return ""
    low, high = change.interval
    if high <= 0:
        return _("%(least)s to %(most)s points lower", least=-high, most=-low)
    if low >= 0:
        return _("%(least)s to %(most)s points higher", least=low, most=high)
    return _("%(lower)s points lower to %(higher)s points higher", lower=-low, higher=high)


def why_words(change: FigureChange, before: str, now: str) -> str:
    """The reason why there is no verdict, in words."""
    return "" if change.why is None else str(WHY[change.why]) % {"before": before, "now": now}


def change_sentence(change: FigureChange, before: str, now: str) -> str:
    """By how much a figure changed from one survey to another, by their names; the figures and the
    verdict are next to it."""
    if change.why is not None:
        return why_words(change, before, now)
    sentence = UNCLEAR if change.verdict is ChangeVerdict.UNCLEAR else CLEAR
    said = str(sentence) % {"range": range_words(change)}
    return f"{said} {weighed_words(change)}".strip()


def weighed_words(change: FigureChange) -> str:
    """A note that a change is judged by shares weighed by the roll."""
    if change.on_one_roll is None:
        return ""
    return _(
        "Other year groups answered this time, so this is judged by shares weighed by the roll:"
        " %(before)s, then %(now)s.",
        before=percent(change.on_one_roll.before.percent),
        now=percent(change.on_one_roll.now.percent),
    )


def away_sentence(moved: MovedFigure) -> str:
    """A note that a place which fewer fear because fewer go there may be no safer."""
    return away_words(moved.away) if stays_away(moved.away, moved.change.verdict) else ""


def away_words(away: FigureChange | None) -> str:
    if away is None or away.before is None or away.now is None:
        return ""
    return _(
        "But more students say they do not go there: %(now)s, before %(before)s. Part of it may"
        " be that they stay away.",
        now=share_words(away.now),
        before=share_words(away.before),
    )


def row_label(row: OverTimeRow) -> str:
    """The label of a line: a place or an answer, or a question and its figure."""
    if isinstance(row.of, Group):
        return group_label(row.of)
    if row.title is None:
        return measure_label(row.of)
    measure = row.first.measure
    if measure.label:
        return measure.label
    return f"{row.title} {measure_label(measure)}"


def tracked_title(tracked: Tracked) -> str:
    return tracked.title or _("Questions with one figure each")


def called(row: OverTimeRow) -> str:
    return "" if row.was_called is None else _("was called %(name)s", name=f"“{row.was_called}”")


def moved_label(moved: MovedFigure) -> str:
    return theme_label(moved.theme) if moved.theme else moved.label


def moved_detail(moved: MovedFigure) -> str:
    """The exact description of the figure, below its label."""
    measure = measure_label(moved.measure)
    if moved.theme:
        label = moved.label.rstrip(".")
        return label if moved.measure.label == moved.label else f"{label}: {in_small(measure)}"
    if moved.measure.label:
        return moved.title or ""
    return f"{moved.title} {measure}" if moved.title else measure


def rest_sentence(since: LatestChanges) -> str:
    """A note that the second list was chosen from many figures."""
    if not (since.better or since.worse):
        return _(
            "None of the other %(figures)s figures of the whole school shows a reliable change.",
            figures=since.figures,
        )
    said = _(
        "Of %(figures)s figures of the whole school, these show a reliable change.",
        figures=since.figures,
    )
    if since.more:
        said += " " + str(
            ngettext(
                "%(num)s more is on the page over time.",
                "%(num)s more are on the page over time.",
                since.more,
            )
        )
    return said


def mixed_sentence(mixed: Sequence[Mixed], before: str, now: str) -> str:
    """A note that the mix of year groups has changed."""
    if not mixed:
        return ""
    parts = [
        _(
            "%(group)s (%(before)s in %(survey_before)s, %(now)s in %(survey_now)s)",
            group=group_label(one.group),
            before=_took_part(one.before, one.before_whole),
            now=_took_part(one.now, one.now_whole),
            survey_before=before,
            survey_now=now,
        )
        for one in mixed
    ]
    return _(
        "Not the same mix of year groups took part: %(groups)s. So a change of the whole school"
        " may only be that. Look at the year groups by themselves.",
        groups=list_of(parts),
    )


def detectable_sentence(found: Sequence[Detectable]) -> str:
    """A note on the smallest change that could be shown."""
    whole = next((one.points for one in found if one.group == EVERYONE), None)
    if whole is None:
        return ""
    years = smallest_of_years(found)
    if years is None:
        return _(
            "With so many answers, a change of the whole school is shown reliably if it is about"
            " %(points)s percentage points or more.",
            points=whole,
        )
    return _(
        "With so many answers, a change of the whole school is shown reliably if it is about"
        " %(points)s percentage points or more, and a change of one year group from about %(years)s"
        " points. A smaller change can be real and still read “no clear change”.",
        points=whole,
        years=years,
    )


def detectable_by_group(found: Sequence[Detectable]) -> str:
    """The same for every group, for the page that explains the marks."""
    said = [
        _("%(group)s: about %(points)s points", group=group_label(one.group), points=one.points)
        for one in found
    ]
    return _("The smallest change that is shown reliably: %(groups)s.", groups="; ".join(said))


def other_students_sentence(side: SideBySide) -> str:
    """A note that a year group has other students after a summer."""
    if not side.is_across_summer:
        return ""
    return tidy(
        _(
            "A new school year began in between, so each year group is made of other students:"
            " those in Year %(year)s now were in Year %(before)s then.",
            year=year_number(EXAMPLE_YEAR),
            before=year_number(EXAMPLE_YEAR - 1),
        )
    )


def _took_part(group: Share, whole: Share) -> str:
    if group.figure.count is None:
        return _("too few to show")
    return _("%(count)s of %(base)s", count=group.figure.count, base=whole.figure.count)


def notes(tracked: Tracked, before: str, now: str) -> tuple[str, ...]:
    """Lines of an item that cannot be compared. Of items with one figure each the page lists them
    at its end."""
    if tracked.title is None:
        return ()
    said = []
    if tracked.new:
        said.append(
            _(
                "New in %(now)s, with nothing to compare: %(labels)s.",
                now=now,
                labels=_labels(tracked.new),
            )
        )
    if tracked.gone:
        said.append(
            _(
                "Asked in %(before)s, and no longer: %(labels)s.",
                before=before,
                labels=list_of(one.rstrip(".") for one in tracked.gone),
            )
        )
    if tracked.otherwise:
        said.append(
            _(
                "Asked in another way in %(before)s, so not compared: %(labels)s.",
                before=before,
                labels=_labels(tracked.otherwise),
            )
        )
    return tuple(said)


def _labels(rows: Sequence[OverTimeRow]) -> str:
    return list_of(row_label(row).rstrip(".") for row in rows)


def summary(tracked: Tracked) -> str:
    """The names of the lines that got better or worse."""
    labels: dict[ChangeVerdict, list[str]] = {}
    for row in tracked.rows:
        verdict = row.first.change.verdict_at(tracked.chance)
        labels.setdefault(verdict, []).append(row_label(row).rstrip("."))
    said = []
    if ChangeVerdict.BETTER in labels:
        said.append(_("Better: %(labels)s.", labels=list_of(labels[ChangeVerdict.BETTER])))
    if ChangeVerdict.WORSE in labels:
        said.append(_("Worse: %(labels)s.", labels=list_of(labels[ChangeVerdict.WORSE])))
    if ChangeVerdict.UNCLEAR in labels:
        others = _("No clear change in the others.") if said else _("No clear change in any.")
        said.append(others)
    return " ".join(said)
