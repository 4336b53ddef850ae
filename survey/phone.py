"""Pages for a phone, as they go over the wire: small, and nothing kept.

A page that may be the first somebody meets is whole: one response, with its styles and its script
inlined and named by hash in the policy. A page further in links the same two files under the hash
of what is in them, so that they come over the line once.

Who answers a survey and who asks an adult to get in touch see pages of one look, and the two rooms
behind them know nothing of each other: what they share is here.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from html import unescape
from pathlib import Path
from typing import Any

import brotli
from flask import (
    Blueprint,
    Flask,
    Response,
    current_app,
    g,
    make_response,
    render_template,
    request,
)
from flask_babel import get_locale
from markupsafe import Markup, escape
from werkzeug.exceptions import RequestEntityTooLarge

from survey.access import public
from survey.languages import ENGLISH, LANGUAGES, direction, isolate, language_name

bp = Blueprint("phone", __name__)

LOOK = "phone_look"
WORTH_PACKING_BYTES = 400
POLICY = "Content-Security-Policy"

PACKERS: Mapping[str, Callable[[bytes], bytes]] = {
    # Beyond level 5 a page costs more time and saves next to nothing.
    "br": lambda body: brotli.compress(body, mode=brotli.MODE_TEXT, quality=5, lgwin=16),
    # mtime 0: a page says nothing of the second it was made in, and equal pages are equal.
    "gzip": lambda body: gzip.compress(body, 6, mtime=0),
}
"""How a page can be packed, best first. Nothing secret stands beside what a student wrote, so the
length of a packed page gives nothing away that the page itself would not."""


@dataclass(frozen=True)
class Part:
    """A file of the look, as it is inlined and as it is linked."""

    words: Markup
    kind: str

    @cached_property
    def hash(self) -> str:
        """As a policy names it."""
        digest = hashlib.sha256(self.words.encode()).digest()
        return f"sha256-{base64.b64encode(digest).decode()}"

    @cached_property
    def name(self) -> str:
        """As an address names it: other words, another name."""
        return f"{hashlib.sha256(self.words.encode()).hexdigest()[:10]}.{self.kind}"


KINDS = {"css": "text/css", "js": "text/javascript"}


@dataclass(frozen=True)
class Look:
    """The style sheet and the script, and the policies that allow them and nothing else."""

    css: Part
    js: Part

    @classmethod
    def of(cls, folder: Path) -> Look:
        css = _squeezed((folder / "student.css").read_text(encoding="utf-8"))
        js = _without_comments((folder / "student.js").read_text(encoding="utf-8"))
        return cls(Part(Markup(css), "css"), Part(Markup(js), "js"))  # noqa: S704 - our own files

    @cached_property
    def whole_page(self) -> str:
        return self._policy(f"'{self.css.hash}'", f"'{self.js.hash}'")

    @cached_property
    def inner_page(self) -> str:
        return self._policy("'self'", f"'{self.js.hash}'")

    @staticmethod
    def _policy(styles: str, scripts: str) -> str:
        return (
            f"default-src 'none'; style-src {styles}; script-src {scripts}; img-src 'self' data:;"
            " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        )


def _squeezed(css: str) -> str:
    opened = css.split("/*")
    css = opened[0] + "".join(part.partition("*/")[2] for part in opened[1:])
    css = " ".join(css.split())
    # A gap before a colon stays: in ".langs :is(a)" it says "within".
    return re.sub(r"(:) | ?([{};,>]) ?", r"\1\2", css).replace(";}", "}").strip()


def _without_comments(js: str) -> str:
    lines = (_code_of(line).strip() for line in js.split("\n"))
    return "\n".join(line for line in lines if line)


def _code_of(line: str) -> str:
    """The line without the comment that begins it or follows a space."""
    return f" {line}".partition(" //")[0]


def init_app(app: Flask) -> None:
    """Reads the look once."""
    app.extensions[LOOK] = Look.of(Path(app.static_folder or ""))
    app.register_blueprint(bp)


@bp.get("/look/<name>")
@public
def look(name: str) -> Response:
    """A file of the look. Under an older name too: a page from before an update still finds it."""
    parts: Look = current_app.extensions[LOOK]
    part = parts.js if name.endswith(".js") else parts.css
    response = make_response(part.words)
    response.mimetype = KINDS[part.kind]
    if name == part.name:
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return compress(response)


def draw(template: str, *, whole: bool = True, **values: Any) -> str:
    """The markup of one page. A page that is not whole links its look."""
    html = render_template(
        template,
        look=current_app.extensions[LOOK],
        whole=whole,
        language_name=language_name,
        **values,
    )
    return _in_order(_without_indents(html), g.get("language") or str(get_locale() or ENGLISH))


def _without_indents(html: str) -> str:
    """Indents and empty lines are for us: nothing in our templates is preformatted."""
    lines = (line.strip() for line in html.split("\n"))
    return "\n".join(line for line in lines if line)


AS_THEY_ARE = ("textarea", "script", "style", "title")
"""Elements whose text nobody reads in a line of the page, or in which somebody is typing."""


def _in_order(html: str, language: str) -> str:
    """The page with its numbers, addresses and foreign words in the order in which they are read,
    if it runs from right to left. Here and not where each word is written: a page that forgets it
    shows a helpline's number backwards."""
    if direction(language) == "ltr":
        return html
    within = ""
    pieces = html.split("<")
    for place, piece in enumerate(pieces):
        tag, end, words = piece.partition(">")
        if within:
            within = "" if tag == f"/{within}" else within
            continue
        within = next((name for name in AS_THEY_ARE if tag.split(" ", 1)[0] == name), "")
        # What has a direction of its own is kept apart by the browser.
        if words and not within and ' dir="' not in tag:
            pieces[place] = f"{tag}{end}{escape(isolate(unescape(words), language))}"
    return "<".join(pieces)


def answer(html: str, status: int = 200, *, whole: bool = True) -> Response:
    """A page with the policy that fits it."""
    parts: Look = current_app.extensions[LOOK]
    response = make_response(html, status)
    response.headers[POLICY] = parts.whole_page if whole else parts.inner_page
    return response


def seal(response: Response, *, framed_by_us: bool = False) -> Response:
    """The headers of a page."""
    parts: Look = current_app.extensions[LOOK]
    policy = response.headers.get(POLICY, parts.whole_page)
    if framed_by_us:
        policy = policy.replace("frame-ancestors 'none'", "frame-ancestors 'self'")
    response.headers[POLICY] = policy
    response.headers["X-Frame-Options"] = "SAMEORIGIN" if framed_by_us else "DENY"
    response.headers["Cache-Control"] = "no-store"
    return response


def compress(response: Response) -> Response:
    """Packs a page for a slow line, if the phone can unpack it."""
    response.vary.add("Accept-Encoding")
    body = response.get_data()
    if (response.mimetype or "").startswith("text/") and len(body) >= WORTH_PACKING_BYTES:
        accepted = request.accept_encodings
        packer = next((name for name in PACKERS if accepted[name]), None)
        if packer:
            response.set_data(PACKERS[packer](body))
            response.headers["Content-Encoding"] = packer
    return response


def choose_language(languages: tuple[str, ...]) -> None:
    """Sets the language of the page: the one just asked for, the one of the page before, the one
    the phone speaks, or the first there is."""
    try:
        asked = request.form if request.method == "POST" else request.args
    except RequestEntityTooLarge:  # the page that says so has a language too
        asked = request.args
    for tag in (asked.get("to_lang"), asked.get("lang")):
        if tag in languages:
            g.language = tag
            return
    g.language = request.accept_languages.best_match(languages) or languages[0]


def interface_languages() -> tuple[str, ...]:
    """The languages of pages that belong to no survey, English first, for phones that ask for none
    of them."""
    return tuple(LANGUAGES)
