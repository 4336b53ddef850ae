"""The device check for a school's IT: does everything that a survey needs reach a school device?

It works like a student's page: one response with its styles inlined, a form sent back, no cookie.
The form sends back what the page contained, so the server can check it without a script; where
scripts run, one tests the rest. Nothing about a visit is stored: the result is in the signed
address of its page, and does not identify the visitor.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from flask import Request, Response, current_app, redirect, render_template, request
from flask import url_for as address_of
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from itsdangerous import BadSignature, URLSafeSerializer
from markupsafe import Markup
from werkzeug.wrappers import Response as AnyResponse

from survey.campaigns.access_codes import ALPHABET
from survey.campaigns.device_check.blueprint import bp
from survey.errors import NotThereError
from survey.http.light_pages import compress
from survey.http.request_checks import takes_any_body
from survey.permissions import public
from survey.questionnaires.load import load_all
from survey.questionnaires.model import Audience
from survey.settings import Settings, current_settings

LINES = 120
WORDS = "Anonymous · Dienw · Bezpieczeństwo · Безпека · محفوظ · آمن · নিরাপদ · ਸੁਰੱਖਿਅਤ <&'\">"
SAMPLE = "\n".join(f"{number:03} {WORDS}" for number in range(LINES))
"""Text that must arrive unchanged: every script in use, and what filters often change."""
CARRIED = SAMPLE[: len(SAMPLE) // 4].strip()
END = "whole"
OLDEST_SECONDS = 30 * 60
LONGEST_WORTH_SAYING_MS = 30_000
WORD_LETTERS = 6


class NoSuchResultError(NotThereError):
    """The address of a result was not made by us."""


@dataclass(frozen=True)
class ArrivedCheck:
    """A form as it reached us."""

    request: Request
    settings: Settings
    made_at: float | None

    def field(self, name: str) -> str:
        return self.request.form.get(name, "").replace("\r\n", "\n")


@dataclass(frozen=True)
class Check:
    """One check, and the messages for success and failure."""

    title: Any
    good: Any
    bad: Any
    holds: Callable[[ArrivedCheck], bool]


CHECKS: Mapping[str, Check] = {
    "address": Check(
        _l("The address is reached"),
        _l("The device reached the survey under its own address."),
        _l("The page came from another address than the survey’s. Allow the address below as it"
           " is, with https, and do not lead it through a portal."),
        lambda it: it.request.host == it.settings.host
        and (it.request.scheme == "https") == it.settings.is_https,
    ),
    "whole": Check(
        _l("The page is complete"),
        _l("It arrived to its last line."),
        _l("The page was cut off before its end. A filter stops answers while they load."),
        lambda it: it.field("end") == END,
    ),
    "intact": Check(
        _l("Words arrive unchanged, there and back"),
        _l("A text in six scripts went out packed and came back the same."),
        _l("The text came back changed. A filter or proxy rewrites pages or what is sent."
           " Switch that off for the address below."),
        lambda it: it.field("sample") == CARRIED,
    ),
    "fresh": Check(
        _l("No old copies"),
        _l("The page was made for this visit."),
        _l("The page was made long ago. Either it stayed open for half an hour, or a proxy gives"
           " out an old copy. Nothing from this address may be stored on the way."),
        lambda it: it.made_at is not None and 0 <= time.time() - it.made_at < OLDEST_SECONDS,
    ),
    "styled": Check(
        _l("The page looks as it should"),
        _l("Its styles came along."),
        _l("The styles were taken out of the page. Allow styles within the page."),
        lambda it: it.field("look") == "styled",
    ),
    "packed": Check(
        _l("Pages may be packed"),
        _l("The device takes packed answers, which makes slow lines bearable."),
        _l("Something removes the sign that the device takes packed answers. The survey works,"
           " but needs four times the data. Leave the header Accept-Encoding as it is."),
        lambda it: bool(
            it.request.accept_encodings["gzip"] or it.request.accept_encodings["br"]
        ),
    ),
}  # fmt: skip
"""Checks that need only the form. Reaching the result page shows that redirects work."""


@dataclass(frozen=True)
class CheckLook:
    """Styles and script of this page, and the content policy that allows only them."""

    css: Markup
    js: Markup
    policy: str


@cache
def _look(folder: str) -> CheckLook:
    css, js = ((Path(folder) / f"preflight.{kind}").read_text("utf-8") for kind in ("css", "js"))
    return CheckLook(
        Markup(css),  # noqa: S704 - our own files
        Markup(js),  # noqa: S704
        f"default-src 'none'; style-src '{_digest(css)}'; script-src '{_digest(js)}';"
        " connect-src 'self'; img-src data:; form-action 'self'; base-uri 'none';"
        " frame-ancestors 'none'",
    )


def _digest(words: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(words.encode()).digest()).decode()


@bp.get("/check")
@public
def check() -> Response:
    now = time.time()
    return _page(
        "device_check/check.html",
        made=_seal().dumps(now),
        now=int(now),
        carried=CARRIED,
        end=END,
        size=len(SAMPLE.encode()),
        sum=_sum(SAMPLE.encode()),
        word=_word(),
        links=_help_links(),
    )


@bp.post("/check")
@public
def arrived() -> AnyResponse:
    """Checks what came back. Responds with a redirect, because the survey uses redirects too."""
    it = ArrivedCheck(request, current_settings(), _made_at(request.form.get("made", "")))
    failed = [key for key, check in CHECKS.items() if not check.holds(it)]
    sealed = _seal().dumps([failed, int(time.time() * 1000)])
    return redirect(address_of(".result", sealed=sealed), 303)


@bp.get("/check/result/<sealed>")
@public
def result(sealed: str) -> Response:
    try:
        failed, sent_ms = _seal().loads(sealed)
    except (BadSignature, ValueError, TypeError):
        raise NoSuchResultError(_("There is no such result. Start the check again.")) from None
    took_ms = int(time.time() * 1000) - sent_ms
    return _page(
        "device_check/result.html",
        checks=[(check, key not in failed) for key, check in CHECKS.items()],
        is_good=not failed,
        took_ms=took_ms if 0 <= took_ms < LONGEST_WORTH_SAYING_MS else None,
    )


@bp.get("/check/word")
@public
def word() -> Response:
    """A new word each time, so that a cached copy is noticed."""
    return Response(_word(), mimetype="text/plain")


@bp.get("/check/sample")
@public
def sample() -> Response:
    """A compressed response with known content."""
    return compress(Response(SAMPLE, mimetype="text/plain"))


@bp.post("/check/echo")
@public
@takes_any_body
def echo() -> Response:
    """Returns what was sent."""
    return Response(request.get_data(), mimetype="text/plain")


@bp.get("/check/redirect")
@public
def lead_on() -> AnyResponse:
    return redirect(address_of(".word"), 303)


def _page(template: str, **values: Any) -> Response:
    look, settings = _look(current_app.static_folder or ""), current_settings()
    response = Response(
        render_template(
            template, look=look, address=settings.public_address, host=settings.host, **values
        ),
        mimetype="text/html",
    )
    response.headers["Content-Security-Policy"] = look.policy
    return compress(response)


def _word() -> str:
    return "".join(secrets.choice(ALPHABET) for _n in range(WORD_LETTERS))


def _sum(content: bytes) -> int:
    """FNV-1a, which is enough to notice a change and short in the script. It also works on a page
    without https, where browsers offer no cryptography."""
    value = 0x811C9DC5
    for byte in content:
        value = ((value ^ byte) * 0x01000193) & 0xFFFFFFFF
    return value


def _help_links() -> dict[str, str]:
    """The websites that help pages link to, by name."""
    contacts = (
        one
        for template in load_all().values()
        if template.audience is Audience.STUDENTS
        for one in template.help
    )
    return {one.name.in_language("en"): one.link for one in contacts if one.link}


def _made_at(sealed: str) -> float | None:
    try:
        return float(_seal().loads(sealed))
    except (BadSignature, ValueError, TypeError):
        return None


def _seal() -> URLSafeSerializer:
    return URLSafeSerializer(current_settings().secret_key, salt="preflight")
