"""The poster for classroom and assembly: what it is, who asks and why, how it is anonymous, and
where to turn. It carries no code and no link: anyone who answers has a card."""

from __future__ import annotations

from typing import Any

from flask_babel import force_locale, ngettext
from flask_babel import gettext as _

from survey import pdf as typeset
from survey.campaigns.printing.context import Facts, contact_words, day
from survey.pdf import Voice

MOST_CONTACTS = 4

SHEET = "campaigns/printing/poster"


def poster_pdf(facts: Facts, language: str) -> bytes:
    return typeset.pdf(SHEET, language=language, title=facts.title, given=poster(facts, language))


def poster(facts: Facts, language: str) -> dict[str, Any]:
    """What the poster says in `language`."""
    with force_locale(language):
        who = (
            _(
                "%(school)s and %(authority)s want to know where you feel safe, and where you"
                " do not.",
                school=facts.school_name,
                authority=facts.authority_name,
            )
            if facts.authority_name
            else _(
                "%(school)s wants to know where you feel safe, and where you do not.",
                school=facts.school_name,
            )
        )
        return {
            "school": facts.school_name,
            "school_runs": typeset.runs(facts.school_name),
            "who": who,
            "why": _("Your answers show which places to make safer first."),
            "when_title": _("When"),
            "when": day(facts.asked_on),
            "promises": [
                {
                    "title": _("No names."),
                    "words": _(
                        "Your card has a code. It opens the survey once. No one at your school can"
                        " match it to your answers."
                    ),
                },
                {
                    "title": _("You choose."),
                    "words": _("Take part or not. Skip what you like. Stop when you like."),
                },
                {
                    "title": ngettext("About %(num)s minute.", "About %(num)s minutes.",
                                      facts.minutes),
                    "words": _("On a phone or a computer. There are no right or wrong answers."),
                },
                {
                    "title": _("Small groups stay hidden."),
                    "words": _("We only show results for large groups, with rounded numbers."),
                },
            ],
            "languages_title": _("Answer in the language you like"),
            "languages": [vars(Voice.of(tag)) for tag in facts.questionnaire.languages],
            "help_title": _("Want to talk to somebody?"),
            "help_words": _(
                "We do not know who wrote what, so no one can reply to your answers. For help,"
                " turn to one of these people. You can do that at any time."
            ),
            "contacts": [
                contact_words(contact, language) for contact in facts.contacts[:MOST_CONTACTS]
            ],
        }  # fmt: skip
