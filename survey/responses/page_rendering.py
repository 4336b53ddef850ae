"""Student pages, drawn: once for everyone, with the student's own put in. How they go
over the wire is `survey.http.light_pages`."""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

from flask import Flask, Response, current_app, g
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString
from markupsafe import Markup, escape

from survey.http import light_pages
from survey.languages import direction
from survey.questionnaires.model import Text
from survey.questionnaires.routing import Refusal
from survey.responses.personal_data_hints import PersonalDataHint
from survey.responses.posted_form import NO_ANSWER, number_of

DRAWN = "student_pages_drawn"
MOST_DRAWN = 600
"""Pages kept drawn in one process, about 20 kB each."""


def init_app(app: Flask) -> None:
    """Makes room for pages that are drawn once."""
    app.extensions[DRAWN] = {}


def render(
    template: str, status: int = 200, *, slots: Mapping[str, str] | None = None, **values: Any
) -> Response:
    """One student page; `slots` are the student's own words in it."""
    html = filled(draw(template, **values), slots or {})
    return light_pages.answer(html, status, whole=template in WHOLE)


def draw(template: str, **values: Any) -> str:
    """The markup of one student page."""
    return light_pages.draw(
        f"responses/{template}.html",
        whole=template in WHOLE,
        say=say,
        with_calls=with_calls,
        reasons=REASONS,
        hint_list=hint_list,
        slot=slot,
        waits_slot=waits_slot,
        number_of=number_of,
        no_answer=NO_ANSWER,
        **values,
    )


def draw_once(template: str, key: tuple[Hashable, ...], **values: Any) -> str:
    """The same, kept for the next student who opens the same page: it may hold nothing that belongs
    to one person. `key` is all that it depends on, apart from the language."""
    drawn: dict[tuple[Hashable, ...], str] = current_app.extensions[DRAWN]
    key = (template, g.language, *key)
    if key not in drawn:
        if len(drawn) >= MOST_DRAWN:
            drawn.clear()
        drawn[key] = draw(template, **values)
    return drawn[key]


WHOLE = frozenset({"door", "start", "message", "leave"})
"""Templates of pages that may be the first a student sees, or must not wait for anything."""

SLOT = re.compile("\x02([^\x02\x03]*)\x03")
"""The place of a student's own words in a page. None of our templates and texts has such signs."""


def slot(name: str) -> str:
    return f"\x02{name}\x03"


def waits_slot(name: str) -> str:
    """The name of the slot that hides a question or a row; that of "" hides the words for a page
    without a question."""
    return f"{name}?"


def fill(
    template: str, skeleton: str, slots: Mapping[str, str], shown: Mapping[str, Sequence[str]]
) -> Response:
    """A page from its skeleton: the student's own words put in, the chosen options ticked."""
    for name, given in shown.items():
        left_open = f' name="{name}" value="{NO_ANSWER}" checked>'
        if given:
            skeleton = skeleton.replace(left_open, left_open.replace(" checked", ""), 1)
        for value in given:
            option = f' name="{name}" value="{value}">'
            skeleton = skeleton.replace(option, f"{option[:-1]} checked>", 1)
    return light_pages.answer(filled(skeleton, slots), whole=template in WHOLE)


def filled(skeleton: str, slots: Mapping[str, str]) -> str:
    """The markup with the student's own words in their places."""
    # In one pass, so that nothing a student wrote is taken for a slot.
    return SLOT.sub(lambda found: str(escape(slots.get(found[1], ""))), skeleton)


def say(words: Text) -> str | Markup:
    """The words in the language of the page; if they exist only in another, they are marked."""
    language = g.get("language") or "en"
    spoken = words.in_language(language)
    if words.has(language):
        return spoken
    tag = next((tag for tag, text in words.by_language if text == spoken), "en")
    return Markup('<span lang="{}" dir="{}">{}</span>').format(tag, direction(tag), spoken)


NUMBER = re.compile(r"\+?[0-9](?: ?[0-9]){2,}")
CALLABLE_DIGITS = 6
"""The fewest digits of a number that is called and not texted. Three digits are dialled by hand: no
student should reach the police by a slip of the thumb."""


def with_calls(words: str | Markup) -> Markup:
    """Words whose telephone numbers can be tapped."""
    return Markup(NUMBER.sub(_call, str(escape(words))))  # noqa: S704 - escaped just now


def _call(found: re.Match[str]) -> str:
    digits = found[0].replace(" ", "")
    if len(digits) < CALLABLE_DIGITS:
        return found[0]
    return f'<a class="number" href="tel:{digits}">{found[0]}</a>'


def hint_list(hints: tuple[PersonalDataHint, ...]) -> str:
    """What a text seems to carry, in words."""
    return ", ".join(str(HINTS[hint]) for hint in hints)


REASONS: Mapping[Refusal, LazyString] = {
    Refusal.TOO_MANY: _l("You ticked too many. Keep %(most)s at most."),
    Refusal.STANDS_ALONE: _l("Two of these do not go together. Keep one of them."),
    Refusal.TOO_LONG: _l("That is a bit too long. Keep it to %(most)s letters."),
}

HINTS: Mapping[PersonalDataHint, LazyString] = {
    PersonalDataHint.PHONE: _l("a phone number"),
    PersonalDataHint.EMAIL: _l("an email address"),
    PersonalDataHint.HANDLE: _l("a user name"),
    PersonalDataHint.LINK: _l("a web address"),
}
