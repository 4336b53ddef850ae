"""Every form of every page, sent with nothing in it: what is wrong is in the title, has the focus,
and leads to the field."""

from __future__ import annotations

import re
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient

from survey.permissions import Role
from tests.browser import staff_pages
from tests.world import World, sign_in

FORM = re.compile(r"<form\b([^>]*)>(.*?)</form>", re.DOTALL)
NAME = re.compile(r'<(?:input|textarea|select)\b[^>]*?\bname="([^"]+)"')
HIDDEN = re.compile(r'<input\b[^>]*type="hidden"[^>]*>')
IDS = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|\d+")
SUMMARY = re.compile(
    r'<div class="notice notice--error" role="alert" tabindex="-1"\s+autofocus[^>]*>(.*?)</div>',
    re.DOTALL,
)
LEFT_OUT = ("/sign-out", "/close", "/discard", "/erase", "/sessions", "/remove")
"""They end the seat that looks, or have no field."""


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


def refused_by(client: FlaskClient, pages: dict[str, str], seen: set[str]) -> dict[str, str]:
    """What comes back from the forms of these pages, sent empty: by address, where it is the form
    again with what is wrong."""
    found = {}
    for path, html in pages.items():
        for head, inside in FORM.findall(html):
            action = re.search(r'action="([^"]*)"', head)
            to = unescape(action[1]) if action else path
            hidden = HIDDEN.findall(inside)
            fields = [
                name for name in NAME.findall(inside) if f'name="{name}"' not in "".join(hidden)
            ]
            kind = IDS.sub("*", to.partition("?")[0])
            if "post" not in head or not fields or kind in seen or to.endswith(LEFT_OUT):
                continue
            seen.add(kind)
            sent = {
                name[1]: unescape(value[1])
                for one in hidden
                if (name := re.search(r'name="([^"]+)"', one))
                and (value := re.search(r'value="([^"]*)"', one))
                and name[1] != "seen_values"
            }
            answer = client.post(to, data=sent | dict.fromkeys(fields, ""))
            if answer.status_code == 200 and "notice--error" in answer.text:
                found[to] = answer.text
    return found


def check(to: str, page: str) -> None:
    title = re.search(r"<title>(.*?)</title>", page, re.DOTALL)
    assert title is not None
    assert title[1].strip().startswith("Error: "), (to, title[1])
    summary = SUMMARY.search(page)
    assert summary is not None, (to, "no summary takes the focus")
    for target in re.findall(r'href="#([^"]+)"', summary[1]):
        assert f'id="{target}"' in page, (to, target)
    for one in re.findall(r'<p class="error" id="([^"]+)"', page):
        assert re.search(rf'aria-describedby="[^"]*\b{re.escape(one)}"', page), (to, one)


def test_what_is_wrong_is_in_the_title_and_has_the_focus(app: Flask, world: World) -> None:
    staff_pages.start_a_draft(app, world)
    seen: set[str] = set()
    count = 0
    for role in (Role.LEAD, Role.ANALYST, Role.OPERATOR):
        pages = staff_pages.pages_of(app, world, role, "en", of_one_kind=1)
        client = app.test_client()
        sign_in(client, world.email(role))
        for to, page in refused_by(client, pages, seen).items():
            check(to, page)
            count += 1
    assert count > 20, count
