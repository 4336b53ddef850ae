"""The words of staff pages about an action and the figure that measures it."""

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
from survey.reports.wording import figures, labels
from survey.reports.wording.findings import group_sentences, standing_sentence
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
    """The place or theme that an action is about."""
    return followed.label or theme_or_key(followed.action.kind, followed.action.subject)


def theme_or_key(kind: SubjectKind, key: str) -> str:
    if kind is SubjectKind.STATEMENT:
        return _("Self-assessment: %(area)s", area=area_of(key).title)
    return theme_label(key) if kind is SubjectKind.THEME else key


def is_late(action: Action, today: date) -> bool:
    """Whether the action was due before today and is not finished."""
    return action.state not in ENDED and action.due_on < today


def actable_name(found: Actable) -> str:
    return found.label or theme_or_key(found.subject.kind, found.subject.key)


def gauge_label(gauge: Gauge, *, of_place: bool = False) -> str:
    """The label of a figure to choose: the measure, its row or option, and the question. For a
    place the row is left out, because the page names the place."""
    counted = labels.measure_label(gauge.measure)
    if gauge.part and not of_place:
        counted = f"{gauge.part}: {counted}"
    return counted if counted == gauge.asked else f"{counted} – {gauge.asked}"


def found_words(reading: ReportData, found: Actable, gauge: Gauge) -> str:
    """The sentence of the report about a figure, from which the lead starts."""
    share, name = gauge.share, actable_name(found)
    label = f"{name}, {labels.in_small(gauge.part)}" if gauge.part and not found.label else name
    measure = replace(gauge.measure, key=share.answer)
    standing = read_standing(reading, share.table, label, measure, gauge.themes, gauge.from_year)
    if standing is None:
        return ""
    said = [f"{label}: {standing_sentence(standing)}", *group_sentences(standing)]
    return " ".join(said)


def change_words(followed: Followed) -> str:
    """The sentences on a change: only what exceeds chance and rounding, with other possible
    reasons for it."""
    change = followed.change
    if change is None or change.before is None or change.now is None:
        return _("The two surveys cannot be compared here.")
    if followed.verdict is ChangeVerdict.UNSAID:
        return _("The two surveys cannot be compared here.")
    said = {"before": figures.exactly(change.before), "now": figures.exactly(change.now)}
    if followed.verdict is ChangeVerdict.UNCLEAR:
        return _("%(before)s, then %(now)s: too little to tell from chance and rounding.", **said)
    return " ".join((_("%(before)s, then %(now)s.", **said), *caveat_words(followed)))


def caveat_words(followed: Followed) -> list[str]:
    """Other possible reasons for a change."""
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
    """The reason why the figure of a year group or gender is judged more strictly."""
    return _(
        "A group that was chosen because its figure was high tends to come down by itself. So its"
        " change is only marked where chance would mark 1 in 100."
    )


def group_words(action: Action) -> str:
    """The group that the figure is of."""
    return labels.group_label(Group.parse(action.measured_group))


def since(marked: Followed | Marked) -> str:
    """The verdict against the survey that an action came from."""
    verdict = marked.verdict or ChangeVerdict.UNSAID
    return str(SINCE[verdict]) % {"survey": survey_name(marked.action.wave)}
