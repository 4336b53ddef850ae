"""The summary of a report as PDF slides, for five minutes with governors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from survey import pdf as typeset
from survey.actions.report_wording import STATES, name_of
from survey.actions.tracking import Followed
from survey.exports.pdf import parts, trends
from survey.exports.pdf.governors_report import GovernorsReport, hash_words, summary, title_of
from survey.exports.pdf.parts import Part
from survey.exports.provenance import day
from survey.i18n import gettext as _
from survey.i18n import ngettext
from survey.reports.wording import rounded_and_hidden as promise
from survey.reports.wording.consent import consent_sentence

SHEET = "exports/pdf/slides"
MOST_ACTIONS = 4


def slides_pdf(report: GovernorsReport, followed: Sequence[Followed] = ()) -> bytes:
    """A tagged PDF of slides in the language of the report. `followed`: the actions of the
    school."""
    return typeset.pdf(
        SHEET,
        language=report.book.reading.language,
        title=title_of(report.imprint),
        given=slides(report, followed),
    )


def slides(report: GovernorsReport, followed: Sequence[Followed]) -> Part:
    """The content of the slides."""
    opening = report.book.opening
    return {
        **report.imprint.printed(),
        "took_part_sentence": promise.participation_sentence(opening.responded[0]),
        "consent": consent_note(report),
        "hash_words": hash_words(),
        "slides": list(_slides(report, followed)),
    }


def consent_note(report: GovernorsReport) -> str:
    """A slide mentions consent only where it changes who is in the figures."""
    consent = report.imprint.consent
    return "" if consent.is_opt_out else consent_sentence(consent, report.book.opening.responded)


def _slides(report: GovernorsReport, followed: Sequence[Followed]) -> Iterator[Part]:
    opening, side = report.book.opening, report.side
    for group in summary(report.book):
        if group["cards"]:
            yield {**group, "kind": "cards"}
    if side:
        yield {"kind": "moves", **trends.since_in_short(side)}
    if followed:
        more = len(followed) - MOST_ACTIONS
        note = ngettext("%(num)s more action", "%(num)s more actions", more) if more > 0 else ""
        actions = [_action(one) for one in followed[:MOST_ACTIONS]]
        yield {"title": _("What we do about it"), "kind": "actions", "actions": actions,
               "note": str(note)}  # fmt: skip
    yield {
        "title": _("What was rounded or hidden, and why"),
        "kind": "points",
        "points": list(promise.sentences(opening.protection)[:3]),
        "note": parts.reading_words()[1],
    }


def _action(followed: Followed) -> Part:
    """The aim for a place or theme, who is responsible, and the state of the action."""
    action = followed.action
    return {
        "name": name_of(followed),
        "state": str(STATES[action.state]),
        "goal": action.goal,
        "owner": _("%(owner)s, by %(day)s", owner=action.owner, day=day(action.due_on)),
    }
