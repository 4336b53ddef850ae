"""The letter that goes with the cards of a pulse, to parents and carers or to staff: what is asked
and why, that no one will know who said what, and where to turn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import force_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from survey import pdf as typeset
from survey.campaigns.printing.context import Facts, contact_words, day
from survey.disclosure.policy import STANDARD
from survey.questionnaires.model import Audience

MOST_CONTACTS = 4

DEAR: Mapping[Audience, LazyString] = {
    Audience.PARENTS: _l("Dear parent or carer,"),
    Audience.STAFF: _l("Dear colleague,"),
}
OPENING: Mapping[Audience, LazyString] = {
    Audience.PARENTS: _l(
        "%(school)s is asking parents and carers which places worry them for their child. The"
        " answers show which places we should make safer first."
    ),
    Audience.STAFF: _l(
        "%(school)s is asking everybody who works here what they see, and which places need more"
        " care. The answers show which places we should make safer first."
    ),
}

SHEET = "campaigns/printing/pulse_letter"


def note_pdf(facts: Facts, language: str) -> bytes:
    return typeset.pdf(SHEET, language=language, title=facts.title, given=note(facts, language))


def note(facts: Facts, language: str) -> dict[str, Any]:
    """What the letter says in `language`."""
    audience = facts.questionnaire.audience
    with force_locale(language):
        return {
            "school": facts.school_name,
            "school_runs": typeset.runs(facts.school_name),
            "heading": facts.title,
            "heading_runs": typeset.runs(facts.title),
            "dear": str(DEAR[audience]),
            "opening": str(OPENING[audience]) % {"school": facts.school_name},
            "how": _(
                "Scan the picture on your card with a phone, or type the address and the code. It"
                " takes about %(minutes)s minutes. You can skip anything, stop at any time, or not"
                " take part.",
                minutes=facts.minutes,
            ),
            "by_title": _("Please answer by"),
            "by": day(facts.closes_on),
            "asked_title": _("What we ask about"),
            "asked": [section.title.in_language(language)
                      for section in facts.questionnaire.sections],
            "anonymous_title": _("No one at the school will know what you said"),
            "anonymous": [
                _(
                    "We do not ask for names. No one at the school can match the code on your card"
                    " to your answers."
                ),
                _(
                    "Numbers are rounded. If fewer than %(number)s people answer, nothing is shown"
                    " at all.",
                    number=STANDARD.nothing_under,
                ),
                _(
                    "So we cannot take an answer back after it is sent, and no one can reply to"
                    " it."
                ),
                _(
                    "%(operator)s looks after the answers. Single answers are deleted %(days)s days"
                    " after the last day to answer.",
                    operator=facts.operator_name,
                    days=facts.erase_after_days,
                ),
            ],
            "help_title": _("If you are worried about a child"),
            "help": [contact_words(one, language) for one in facts.contacts[:MOST_CONTACTS]],
            "thanks": _("Thank you."),
            "signed_by": facts.signed_by,
            "signed_runs": typeset.runs(facts.signed_by),
        }  # fmt: skip
