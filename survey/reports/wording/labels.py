"""Labels of groups, measures and lines of a report, by themselves and inside a sentence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from flask_babel.speaklater import LazyString

from survey.disclosure.tables import Group
from survey.i18n import gettext as _
from survey.i18n import lazy_gettext as _l
from survey.questionnaires.gender_question.wording import sex_or_gender
from survey.questionnaires.themes import theme_label as theme_label
from survey.releases import sums_of_answers
from survey.releases.group_names import list_of as list_of
from survey.releases.group_names import years_label as years_label
from survey.reports.school.report_data import EVERYONE, Line, Measure, years_of

GENDERS: Mapping[str, LazyString] = {
    "girl": _l("Girls"),
    "boy": _l("Boys"),
    "another": _l("Another word"),
}


GENDERS_IN_A_SENTENCE: Mapping[str, LazyString] = {
    "girl": _l("girls"),
    "boy": _l("boys"),
    "another": _l("those who use another word"),
    "unsaid": _l("those who did not say"),
}


MEASURES: Mapping[str, LazyString] = {
    "share": _l("Share of those who answered"),
    "chosen": _l("Share who chose it"),
    sums_of_answers.FEEL_UNSAFE: _l("Feel unsafe or very unsafe"),
    sums_of_answers.FEEL_SAFE: _l("Feel safe or very safe"),
    sums_of_answers.AT_LEAST_ONCE: _l("At least once"),
    sums_of_answers.WEEKLY: _l("Most weeks or most days"),
    sums_of_answers.HAPPENED: _l("Happened to me"),
    sums_of_answers.WITNESSED: _l("Saw or heard it happen"),
    sums_of_answers.AGREED: _l("Agree"),
    sums_of_answers.DISAGREED: _l("Disagree"),
    sums_of_answers.WORRIED: _l("Quite or very worried"),
    sums_of_answers.CHANGED: _l("Changed a route or stopped going somewhere"),
}


BANDS: Mapping[str, LazyString] = {
    sums_of_answers.LOW: _l("Low (%(lowest)s to %(highest)s)"),
    sums_of_answers.MEDIUM: _l("Medium (%(lowest)s to %(highest)s)"),
    sums_of_answers.HIGH: _l("High (%(lowest)s to %(highest)s)"),
    sums_of_answers.VERY_HIGH: _l("Very high (%(lowest)s to %(highest)s)"),
}


def group_label(group: Group) -> str:
    if group == EVERYONE:
        return _("Whole school")
    if years := years_of(group):
        return years_label(years)
    if group.year:
        return _("Year not said")
    if group.gender == "unsaid":
        return sex_or_gender(_("Gender not said"), _("Sex not said"))
    return str(GENDERS.get(group.gender or "", group.gender))


def measure_label(measure: Measure) -> str:
    if measure.label:
        return measure.label
    if measure.key in BANDS and measure.of:
        # Lazy strings keep their placeholders until they are filled.
        return str(BANDS[measure.key]) % {"lowest": measure.of[0], "highest": measure.of[-1]}
    known = MEASURES.get(measure.key)
    return str(known) if known else list_of(measure.of, "or") or measure.key


def line_label(line: Line) -> str:
    return label_of(line.of)


def label_of(of: Measure | Group) -> str:
    """What a line or a column is of."""
    return group_label(of) if isinstance(of, Group) else measure_label(of)


def in_a_sentence(of: Measure | Group) -> str:
    """A label inside a sentence."""
    if isinstance(of, Group):
        known = GENDERS_IN_A_SENTENCE.get(of.gender or "")
        return str(known) if known else group_label(of)
    return measure_label(of).rstrip(".")


def in_small(words: str) -> str:
    """As inside a sentence: without the capital it begins with."""
    return words[:1].lower() + words[1:]


def groups_list(groups: Iterable[Group]) -> str:
    return list_of(in_a_sentence(group) for group in groups)
