"""The opening of a report as slides: what to put before governors in five minutes."""

from __future__ import annotations

from collections.abc import Iterator

from flask_babel import gettext

from survey.campaigns.paper import typeset
from survey.reports import change_wording as c
from survey.reports import protection_wording as promise
from survey.reports.paper import parts, waves
from survey.reports.paper.governors import ROOM, Report, hash_words, title_of
from survey.reports.paper.parts import Part
from survey.reports.sentences import order_note

MOST_MOVES = 6
"""Changes that a slide holds; the report has them all."""


def _(message: str, **values: object) -> str:
    """gettext that always fills in, so that %% is a per cent sign with and without values."""
    return str(gettext(message)) % values


def slides_pdf(report: Report) -> bytes:
    """A tagged PDF of slides in the language of the book."""
    return typeset.pdf(
        "slides",
        language=report.book.reading.language,
        title=title_of(report.imprint),
        given=slides(report),
        room=ROOM,
    )


def slides(report: Report) -> Part:
    """What the slides say."""
    opening = report.book.opening
    return {
        **report.imprint.printed(),
        "took_part_sentence": promise.participation_sentence(opening.responded[0]),
        "hash_words": hash_words(),
        "slides": list(_slides(report)),
    }


def _slides(report: Report) -> Iterator[Part]:
    opening, side = report.book.opening, report.side
    for title, cards, note in (
        (
            _("Places that stand out"),
            parts.places(opening.places),
            order_note(opening.places),
        ),
        (
            _("Themes that stand out"),
            parts.themes(opening.themes),
            order_note(opening.themes),
        ),
        (
            _("What to build on, and when"),
            [*parts.places(opening.strengths), *parts.times(opening.times)],
            "",
        ),
    ):
        if cards:
            yield {"title": title, "kind": "cards", "cards": cards, "note": note}
    if side:
        found = side.since
        changed = waves.moves((*found.stood_out, *found.better, *found.worse)[:MOST_MOVES], found)
        title, note = waves.since_title(found), c.rest_sentence(found)
        yield {"title": title, "kind": "moves", "moves": changed, "note": note}
    yield {
        "title": _("What was rounded or hidden, and why"),
        "kind": "points",
        "points": list(promise.sentences(opening.protection)[:3]),
        "note": parts.reading_words()[1],
    }
