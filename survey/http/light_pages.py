"""Pages for a phone, as they go over the wire: small, and nothing kept.

A page that may be the first someone meets is whole: one response, with its styles and its script
inlined and named by hash in the policy. A page further in links the same two files under the hash
of what is in them, so that they come over the line once.

Who answers a survey and who asks an adult to get in touch see pages of one look, and the two rooms
behind them do not use each other: what they share is here.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import cached_property
from html import unescape
from pathlib import Path
from typing import Any, cast

from flask import (
    Flask,
    Response,
    current_app,
    g,
    make_response,
    render_template,
    request,
)
from flask_babel import get_locale, refresh
from markupsafe import Markup, escape
from werkzeug.datastructures import ImmutableMultiDict
from werkzeug.exceptions import RequestEntityTooLarge

from survey.http import page_compression
from survey.http.blueprint import bp
from survey.http.page_compression import PreparedPage
from survey.http.request_checks import CheckedRequest
from survey.languages import ENGLISH, LANGUAGES, direction, isolate, language_name
from survey.permissions import public

LOOK = "phone_look"
WORTH_PACKING_BYTES = 400
POLICY = "Content-Security-Policy"


@dataclass(frozen=True)
class PageSize:
    """How long a page is to be on the wire, whatever a student gave on it: as long as the fullest
    that the page can be before anything is given, and room for what is given. `key` names all
    pages that must be of one length."""

    key: tuple[Hashable, ...]
    fullest: Callable[[], str]
    room: int


@dataclass(frozen=True)
class Fixed:
    """The markup of a page that is the same for everyone. With a pad, it ends where that begins."""

    html: str
    longest_pad: int = 0


@dataclass
class Keeping:
    """What the caller of the app would like to keep of an answer, to give it again by itself:
    `page` is filled if the page is the same for everyone, `leads_on` is set if the answer is the
    address of the next page. The caller puts it into the environment of the request."""

    page: PreparedPage | None = None
    leads_on: bool = False


KEEPING = "survey.keeping"


def keeping() -> Keeping | None:
    found: Keeping | None = request.environ.get(KEEPING)
    return found


SIZES = "phone_sizes"
MOST_SIZES = 4000


@dataclass(frozen=True)
class PagePart:
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
        return f"{hashlib.sha256(self.words.encode()).hexdigest()[:6]}.{self.kind}"


KINDS = {"css": "text/css", "js": "text/javascript"}


@dataclass(frozen=True)
class PageStyle:
    """The style sheet and the script, and the policies that allow them and nothing else."""

    css: PagePart
    js: PagePart

    @classmethod
    def of(cls, folder: Path) -> PageStyle:
        css = _squeezed((folder / "student.css").read_text(encoding="utf-8"))
        js = _without_comments((folder / "student.js").read_text(encoding="utf-8"))
        return cls(PagePart(Markup(css), "css"), PagePart(Markup(js), "js"))  # noqa: S704 - our own files

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
            " connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
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
    app.extensions[LOOK] = PageStyle.of(Path(app.static_folder or ""))
    app.extensions[SIZES] = {}
    app.register_blueprint(bp)


@bp.get("/look/<name>")
@public
def look(name: str) -> Response:
    """A file of the look. Under an older name too: a page from before an update still finds it."""
    parts: PageStyle = current_app.extensions[LOOK]
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
"""Elements whose text is not read in a line of the page, or in which a student types."""


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
        # What has its own direction is kept apart by the browser.
        if words and not within and ' dir="' not in tag:
            pieces[place] = f"{tag}{end}{escape(isolate(unescape(words), language))}"
    return "<".join(pieces)


def answer(html: str, status: int = 200, *, whole: bool = True) -> Response:
    """A page with the policy that fits it."""
    parts: PageStyle = current_app.extensions[LOOK]
    response = make_response(html, status)
    response.headers[POLICY] = parts.whole_page if whole else parts.inner_page
    return response


def seal(response: Response, *, framed_by_us: bool = False) -> Response:
    """The headers of a page."""
    parts: PageStyle = current_app.extensions[LOOK]
    policy = response.headers.get(POLICY, parts.whole_page)
    if framed_by_us:
        policy = policy.replace("frame-ancestors 'none'", "frame-ancestors 'self'")
        response.headers["X-Frame-Options"] = "SAMEORIGIN"
    response.headers[POLICY] = policy
    response.headers["Cache-Control"] = "no-store"
    return response


def compress(response: Response) -> Response:
    """Packs a page for a slow line, if the phone can unpack it, and fills it up to its size."""
    if response.headers.get("Cache-Control") != "no-store":  # what is not stored cannot be mixed up
        response.vary.add("Accept-Encoding")
    size: PageSize | None = g.pop("size", None)
    fixed: Fixed | None = g.pop("fixed", None)
    body = response.get_data()
    if not (response.mimetype or "").startswith("text/") or len(body) < WORTH_PACKING_BYTES:
        return response
    packer = page_compression.packer_for(request.headers.get("Accept-Encoding", ""))
    kept = keeping() if fixed else None
    filled_to = _size(size, packer, keeps=kept is not None) if size else 0
    if fixed and kept:
        kept.page = page_compression.prepare(
            packer, fixed.html, longest_pad=fixed.longest_pad, size=filled_to
        )
        response.set_data(kept.page.body())
    else:
        response.set_data(page_compression.pack(packer, body, filled_to))
    if packer:
        response.headers["Content-Encoding"] = packer
    return response


def _size(size: PageSize, packer: str, *, keeps: bool) -> int:
    known: dict[tuple[Hashable, ...], int] = current_app.extensions[SIZES]
    key = (packer, keeps, *size.key)
    if key not in known:
        if len(known) >= MOST_SIZES:
            known.clear()
        fullest = page_compression.pack(packer, size.fullest().encode(), 0, keeps=keeps)
        known[key] = len(fullest) + size.room
    return known[key]


KEEPS_PAGES = "Sec-Fetch-Mode", "navigate"


def show_once(response: Response) -> Response:
    """For a page that shows answers: no browser may keep it in memory to show again on Back.

    `no-store` does not keep Chromium from that, but no browser keeps a page whose status is another
    than 200. The status says that it was made for this request, which is true. It goes to browsers
    alone, when someone opens a page."""
    name, navigates = KEEPS_PAGES
    if response.status_code == 200 and request.headers.get(name) == navigates:
        response.status_code = 203
    return response


def choose_language(languages: tuple[str, ...], before: str = "") -> None:
    """Sets the language of the page: the one just asked for, the one of the page before, the one
    the phone speaks, or the first there is."""
    try:
        form = request.form
    except RequestEntityTooLarge:  # the page that says so has a language too
        form = ImmutableMultiDict()
        cast(CheckedRequest, request).forget_form()
    asked = (form.get("to_lang"), form.get("lang"), request.args.get("lang"), before)
    found = next((tag for tag in asked if tag in languages), None)
    speak(found or request.accept_languages.best_match(languages) or languages[0])


def speak(language: str) -> None:
    """Sets the language from here on. Words that were fetched before, as for a complaint that is
    not shown, settle nothing: without this the first of them would settle the language."""
    g.language = language
    refresh()


def interface_languages() -> tuple[str, ...]:
    """The languages of pages that belong to no survey, English first, for phones that ask for none
    of them."""
    return tuple(LANGUAGES)
