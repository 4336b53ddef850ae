"""The policies in words, for staff."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from survey.organisations.policies.consent import Consent, ConsentKind
from survey.year_groups.wording import current_naming, years_label

KINDS: Mapping[ConsentKind, LazyString] = {
    ConsentKind.OPT_OUT: _l("Opt-out: parents can say no"),
    ConsentKind.OPT_IN: _l("Opt-in: a parent of every student has to say yes"),
    ConsentKind.OPT_IN_UNDER: _l("Opt-in under an age, opt-out for older students"),
}

HINTS: Mapping[ConsentKind, LazyString] = {
    ConsentKind.OPT_OUT: _l("The letter tells parents how to say no and by when."),
    ConsentKind.OPT_IN: _l(
        "The letter has a slip with a yes. Only students whose slip came back get a card, and no"
        " more cards can be made than there are slips and a small reserve."
    ),
    ConsentKind.OPT_IN_UNDER: _l(
        "It goes by year group: where the youngest can be under the age when the school year"
        " begins, every student needs a slip with a yes."
    ),
}

GENDER_QUESTIONS: Mapping[str, LazyString] = {
    "gender-2026.1": _l("Gender"),
    "sex-2026.1": _l("Sex"),
    "both-2026.1": _l("Sex and gender"),
}
"""What each variant asks about, by its key."""

GENDER_HINTS: Mapping[str, LazyString] = {
    "gender-2026.1": _l(
        "“Which of these describes you?” Girl, boy, I use another word, prefer not to say."
    ),
    "sex-2026.1": _l("“What is your sex?” Girl, boy, prefer not to say."),
    "both-2026.1": _l(
        "Both questions. Reports have groups by sex. Gender is shown for the whole school only, and"
        " the two are never shown together."
    ),
}


def consent_name(consent: Consent) -> str:
    """A policy in a few words: "Opt-in under 13, opt-out for older students"."""
    if consent.under is not None:
        return str(_("Opt-in under %(age)s, opt-out for older students", age=consent.under))
    return str(KINDS[consent.kind])


def years_asked_for_a_yes(consent: Consent) -> str:
    """The year groups of the nation in which every student needs a slip; empty if none does."""
    years = consent.years_with_slips(current_naming().numbers)
    return years_label(years) if years else ""
