"""WSGI middleware for the ordinary request of a student: opens the sealed address, checks and packs
what was sent, and sends a cached page, without calling the app.

Its responses are those of `responses.views`, for pages that are the same for everyone and for turns
that `prepared_questionnaire` handles. All other requests go to the app, and its responses fill the
cache with their headers. Nothing is logged.
"""

from __future__ import annotations

from collections.abc import Iterable
from io import BytesIO
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus

from flask import Flask

from survey.campaigns.states import WaveState
from survey.database import database
from survey.device import ended_sessions
from survey.device.hour_keys import HourKeys
from survey.device.marks import Marks
from survey.http import page_compression
from survey.http.light_pages import KEEPING, KEEPS_PAGES, Keeping
from survey.logs import log
from survey.responses import states
from survey.responses.fast_path.page_cache import KeptPage, KeptPages
from survey.responses.fast_path.prepared_questionnaire import Fields, Walk, walk_of
from survey.responses.states import (
    BESIDE,
    CHOOSING,
    FLAGS_AT,
    HEAD,
    KIND_AT,
    LAST,
    SAME_FOR_ALL,
    TAG_AT,
    TAGS,
    WARNED,
)
from survey.responses.survey_context import About, Behind, Doors
from survey.settings import Settings
from survey.typed_text import printable

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

PREFIX = "/p/"
FORM = "application/x-www-form-urlencoded"
LONGEST_FORM, MOST_FIELDS = 32 * 1024, 400
MODE = "HTTP_" + KEEPS_PAGES[0].upper().replace("-", "_")


class FastPath:
    """The middleware around the app."""

    def __init__(self, app: Flask, *, keys: HourKeys, doors: Doors, marks: Marks) -> None:
        self.app = app
        self.inner: WSGIApplication = app.wsgi_app
        self.pages = KeptPages()
        self._keys, self._doors, self._marks = keys, doors, marks
        self._settings: Settings = app.extensions["settings"]
        self._leads_on: tuple[tuple[str, str], ...] | None = None

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        path: str = environ["PATH_INFO"]
        if not path.startswith(PREFIX) or environ.get("QUERY_STRING") or environ.get("SCRIPT_NAME"):
            return self.inner(environ, start)
        method, letters = environ["REQUEST_METHOD"], path[len(PREFIX) :]
        try:
            if method == "GET":
                return self._page(environ, start, letters)
            if method == "POST":
                return self._turn(environ, start, letters)
        except Exception as error:  # the app tries again, and reports the error
            log.warning("fast_path_failed", error=error)
        return self.inner(environ, start)

    def _page(
        self, environ: WSGIEnvironment, start: StartResponse, letters: str
    ) -> Iterable[bytes]:
        plain = states.unseal(self._keys, letters, purpose=states.PURPOSE)
        found = self._open(plain) if plain is not None else None
        if plain is None or found is None:
            return self.inner(environ, start)
        about, walk = found
        look = _look(walk, plain)
        if look is None:
            return self.inner(environ, start)
        packer = page_compression.packer_for(environ.get("HTTP_ACCEPT_ENCODING", ""))
        navigates = environ.get(MODE) == KEEPS_PAGES[1]
        key = (about, plain[TAG_AT], look, packer, navigates)
        kept = self.pages.get(key)
        if kept is None:
            return self._kept_after(environ, start, key)
        body = kept.page.body()
        start(kept.status, [*kept.headers, ("Content-Length", str(len(body)))])
        return [body]

    def _kept_after(
        self, environ: WSGIEnvironment, start: StartResponse, key: tuple[Any, ...]
    ) -> Iterable[bytes]:
        """The page from the app, cached if it is the same for everyone."""
        keeping, told = _listening(environ, start)
        answer = self.inner(environ, told)
        if keeping.page is not None and (headers := told.headers("Content-Length")) is not None:
            self.pages.keep(key, KeptPage(told.status, headers, keeping.page))
        return answer

    def _turn(
        self, environ: WSGIEnvironment, start: StartResponse, letters: str
    ) -> Iterable[bytes]:
        sent = _sent(environ)
        plain = states.unseal(self._keys, letters, purpose=states.PURPOSE)
        found = self._open(plain) if plain is not None and sent is not None else None
        if plain is None or sent is None or found is None:
            return self.inner(environ, start)
        after = found[1].turn(plain, sent)
        if after is None:
            return self.inner(environ, start)
        if self._leads_on is None:
            return self._learn(environ, start)
        address = PREFIX + states.seal_plain(self._keys, after, purpose=states.PURPOSE)
        start("303 SEE OTHER", [*self._leads_on, ("Location", address)])
        return [b""]

    def _learn(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        """The first request of a process shows the headers of its response."""
        keeping, told = _listening(environ, start)
        answer = self.inner(environ, told)
        if keeping.leads_on and told.status.startswith("303"):
            self._leads_on = told.headers("Location")
        return answer

    def _open(self, plain: bytes) -> tuple[About, Walk] | None:
        """The open survey of a state, in one of its languages; None where the app has to
        respond."""
        _door, _code, _year, receipt, _flags, tag, _at, _furthest, kind, _item, _option = (
            HEAD.unpack_from(plain)
        )
        behind = self._behind(states.door_of(plain))
        if behind is None or behind.about is None or behind.state is not WaveState.OPEN:
            return None
        about = behind.about
        if TAGS[tag] not in about.questionnaire.languages:
            return None
        walk = walk_of(about.questionnaire)
        if not walk.fits(plain):
            return None
        if any(receipt):
            if self._how_ended(receipt) is not None:
                return None
        elif BESIDE[kind] not in LAST:
            return None
        return about, walk

    def _behind(self, door: int) -> Behind | None:
        seen = self._doors.seen(door)
        if seen is not None:
            return seen
        with self.app.app_context():
            return self._doors.behind(database.engine, door, self._settings)

    def _how_ended(self, receipt: bytes) -> ended_sessions.SessionEnd | None:
        key = self._settings.code_key
        words = states.receipt_words(receipt)
        if ended_sessions.goes_on(words, key=key, marks=self._marks):
            return None
        with self.app.app_context():
            return ended_sessions.how_ended(database.engine, words, key=key, marks=self._marks)


class _Told:
    """Passes on the status and headers of the app, and remembers them."""

    def __init__(self, start: StartResponse) -> None:
        self._start = start
        self.status = ""
        self._headers: list[tuple[str, str]] = []

    def __call__(self, status: str, headers: list[tuple[str, str]], *error: Any) -> Any:
        self.status, self._headers = status, headers
        return self._start(status, headers, *error)

    def headers(self, *but: str) -> tuple[tuple[str, str], ...] | None:
        """The headers without the named ones; None if one of them is for one person."""
        if not self.status or any(name.lower() == "set-cookie" for name, _said in self._headers):
            return None
        return tuple((name, said) for name, said in self._headers if name not in but)


def _listening(environ: WSGIEnvironment, start: StartResponse) -> tuple[Keeping, _Told]:
    keeping = environ[KEEPING] = Keeping()
    return keeping, _Told(start)


def _look(walk: Walk, plain: bytes) -> tuple[object, ...] | None:
    """What the page of a state depends on; None if it shows something about one student."""
    flags, kind = plain[FLAGS_AT], plain[KIND_AT]
    if flags & WARNED:
        return None
    if flags & CHOOSING:
        return ("languages",)
    if kind:
        return (BESIDE[kind],) if BESIDE[kind] in SAME_FOR_ALL else None
    return walk.look(plain)


def _sent(environ: WSGIEnvironment) -> Fields | None:
    """The fields of an ordinary form, in order. The app can read the body again."""
    length = environ.get("CONTENT_LENGTH") or ""
    if environ.get("CONTENT_TYPE") != FORM or not (length.isascii() and length.isdecimal()):
        return None
    if int(length) > LONGEST_FORM:
        return None
    body = environ["wsgi.input"].read(int(length))
    environ["wsgi.input"] = BytesIO(body)
    if not body.isascii() or len(body) != int(length):
        return None
    parts = body.decode("ascii").split("&")
    if len(parts) > MOST_FIELDS:
        return None
    try:
        return [_field(part) for part in parts if part]
    except UnicodeDecodeError:
        return None


def _field(part: str) -> tuple[str, str]:
    name, _is, value = part.partition("=")
    if "%" in part or "+" in part:
        name, value = (unquote_plus(one, errors="strict") for one in (name, value))
    return printable(name), printable(value)
