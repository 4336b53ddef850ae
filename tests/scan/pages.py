"""Every page that a role reaches, read by an HTML parser that forgives nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

import html5lib
import requests

LINK = re.compile(r'\b(?:href|action)="(/[^"#]*)"')
MOST_PAGES, OF_ONE_KIND = 150, 2
NUMBERS = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|\d+")
LEFT_OUT = ("/sign-out", "/static/", "/look/")

TOLERATED = frozenset({"unexpected-implied-end-tag"})
"""An end tag that HTML lets one leave out is no fault."""


def crawl(address: str, cookie: str | None) -> Iterator[tuple[str, str]]:
    """(path, page) of every HTML page that is linked."""
    browser = requests.Session()
    if cookie:
        browser.headers["Cookie"] = f"session={cookie}"
    waiting, seen, kinds = ["/staff" if cookie else "/", "/check", "/sign-in"], set[str](), {}
    while waiting and len(seen) < MOST_PAGES:
        path = waiting.pop(0)
        kind = NUMBERS.sub("*", path.partition("?")[0])
        if path in seen or path.startswith(LEFT_OUT) or kinds.get(kind, 0) >= OF_ONE_KIND:
            continue
        seen.add(path)
        kinds[kind] = kinds.get(kind, 0) + 1
        answer = browser.get(address + path, timeout=120)
        if answer.headers.get("Content-Type", "").startswith("text/html"):
            yield path, answer.text
            waiting += [unescape(one) for one in LINK.findall(answer.text)]


def complaints(page: str) -> list[str]:
    parser = html5lib.HTMLParser()
    parser.parse(page)
    return [
        f"{where[0]}:{where[1]} {code} {more}"
        for where, code, more in parser.errors
        if code not in TOLERATED
    ]
