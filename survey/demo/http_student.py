"""A student over HTTP, who opens a code, fills in each page's form by its field names, and sends
it.

The walker knows only what a browser knows: forms, fields and the first button, which Enter would
press.
"""

from __future__ import annotations

import http.client
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlencode, urlsplit

OK, SEE_OTHER = 200, 303
MOST_PAGES = 120
"""More pages than any questionnaire has; a walk that takes more is going in circles."""


class WalkError(RuntimeError):
    """The walk did not reach its end; says at which page and why."""


@dataclass
class _Form(HTMLParser):
    """The first posting form of a page: where it goes, what it carries, what it asks."""

    action: str = ""
    hidden: list[tuple[str, str]] = field(default_factory=list)
    offered: dict[str, set[str]] = field(default_factory=dict)
    texts: set[str] = field(default_factory=set)
    button: tuple[str, str] | None = None
    _inside: bool = False

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        at = {name: value or "" for name, value in attrs}
        if tag == "form" and at.get("method") == "post" and not self.action:
            self._inside, self.action = True, at.get("action", "")
        elif not self._inside:
            return
        elif tag == "input" and at.get("type") == "hidden":
            self.hidden.append((at["name"], at.get("value", "")))
        elif tag == "input" and at.get("type") in ("radio", "checkbox") and "checked" not in at:
            self.offered.setdefault(at["name"], set()).add(at["value"])
        elif tag == "textarea":
            self.texts.add(at["name"])
        elif tag == "button" and self.button is None and "name" in at:
            self.button = at["name"], at.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False


def walk(address: str, code: str, raw: Mapping[str, str | Sequence[str]]) -> None:
    """Takes one student from the first page to the thanks; `raw` names answers as forms do, by
    their number. Raises `WalkError` if it ends elsewhere or an answer given in `raw` was never
    asked for."""
    place = urlsplit(address)
    connection = http.client.HTTPConnection(place.netloc, timeout=60)
    asked: set[str] = set()
    number = 0
    path, body = f"/s/{code}", None
    try:
        while number < MOST_PAGES:
            connection.request(
                "POST" if body is not None else "GET",
                path,
                body,
                {"Content-Type": "application/x-www-form-urlencoded"} if body else {},
            )
            answer = connection.getresponse()
            page = answer.read()
            if answer.status == SEE_OTHER:
                path, body = answer.headers["Location"], None
                continue
            number += 1
            if answer.status != OK:
                raise WalkError(f"page {number} came with status {answer.status}")
            form = _Form()
            form.feed(page.decode())
            if form.button is None:  # nothing left to press: the last page can only be read
                if missed := set(raw) - asked:
                    raise WalkError(f"never asked: {', '.join(sorted(missed))}")
                return
            asked |= set(form.offered) | form.texts
            path, body = form.action or path, urlencode(list(_filled(form, raw)))
    finally:
        connection.close()
    raise WalkError(f"no end after {MOST_PAGES} pages")


def _filled(form: _Form, raw: Mapping[str, str | Sequence[str]]) -> Iterator[tuple[str, str]]:
    yield from form.hidden
    for name in (*form.offered, *sorted(form.texts)):
        given = raw.get(name, [])
        for value in [given] if isinstance(given, str) else given:
            yield name, value
    if form.button:
        yield form.button
