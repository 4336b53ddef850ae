"""The teacher's page: what to prepare, what to read aloud, what to do and not to do, and what to do
when a student is upset or tells something."""

from __future__ import annotations

from typing import Any

from flask_babel import force_locale
from flask_babel import gettext as _

from survey import pdf as typeset
from survey.campaigns.printing.context import Facts, contact_words, day
from survey.year_groups.wording import tidy

SHEET = "campaigns/printing/teacher_script"


def script_pdf(facts: Facts, language: str) -> bytes:
    given = script(facts, language)
    return typeset.pdf(SHEET, language=language, title=given["heading"], given=given)


def script(facts: Facts, language: str) -> dict[str, Any]:
    """What a teacher reads in `language`; it is staff's, so English or Welsh."""
    own = [contact_words(one, language) for one in facts.contacts if one.own]
    with force_locale(language):
        return {
            "school": facts.school_name,
            "school_runs": typeset.runs(facts.school_name),
            "survey": facts.title,
            "survey_runs": typeset.runs(facts.title),
            "heading": _("For the teacher in the room"),
            "facts": [
                (_("When"), day(facts.asked_on)),
                (_("It takes"), _("about %(minutes)s minutes", minutes=facts.minutes)),
                (_("Drop-in on the same day"), facts.drop_in),
            ],
            "read_title": _("Read this aloud"),
            "read": _to_read_aloud(),
            "parts": _parts(facts),
            **_if_help_is_needed(),
            "lead_title": _("Whom to tell"),
            "lead": own,
            "after_title": _("Afterwards"),
            "after": _(
                "Thank everybody. Say again where help is, and when and where the drop-in is. Tell"
                " students when they will hear the results and what will be done."
            ),
        }  # fmt: skip


def _to_read_aloud() -> list[str]:
    return [
        _(
            "Today you can take part in a survey about where you feel safe, and where you"
            " do not. It is about places and times, so that school can make them safer."
        ),
        _(
            "No one at school will know what you answered. There are no names. The code on"
            " your card opens the survey once, and no one here can match it to your"
            " answers."
        ),
        _(
            "It is your choice. You can skip anything, stop at any time, or not take part"
            " at all. You do not have to say why. Nothing is kept until you press Send."
        ),
        _(
            "Please look at your own screen only, and do not talk about your answers. There"
            " are no right or wrong answers. You can choose a language at the start."
        ),
        _(
            "Because no one knows who wrote what, no one can reply to you. If something is"
            " wrong, or this makes you think of something hard, please tell an adult you"
            " trust. On every page, Get help shows whom you can call."
        ),
    ]


def _parts(facts: Facts) -> list[dict[str, Any]]:
    return [
        {
            "title": _("Before"),
            "mark": "tick",
            "points": [
                _who_stays_out(facts),
                _("Space students as in an exam, so that no screen faces another student."),
                _("Have cards for the right year, and some spare. Try one device first."),
                _("Not the last lesson of a week or before holidays: help must be near."),
            ],
        },
        {
            "title": _("Hand out the cards"),
            "mark": "tick",
            "points": [
                *_slips_first(facts),
                _("Fan them out face down and let each student draw one. Keep no list."),
                _("A card works once. If it does not open, give a spare one."),
                _("Collect the used cards and shred them. Bring back unused ones."),
            ],
        },
        {
            "title": _("While they answer"),
            "mark": "tick",
            "points": [
                _("Stay at the front, where you cannot read a screen. Keep the room calm."),
                _("Those who finish early read quietly, like those who do not take part."),
                _("Explain a word if asked, without saying what it might be about."),
            ],
        },
        {
            "title": _("Please do not"),
            "mark": "cross",
            "points": [
                _("Walk between the rows, look at answers, or say how long someone takes."),
                _("Note who had which card, took photos, or chose not to take part."),
                _("Press anyone to take part, to finish or to give a reason."),
                _("Promise a student that you will keep what they tell you a secret."),
            ],
        },
    ]  # fmt: skip


def _if_help_is_needed() -> dict[str, Any]:
    return {
        "upset_title": _("If a student is upset"),
        "upset": _(
            "Let them stop: Leave now closes the page and keeps nothing. Offer a quiet place"
            " with an adult, away from the others. Do not ask what they answered. Tell the"
            " safeguarding lead on the same day."
        ),
        "told_title": _("If a student tells you something"),
        "told": [
            _("Listen. Let them use their own words. Ask no leading questions."),
            _("Thank them. Say that it is not their fault and that you must pass it on."),
            _("Write down what was said, in their words, with the time and your name."),
            _("Tell the safeguarding lead at once. If someone is in danger now, call 999."),
        ],
        "told_note": _(
            "What a student tells you is a disclosure like any other: follow the school’s"
            " policy. What they wrote in the survey stays anonymous: no one at the school can look"
            " it up."
        ),
    }


def _who_stays_out(facts: Facts) -> str:
    if facts.consent.is_opt_out or not facts.years_asked_for_a_yes:
        return str(_("Know who stays out: parents may have said no. Have other work ready."))
    if facts.consent.under is None:
        return str(_("Know whose parents said yes: only they take part. Have other work ready."))
    return tidy(
        _(
            "%(years)s: know whose parents said yes. Others: know whose parents said no. Have other"
            " work ready.",
            years=facts.years_asked_for_a_yes,
        )
    )


def _slips_first(facts: Facts) -> list[str]:
    """Where a yes is needed, no card goes to a student without one."""
    if facts.consent.is_opt_out or not facts.years_asked_for_a_yes:
        return []
    if facts.consent.under is None:
        return [_("No card without a slip with a yes. Ask no one in class why theirs is missing.")]
    return [
        tidy(
            _(
                "%(years)s: no card without a slip with a yes. Ask no one in class why theirs is"
                " missing.",
                years=facts.years_asked_for_a_yes,
            )
        )
    ]
