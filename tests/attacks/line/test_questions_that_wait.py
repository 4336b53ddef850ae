"""A listener with a clock: questions that wait for earlier answers, TLS intact.

A page of which no one had seen the like took 40 to 190 ms, and one that was kept ready 0.3 ms. The
page with the places a student rates unsafe was kept for those who rate none so: in a class of 45
the time showed of everyone whether they did. And a page with nothing but a question that waits came
to some students and not to others.

The work behind a page is counted in calls, not in time, so that a busy machine changes nothing.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from random import Random
from types import FrameType
from typing import Any

import pytest
from flask import Flask

from survey.http.light_pages import choose_language
from survey.questionnaires import routing
from survey.questionnaires.load import load_all
from survey.questionnaires.model import Item, Questionnaire
from survey.responses import flow, presenters
from survey.responses.fast_path.prepared_questionnaire import walk_of
from survey.responses.presenters import Frame
from survey.responses.survey_context import About
from tests.integration.responses.doors import Fields, Student, make_codes
from tests.world import TEMPLATE, World

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

ALIKE = 1.05
"""Work of two students may differ by so much: some 0.05 ms, of which no network is sure."""


def calls_of(act: Callable[[], object]) -> int:
    """How many functions run while something is done."""
    count = 0

    def each(_frame: FrameType, event: str, _about: Any) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(each)
    try:
        act()
    finally:
        sys.setprofile(before)
    return count


def rated(unsafe: int) -> Callable[[Item], Mapping[str, str]]:
    """So many places of a grid are unsafe, the others safe."""
    return lambda item: {
        str(item.row_key(row.key)): "very_unsafe" if at < unsafe else "safe"
        for at, row in enumerate(item.rows)
    }


def said(option: str) -> Callable[[Item], Mapping[str, str]]:
    """The same answer to every part of a question."""
    return lambda item: dict.fromkeys(item.kind.fields(item), option)


WAYS: Mapping[str, tuple[str, Sequence[Callable[[Item], Mapping[str, str]]]]] = {
    "places inside": ("B2", [rated(0), rated(1), rated(3), rated(7)]),
    "places outside": ("D1", [rated(0), rated(2), rated(5)]),
    "what was done to them": ("F1", [said("no"), said("saw"), said("to_me")]),
}


def heard(app: Flask, world: World, key: str, answers: Mapping[str, str]) -> tuple[int, int, int]:
    """The work behind the turn from a question, that behind the page that waits for it, and how
    many bytes that page sends if it is left open and no script fills it up."""
    [code] = make_codes(app, world.own, year=9, count=1)
    client = app.test_client()
    client.environ_base["HTTP_ACCEPT_ENCODING"] = "identity"
    student = Student(client, code)
    while not any(name.partition(".")[0] == key for name in student.form.choices):
        student.send(student.form.fields | {"go": "next"})
    given: Fields = {name: student.field(name, one) for name, one in answers.items()}
    here, fields = student.address, student.form.fields | given | {"go": "next"}
    client.environ_base["HTTP_ACCEPT_ENCODING"] = "br"
    told: list[str] = []
    turn = calls_of(
        lambda: told.append(client.post(here, data=fields).headers["Location"])  # type: ignore[func-returns-value]
    )
    page = calls_of(lambda: client.get(told[0]))
    client.environ_base["HTTP_ACCEPT_ENCODING"] = "identity"
    student.page = client.get(told[0])
    left_open = student.form.fields | {"pad": ""}
    return turn, page, sum(len(f"{name}={value}&") for name, value in left_open.items())


@pytest.mark.parametrize("way", WAYS)
def test_the_time_of_a_page_that_waits_tells_no_answer(app: Flask, world: World, way: str) -> None:
    key, ways = WAYS[way]
    item = load_all()[TEMPLATE].by_key[key]
    for _warm in range(2):  # the first pages of a process are slow for everyone
        heard(app, world, key, ways[0](item))
    found = [heard(app, world, key, one(item)) for one in ways]
    for part, name in enumerate(("the turn", "the page")):
        work = [one[part] for one in found]
        assert max(work) <= ALIKE * min(work), (name, work)
    assert len({one[2] for one in found}) == 1, "and what it sends is as long"


# The number of pages


def all_on(questionnaire: Questionnaire) -> Questionnaire:
    """As a school asks it that leaves nothing out."""
    return replace(
        questionnaire,
        sections=tuple(
            replace(one, items=tuple(replace(item, on=True) for item in one.items))
            for one in questionnaire.sections
        ),
    )


def met(questionnaire: Questionnaire, chance: Random, year: int) -> tuple[str, ...]:
    """The pages that a student meets who answers as it comes, by the whole way of the app."""
    raw: dict[str, str | list[str]] = {}
    for item in questionnaire.asked:
        if item.kind.is_text or item.from_year > year or item.key == "A1":
            continue
        for name in item.kind.fields(item):
            one = chance.choice(item.answers)
            raw[name] = [one] if item.kind.takes_several else one
    answers = routing.check(questionnaire, year, raw)
    return tuple(one.key for one in routing.pages(questionnaire, year, answers))


@pytest.mark.parametrize("template", load_all(), ids=str)
@pytest.mark.parametrize("on", [False, True], ids=["as it is", "with everything on"])
def test_the_number_of_pages_tells_no_answer(
    database_url: str, template: tuple[str, str], on: bool
) -> None:
    questionnaire = load_all()[template]
    questionnaire = all_on(questionnaire) if on else questionnaire
    chance = Random(repr(template))
    for year in {max(questionnaire.youngest, 7), 9, 11}:
        assert len({met(questionnaire, chance, year) for _student in range(40)}) == 1


def test_the_quick_way_meets_the_same_pages(database_url: str) -> None:
    """Of a survey in which one page has nothing but a question that waits."""
    questionnaire, chance = all_on(load_all()[TEMPLATE]), Random(1)
    walk = walk_of(questionnaire)
    alone = [
        one for one in walk.stops if not one.is_landing and all(asked.waits for asked in one.asked)
    ]
    assert alone, "there is such a page"
    for year in (7, 9):
        quick = tuple(one.key for one in walk.stops if walk.comes(one, year, year))
        assert quick == met(questionnaire, chance, year)


ALONE = re.compile(r'<fieldset class="item" id="K2a"[^>]*?( hidden)?>')
EMPTY = re.compile(r'<p class="lead"( hidden)?>There is no question for you')


@pytest.mark.parametrize(("option", "is_asked"), [("no", False), ("yes", True)])
def test_a_page_without_a_question_says_so(
    app: Flask, world: World, option: str, is_asked: bool
) -> None:
    """Its words are there for those who are asked nothing on it, and hidden from the others."""
    questionnaire = all_on(load_all()[TEMPLATE])
    about = About("Safety", "Northmoor", "england", None, questionnaire, (), "Operator", 30)
    with app.test_request_context("/p/x"):
        choose_language(("en",))
        step = flow.show(questionnaire, 9, "K-3", {"K2": option})
        html = presenters.show_step(Frame(about, 9), step).get_data(as_text=True)
    asked, empty = ALONE.search(html), EMPTY.search(html)
    assert asked
    assert empty
    assert (asked[1] is None, empty[1] is None) == (is_asked, not is_asked)
