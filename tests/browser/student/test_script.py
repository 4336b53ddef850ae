"""The one script of a student's page, in Chromium: Leave now and Listen. And what leaving leaves
behind, with it and without."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, Request, expect, sync_playwright

from tests.browser.driving import PHONE, aside, chromium, pages_on_the_way, patient
from tests.browser.windows import wait_until
from tests.integration.responses.doors import raw_rows
from tests.quick_server import Address

pytestmark = [
    pytest.mark.browser,
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
]

WRITTEN = "More lights by the gate"
VOICES = """
const spoken = window.spoken = [];
speechSynthesis.getVoices = () => ["en-GB", "cy-GB"].map(lang => ({ lang }));
speechSynthesis.speak = said => { spoken.push([said.lang, said.text]); };
Object.defineProperty(SpeechSynthesisUtterance.prototype, "voice", { set() {} });
"""


TICK = """ticks => {
  for (const box of [...document.querySelectorAll("main input[type=checkbox]")].slice(0, ticks))
    box.click();
  for (const group of document.querySelectorAll("main fieldset")) {
    const choice = group.querySelectorAll("input[type=radio]")[ticks - 1];
    if (choice) choice.click();
  }
}"""
"""The first boxes of a page, and one answer of each question."""


@pytest.fixture(scope="module")
def remembering() -> Iterator[Browser]:
    """A browser as people use it: it keeps pages one came from, to show them at once on Back."""
    path = chromium()
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=path,
            args=["--no-sandbox"],
            ignore_default_args=["--disable-back-forward-cache"],
        )
        yield patient(started)
        started.close()


@pytest.fixture(params=[True, False], ids=["script", "no script"])
def phone(request: pytest.FixtureRequest, remembering: Browser) -> Iterator[BrowserContext]:
    context = remembering.new_context(viewport=PHONE, java_script_enabled=request.param)
    yield context
    context.close()


@pytest.fixture
def phone_with_script(remembering: Browser) -> Iterator[BrowserContext]:
    context = remembering.new_context(viewport=PHONE)
    yield context
    context.close()


def press(page: Page, go: str) -> None:
    with page.expect_navigation():
        page.locator(f"button[value={go}]").first.click()


def walk_in(page: Page, server: Address, code: str) -> None:
    """To the second page of questions, with an answer on the first."""
    page.goto(f"{server.address}/s/{code}")
    press(page, "next")
    press(page, "next")
    page.locator("main label").first.click()
    press(page, "next")


def complaints(page: Page) -> list[str]:
    """What the policy refused, from here on."""
    found: list[str] = []
    page.on(
        "console",
        lambda line: found.append(line.text) if "Content Security Policy" in line.text else None,
    )
    return found


def test_the_policy_lets_the_look_and_the_script_in(
    code: str, server: Address, phone_with_script: BrowserContext
) -> None:
    page = phone_with_script.new_page()
    refused = complaints(page)
    page.add_init_script(VOICES)
    page.goto(f"{server.address}/s/{code}")
    for _page in range(3):
        page.locator(".listen").wait_for()  # the script ran
        assert page.locator(".leave").evaluate("it => getComputedStyle(it).display") == "flex"
        press(page, "next")
    assert refused == []


@pytest.mark.parametrize("way", ["press", "escape"])
def test_leaving_takes_the_page_out_of_the_history(
    code: str, server: Address, phone_with_script: BrowserContext, way: str
) -> None:
    page = phone_with_script.new_page()
    walk_in(page, server, code)
    entries = page.evaluate("history.length")
    if way == "press":
        page.locator(".leave").click()
    else:
        page.keyboard.press("Escape")
        page.keyboard.press("Escape")
    page.wait_for_url(f"{server.address}/leave")
    assert page.evaluate("history.length") == entries


ESCAPES = """times => {
  for (const time of times) {
    const pressed = new KeyboardEvent("keydown", { key: "Escape", bubbles: true });
    Object.defineProperty(pressed, "timeStamp", { value: time });
    document.body.dispatchEvent(pressed);
  }
}"""


def test_one_escape_does_not_leave(
    code: str, server: Address, phone_with_script: BrowserContext
) -> None:
    """Nor do two that are a while apart. The keys say when they were pressed, so nothing waits."""
    page = phone_with_script.new_page()
    walk_in(page, server, code)
    at = page.locator("input[name=at]").get_attribute("value")
    page.evaluate(ESCAPES, [0, 1600])
    press(page, "next")
    assert page.url.startswith(f"{server.address}/p/")
    assert page.locator("input[name=at]").get_attribute("value") != at, "the survey goes on"
    page.evaluate(ESCAPES, [10_000, 11_400])
    page.wait_for_url(f"{server.address}/leave")


def test_after_leaving_back_shows_nothing_of_the_survey(
    app: Flask, code: str, server: Address, phone_with_script: BrowserContext
) -> None:
    page = phone_with_script.new_page()
    page.goto(f"{server.address}/leave")
    walk_in(page, server, code)
    page.locator(".leave").click()
    page.wait_for_url(f"{server.address}/leave")
    # The page is gone at once, and tells the server so as well.
    wait_until("the end of the session", lambda: aside(raw_rows, app, "ended_session"))
    for _step in range(3):
        page.go_back()
        expect(page.locator("h1")).to_be_visible()
        assert page.locator("fieldset").count() == 0, page.url
        assert page.locator("h1").inner_text() != "Places at school"


def test_what_the_script_sends_is_always_as_long(
    code: str, server: Address, phone_with_script: BrowserContext
) -> None:
    """Whatever is ticked, or left open."""
    lengths: dict[str, set[int]] = {}
    page = phone_with_script.new_page()

    def hear(request: Request) -> None:
        body = request.post_data or ""
        if request.method == "POST" and "at=" in body:
            at = body.partition("at=")[2].partition("&")[0]
            lengths.setdefault(at, set()).add(len(body))

    page.on("request", hear)
    for ticks in (0, 3):
        page.goto(f"{server.address}/s/{code}")
        for _page in range(8):
            page.evaluate(TICK, ticks)
            press(page, "next")
    asked = {at: found for at, found in lengths.items() if at not in ("start", "assent")}
    assert len(asked) >= 5
    assert all(len(found) == 1 for found in asked.values()), asked


def test_the_tab_forgets_when_the_survey_is_begun_again(
    code: str, server: Address, phone_with_script: BrowserContext
) -> None:
    page = phone_with_script.new_page()
    walk_in(page, server, code)
    page.locator(".leave").click()
    page.wait_for_url(f"{server.address}/leave")
    walk_in(page, server, code)
    assert page.locator("fieldset").count()


def test_leaving_without_a_script_leads_away(
    code: str, server: Address, remembering: Browser
) -> None:
    context = remembering.new_context(viewport=PHONE, java_script_enabled=False)
    page = context.new_page()
    walk_in(page, server, code)
    page.locator(".leave").click()
    page.wait_for_url(f"{server.address}/leave")
    assert page.title() == "Calendar"
    for word in ("survey", "code", "answer"):
        assert word not in page.locator("main").inner_text().lower()
    context.close()


def test_help_and_back_again_keep_what_was_ticked_and_written(
    code: str, server: Address, phone: BrowserContext
) -> None:
    page = phone.new_page()
    *_before, writing = pages_on_the_way(
        f"{server.address}/s/{code}", lambda html: "<textarea" in html
    )
    page.goto(writing)
    page.locator("textarea").fill(WRITTEN)
    page.locator(".help summary").click()
    press(page, "help")
    expect(page.locator("h1")).to_have_text("Places to turn to")
    assert page.locator(".contacts li").count() > 5
    press(page, "return")
    assert page.locator("textarea").input_value() == WRITTEN


def test_asking_for_help_on_a_page_leaves_no_address_of_its_own(
    code: str, server: Address, phone_with_script: BrowserContext
) -> None:
    """An address that ends in "#help" would tell who opens the history that someone asked."""
    page = phone_with_script.new_page()
    walk_in(page, server, code)
    before = page.evaluate("[location.href, history.length]")
    page.get_by_role("link", name="Get help").click()
    assert page.evaluate("document.activeElement.id") == "help"
    assert page.evaluate("[location.href, history.length]") == before
    page.keyboard.press("Enter")
    expect(page.locator("details.help")).to_have_attribute("open", "")


def test_listen_reads_the_page_in_its_language(
    code: str, server: Address, phone_with_script: BrowserContext
) -> None:
    page = phone_with_script.new_page()
    page.add_init_script(VOICES)
    page.goto(f"{server.address}/s/{code}?lang=cy")
    for _page in range(4):
        press(page, "next")
    page.locator(".listen").click()
    spoken = page.evaluate("window.spoken")
    assert {language for language, _words in spoken} == {"cy"}
    words = [words for _language, words in spoken]
    assert words[0] == page.locator("h1").inner_text()
    for label in page.locator("main label").all()[:5]:
        assert label.inner_text() in words
    listen = page.locator(".listen").inner_text()
    page.locator(".listen").click()
    assert page.locator(".listen").inner_text() != listen


def test_listen_is_not_offered_without_a_voice(
    code: str, server: Address, phone_with_script: BrowserContext
) -> None:
    page = phone_with_script.new_page()
    page.add_init_script("speechSynthesis.getVoices = () => [{ lang: 'fr-FR' }]")
    page.goto(f"{server.address}/s/{code}")
    assert page.locator(".listen").is_hidden()


def test_an_answer_is_taken_back_by_the_keyboard(
    code: str, server: Address, phone: BrowserContext
) -> None:
    """The way out of an answer is hidden until there is one, and the arrow keys reach it."""
    page = phone.new_page()
    page.goto(f"{server.address}/s/{code}")
    for _page in range(3):
        press(page, "next")
    group = page.locator("main fieldset").first
    none, first = group.locator(".open input"), group.locator("input").first
    expect(group.get_by_role("radio", name="No answer")).to_be_checked()
    none.focus()
    page.keyboard.press("ArrowDown")
    expect(first).to_be_checked()
    expect(first).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(none).to_be_checked()
    outline = group.locator(".open").evaluate(
        "it => [it, it.querySelector('span')].map(one => getComputedStyle(one).outlineStyle)"
    )
    assert "solid" in outline, "whoever uses the keyboard sees where they are"
    group.locator("label").first.click()
    group.locator(".open").click()
    expect(none).to_be_checked()
