"""The report of a pulse, and three views of the same places: each figure from the right release."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import date
from random import Random

import pytest
from flask import Flask
from flask.testing import FlaskClient

from survey.campaigns import adult_surveys, operations
from survey.campaigns.models import Wave
from survey.database import begin, read
from survey.demo.fieldwork import OpenWave, collect_all
from survey.demo.simulated_adults import draw_adult
from survey.permissions import Role
from survey.questionnaires.model import Audience
from survey.releases import operations as release_operations
from survey.releases.models import StoredRelease
from tests.integration.campaigns.schools import CLOSES, KEY, READY, TODAY, words, writing
from tests.integration.reports.extraction import Printed, SlipError, check_page_facts
from tests.integration.reports.markup import check_page, read_page
from tests.integration.reports.perspectives.extraction_perspectives import Voices, check_ranks
from tests.integration.reports.school.test_extraction import main_of, printed_of
from tests.integration.reports.school.test_views import address, publish
from tests.two_people import agree
from tests.unit.reports.adults import pulse
from tests.unit.reports.samples import sample
from tests.world import Side, World, sign_in

SAFETY = ("safety", "2026.3")
DAYS = ("24 November 2026", "9 December 2026", "November 2026")
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def lead(client: FlaskClient, world: World) -> FlaskClient:
    sign_in(client, world.email(Role.LEAD))
    return client


def ask(app: Flask, side: Side, audience: Audience, *, opened: date = TODAY) -> Side:
    """A pulse of the side's school with a stored release; the side of its wave."""
    with writing(app) as db:
        campaign = adult_surveys.start_pulse(
            db, school_id=side.school_id, audience=audience, by=None
        )
        wave = campaign.waves[-1]
        if wave.closed_on is not None:
            wave = operations.next_wave(db, campaign=campaign, by=None)
        operations.save_draft(db, campaign=campaign, adaptation=READY, by=None)
        operations.launch(db, wave=wave, closes_on=CLOSES, today=opened, by=None)
        there = replace(side, campaign_id=campaign.campaign_id, wave_id=wave.wave_id)
    publish(app, there, *pulse(audience.value))
    with app.app_context(), begin() as db:
        db.get_one(Wave, (there.school_id, there.wave_id)).closed_on = date(2026, 12, 9)
    return there


def printed_all(app: Flask, side: Side, *others: tuple[Side, str]) -> Voices:
    """The students' release, and those that a page may name."""
    with app.app_context():
        stored = read().get_one(StoredRelease, (side.school_id, side.wave_id))
        whole = printed_of(stored.document, sample(SAFETY)[1], *DAYS)
    waves = {str(side.wave_id): whole}
    for other, audience in others:
        made, questionnaire = pulse(audience)
        waves[str(other.wave_id)] = printed_of(made.to_json(), questionnaire, *DAYS)
    return Voices(whole, waves)


def rows_of(html: str) -> list[tuple[str, list[str]]]:
    """Place and cells of the table of views."""
    table = html[html.index('<table class="heat views">') :]
    lines = re.findall(r"<tr>(.*?)</tr>", table, re.S)[1:]
    return [(words(one.partition("</th>")[0]), re.findall(r"<td[^>]*>", one)) for one in lines]


def test_three_views_are_each_of_their_own_release(
    app: Flask, world: World, lead: FlaskClient
) -> None:
    publish(app, world.own, *sample(SAFETY))
    parents = ask(app, world.own, Audience.PARENTS)
    staff = ask(app, world.own, Audience.STAFF)
    html = lead.get(address(world.own, "views")).text
    check_page(read_page(html), "en")
    printed = printed_all(app, world.own, (parents, "parents"), (staff, "staff"))
    cells = check_page_facts(read_page(main_of(html)), printed)
    assert cells == 15 + 15 + 8
    for name, number in ((world.own, 15), (parents, 15), (staff, 8)):
        assert html.count(f'data-wave="{name.wave_id}"') == number
    said = words(html)
    assert "Students feel clearly less safe in “Toilets” than in" in said
    assert check_ranks(read_page(main_of(html)), printed.waves) > 20
    assert said.count("not asked about it") == 7
    assert "not asked yet" not in said
    ranks = [next(iter(re.findall(r'data-table="(B2|D1)\.(\w+)"', row[1][0]))) for row in
             rows_of(html)]  # fmt: skip
    shares = [_percent(printed, f"{item}.{place}") for item, place in ranks]
    assert shares == sorted(shares, reverse=True)


def _percent(printed: Printed, table: str) -> int:
    figure, _base = printed.figure((table, "feel_unsafe", "all"))
    return int(figure["percent"])


def test_a_figure_of_another_release_is_caught(app: Flask, world: World, lead: FlaskClient) -> None:
    publish(app, world.own, *sample(SAFETY))
    parents = ask(app, world.own, Audience.PARENTS)
    html = main_of(lead.get(address(world.own, "views")).text)
    printed = printed_all(app, world.own, (parents, "parents"))
    check_page_facts(read_page(html), printed)
    theirs, ours = str(parents.wave_id), str(world.own.wave_id)
    for wrong in (
        html.replace(f'data-wave="{theirs}"', f'data-wave="{ours}"', 1),
        html.replace(f'data-wave="{theirs}"', "", 1),
        html.replace(f'data-wave="{theirs}"', 'data-wave="elsewhere"', 1),
        re.sub(rf'(data-wave="{theirs}"[^>]*><b>)(\d+)%', r"\g<1>77%", html, count=1),
    ):
        assert wrong != html
        with pytest.raises(SlipError):
            check_page_facts(read_page(wrong), printed)


def test_who_was_not_asked_is_said_and_can_be(app: Flask, world: World, lead: FlaskClient) -> None:
    publish(app, world.own, *sample(SAFETY))
    html = lead.get(address(world.own, "views")).text
    check_page(read_page(html), "en")
    assert html.count('<td class="soft">not asked yet</td>') == 30
    assert "Where the views meet" not in html
    for audience in ("parents", "staff"):
        assert f'action="/schools/{world.own.school_id}/pulses/{audience}"' in html
    lead.post(f"/schools/{world.own.school_id}/pulses/staff")
    html = lead.get(address(world.own, "views")).text
    assert "Their survey is started, and has no report yet." in html
    assert "/pulses/staff" not in html


def test_the_newest_standing_release_speaks(app: Flask, world: World, lead: FlaskClient) -> None:
    publish(app, world.own, *sample(SAFETY))
    old = ask(app, world.own, Audience.PARENTS, opened=date(2026, 11, 2))
    new = ask(app, world.own, Audience.PARENTS)
    html = lead.get(address(world.own, "views")).text
    assert str(new.wave_id) in html
    assert str(old.wave_id) not in html
    with app.test_request_context(), begin() as db:
        wave = db.get_one(Wave, (new.school_id, new.wave_id))
        release_operations.withdraw(db, wave=wave, notice="A mistake.", today=TODAY, by=None)
    html = lead.get(address(world.own, "views")).text
    assert f'data-wave="{old.wave_id}"' in html
    assert f'data-wave="{new.wave_id}"' not in html


def test_the_page_of_a_place_shows_what_adults_say(
    app: Flask, world: World, lead: FlaskClient
) -> None:
    publish(app, world.own, *sample(SAFETY))
    before = lead.get(address(world.own, "places/stops")).text
    assert "What adults say of it" not in before
    parents = ask(app, world.own, Audience.PARENTS)
    staff = ask(app, world.own, Audience.STAFF)
    printed = printed_all(app, world.own, (parents, "parents"), (staff, "staff"))
    for place, told in (("stops", 2), ("toilets", 3)):
        html = lead.get(address(world.own, f"places/{place}")).text
        check_page(read_page(html), "en")
        check_page_facts(read_page(main_of(html)), printed)
        assert "What adults say of it" in html
        assert html.count("data-wave=") == told


@pytest.mark.parametrize("audience", [Audience.PARENTS, Audience.STAFF])
def test_the_report_of_a_pulse_is_one_page_and_all_of_it_is_printed(
    app: Flask, world: World, lead: FlaskClient, audience: Audience
) -> None:
    there = ask(app, world.own, audience)
    made, questionnaire = pulse(audience.value)
    led = lead.get(address(there))
    assert led.status_code == 302
    html = lead.get(led.headers["Location"]).text
    check_page(read_page(html), "en")
    page = read_page(main_of(html))
    printed = printed_of(made.to_json(), questionnaire, *DAYS)
    check_page_facts(page, printed)
    told = {
        one.attributes["data-table"] for one in page.all("td") if "data-table" in one.attributes
    }
    told |= {one.attributes["data-table"] for one in page.all("article")}
    assert told == {table.key for table in made.tables} | set(printed.named)
    assert {one.attributes.get("data-group") for one in page.all("td")} <= {None, "all"}
    said = words(main_of(html))
    for wrong in ("year group", "gender", "students in this survey", "Share of students"):
        assert wrong not in said, wrong
    assert "About 100 people took part." in said


def test_two_waves_of_a_pulse_are_compared(app: Flask, world: World, lead: FlaskClient) -> None:
    first = ask(app, world.own, Audience.STAFF, opened=date(2026, 11, 2))
    assert "over-time" not in lead.get(address(first, "pulse")).text
    second = ask(app, world.own, Audience.STAFF)
    assert address(second, "over-time") in lead.get(address(second, "pulse")).text
    page = lead.get(address(second, "over-time"))
    assert page.status_code == 200
    check_page(read_page(page.text), "en")
    said = words(main_of(page.text))
    assert "No clear change" in said
    assert "students" not in said.lower()
    for html in (page.text, lead.get(address(second, "pulse")).text):
        for link in re.findall(r'href="(/[^"#?]*/report/[^"#?.]*)"', html):
            assert lead.get(link).status_code in (200, 302), link


def test_what_is_made_for_students_is_not_made_of_a_pulse(
    app: Flask, world: World, lead: FlaskClient
) -> None:
    there = ask(app, world.own, Audience.STAFF)
    for page in ("views", "places", "places/toilets", "report.pdf", "slides.pdf", "report.xlsx"):
        assert lead.get(address(there, page)).status_code == 404, page
    assert lead.get(address(there, "release.csv")).status_code == 200
    publish(app, world.own, *sample(SAFETY))
    assert lead.get(address(world.own, "pulse")).status_code == 404
    assert address(world.own, "views") in lead.get(address(there, "pulse")).text


def test_a_pulse_is_answered_closed_and_released(
    app: Flask, world: World, lead: FlaskClient
) -> None:
    """The whole way, through the engine: few people, so that it is quick."""

    with writing(app) as db:
        campaign = adult_surveys.start_pulse(
            db, school_id=world.own.school_id, audience=Audience.STAFF, by=None
        )
        operations.save_draft(db, campaign=campaign, adaptation=READY, by=None)
        (wave,) = campaign.waves
        operations.launch(db, wave=wave, closes_on=CLOSES, today=TODAY, by=None)
        there = replace(world.own, wave_id=wave.wave_id)
        questionnaire = operations.questionnaire_of(wave)
    with app.app_context():
        random = Random(4)
        answers = [draw_adult(questionnaire, random) for _ in range(26)]
        for _ in collect_all(OpenWave(there.school_id, there.wave_id, KEY), answers, today=TODAY):
            pass
    at = f"/schools/{there.school_id}/waves/{there.wave_id}/"
    assert lead.post(f"{at}close").status_code == 302
    outlook = words(lead.get(f"{at}release").text)
    assert "Each for everybody together. There are no groups." in outlook
    assert "year group" not in outlook
    with app.test_request_context(), begin() as db:
        wave = db.get_one(Wave, (there.school_id, there.wave_id))
        agree(db, wave)
        stored = release_operations.make(db, wave=wave, by=None, today=TODAY)
        document = json.loads(stored.document)
    assert document["header"]["roll"] == 0
    assert {row["group"] for table in document["tables"] for row in table["rows"]} == {"all"}
    page = lead.get(address(there, "pulse")).text
    assert "The certificate" in page
