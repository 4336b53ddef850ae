"""The opening of a report as slides: what to put before governors in five minutes."""

from __future__ import annotations

from collections.abc import Iterator

from flask_babel import gettext

from survey.campaigns.paper import typeset
from survey.reports import protection_wording as promise
from survey.reports.imprint import Imprint
from survey.reports.paper import parts
from survey.reports.paper.governors import ROOM, hash_words, title_of
from survey.reports.paper.parts import Part
from survey.reports.sentences import order_note
from survey.reports.shelf import Book


def _(message: str, **values: object) -> str:
    """gettext that always fills in, so that %% is a per cent sign with and without values."""
    return str(gettext(message)) % values


def slides_pdf(book: Book, imprint: Imprint) -> bytes:
    """A tagged PDF of slides in the language of the book."""
    return typeset.pdf(
        "slides",
        language=book.reading.language,
        title=title_of(imprint),
        given=slides(book, imprint),
        room=ROOM,
    )


def slides(book: Book, imprint: Imprint) -> Part:
    """What the slides say."""
    return {
        **imprint.printed(),
        "took_part_sentence": promise.participation_sentence(book.opening.responded[0]),
        "hash_words": hash_words(),
        "slides": list(_slides(book)),
    }


def _slides(book: Book) -> Iterator[Part]:
    opening = book.opening
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
    yield {
        "title": _("What was rounded or hidden, and why"),
        "kind": "points",
        "points": list(promise.sentences(opening.protection)[:3]),
        "note": parts.reading_words()[1],
    }
