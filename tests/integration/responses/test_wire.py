"""What goes over the line: how it is packed, how much it is, and which policy it is under."""

from __future__ import annotations

import base64
import gzip
import hashlib
import re
from collections.abc import Mapping
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import brotli
import pytest
from flask import Flask
from flask.testing import FlaskClient

from survey.settings import Settings
from tests.integration.responses.doors import Student, first_of_each, make_codes, parse_form
from tests.real_server import serving
from tests.world import World

FIRST_PAGE_BYTES, LATER_PAGE_BYTES = 14 * 1024, 10 * 1024
SURVEY_BYTES = {"br": 95 * 1024, "gzip": 102 * 1024}
"""With the answer to each form, which is an address."""

SCRIPT_BYTES = 3328
UNPACK = {"br": brotli.decompress, "gzip": gzip.decompress, "identity": bytes}
LINKED = re.compile(r'(?:href|src)="(/look/[^"]+)"')
STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)
SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)
INTEGRITY = re.compile(r'integrity="([^"]+)"')


@pytest.fixture
def code(app: Flask, world: World) -> str:
    return make_codes(app, world.own, year=9)[0]


class Phone:
    """A browser as far as bytes go: one connection, and a memory for what never changes."""

    def __init__(self, address: str, encoding: str) -> None:
        self.connection = HTTPConnection(urlsplit(address).netloc, timeout=300)
        self.encoding = encoding
        self.kept: set[str] = set()
        self.pages: list[int] = []
        self.files: list[int] = []
        self.path = ""
        self.told = 0

    def open(self, path: str, fields: Mapping[str, str | list[str]] | None = None) -> str:
        page, size = self._ask(path, fields)
        self.pages.append(size + self.told)
        self.told = 0
        for linked in LINKED.findall(page):
            if linked not in self.kept:
                self.kept.add(linked)
                self.files.append(self._ask(linked)[1])
        return page

    def _ask(
        self, path: str, fields: Mapping[str, str | list[str]] | None = None
    ) -> tuple[str, int]:
        headers = {"Accept-Encoding": self.encoding}
        if fields is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        body = None if fields is None else urlencode(fields, doseq=True)
        self.connection.request("GET" if body is None else "POST", path, body, headers)
        answer = self.connection.getresponse()
        packed = answer.read()
        head = len("HTTP/1.1 200 OK\r\n\r\n")
        head += sum(len(name) + len(value) + 4 for name, value in answer.headers.items())
        if answer.status == 303:
            assert packed == b""
            self.told += head
            return self._ask(answer.headers["Location"])
        assert answer.status == 200
        assert answer.headers["Content-Encoding"] == self.encoding
        if not path.startswith("/look/"):
            self.path = path
        return UNPACK[self.encoding](packed).decode(), head + len(packed)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("encoding", ["br", "gzip"])
def test_a_survey_weighs_little(
    app: Flask, settings: Settings, world: World, tmp_path: Path, encoding: str, code: str
) -> None:
    with serving(settings, tmp_path) as server:
        phone = Phone(server.address, encoding)
        page = phone.open(f"/s/{code}")
        assert phone.files == [], "the first page asks for nothing more"
        at = "start"
        while at != "send":
            form = parse_form(page)
            at = str(form.fields["at"])
            given = {} if at in ("start", "assent", "send") else first_of_each(form)
            go = "send" if at == "send" else "next"
            page = phone.open(phone.path, form.fields | given | {"go": go})
        phone.connection.close()
    assert "Thank you" in page
    assert len(phone.pages) > 30
    assert len(phone.files) == 2
    assert phone.pages[0] <= FIRST_PAGE_BYTES
    assert max(phone.pages[1:]) <= LATER_PAGE_BYTES
    assert phone.pages[1] + sum(phone.files) <= LATER_PAGE_BYTES, "with all it links"
    assert sum(phone.pages) + sum(phone.files) <= SURVEY_BYTES[encoding]


@pytest.mark.parametrize(
    ("accepted", "packed"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("gzip, deflate", "gzip"),
        ("br;q=0, gzip", "gzip"),
        ("identity", None),
        (None, None),
    ],
)
def test_pages_are_packed_for_phones_that_can_unpack(
    client: FlaskClient, code: str, accepted: str | None, packed: str | None
) -> None:
    at = Student(client, code).address
    plain = client.get(at).get_data()
    headers = {"Accept-Encoding": accepted} if accepted else {}
    page = client.get(at, headers=headers)
    assert page.headers.get("Content-Encoding") == packed
    # No cache keeps the page, so its headers vary with neither packing nor cookie.
    assert page.headers["Cache-Control"] == "no-store"
    assert "Vary" not in page.headers
    assert UNPACK[packed or "identity"](page.get_data()) == plain


def hashed(words: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(words.encode()).digest()).decode()


def directives(policy: str) -> dict[str, set[str]]:
    parts = (part.split() for part in policy.split(";"))
    return {part[0]: set(part[1:]) for part in parts}


def test_the_policy_allows_what_is_on_a_whole_page_and_nothing_else(
    client: FlaskClient, code: str
) -> None:
    for path in (Student(client, code).address, "/", "/s/AAAA-AAAA", "/nowhere"):
        page = client.get(path)
        html = page.get_data(as_text=True)
        [style], [script] = STYLE.findall(html), SCRIPT.findall(html)
        policy = directives(page.headers["Content-Security-Policy"])
        assert policy["style-src"] == {f"'{hashed(style)}'"}
        assert policy["script-src"] == {f"'{hashed(script)}'"}
        assert policy["default-src"] == {"'none'"}
        assert policy["connect-src"] == policy["form-action"] == {"'self'"}
        assert len(script.encode()) <= SCRIPT_BYTES
        assert LINKED.findall(html) == []


def test_the_policy_allows_what_is_on_a_page_further_in(client: FlaskClient, code: str) -> None:
    student = Student(client, code)
    whole = SCRIPT.findall(student.html)
    student.press("next")
    [integrity] = INTEGRITY.findall(student.html)
    assert SCRIPT.findall(student.html) == STYLE.findall(student.html) == []
    policy = directives(student.page.headers["Content-Security-Policy"])
    assert policy["style-src"] == {"'self'"}
    assert policy["script-src"] == {f"'{integrity}'"}
    files = {}
    for path in LINKED.findall(student.html):
        file = client.get(path)
        assert file.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert "Set-Cookie" not in file.headers
        files[file.mimetype] = file.get_data(as_text=True)
    assert set(files) == {"text/css", "text/javascript"}
    assert hashed(files["text/javascript"]) == integrity
    assert files["text/javascript"] == whole[0]


def test_the_page_one_leaves_to_is_whole_and_runs_nothing(client: FlaskClient) -> None:
    page = client.get("/leave")
    html = page.get_data(as_text=True)
    [style] = STYLE.findall(html)
    assert f"'{hashed(style)}'" in page.headers["Content-Security-Policy"]
    assert LINKED.findall(html) == []
    assert "<script" not in html


def test_a_page_from_before_an_update_still_finds_its_look(client: FlaskClient) -> None:
    for kind, mimetype in (("css", "text/css"), ("js", "text/javascript")):
        file = client.get(f"/look/0000000000.{kind}")
        assert (file.status_code, file.mimetype) == (200, mimetype)
        assert file.headers["Cache-Control"] == "no-store", "not kept under the wrong name"
