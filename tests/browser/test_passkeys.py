"""Passkeys in a browser, with the authenticators that Chromium plays: that of the device, and a
security key that asks for nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from survey.permissions import Role
from survey.settings import Settings
from tests.browser.driving import PHONE, SCROLLS_SIDEWAYS, follow, sign_in
from tests.conftest import settings_for
from tests.ports import free_port
from tests.quick_server import Address, answering
from tests.world import PASSWORD, World

pytestmark = [pytest.mark.browser]

DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}
SECURITY_KEY = DEVICE | {
    "transport": "usb",
    "hasResidentKey": False,
    "hasUserVerification": False,
    "isUserVerified": False,
}


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def settings(sqlite_url: str, port: int) -> Settings:
    return settings_for(sqlite_url, public_address=f"http://localhost:{port}")


@pytest.fixture
def server(settings: Settings, port: int, world: World) -> Iterator[Address]:
    with answering(settings, port):
        yield Address(settings.public_address)


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport=PHONE)
    said: list[str] = []
    opened = context.new_page()
    opened.on("console", lambda message: said.append(message.text))
    yield opened
    assert not [one for one in said if "Content Security Policy" in one]
    context.close()


def plug_in(page: Page, options: dict[str, Any]) -> None:
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def add(page: Page, server: Address) -> None:
    page.goto(f"{server.address}/staff/account")
    follow(page, page.get_by_role("link", name="Add a passkey"))
    page.get_by_label("A name for it").fill("Office laptop")
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    assert not page.locator("html").evaluate(SCROLLS_SIDEWAYS)


def sign_out(page: Page) -> None:
    follow(page, page.get_by_role("button", name="Sign out"))


def with_password(page: Page, world: World) -> None:
    page.locator("input[name=email]").fill(world.email(Role.LEAD))
    page.locator("input[name=password]").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def test_the_passkey_of_a_device_signs_in_alone_and_after_a_password(
    page: Page, server: Address, world: World
) -> None:
    plug_in(page, DEVICE)
    sign_in(page, server, world.email(Role.LEAD))
    add(page, server)
    sign_out(page)
    page.get_by_role("link", name="Sign in with a passkey").click()
    expect(page.get_by_role("link", name="Lead Person")).to_be_visible()
    page.goto(f"{server.address}/staff/account/passkeys")
    expect(page.get_by_role("heading", name="Office laptop")).to_be_visible()
    expect(page.get_by_text("Instead of your password")).to_be_visible()
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_text("This device has a passkey for your account already.")).to_be_visible()
    sign_out(page)
    with_password(page, world)
    expect(page.get_by_role("link", name="Lead Person")).to_be_visible()
    page.goto(f"{server.address}/staff/account/passkeys")
    follow(page, page.get_by_role("button", name="Remove Office laptop"))
    expect(page.get_by_text("You have no passkey yet.")).to_be_visible()


def test_a_security_key_that_asks_for_nothing_is_a_second_step(
    page: Page, server: Address, world: World
) -> None:
    plug_in(page, SECURITY_KEY)
    sign_in(page, server, world.email(Role.LEAD))
    add(page, server)
    sign_out(page)
    with_password(page, world)
    expect(page.get_by_role("link", name="Lead Person")).to_be_visible()
    page.goto(f"{server.address}/staff/account/passkeys")
    expect(page.get_by_text("As the second step after your password")).to_be_visible()


def test_a_browser_without_passkeys_says_so(browser: Browser, server: Address) -> None:
    context = browser.new_context(viewport=PHONE)
    context.add_init_script("delete window.PublicKeyCredential")
    page = context.new_page()
    page.goto(f"{server.address}/sign-in/passkey")
    expect(page.get_by_text("This browser cannot use passkeys.")).to_be_visible()
    context.close()
    without = browser.new_context(java_script_enabled=False)
    page = without.new_page()
    page.goto(f"{server.address}/sign-in/passkey")
    assert "Passkeys need JavaScript." in page.content()
    without.close()
