"""One browser for the tests of a file, and a server on the database of each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser, expect, sync_playwright

from survey.settings import Settings
from tests.browser.driving import PATIENCE_MILLISECONDS, patient, without_a_window
from tests.integration.responses.doors import make_codes
from tests.quick_server import Address, answering
from tests.world import World

expect.set_options(timeout=PATIENCE_MILLISECONDS)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = without_a_window()
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield patient(started)
        started.close()


@pytest.fixture
def server(settings: Settings, world: World) -> Iterator[Address]:
    with answering(settings) as running:
        yield running


@pytest.fixture
def code(app: Flask, world: World) -> str:
    return make_codes(app, world.own, year=9, count=1)[0]
