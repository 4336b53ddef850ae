"""What tells a student, and a screen reader, where they are and what has to be corrected."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.integration.responses.doors import Student, first_of_each, make_codes
from tests.world import World

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
TITLE = re.compile(r"<title>(.*?)</title>", re.DOTALL)
PART = re.compile(r"Part (\d+) of (\d+)")


def title(html: str) -> str:
    found = TITLE.search(html)
    assert found is not None
    return " ".join(found[1].split())


def walked(app: Flask, client: FlaskClient, world: World, year: int | None) -> list[str]:
    student = Student(client, make_codes(app, world.own, year=year)[0])
    return [page.text for page in student.pages(first_of_each) if 'value="next"' in page.text]


def test_no_two_pages_that_ask_have_one_title_and_none_says_what_it_is_about(
    app: Flask, client: FlaskClient, world: World
) -> None:
    pages = [page for page in walked(app, client, world, 9) if 'value="skip"' in page]
    titles = [title(page) for page in pages if 'class="lead soft-landing"' not in page]
    assert len(titles) > 20
    assert len(set(titles)) == len(titles), titles
    assert not any("sexual" in one.casefold() for one in map(title, pages))


@pytest.mark.parametrize("year", [None, 7, 9])
def test_the_count_of_parts_never_moves_and_progress_never_goes_back(
    app: Flask, client: FlaskClient, world: World, year: int | None
) -> None:
    pages = walked(app, client, world, year)
    told = [PART.search(page) for page in pages]
    parts = [(int(one[1]), int(one[2])) for one in told if one]
    assert len({count for _at, count in parts}) == 1, parts
    done = [
        float(one) for page in pages for one in re.findall(r'<progress [^>]*value="([\d.]+)"', page)
    ]
    assert done == sorted(done)
    assert done[0] == (0 if year else 1)


def test_an_answer_is_not_dropped_in_silence(app: Flask, client: FlaskClient, world: World) -> None:
    student = Student(client, make_codes(app, world.own, year=9)[0])
    while 'name="B1"' not in student.html:
        student.press("next")
    first = student.at
    assert student.press("skip", B1="safe").status_code == 200
    assert student.at == first
    assert "You answered something on this page." in student.html
    assert title(student.html).startswith("Before you go on · ")
    assert student.ticked("B1")
    student.press("next", B1="safe")
    student.press("back")
    assert student.ticked("B1")
    student.press("skip", B1="safe")
    student.press("skip", B1="safe")
    assert student.at != first
    student.press("back")
    assert not student.ticked("B1")


def test_a_page_that_was_not_answered_is_skipped_at_once(
    app: Flask, client: FlaskClient, world: World
) -> None:
    student = Student(client, make_codes(app, world.own, year=9)[0])
    while 'name="B1"' not in student.html:
        student.press("next")
    first = student.at
    student.press("skip")
    assert student.at != first


def test_a_mistake_is_in_the_title_at_the_field_and_has_the_focus(
    app: Flask, client: FlaskClient, world: World
) -> None:
    student = Student(client, make_codes(app, world.own, year=9)[0])
    while 'name="B3"' not in student.html:
        student.press("next")
    options = student.form.choices["B3"]
    student.press("next", B3=options[:4])
    assert title(student.html).startswith("One thing to put right · Survey: part")
    notice = re.search(r'<div class="notice"[^>]*>', student.html)
    assert notice is not None
    for part in ('role="alert"', 'tabindex="-1"', "autofocus"):
        assert part in notice[0]
    boxes = re.findall(r'<input type="checkbox"[^>]*name="B3"[^>]*>', student.html)
    assert boxes
    for box in boxes:
        assert 'aria-invalid="true"' in box
        assert 'aria-describedby="B3-error"' in box
    assert 'id="B3-error"' in student.html


def test_help_is_one_press_from_the_top_of_every_page(
    app: Flask, client: FlaskClient, world: World
) -> None:
    for page in walked(app, client, world, 9):
        assert '<summary id="help">' in page
        if 'value="skip"' in page:
            before = page[: page.index("<h1")]
            assert 'href="#help"' in before
    door = client.get("/").text
    assert "Get help" in door
    assert "0800 1111" in door


@pytest.mark.parametrize(("year", "is_soft"), [(None, True), (7, True), (8, True), (9, False)])
def test_the_youngest_read_softer_words_of_a_section(
    app: Flask, client: FlaskClient, world: World, year: int | None, is_soft: bool
) -> None:
    """The first answer to the year is Year 7."""
    pages = [
        page for page in walked(app, client, world, year) if "bodies" in page or "exual" in page
    ]
    words = " ".join(re.sub(r"<[^>]+>", " ", page) for page in pages)
    assert pages
    assert ("Unkind talk about bodies" in words) is is_soft
    assert ("Unwanted sexual behaviour" in words) is not is_soft
    assert ("Sexist: what does it mean?" in words) is not is_soft
    assert (re.search(r"\b[Ss]exual", words) is None) is is_soft


def test_a_link_to_a_new_tab_is_announced_before_it(
    app: Flask, client: FlaskClient, world: World
) -> None:
    """In the help panel, on the help page, after Send and Leave, and where a code is wrong."""
    student = Student(client, make_codes(app, world.own, year=9)[0])
    pages = [page.text for page in student.pages(first_of_each)]
    student.press("send")
    pages.append(student.html)
    assert "Thank you" in student.html
    student = Student(app.test_client(), make_codes(app, world.own, year=9)[0])
    student.press("next")
    for pressed in ("help", "return", "left"):
        student.press(pressed)
        pages.append(student.html)
    pages.append(client.get("/note/wrong").text)
    linking = [page for page in pages if 'target="_blank"' in page]
    assert len(linking) > 30
    for page in linking:
        before = page.partition('target="_blank"')[0]
        assert "Links open in a new tab." in before, title(page)
