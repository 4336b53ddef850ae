"""Student pages as they go over the wire: one small response each, nothing kept, nothing else asked
for. Styles are inlined and named by hash in the policy, so that a page needs no second request."""

from __future__ import annotations

import base64
import gzip
import hashlib
import re
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from babel import Locale
from flask import Flask, Response, current_app, g, make_response, render_template, request
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString
from markupsafe import Markup, escape

from survey.questionnaires.model import Text
from survey.questionnaires.routing import Raw, Refusal
from survey.responses.hints import Hint

EXTENSION, DRAWN = "student_look", "student_pages_drawn"
MOST_DRAWN = 600
"""Pages kept drawn in one process, about 20 kB each."""
GZIP_LEVEL = 5
WORTH_PACKING_BYTES = 600


@dataclass(frozen=True)
class Look:
    """The style sheet, inlined, and the policy that allows it and nothing else."""

    css: Markup
    policy: str

    @classmethod
    def of(cls, sheet: Path) -> Look:
        css = _squeezed(sheet.read_text(encoding="utf-8"))
        digest = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
        return cls(
            Markup(css),  # noqa: S704 - our own file
            f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:;"
            " form-action 'self'; base-uri 'none'; frame-ancestors ",
        )


def _squeezed(css: str) -> str:
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    css = re.sub(r"\s+", " ", css)
    return re.sub(r"\s*([{}:;,>])\s*", r"\1", css).replace(";}", "}").strip()


def init_app(app: Flask) -> None:
    """Reads the style sheet once."""
    app.extensions[EXTENSION] = Look.of(Path(app.static_folder or "") / "student.css")
    app.extensions[DRAWN] = {}


def render(template: str, status: int = 200, **values: Any) -> Response:
    """One student page."""
    return make_response(draw(template, **values), status)


def draw(template: str, **values: Any) -> str:
    """The markup of one student page."""
    look: Look = current_app.extensions[EXTENSION]
    html = render_template(
        f"student/{template}.html",
        css=look.css,
        say=say,
        language_name=language_name,
        reasons=REASONS,
        hint_list=hint_list,
        **values,
    )
    return _without_indents(html)


def draw_once(template: str, key: tuple[Hashable, ...], **values: Any) -> str:
    """The same, kept for the next student who comes to the very same page: nothing in it may be
    anybody's own. `key` is all that it depends on, besides the language."""
    drawn: dict[tuple[Hashable, ...], str] = current_app.extensions[DRAWN]
    key = (template, g.language, *key)
    if key not in drawn:
        if len(drawn) >= MOST_DRAWN:
            drawn.clear()
        drawn[key] = draw(template, **values)
    return drawn[key]


def _without_indents(html: str) -> str:
    """Indents are for us: nothing in our templates is preformatted."""
    return re.sub(r"\n\s+", "\n", html)


SLOT = re.compile("\x02([^\x03]*)\x03")
"""Where a page gets what is the student's own. No template and no text of ours holds such signs."""


def slot(name: str) -> str:
    return f"\x02{name}\x03"


def fill(skeleton: str, slots: Mapping[str, str], shown: Raw) -> Response:
    """A page from its skeleton: the student's own put in, the options given ticked."""
    for name, given in shown.items():
        for value in (given,) if isinstance(given, str) else given:
            option = f' name="{name}" value="{value}">'
            skeleton = skeleton.replace(option, f"{option[:-1]} checked>", 1)
    # In one pass, so that nothing a student wrote is taken for a slot.
    html = SLOT.sub(lambda found: str(escape(slots.get(found[1], ""))), skeleton)
    return make_response(html)


def seal(response: Response, *, framed_by_us: bool = False) -> Response:
    """The headers of a student page."""
    look: Look = current_app.extensions[EXTENSION]
    response.headers["Content-Security-Policy"] = look.policy + (
        "'self'" if framed_by_us else "'none'"
    )
    response.headers["X-Frame-Options"] = "SAMEORIGIN" if framed_by_us else "DENY"
    response.headers["Cache-Control"] = "no-store"
    return response


def compress(response: Response) -> Response:
    """Packs a page for a slow line, if the phone can unpack it."""
    response.vary.add("Accept-Encoding")
    body = response.get_data()
    if len(body) >= WORTH_PACKING_BYTES and request.accept_encodings["gzip"]:
        # mtime 0: a page says nothing of the second it was made in, and equal pages are equal.
        response.set_data(gzip.compress(body, GZIP_LEVEL, mtime=0))
        response.headers["Content-Encoding"] = "gzip"
    return response


def say(words: Text) -> str | Markup:
    """The words in the language of the page; if they are there in another only, marked as such."""
    language = g.get("language") or "en"
    spoken = words.in_language(language)
    if words.has(language):
        return spoken
    tag = next((tag for tag, text in words.by_language if text == spoken), "en")
    return Markup('<span lang="{}" dir="auto">{}</span>').format(tag, spoken)


def hint_list(hints: tuple[Hint, ...]) -> str:
    """What a text seems to carry, in words."""
    return ", ".join(str(HINTS[hint]) for hint in hints)


def language_name(tag: str) -> str:
    """A language by its own name."""
    name = Locale.parse(tag, sep="-").get_display_name() or tag
    return name[:1].upper() + name[1:]


REASONS: Mapping[Refusal, LazyString] = {
    Refusal.TOO_MANY: _l("You ticked too many. Keep %(most)s at most."),
    Refusal.STANDS_ALONE: _l("Two of these do not go together. Keep one of them."),
    Refusal.TOO_LONG: _l("That is a bit too long. Keep it to %(most)s letters."),
}

HINTS: Mapping[Hint, LazyString] = {
    Hint.PHONE: _l("a phone number"),
    Hint.EMAIL: _l("an email address"),
    Hint.HANDLE: _l("a user name"),
    Hint.LINK: _l("a web address"),
}
