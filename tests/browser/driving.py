"""What every browser test uses: where Chromium is, a phone's size, and the app's work in a
thread."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol

import pytest
from playwright.sync_api import Locator, Page

from tests.world import PASSWORD

PHONE = {"width": 360, "height": 740}
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
