"""The page over time and the section "since": drawn from the releases of two waves and more, each
figure under its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache

import pytest
from flask import Flask
from flask.testing import FlaskClient

from survey.disclosure.release import Release
from survey.permissions import Role
from survey.questionnaires import adapt
from survey.questionnaires.adapt import Adaptation, OwnPlace
from survey.questionnaires.load import load_all
from survey.questionnaires.model import Inside, Questionnaire, Text
from tests.integration.reports.markup import Node
from tests.integration.reports.school.test_views import address, get_page, publish, speak
from tests.integration.reports.waves import WITHDRAWN, add_wave
from tests.unit.disclosure.policies import TENS
from tests.unit.reports.samples import release_of
from tests.unit.reports.schools import with_sections
from tests.world import Side, World, sign_in

SAFETY = with_sections(load_all()["safety", "2026.3"], "A", "B", "D", "F")
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

SHED = OwnPlace("own_bike_shed", Text.of({"en": "Bike shed"}), Inside.INSIDE)
BEFORE = adapt.adapt(SAFETY, Adaptation(own_places=(SHED,)))
NOW = adapt.adapt(
    SAFETY,
    Adaptation(
        own_places=(replace(SHED, label=Text.of({"en": "Gym wall"})),
                    OwnPlace("own_pond", Text.of({"en": "Pond"}), Inside.OUTSIDE)),
        absent=("library",),
        place_labels={"toilets": Text.of({"en": "Toilets by the hall", "cy": "Toiledau'r neuadd"})},
    ),
)  # fmt: skip
"""A place renamed, one of the school's own too; one new, one gone."""


@cache
def wave(number: int) -> tuple[Release, Questionnaire]:
    """The toilets are treated after the first wave, and the corridors get worse."""
    moved: Mapping[str, float] = {} if number == 1 else {"B2.toilets": -1.0, "B2.corridors": 0.9}
    questionnaire = BEFORE if number == 1 else NOW
    release = release_of(questionnaire, TENS, seed=number, moved=moved, header={"wave": number})
    return release, questionnaire


@pytest.fixture
def lead(client: FlaskClient, world: World) -> FlaskClient:
    sign_in(client, world.email(Role.LEAD))
    return client


@pytest.fixture
def second(app: Flask, world: World) -> Side:
    """The second wave of a school that has released both."""
    publish(app, world.own, *wave(1))
    side = add_wave(app, world.own, 2)
    publish(app, side, *wave(2))
    return side


def card(page: Node, label: str) -> str:
    cards = [one.text for one in page.all("li") if one.attributes.get("class") == "move"]
    found = [one for one in cards if one.startswith(label)]
    assert found, cards
    return found[0]


def row(page: Node, label: str) -> list[str]:
    """The cells of the first line of a table of that label."""
    for line in page.all("tr"):
        heads = [one.text for one in line.all("th")]
        if heads and heads[0].startswith(label):
            return [heads[0], *(one.text for one in line.all("td"))]
    raise AssertionError(f"no row {label}")


def test_the_first_wave_has_nothing_to_compare_and_says_so(
    app: Flask, world: World, lead: FlaskClient
) -> None:
    publish(app, world.own, *wave(1))
    opening = get_page(lead, address(world.own))
    links = {one.attributes.get("href") for one in opening.all("a")}
    assert address(world.own, "over-time") not in links
    assert "better and worse since" not in opening.text
    assert "nothing to compare yet" in get_page(lead, address(world.own, "over-time")).text


def test_the_opening_says_what_became_of_what_stood_out(
    app: Flask, second: Side, lead: FlaskClient
) -> None:
    opening = get_page(lead, address(second))
    links = {one.attributes.get("href") for one in opening.all("a")}
    assert address(second, "over-time") in links
    toilets = card(opening, "Toilets by the hall")
    assert "Better" in toilets
    assert "more than rounding and chance" in toilets
    assert "No clear change" in card(opening, "Bus stops")
    # It did not stand out before, and is named as one of many.
    assert "Worse" in card(opening, "Corridors and stairs")


def test_places_are_matched_by_what_they_are_and_the_rest_is_said(
    app: Flask, second: Side, lead: FlaskClient
) -> None:
    page = get_page(lead, address(second, "over-time"))
    toilets = row(page, "Toilets by the hall")
    assert "was called “Toilets”" in toilets[0]
    assert "Better" in toilets[-1]
    assert "was called “Bike shed”" in row(page, "Gym wall")[0]
    assert "with nothing to compare: Pond." in page.text
    assert "and no longer: Library or quiet spaces." in page.text
    with pytest.raises(AssertionError):
        row(page, "Pond")
    # Up to three places of another list: another question.
    (apart,) = (
        one
        for one in page.all("section")
        if one.attributes.get("aria-labelledby") == "not-compared"
    )
    assert "Pick up to three places at school that most need to be safer." in apart.text


def test_a_wave_whose_report_was_withdrawn_is_not_compared(
    app: Flask, world: World, lead: FlaskClient
) -> None:
    publish(app, world.own, *wave(1), **WITHDRAWN)
    second, third = (add_wave(app, world.own, number) for number in (2, 3))
    publish(app, second, *wave(2))
    publish(app, third, *wave(2), **WITHDRAWN)
    assert "nothing to compare yet" in get_page(lead, address(second, "over-time")).text
    assert lead.get(address(third, "over-time")).status_code == 302
    assert lead.get(address(third, "charts/over-time/B2.svg")).status_code == 409


def test_three_waves_stand_side_by_side(
    app: Flask, world: World, second: Side, lead: FlaskClient
) -> None:
    third = add_wave(app, world.own, 3)
    release = release_of(NOW, TENS, seed=3, moved={"B2.toilets": -2.4}, header={"wave": 3})
    publish(app, third, release, NOW)
    page = get_page(lead, address(third, "over-time"))
    toilets = row(page, "Toilets by the hall")
    assert len(toilets) == 1 + 3 + 2
    assert "Better" in toilets[-2]  # since wave 2
    assert "Better" in toilets[-1]  # since wave 1
    drawing = next(one for one in page.all("svg") if "Toilets by the hall" in one.text)
    assert "September 2027" in drawing.text


def test_a_chart_of_it_can_be_saved(app: Flask, second: Side, lead: FlaskClient) -> None:
    page = get_page(lead, address(second, "over-time"))
    links = [one.attributes.get("href", "") for one in page.all("a")]
    pictures = [link for link in links if "/charts/" in link]
    assert pictures
    for link in pictures[:2]:
        assert lead.get(link).status_code == 200
    assert lead.get(address(second, "charts/over-time/nothing.svg")).status_code == 404


def test_it_is_read_in_welsh(app: Flask, world: World, second: Side, lead: FlaskClient) -> None:
    speak(app, world.email(Role.LEAD), "cy")
    page = get_page(lead, address(second, "over-time"), "cy")
    assert "Toiledau'r neuadd" in page.text
