"""The check of a school device: what is blocked or changed on the way is seen and said."""

from __future__ import annotations

import gzip
import logging
import re
import time
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient

from survey.campaigns.device_check import views as device_check_views
from tests.integration.campaigns.staff_page import check_page

BASE = "http://survey.test"
PACKED = {"Accept-Encoding": "gzip, br"}


def fields(page: str) -> dict[str, str]:
    """What a browser would send back."""
    found = dict(
        re.findall(r'<input type="hidden"(?: form="f")? name="(\w+)" value="([^"]*)">', page)
    )
    carried = re.search(r"<textarea[^>]*>\n(.*?)</textarea>", page, re.DOTALL)
    assert carried
    sent = found | {"sample": carried[1], "look": "styled"}
    return {name: unescape(value).replace("\n", "\r\n") for name, value in sent.items()}


def problems(client: FlaskClient, sent: dict[str, str], **how: object) -> list[str]:
    given = {"base_url": BASE, "headers": PACKED} | how
    led = client.post("/check", data=sent, **given)  # type: ignore[arg-type]
    assert led.status_code == 303
    answer = client.get(led.headers["Location"])
    found = re.findall(r'<li class="bad">.*?<b>(.*?)</b>', answer.text)
    assert ("Everything came through" in answer.text) is (found == [])
    return found


def test_what_comes_back_whole_is_good(client: FlaskClient) -> None:
    sent = fields(client.get("/check", base_url=BASE).text)
    assert set(sent) == {"made", "end", "sample", "look"}
    assert problems(client, sent) == []


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        ({"end": ""}, "The page is complete"),
        ({"sample": "Anonymous"}, "Words arrive unchanged, there and back"),
        ({"look": "plain"}, "The page looks as it should"),
        ({"made": "x"}, "No old copies"),
    ],
)
def test_what_was_cut_or_changed_is_said(
    client: FlaskClient, changed: dict[str, str], found: str
) -> None:
    sent = fields(client.get("/check", base_url=BASE).text)
    assert problems(client, sent | changed) == [found]


def test_another_address_and_unpacked_answers_are_said(client: FlaskClient) -> None:
    sent = fields(client.get("/check", base_url=BASE).text)
    assert problems(client, sent, base_url="http://portal.test") == ["The address is reached"]
    assert problems(client, sent, headers={}) == ["Pages may be packed"]


def test_an_old_copy_is_said(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    sent = fields(client.get("/check", base_url=BASE).text)
    later = time.time() + device_check_views.OLDEST_SECONDS + 1
    monkeypatch.setattr("survey.campaigns.device_check.views.time.time", lambda: later)
    assert problems(client, sent) == ["No old copies"]


def test_every_visit_has_another_word(client: FlaskClient) -> None:
    seen = {client.get("/check/word").text for _ in range(5)}
    assert len(seen) == 5
    assert client.get("/check/word").headers["Cache-Control"] == "no-store"
    on_page = [re.search(r'class="word">(\w+)<', client.get("/check").text) for _ in range(2)]
    assert on_page[0]
    assert on_page[1]
    assert on_page[0][1] != on_page[1][1]


def test_the_sample_is_what_the_page_says_it_is(client: FlaskClient) -> None:
    page = client.get("/check").text
    answer = client.get("/check/sample", headers={"Accept-Encoding": "gzip"})
    content = gzip.decompress(answer.data)
    assert f'data-size="{len(content)}"' in page
    assert f'data-sum="{device_check_views._sum(content)}"' in page
    assert len(answer.data) < len(content) / 2


def test_the_sum_is_fnv_1a() -> None:
    assert device_check_views._sum(b"") == 0x811C9DC5
    assert device_check_views._sum(b"foobar") == 0xBF9CF968


def test_what_is_sent_is_sent_back(client: FlaskClient) -> None:
    assert client.post("/check/echo", data="A1=y9; ਪ".encode()).data == "A1=y9; ਪ".encode()
    assert client.get("/check/redirect").headers["Location"] == "/check/word"


def test_nobody_can_make_up_a_result(client: FlaskClient) -> None:
    sealed = client.post("/check", data={}).headers["Location"]
    assert client.get(sealed).status_code == 200
    # In the middle: some bits of the last letter of base64 mean nothing.
    at = sealed.rindex("/") + 12
    other = "A" if sealed[at] != "A" else "B"
    assert client.get(sealed[:at] + other + sealed[at + 1 :]).status_code == 404
    assert client.get("/check/result/x").status_code == 404


def test_page_loads_nothing_and_runs_only_its_own_script(client: FlaskClient) -> None:
    answer = client.get("/check")
    page = re.sub(r"<(script|style)>.*?</\1>", "", answer.text, flags=re.DOTALL)
    check_page(page.replace(" hidden aria-hidden", ' id="sample" hidden aria-hidden').replace(
        "<form", '<label for="sample"></label><form'))  # fmt: skip
    assert not re.findall(r'<(?:img|link|script|iframe)[^>]*(?:src|href)="(?!data:,)', answer.text)
    policy = answer.headers["Content-Security-Policy"]
    assert policy.count("sha256-") == 2
    assert "connect-src 'self'" in policy
    script = re.search(r"<script>(.*?)</script>", answer.text, re.DOTALL)
    assert script
    assert device_check_views._digest(script[1]) in policy


def test_every_help_page_is_there_to_try(client: FlaskClient) -> None:
    page = client.get("/check").text
    assert "https://www.childline.org.uk" in page
    for link in device_check_views._help_links().values():
        assert f'<a href="{link}" target="_blank" rel="noreferrer noopener">' in page


def test_nothing_of_a_visit_is_kept(
    app: Flask, client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        sent = fields(client.get("/check", base_url=BASE).text)
        client.post("/check", data=sent, follow_redirects=True)
    assert [one for one in caplog.records if one.name.startswith("survey")] == []
    assert client.get_cookie("session") is None
