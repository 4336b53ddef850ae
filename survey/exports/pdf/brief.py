"""Four pages for governors: where and when, who, what changed and is done, and what to decide.

It comes before the whole report, which is a separate file.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from survey import pdf as typeset
from survey.actions.models import SubjectKind
from survey.actions.report_wording import STATES, VERDICTS, is_late, name_of
from survey.actions.tracking import Followed
from survey.exports.pdf import parts, trends
from survey.exports.pdf.governors_report import GovernorsReport, hash_words, title_of
from survey.exports.pdf.parts import Draw, Part
from survey.exports.provenance import day
from survey.i18n import gettext as _
from survey.i18n import ngettext
from survey.reports.school.finding import Finding
from survey.reports.trends.change import ChangeVerdict
from survey.reports.wording import rounded_and_hidden as promise
from survey.reports.wording.consent import consent_sentence
from survey.reports.wording.findings import order_note
from survey.reports.wording.labels import list_of

SHEET = "exports/pdf/brief"
MOST_ACTIONS, MOST_LATE = 6, 2
"""What fits on the page of changes and actions; the whole report has the rest."""


def brief_pdf(
    report: GovernorsReport, followed: Sequence[Followed], today: date, draw: Draw
) -> bytes:
    """A4, tagged, in the language of the book. `followed`: what the school does, to this day."""
    return typeset.pdf(
        SHEET,
        language=report.book.reading.language,
        title=title_of(report.imprint),
        given=brief(report, followed, today, draw),
    )


def brief(report: GovernorsReport, followed: Sequence[Followed], today: date, draw: Draw) -> Part:
    """What the four pages say."""
    book, imprint, side = report.book, report.imprint, report.side
    opening = book.opening
    far = opening.elsewhere and book.place(opening.elsewhere.place or "")
    return {
        **imprint.printed(),
        "lead": _("For the governing board: the four pages to read before you decide."),
        "took_part_sentence": promise.participation_sentence(opening.responded[0]),
        "where": {
            "title": parts.places_title(opening),
            "cards": parts.places(opening.places),
            "note": parts.near_places(opening, is_inside=bool(far and far.is_inside)),
        },
        "when": {"title": _("When"), "cards": parts.times(opening), "note": ""},
        "what_title": _("What happens, and to whom"),
        "what": {
            "title": parts.themes_title(opening),
            "cards": parts.themes(opening.themes),
            "note": order_note(opening.themes),
        },
        "strengths": {
            "title": _("What to build on"),
            "cards": parts.strengths(opening.strengths),
            "note": "",
        },
        "took_part_title": _("Who took part"),
        "took_part": parts.took_part(opening.responded, draw),
        "consent": consent_sentence(imprint.consent, opening.responded),
        "done_title": _("What changed, and what is being done"),
        "since": trends.since_in_short(side) if side else None,
        "no_earlier": _("This is the first report, so there is nothing to compare yet."),
        "actions_title": _("What the school is doing"),
        "actions_head": [_("Action"), _("Who and by when"), _("How far"), _("Since then")],
        "actions": [_action(one, today) for one in followed[:MOST_ACTIONS]],
        "more_actions": _more(followed),
        "no_actions": _("No action has been planned from this report yet."),
        "decide_title": _("What we ask you to decide"),
        "decide_lead": _("Write down what you decide, who sees to it, and by when."),
        "decide_head": [_("Decision"), _("Who and by when")],
        "decisions": list(decisions(opening.places, followed, today)),
        "reading_title": _("How to read the charts and tables"),
        "reading": parts.reading_words()[:2],
        "protection_title": _("How students are protected"),
        "protection": [
            _("Figures are rounded and small numbers hidden to protect students."),
            *([promise.certified_words(opening.protection)] if imprint.is_certified else []),
        ],
        "hash_words": hash_words(),
    }


def decisions(
    places: Sequence[Finding], followed: Sequence[Followed], today: date
) -> Iterator[Part]:
    """What is open: places without an action, actions that are late, and when to ask again."""
    acted = {one.action.subject for one in followed if one.action.kind is SubjectKind.PLACE}
    open_places = [one.label for one in places if one.place not in acted]
    if open_places:
        yield {
            "title": _("An action for each place that has none"),
            "sentence": _(
                "No action is planned for: %(places)s. Who leads on each, and what do they need?",
                places=list_of(open_places),
            ),
        }
    late = [one for one in followed if is_late(one.action, today)]
    for one in late[:MOST_LATE]:
        yield {
            "title": _("An action that is overdue: %(name)s", name=name_of(one)),
            "sentence": _(
                "“%(goal)s” was due on %(day)s. Does it need time, money or another way?",
                goal=one.action.goal,
                day=day(one.action.due_on),
            ),
        }
    worse = [one for one in followed if one.verdict is ChangeVerdict.WORSE]
    for one in worse[:MOST_LATE]:
        yield {
            "title": _("A figure that got worse: %(name)s", name=name_of(one)),
            "sentence": _("Is what the school does there the right thing, and is it enough?"),
        }
    yield {
        "title": _("What students hear"),
        "sentence": _(
            "Students answered because they were told that it would change something. Do they"
            " hear what was said and what is done?"
        ),
    }
    yield {
        "title": _("When to ask again"),
        "sentence": _(
            "Ask the same questions again, in the same part of the school year, to see what"
            " changed. Which month?"
        ),
    }


def _action(one: Followed, today: date) -> Part:
    action = one.action
    change = "" if one.change is None else str(VERDICTS[one.verdict])
    return {
        "name": name_of(one),
        "goal": action.goal,
        "who": _("%(owner)s, by %(day)s", owner=action.owner, day=day(action.due_on)),
        "state": str(STATES[action.state]),
        "late": _("Overdue") if is_late(one.action, today) else "",
        "change": change,
    }


def _more(followed: Sequence[Followed]) -> str:
    more = len(followed) - MOST_ACTIONS
    return str(ngettext("%(num)s more action", "%(num)s more actions", more)) if more > 0 else ""
