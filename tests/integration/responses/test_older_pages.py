"""An older page, opened from the newest address: what a browser with a script does on Back."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.integration.responses.doors import Student, first_of_each, make_codes
from tests.world import World

WRITTEN = "More lights by the gate"


@pytest.fixture
def student(app: Flask, world: World, client: FlaskClient) -> Student:
    """At the page of the words, with every page before it answered."""
    [code] = make_codes(app, world.own, year=9, count=1)
    student = Student(client, code)
    while student.at != "P-2":
        student.press("next", **first_of_each(student.form))
    return student


def ticks(student: Student, name: str) -> str | list[str]:
    """What is ticked in a field, in the shape in which it was given."""
    held = student.form.fields[name]
    return held[0] if isinstance(held, list) and len(held) == 1 else held


def test_the_newest_address_opens_an_older_page_with_all_that_was_given_since(
    student: Student,
) -> None:
    student.press("next", P2=WRITTEN)
    newest, after = student.address, student.at
    student.page = student.client.get(f"{newest}?at=B-1", follow_redirects=True)
    assert student.at == "B-1"
    given = first_of_each(student.form)
    assert given
    assert {name: ticks(student, name) for name in given} == given, "its answers are ticked"
    student.page = student.client.get(f"{student.address}?at=P-2", follow_redirects=True)
    assert student.form.fields["P2"] == WRITTEN
    student.page = student.client.get(f"{student.address}?at={after}", follow_redirects=True)
    assert student.at == after


def test_an_address_leads_to_no_page_that_this_student_is_not_shown(student: Student) -> None:
    for at in ("Z-9", "thanks", "help"):
        refused = student.client.get(f"{student.address}?at={at}")
        assert refused.status_code == 422, at
        assert "<fieldset" not in refused.get_data(as_text=True)


def test_an_address_of_a_session_that_is_over_leads_nowhere(student: Student) -> None:
    older = student.address
    student.press("next")
    while student.at != "send":
        student.press("next")
    student.press("send")
    for address in (older, student.address):
        over = student.client.get(f"{address}?at=B-1", follow_redirects=True)
        assert over.status_code in (410, 422), address
        assert "<fieldset" not in over.get_data(as_text=True)
