"""What every browser test uses: where Chromium is, a phone's size, and the app's work in a
thread."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page

from tests.integration.responses.doors import parse_form
from tests.world import PASSWORD

PHONE = {"width": 360, "height": 740}
PATIENCE_MILLISECONDS = 120_000
"""A busy machine takes longer than the 30 seconds of the library, and is not wrong."""
SCROLLS_SIDEWAYS = "page => page.scrollWidth > page.clientWidth"


class HasAddress(Protocol):
    """A server, whichever it is."""

    @property
    def address(self) -> str: ...


def chromium() -> str:
    """The browser's path; without one the test is skipped, and in CI it fails."""
    found = shutil.which("chromium")
    if found is None:
        if os.environ.get("CI"):
            pytest.fail("chromium is not installed, and in CI nothing is skipped")
        pytest.skip("no chromium")
    return found


def without_a_window() -> str:
    """Debian's shell of the same browser for pages without a window, where it is installed: it
    takes a third less of the processor. What is about windows, history or memory of pages takes
    `chromium`."""
    return shutil.which("chromium-headless-shell") or chromium()


def patient(browser: Browser) -> Browser:
    """The browser, whose pages wait as long as a busy machine needs."""
    new_context = browser.new_context

    def waiting(**given: Any) -> BrowserContext:
        context = new_context(**given)
        context.set_default_timeout(PATIENCE_MILLISECONDS)
        return context

    browser.new_context = waiting  # type: ignore[method-assign]
    return browser


def runs_slow(request: pytest.FixtureRequest) -> bool:
    """Whether any of the long tests of that file runs now: pages in all languages take a while."""
    return any(
        item.get_closest_marker("slow") and item.path == request.path
        for item in request.session.items
    )


def aside(work: Callable[..., Any], *given: Any) -> Any:
    """Does the app's work in a separate thread: the browser's event loop lives in this one, and
    sessions cannot be closed in it."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(work, *given).result()


def pages_on_the_way(
    address: str, arrived: Callable[[str], bool], answers: Mapping[str, str] | None = None
) -> list[str]:
    """The addresses of a student's pages from this one to the first that has `arrived`, by HTTP.
    For tests of one page: a browser takes a third of a second for each page on the way to it."""
    found: list[str] = []
    data: bytes | None = None
    while True:
        with urlopen(address, data) as answer:
            address, html = answer.url, answer.read().decode()
        found.append(address)
        if arrived(html):
            return found
        form = parse_form(html)
        here = {name: value for name, value in (answers or {}).items() if name in form.names}
        data = urlencode(form.fields | here | {"go": "next"}, doseq=True).encode()


def sign_in(page: Page, server: HasAddress, email: str) -> None:
    """Signs a member in on the page of a phone."""
    page.goto(f"{server.address}/sign-in")
    page.locator("input[name=email]").fill(email)
    page.locator("input[name=password]").fill(PASSWORD)
    follow(page, page.locator("main button[type=submit]").first)


def follow(page: Page, link: Locator) -> None:
    """Clicks what leads to another page, and waits until that page is there: without, what is read
    next may be of the page before."""
    with page.expect_navigation():
        link.click()
