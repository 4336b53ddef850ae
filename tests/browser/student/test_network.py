"""A student on bad Wi-Fi: nothing is lost, never two responses, always a page that says what
happened. A real browser, a real server, and a network between them that breaks on purpose."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page
from playwright.sync_api import Error as BrowserError
from playwright.sync_api import TimeoutError as BrowserTimeout

from survey.questionnaires.codecs.answer_codec import numbered
from survey.questionnaires.load import load
from survey.responses.posted_form import number_of
from tests.browser.driving import PHONE, pages_on_the_way
from tests.browser.proxy import Fault, Proxy, unreliable
from tests.browser.standing import SMALL, Standing, stand
from tests.real_server import Server, serving

pytestmark = pytest.mark.browser

SEND, ANY_PAGE = b"go=send", b"POST /p/"
WORDS = "More lights by the gate"
THANKS = "Thank you"
SPENT = "This code was used before"
OVER = "This survey is over on this device"
ANSWERS: dict[str, object] = {"A1": "y9", "A2": "girl", "B1": "unsafe"}
NUMBERED = numbered(load(SMALL))
PATIENCE_MILLISECONDS, SETTLE_MILLISECONDS = 10_000, 1_000
RELOAD_MILLISECONDS, MOST_RELOADS = 2_500, 12
"""A reload does nothing if the page of the break takes its place. Then one reloads again."""


@pytest.fixture(scope="module")
def standing(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Standing:
    return stand(sqlite_template, tmp_path_factory.mktemp("network"))


@pytest.fixture(scope="module")
def running(standing: Standing) -> Iterator[Server]:
    with serving(standing.settings, standing.folder) as server:
        yield server


@pytest.fixture
def network(running: Server) -> Iterator[Proxy]:
    with unreliable(running.address) as proxy:
        yield proxy


@pytest.fixture
def phone(network: Proxy, browser: Browser) -> Iterator[BrowserContext]:
    # After the network, so that the phone goes first and leaves no line open.
    context = browser.new_context(viewport=PHONE)
    context.set_default_timeout(PATIENCE_MILLISECONDS)
    yield context
    context.close()


def press(page: Page, go: str) -> bool:
    """Taps a button of the form; no if the browser says that nothing came back."""
    button = page.locator(f"main button[value={go}]")
    return _happens(page, lambda: button.click(no_wait_after=True))


def reload(page: Page) -> bool:
    """What everyone does when a page does not come. The browser sends the form again."""
    for _ in range(MOST_RELOADS):
        with contextlib.suppress(BrowserTimeout):
            return _happens(
                page, lambda: page.reload(wait_until="commit"), patience=RELOAD_MILLISECONDS
            )
    return False


def back(page: Page) -> None:
    """Back. The browser keeps no page, as the header says, and fetches it again. Sometimes it
    does not move at first; then one presses again."""
    for _ in range(MOST_RELOADS):
        with contextlib.suppress(BrowserTimeout):
            if not _happens(
                page, lambda: page.go_back(wait_until="commit"), patience=RELOAD_MILLISECONDS
            ):
                assert reload(page)
            page.locator("h1").wait_for()  # a page that leads on to a newer one hides itself
            return
    pytest.fail("the browser does not go back")


def _happens(page: Page, move: Callable[[], Any], *, patience: int = PATIENCE_MILLISECONDS) -> bool:
    with (
        page.expect_event("framenavigated", timeout=patience),
        contextlib.suppress(BrowserError),
    ):
        move()
    if page.url.startswith("chrome-error"):
        return False
    with contextlib.suppress(BrowserError):  # half a page never ends
        page.wait_for_load_state(timeout=SETTLE_MILLISECONDS)
    return True


def at(page: Page) -> str:
    return page.locator("input[name=at]").get_attribute("value") or ""


def heading(page: Page) -> str:
    return page.locator("h1").inner_text()


def answer_here(page: Page, answers: dict[str, object] = ANSWERS) -> None:
    for name, value in answers.items():
        number = number_of(NUMBERED[name].index(str(value)) + 1)
        choice = page.locator(f"input[name='{name}'][value='{number}']")
        if choice.count():
            choice.check(force=True)
    for box in page.locator("main textarea").all():
        box.fill(WORDS)


def go_to_send(page: Page, network: Proxy, code: str, answers: dict[str, object] = ANSWERS) -> None:
    """Answers every page, only the last one in the browser."""
    numbers = {
        name: number_of(NUMBERED[name].index(str(value)) + 1) for name, value in answers.items()
    }
    way = pages_on_the_way(
        f"{network.address}/s/{code}", lambda html: 'value="send"' in html, numbers
    )
    page.goto(way[-2])
    go_on_to_send(page, answers)


def go_on_to_send(page: Page, answers: dict[str, object] = ANSWERS) -> None:
    while at(page) != "send":
        answer_here(page, answers)
        assert press(page, "next")


@pytest.fixture
def ready(standing: Standing, network: Proxy, phone: BrowserContext) -> Page:
    """A phone with the last page open."""
    page = phone.new_page()
    go_to_send(page, network, standing.new_code())
    return page


@pytest.mark.parametrize(
    "fault", [Fault.LOST, Fault.HALF_ASKED, Fault.UNANSWERED, Fault.HALF_ANSWERED]
)
def test_a_send_that_broke_off_is_sent_again(
    standing: Standing, network: Proxy, ready: Page, fault: Fault
) -> None:
    with standing.one_more(ANSWERS, P2=WORDS):
        with network.broken(fault, when=SEND):
            press(ready, "send")
        assert reload(ready)
        assert heading(ready) == THANKS


def test_who_goes_back_after_a_break_goes_on_from_there(
    standing: Standing, network: Proxy, ready: Page
) -> None:
    with standing.one_more(ANSWERS, P2=WORDS):
        with network.broken(Fault.LOST, when=SEND):
            assert not press(ready, "send")
        # The failed page took the place of the last one, so Back leads to the one before it.
        back(ready)
        go_on_to_send(ready)
        assert press(ready, "send")
        assert heading(ready) == THANKS


def test_who_goes_back_after_a_send_that_arrived_reads_that_it_did(
    standing: Standing, network: Proxy, ready: Page
) -> None:
    with standing.one_more(ANSWERS, P2=WORDS):
        with network.broken(Fault.UNANSWERED, when=SEND):
            assert not press(ready, "send")
        back(ready)
        assert heading(ready) == OVER
        assert "Sent answers are in" in ready.locator("main").inner_text()


def test_a_double_tap_while_the_answer_is_slow(
    standing: Standing, network: Proxy, ready: Page
) -> None:
    with standing.one_more(ANSWERS, P2=WORDS):
        with network.broken(Fault.SLOW, when=SEND):
            # The second tap ends the first one's way, so it is the page that is waited for.
            ready.locator("main button[value=send]").dblclick(no_wait_after=True)
            ready.get_by_role("heading", name=THANKS).wait_for()
        assert heading(ready) == THANKS


@pytest.mark.slow
def test_who_gives_up_waiting_and_taps_again(
    standing: Standing, network: Proxy, phone: BrowserContext, ready: Page
) -> None:
    with standing.one_more(ANSWERS, P2=WORDS):
        arrived = network.arrived
        with network.broken(Fault.HANGING, when=SEND):
            ready.locator("main button[value=send]").click(no_wait_after=True)
            network.wait_for_arrivals(arrived + 1)
        phone.new_cdp_session(ready).send("Page.stopLoading")
        assert press(ready, "send")
        assert heading(ready) == THANKS


def test_airplane_mode_at_send(standing: Standing, phone: BrowserContext, ready: Page) -> None:
    with standing.one_more(ANSWERS, P2=WORDS):
        phone.set_offline(True)
        assert not press(ready, "send")
        assert not reload(ready)
        phone.set_offline(False)
        assert reload(ready)
        assert heading(ready) == THANKS


def test_reload_and_back_and_forward_after_the_thanks(standing: Standing, ready: Page) -> None:
    with standing.one_more(ANSWERS, P2=WORDS):
        assert press(ready, "send")
        assert reload(ready)
        assert heading(ready) == THANKS
        back(ready)
        assert heading(ready) == OVER


@pytest.mark.slow
def test_reload_back_and_forward_on_the_way_lose_no_page_before(
    standing: Standing, network: Proxy, phone: BrowserContext
) -> None:
    page = phone.new_page()
    code = standing.new_code()
    with standing.one_more(ANSWERS, P2=WORDS):
        page.goto(f"{network.address}/s/{code}")
        while at(page) != "send":
            here = at(page)
            assert reload(page)
            assert at(page) == here
            answer_here(page)
            assert press(page, "next")
            back(page)
            assert at(page) == here
            answer_here(page)
            assert press(page, "next")
        assert press(page, "send")


@pytest.mark.slow
def test_a_phone_locked_for_an_hour_while_the_server_is_started_anew(
    standing: Standing, network: Proxy, ready: Page
) -> None:
    with (
        standing.one_more(ANSWERS, P2=WORDS),
        serving(standing.settings, standing.folder) as another,
    ):
        network.target = another.address
        assert press(ready, "send")
        assert heading(ready) == THANKS


def test_two_tabs_with_one_code(standing: Standing, network: Proxy, phone: BrowserContext) -> None:
    code = standing.new_code()
    one, other = phone.new_page(), phone.new_page()
    different = ANSWERS | {"B1": "safe"}
    go_to_send(one, network, code)
    go_to_send(other, network, code, different)
    with standing.one_more(ANSWERS, P2=WORDS):
        assert press(one, "send")
    assert heading(one) == THANKS
    with standing.none_more():
        assert press(other, "send")
        assert heading(other) == SPENT
        assert reload(other)
        assert heading(other) == SPENT
    second = standing.new_code()
    with standing.one_more(different, P2=WORDS):
        other.locator("#code").fill(second)
        assert press(other, "send")
    assert heading(other) == THANKS


def test_one_page_in_two_tabs_is_one_response(
    standing: Standing, network: Proxy, phone: BrowserContext, ready: Page
) -> None:
    with standing.one_more(ANSWERS, P2=WORDS):
        copy = phone.new_page()
        copy.goto(f"{network.address}/leave")
        copy.goto(ready.url)
        assert press(copy, "send")
        assert press(ready, "send")
        assert heading(copy) == heading(ready) == THANKS


@pytest.mark.slow
@pytest.mark.parametrize("with_script", [True, False])
def test_a_whole_survey_on_a_network_that_breaks_at_every_page(
    standing: Standing, network: Proxy, browser: Browser, with_script: bool
) -> None:
    context = browser.new_context(viewport=PHONE, java_script_enabled=with_script)
    context.set_default_timeout(PATIENCE_MILLISECONDS)
    page = context.new_page()
    faults = cycle(fault for fault in Fault if fault not in (Fault.NONE, Fault.HANGING))
    code = standing.new_code()
    with standing.one_more(ANSWERS, P2=WORDS):
        page.goto(f"{network.address}/s/{code}")
        sent = False
        while not sent:
            here = at(page)
            sent = here == "send"
            answer_here(page)
            fault = next(faults)
            with network.broken(fault, when=ANY_PAGE):
                press(page, "send" if sent else "next")
            assert reload(page), (here, fault)
        assert heading(page) == THANKS
    context.close()


def test_after_the_network_there_was_no_error_on_the_server(running: Server) -> None:
    """Its worker says when it begins and ends a piece of work, and nothing else is said."""
    lines = [json.loads(line) for line in running.output.read_text().splitlines()]
    assert [line for line in lines if line["level"] != "info"] == []
