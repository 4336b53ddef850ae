"""The letter to parents and carers: what the survey asks, how it is anonymous, how to opt out or
consent, and who to contact. Details that the school has not entered are left as lines to fill
in."""

from __future__ import annotations

from typing import Any

from flask_babel import force_locale
from flask_babel import gettext as _

from survey import pdf as typeset
from survey.campaigns.printing.context import Facts, contact_words, day
from survey.organisations.policies.consent import ConsentKind
from survey.year_groups.wording import tidy

SHEET = "campaigns/printing/parent_letter"
MOST_CONTACTS = 4


def letter_pdf(facts: Facts, language: str) -> bytes:
    with force_locale(language):
        title = _("Letter to parents: %(title)s", title=facts.title)
    return typeset.pdf(SHEET, language=language, title=title, given=letter(facts, language))


def letter(facts: Facts, language: str) -> dict[str, Any]:
    """The content of the letter in `language`."""
    with force_locale(language):
        return {
            "school": facts.school_name,
            "school_runs": typeset.runs(facts.school_name),
            "heading": facts.title,
            "heading_runs": typeset.runs(facts.title),
            "dear": _("Dear parent or carer,"),
            "opening": _opening(facts),
            "how": _(
                "Your child is asked to answer on a phone or computer in school. It takes about"
                " %(minutes)s minutes. Your child can skip anything, stop at any time, or not take"
                " part.",
                minutes=facts.minutes,
            ),
            "when_title": _("Day of the survey"),
            "when": day(facts.asked_on),
            "by": day(facts.opt_out_by),
            "to_title": _("Tell us by phone or e-mail"),
            "to": facts.opt_out_how,
            "asked_title": _("What we ask about"),
            "asked": [
                section.title.in_language(language)
                for section in facts.questionnaire.sections
                if any(item in facts.questionnaire.asked for item in section.items)
            ],
            "asked_note": _(
                "Some questions are about bullying, unkind or sexual behaviour and danger from"
                " others. Younger years are asked less. No one has to answer."
            ),
            "read_title": _("Read every question first"),
            "read": facts.items_address or "",
            "ask_us": _("Ask the school to show you all the questions."),
            "anonymous_title": _("No one at the school will know what your child said"),
            "anonymous": _why_anonymous(facts),
            **_choice(facts),
            "help_title": _("If your child is worried or upset"),
            "help": [contact_words(one, language) for one in facts.contacts[:MOST_CONTACTS]],
            "thanks": _("Thank you."),
            "signed_by": facts.signed_by,
            "signed_runs": typeset.runs(facts.signed_by),
            "slip": [
                _("Name of your child"), _("Class"), _("Your name"), _("Signature"), _("Date"),
            ],
        }  # fmt: skip


def _opening(facts: Facts) -> str:
    if facts.authority_name:
        words = _(
            "%(school)s and %(authority)s are asking students where they feel safe, and where"
            " they do not. The answers show which places and times we should make safer first.",
            school=facts.school_name,
            authority=facts.authority_name,
        )
    else:
        words = _(
            "%(school)s is asking students where they feel safe, and where they do not. The"
            " answers show which places and times we should make safer first.",
            school=facts.school_name,
        )
    return str(words)


def _why_anonymous(facts: Facts) -> list[str]:
    return [
        _(
            "We do not ask for names. No one at the school can match the code on your"
            " child’s card to the answers."
        ),
        _("Results are shown for large groups only, and numbers are rounded."),
        _(
            "So we cannot take an answer back after it is sent, and no one can reply to"
            " it. If your child needs help, please talk to us."
        ),
        _(
            "%(operator)s looks after the answers. Single answers are deleted %(days)s days"
            " after the last day to answer.",
            operator=facts.operator_name,
            days=facts.erase_after_days,
        ),
    ]


def _choice(facts: Facts) -> dict[str, Any]:
    """The choices of parents and the words of the slip, under the policy on consent."""
    return {"slip_boxes": []} | _CHOICES[facts.consent.kind](facts)


def _opt_out(_facts: Facts) -> dict[str, str]:
    return {
        "by_title": _("Please tell us by"),
        "out_title": _("If you do not want your child to take part"),
        "out": _(
            "You do not have to give a reason. Call or write to us, or send back the slip"
            " below. Your child will do something else at that time. Your child can also"
            " decide on the day."
        ),
        "slip_title": _("I do not want my child to take part in the survey."),
        "slip_note": _("Send this slip back to the school only if you do not want it."),
    }


def _opt_in(_facts: Facts) -> dict[str, str]:
    return {
        "by_title": _("Send the slip back by"),
        "out_title": _("Your child takes part only if you say yes"),
        "out": _(
            "Please sign the slip below and send it back. Without it your child does something else"
            " at that time. You can change your mind until the survey starts: call or write to us."
            " Your child can also say no on the day."
        ),
        "slip_title": _("Yes, my child may take part in the survey."),
        "slip_note": _("Without this slip your child does not take part."),
    }


def _opt_in_under(facts: Facts) -> dict[str, Any]:
    """One letter for all year groups: parents see from the year group which half applies to
    them."""
    years = facts.years_asked_for_a_yes
    if not years:
        return _opt_out(facts)
    return {
        "by_title": _("Please answer by"),
        "out_title": _("Does your child take part? You decide"),
        "out": tidy(
            _(
                "%(years)s: your child takes part only if you sign the slip below, say yes and send"
                " it back. All other year groups: your child takes part unless you say no. Call or"
                " write to us, or send back the slip. Your child can also say no on the day.",
                years=years,
            )
        ),
        "slip_title": _("May your child take part in the survey?"),
        "slip_boxes": [_("Yes"), _("No")],
        "slip_note": tidy(
            _("%(years)s: without this slip your child does not take part.", years=years)
        ),
    }


_CHOICES = {
    ConsentKind.OPT_OUT: _opt_out,
    ConsentKind.OPT_IN: _opt_in,
    ConsentKind.OPT_IN_UNDER: _opt_in_under,
}
