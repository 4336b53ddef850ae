"""Pages for a phone, as they go over the wire: one small response each, nothing kept, nothing else
asked for. Styles are inlined and named by hash in the policy: no page needs a second request.

Who answers a survey and who asks an adult to get in touch see pages of one look, and the two rooms
behind them know nothing of each other: what they share is here.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Flask, Response, current_app, g, render_template, request
from markupsafe import Markup

from survey.languages import LANGUAGES, language_name

LOOK = "phone_look"
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
    app.extensions[LOOK] = Look.of(Path(app.static_folder or "") / "student.css")


def draw(template: str, **values: Any) -> str:
    """The markup of one page."""
    look: Look = current_app.extensions[LOOK]
    return _without_indents(
        render_template(template, css=look.css, language_name=language_name, **values)
    )


def _without_indents(html: str) -> str:
    """Indents are for us: nothing in our templates is preformatted."""
    return re.sub(r"\n\s+", "\n", html)


def seal(response: Response, *, framed_by_us: bool = False) -> Response:
    """The headers of a page."""
    look: Look = current_app.extensions[LOOK]
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


def choose_language(languages: tuple[str, ...]) -> None:
    """Sets the language of the page: the one just asked for, the one of the page before, the one
    the phone speaks, or the first there is."""
    asked = request.form if request.method == "POST" else request.args
    wanted = (
        asked.get("to_lang"),
        asked.get("lang"),
        request.accept_languages.best_match(languages),
    )
    g.language = next((tag for tag in wanted if tag in languages), languages[0])


def interface_languages() -> tuple[str, ...]:
    """The languages of pages that belong to no survey, English first, for phones that ask for none
    of them."""
    return tuple(LANGUAGES)
