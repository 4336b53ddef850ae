"""Words of pages for staff on an action and the figure it is measured by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from survey.actions.models import Action, SubjectKind
from survey.actions.report_links import Marked
from survey.actions.states import ENDED
from survey.actions.targets import Actable, Gauge
from survey.actions.tracking import Followed
from survey.actions.wording import STATES, TAGS
from survey.campaigns.titles import survey_name
from survey.disclosure.tables import Group
from survey.i18n import gettext as _
from survey.questionnaires.themes import theme_label
from survey.reports.school.finding import read_standing
from survey.reports.school.report_data import ReportData
from survey.reports.trends.caveats import Caveat
from survey.reports.trends.change import ChangeVerdict
from survey.reports.trends.wording import VERDICTS, away_words, weighed_words
from survey.reports.wording import figures as w
from survey.reports.wording.summary import group_sentences, standing_sentence
from survey.self_assessment.statements import area_of

__all__ = ["STATES", "TAGS", "VERDICTS"]  # templates read them here, with the rest


SINCE: Mapping[ChangeVerdict, LazyString] = {
    ChangeVerdict.BETTER: _l("Better than in %(survey)s"),
    ChangeVerdict.WORSE: _l("Worse than in %(survey)s"),
    ChangeVerdict.HIGHER: _l("Higher than in %(survey)s"),
    ChangeVerdict.LOWER: _l("Lower than in %(survey)s"),
    ChangeVerdict.UNCLEAR: _l("No clear change since %(survey)s"),
    ChangeVerdict.UNSAID: _l("Cannot be compared with %(survey)s"),
}


def name_of(followed: Followed | Marked) -> str:
    """The place or the theme an action is against."""
    return followed.label or theme_or_key(followed.action.kind, followed.action.subject)


def theme_or_key(kind: SubjectKind, key: str) -> str:
    if kind is SubjectKind.STATEMENT:
        return _("Self-assessment: %(area)s", area=area_of(key).title)
    return theme_label(key) if kind is SubjectKind.THEME else key


def is_late(action: Action, today: date) -> bool:
    """Was it due before today, and does it still go on?"""
    return action.state not in ENDED and action.due_on < today


def actable_name(found: Actable) -> str:
    return found.label or theme_or_key(found.subject.kind, found.subject.key)


def gauge_label(gauge: Gauge, *, of_place: bool = False) -> str:
    """A figure to choose: what is counted, of which row or option, and what was asked. Of a place
    the row is the place, which the page says already."""
    counted = w.measure_label(gauge.measure)
    if gauge.part and not of_place:
        counted = f"{gauge.part}: {counted}"
    return counted if counted == gauge.asked else f"{counted} – {gauge.asked}"


def found_words(reading: ReportData, found: Actable, gauge: Gauge) -> str:
    """What the report says of a figure, for the lead to go on from."""
    share, name = gauge.share, actable_name(found)
    label = f"{name}, {w.in_small(gauge.part)}" if gauge.part and not found.label else name
    measure = replace(gauge.measure, key=share.answer)
    standing = read_standing(reading, share.table, label, measure, gauge.themes, gauge.from_year)
    if standing is None:
        return ""
    said = [f"{label}: {standing_sentence(standing)}", *group_sentences(standing)]
    return " ".join(said)


def change_words(followed: Followed) -> str:
    """What may be said of a change: only what is more than chance and more than rounding, with what
    else may be behind it."""
    change = followed.change
    if change is None or change.before is None or change.now is None:
        return _("The two surveys cannot be compared here.")
    if followed.verdict is ChangeVerdict.UNSAID:
        return _("The two surveys cannot be compared here.")
    said = {"before": w.exactly(change.before), "now": w.exactly(change.now)}
    if followed.verdict is ChangeVerdict.UNCLEAR:
        return _("%(before)s, then %(now)s: too little to tell from chance and rounding.", **said)
    return " ".join((_("%(before)s, then %(now)s.", **said), *caveat_words(followed)))


def caveat_words(followed: Followed) -> list[str]:
    """What else may be behind a change that is marked."""
    said = []
    if followed.change and followed.change.on_one_roll:
        said.append(weighed_words(followed.change))
    if Caveat.MIX in followed.caveats:
        said.append(
            _("Not the same mix of year groups took part, so part of the change may be only that.")
        )
    if Caveat.STAYS_AWAY in followed.caveats:
        said.append(away_words(followed.away))
    return said


def chosen_group_words() -> str:
    """Why the figure of a year group or gender is judged more strictly."""
    return _(
        "A group that was chosen because its figure was high tends to come down by itself. So its"
        " change is only marked where chance would mark 1 in 100."
    )


def group_words(action: Action) -> str:
    """Of whom the figure is."""
    return w.group_label(Group.parse(action.measured_group))


def since(marked: Followed | Marked) -> str:
    """The verdict against the survey that an action came from."""
    verdict = marked.verdict or ChangeVerdict.UNSAID
    return str(SINCE[verdict]) % {"survey": survey_name(marked.action.wave)}
