"""The days of actions as a calendar file, and what is suggested next to the form of an action."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from datetime import date
from itertools import chain
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from flask_babel import Babel
from icalendar import Calendar

from survey.actions import what_has_helped
from survey.actions.calendar import calendar_of
from survey.actions.models import SubjectKind
from survey.actions.report_wording import is_late
from survey.actions.states import ActionState
from survey.questionnaires.themes import THEMES
from survey.reports.school.summary import NOT_A_THEME

DUE = date(2027, 1, 29)
ADDRESS = "https://survey.test"
HOSTS = {"doi.org", "www.contextualsafeguarding.org.uk", "www.gov.uk"}
"""Where sources of suggestions are published."""


@pytest.fixture(autouse=True)
def speaking() -> Iterator[None]:
    app = Flask("words")
    Babel(app)
    with app.test_request_context():
        yield


def followed(state: ActionState = ActionState.PLANNED, goal: str = "Nobody avoids it") -> Any:
    action = SimpleNamespace(
        action_id=uuid.UUID(int=1), school_id=uuid.UUID(int=2), kind=SubjectKind.PLACE,
        subject="toilets", goal=goal, owner="Site manager", steps_taken="An adult; a lock, a light",
        due_on=DUE, planned_on=date(2026, 12, 1), state=state,
    )  # fmt: skip
    return SimpleNamespace(action=action, label="Toilets")


def test_a_calendar_holds_the_days_of_actions_that_go_on() -> None:
    long = "Nobody avoids the toilets at break, and “locks” work; all of them, every day " * 2
    content = calendar_of(
        (followed(goal=long), followed(ActionState.DONE), followed(ActionState.DROPPED)),
        ADDRESS,
        "Safety survey",
    )
    (entry,) = Calendar.from_ical(content).walk("VEVENT")
    assert entry["DTSTART"].dt == DUE
    assert str(entry["SUMMARY"]) == f"Toilets: {long}"
    assert str(entry["DESCRIPTION"]) == "Site manager\nAn adult; a lock, a light"
    assert str(entry["URL"]).startswith(f"{ADDRESS}/schools/")
    assert content == calendar_of((followed(goal=long),), ADDRESS, "Safety survey")
    assert all(len(line) <= 75 for line in content.split(b"\r\n"))


def test_an_action_is_late_the_day_after_it_was_due_unless_it_has_ended() -> None:
    assert not is_late(followed().action, DUE)
    assert is_late(followed().action, date(2027, 1, 30))
    assert not is_late(followed(ActionState.DONE).action, date(2027, 1, 30))


def test_every_theme_has_suggestions_and_each_names_its_source() -> None:
    assert set(what_has_helped.BY_THEME) <= set(THEMES) - NOT_A_THEME
    for tag in THEMES:
        assert what_has_helped.for_theme(tag)
    for is_inside in (True, False):
        assert len(what_has_helped.for_place("anywhere", is_inside=is_inside)) >= 2
    by_tag = (*what_has_helped.BY_PLACE.values(), *what_has_helped.BY_THEME.values())
    for one in (*what_has_helped.INSIDE, *what_has_helped.OUTSIDE, *chain.from_iterable(by_tag)):
        assert str(one.says).endswith(".")
        host, _slash, path = one.source.address.removeprefix("https://").partition("/")
        assert one.source.address.startswith("https://")
        assert host in HOSTS, one.source.address
        assert re.fullmatch(r"[A-Za-z0-9./_-]+", path), one.source.address
        assert host != "doi.org" or re.match(r"10\.\d{4,9}/\S", path), one.source.address
        assert "(" in one.source.words or "," in one.source.words
