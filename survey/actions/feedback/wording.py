"""The words of “You said, we did”, in every language of the survey.

Every number is published in a release. A later survey is called better or worse only where the
difference is more than chance and rounding.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from babel.lists import format_list
from flask_babel import format_date, get_locale
from flask_babel.speaklater import LazyString

from survey.actions.feedback.content import FurtherComparison, Quote, Told
from survey.actions.states import ActionState
from survey.i18n import gettext as _
from survey.i18n import lazy_gettext as _l
from survey.i18n.percent_words import share_words as words_of_share
from survey.languages import ENGLISH
from survey.reports.school.report_data import Share, years_of
from survey.reports.trends.caveats import Caveat
from survey.reports.trends.change import ChangeVerdict
from survey.year_groups.wording import years_label

TITLE = _l("You said, we did")

DOING: Mapping[ActionState, LazyString] = {
    ActionState.PLANNED: _l("We plan"),
    ActionState.UNDER_WAY: _l("We are doing"),
    ActionState.DONE: _l("We did"),
}

GENDERS: Mapping[str, LazyString] = {
    "girl": _l("Girls"),
    "boy": _l("Boys"),
    "another": _l("Students who use another word for their gender"),
}

VERDICTS: Mapping[ChangeVerdict, LazyString] = {
    ChangeVerdict.BETTER: _l("We asked again: first %(before)s, now %(now)s. That is better."),
    ChangeVerdict.WORSE: _l("We asked again: first %(before)s, now %(now)s. That is worse."),
    ChangeVerdict.HIGHER: _l("We asked again: first %(before)s, now %(now)s. That is more."),
    ChangeVerdict.LOWER: _l("We asked again: first %(before)s, now %(now)s. That is less."),
    ChangeVerdict.UNCLEAR: _l(
        "We asked again. The difference is too small to say that something changed."
    ),
}


CAVEATS: Mapping[Caveat, LazyString] = {
    Caveat.MIX: _l("But other year groups answered this time, so it may be only that."),
    Caveat.STAYS_AWAY: _l("But more students say they do not go there now."),
}


def intro(school: str) -> str:
    return _(
        "Students at %(school)s told us where they feel safe and where they do not. This is what"
        " the school does about it.",
        school=school,
    )


def you_said() -> str:
    return _("You said")


def what_changed() -> str:
    return _("What changed")


def read_here() -> str:
    return _("Read it here:")


def picture_to_scan() -> str:
    return _("Picture to scan")


def name_of(told: Told) -> str:
    """The name of the place, or what a theme asks about."""
    return told.place or told.said.part or told.said.asked


def promise(told: Iterable[Told]) -> str:
    """How figures are protected, and who they represent where few students answered."""
    said = _(
        "Numbers are rounded and small groups are never shown. So no one can work out what one"
        " student said."
    )
    if any(one.is_of_few for one in told):
        said += " " + _("Shares are of the students who answered.")
    return said


def share_words(share: Share) -> str:
    """The published figure."""
    figure = share.figure
    said = words_of_share(figure.percent, under=figure.under, at_least=figure.at_least)
    if said is None:
        raise ValueError("a figure that is not published has no words")
    return said


def quote(said: Quote) -> str:
    """The question as students read it."""
    return f"{said.asked} {said.part}" if said.part else said.asked


def who(said: Quote) -> str:
    """The students that the figure is of."""
    group = said.share.group
    if years := years_of(group):
        return years_label(years)
    known = GENDERS.get(group.gender or "")
    return str(known) if known else _("All years")


def said_sentence(said: Quote) -> str:
    """How many gave that answer."""
    share = share_words(said.share)
    if not said.answers:
        return _("This is true of %(share)s of students.", share=share)
    answers = either(said.answers)
    if said.of_goers:
        return _(
            "%(share)s of the students who go there said: %(answers)s.",
            share=share,
            answers=answers,
        )
    return _("%(share)s of students said: %(answers)s.", share=share, answers=answers)


def again_sentence(told: Told) -> str:
    """The change, as far as the figures support it."""
    if told.again is None:
        return _("We will ask again.")
    said = str(VERDICTS[told.again.verdict]) % _both(told.said, told.again)
    return " ".join((said, *(str(CAVEATS[one]) for one in told.again.caveats)))


def _both(said: Quote, again: FurtherComparison) -> dict[str, str]:
    return {"before": share_words(said.share), "now": share_words(again.share)}


def doing(told: Told) -> str:
    return str(DOING[told.state])


def due(told: Told) -> str:
    """The due date of an action that is not done yet."""
    if told.state is ActionState.DONE:
        return ""
    return _("By %(day)s.", day=format_date(told.followed.action.due_on, "long"))


def month(told: Told) -> str:
    """The month of the survey, in the language of the page."""
    return format_date(told.asked_on, "LLLL y") if told.asked_on else ""


def either(answers: tuple[str, ...]) -> str:
    """A, B or C."""
    quoted = [f"“{answer}”" for answer in answers]
    return format_list(quoted, style="or", locale=_locale())


def _locale() -> str:
    """The language of the page; English in British spelling."""
    tag = str(get_locale() or ENGLISH)
    return "en_GB" if tag == ENGLISH else tag
