"""The student's question as a picture: what is pressed becomes a place, and the spot is nowhere."""

from __future__ import annotations

import json
import logging
import re
from dataclasses import dataclass

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from werkzeug.test import TestResponse

from survey.campaigns.queries import find_wave, questionnaire_of
from survey.campaigns.site_plans import operations as site_plan_operations
from survey.campaigns.site_plans.upload import MOST_BYTES
from survey.database import Base, begin, database
from survey.demo.school_plan import give_plan
from survey.organisations.models import School
from survey.permissions import Role
from tests.integration.responses.doors import Fields, Student, first_of_each, make_codes, rows
from tests.integration.responses.page_checks import check_any_page
from tests.world import World, sign_in

LATER_PAGE_BYTES = 10 * 1024
# Nowhere near anything else that is a number.
SPOT = {"spot288.x": "206", "spot288.y": "41"}
TRACES = ("206", "515", "spot")


@pytest.fixture
def with_plan(app: Flask, world: World) -> None:
    """The plan of the demo, launched with the open wave."""
    with app.test_request_context(), begin() as db:
        give_plan(db, school=db.get_one(School, world.own.school_id))
        wave = find_wave(db, world.own.school_id, world.own.wave_id)
        site_plan_operations.freeze_plan(db, wave=wave, questionnaire=questionnaire_of(wave))


@dataclass
class Walker(Student):
    """A student who may also press on the plan."""

    def aside(self, beside: str, **given: str | list[str]) -> None:
        self.send(self.form.fields | self._named(given) | {"beside": beside})

    def tap(self, **spot: str) -> None:
        self.send(self.form.fields | spot)

    def walk_to(self, item: str) -> None:
        while f'id="{item}"' not in self.html:
            self.press("next", **self.answers())
            assert self.page.status_code == 200, self.html

    def answers(self) -> Fields:
        return first_of_each(self.form)


@pytest.fixture
def student(app: Flask, client: FlaskClient, world: World, with_plan: None) -> Walker:
    found = Walker(client, make_codes(app, world.own, year=9)[0])
    found.walk_to("B3")
    return found


def test_the_whole_way_by_the_plan(app: Flask, student: Walker) -> None:
    at = student.at
    student.aside("plan-B3", B3=["none"], B4=["crowds"])
    assert student.page.status_code == 200
    assert student.heading == "Pick up to three places at school that most need to be safer."
    student.tap(**SPOT)
    assert student.heading == "You chose: Toilets"
    for trace in TRACES:
        assert trace not in student.html.replace("spot288", "") or trace == "spot"
    student.press("again")
    assert "spot288" in student.html
    student.tap(**SPOT)
    student.press("more")
    assert "Chosen so far:" in student.html
    student.tap(**{"spot576.x": "250", "spot576.y": "420"})
    assert student.heading == "You chose: Gates and entrance"
    student.press("take")
    assert student.at == at
    assert student.ticked("B3") == ["toilets", "gates"]
    assert student.ticked("B4") == ["crowds"]
    student.walk_to_send()
    student.press("send")
    [response] = rows(app, "response")
    kept = json.loads(str(response["answers"]))
    assert sorted(kept["B3"]) == ["gates", "toilets"]


def test_the_spot_is_in_no_row_and_no_log(
    app: Flask, student: Walker, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    x, y = "199", "43"
    traces = {f"{x}", f"{int(x) * 720 // 288}", f"{x}, {y}", f"{x},{y}"}
    with caplog.at_level(logging.DEBUG):
        student.aside("plan-B3")
        student.tap(**{"spot288.x": x, "spot288.y": y})
        assert student.heading == "You chose: Toilets"
        shown = re.sub(r'<svg.*?</svg>|value="[^"]*"', "", student.html, flags=re.DOTALL)
        carried = student.form.fields
        student.press("take")
        student.walk_to_send()
        student.press("send")
    assert not any(trace in str(value) for value in carried.values() for trace in ("spot", f"{x},"))
    assert not any(trace in shown for trace in traces)
    for table in ("response", "free_text", "event"):
        assert not any(
            re.search(rf"\b({x}|{y}|497)\b", str(row)) for row in map(_plain, rows(app, table))
        )
    [response] = rows(app, "response")
    assert json.loads(str(response["answers"]))["B3"] == ["toilets"]
    said = caplog.text + "".join(capfd.readouterr())
    assert not any(trace in said for trace in (*traces, "spot"))


def sent_from(page: TestResponse, client: FlaskClient, **pressed: str) -> TestResponse:
    """The page that a form of the preview leads to."""
    return client.post(page.request.full_path, data=pressed, follow_redirects=True)


def _plain(row: object) -> dict[str, object]:
    """A row without what is random: a hash or an id may hold any digits."""
    assert isinstance(row, dict)
    return {
        name: value
        for name, value in row.items()
        if not name.endswith(("_id", "_hash")) and name != "at"
    }


def test_no_table_has_a_column_for_a_spot(app: Flask) -> None:
    """Corners of areas are the school's; nothing of a student's has anything alike."""
    student_tables = {"response", "free_text", "access_code"}
    for name in student_tables:
        columns = set(Base.metadata.tables[name].columns.keys())
        assert not columns & {"x", "y", "spot", "corner", "corners", "at"}


def test_pages_stay_light_and_the_picture_comes_only_when_asked_for(student: Walker) -> None:
    assert "?plan" not in student.html, "the page of the list fetches no picture"
    assert "Show me the plan" in student.html
    addresses = [student.address]
    student.aside("plan-B3")
    addresses.append(student.address)
    student.tap(**SPOT)
    addresses.append(student.address)
    for address in addresses:
        page = student.client.get(address, headers={"Accept-Encoding": "br"})
        assert page.headers["Content-Encoding"] == "br"
        assert len(page.get_data()) <= LATER_PAGE_BYTES
        policy = page.headers["Content-Security-Policy"]
        assert "img-src 'self'" in policy
    picture = student.client.get(f"{student.address}?plan")
    assert picture.content_type == "image/png"
    assert len(picture.get_data()) <= MOST_BYTES
    assert picture.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in picture.headers


def test_the_picture_is_the_same_for_a_live_and_a_spent_code(
    app: Flask, world: World, student: Walker
) -> None:
    before = student.client.get(f"{student.address}?plan")
    student.walk_to_send()
    student.press("send")
    again = Walker(student.client, student.code)
    after = student.client.get(f"{again.address}?plan")
    assert (after.status_code, after.get_data()) == (200, before.get_data())
    assert student.client.get("/p/AAAA?plan").status_code == 410


def test_a_key_press_on_the_picture_chooses_nothing(student: Walker) -> None:
    student.aside("plan-B3")
    student.tap(**{"spot288.x": "0", "spot288.y": "0"})
    assert "Press a spot on the plan." in student.html
    student.press("return")
    assert student.ticked("B3") == []


def test_with_three_chosen_the_list_is_the_way_to_change_them(student: Walker) -> None:
    three = ["classrooms", "library", "gates"]
    student.aside("plan-B3", B3=three)
    assert "as many as you can choose" in student.html
    assert 'type="image"' not in student.html
    student.press("return")
    assert sorted(student.ticked("B3")) == sorted(three)


def test_the_language_changes_without_losing_the_place(student: Walker) -> None:
    student.aside("plan-B3", B4=["crowds"])
    student.tap(**SPOT)
    student.speak("cy")
    assert "Toiledau" in student.heading
    student.press("take")
    assert '<html lang="cy"' in student.html
    assert student.ticked("B3") == ["toilets"]
    assert student.ticked("B4") == ["crowds"]


def test_pages_are_whole(student: Walker) -> None:
    student.aside("plan-B3", B3=["gates"])
    for step in (lambda: None, lambda: student.tap(**SPOT)):
        step()
        # An image button is named by its picture.
        bare = re.sub(r'<input class="[a-z]+" type="image"[^>]*alt="[^"]+">', "", student.html)
        bare = re.sub(r'<img src="[?]plan"[^>]*alt="[^"]+">', "", bare)
        assert 'type="image"' not in bare
        assert "<img" not in bare
        check_any_page(bare)


@pytest.mark.parametrize("beside", ["plan-B1", "plan-Q7", "chose-B3-stops", "plan"])
def test_what_no_page_of_ours_asked_is_refused(student: Walker, beside: str) -> None:
    student.aside(beside)
    assert student.page.status_code == 422


def test_without_a_plan_nothing_speaks_of_one(
    app: Flask, client: FlaskClient, world: World
) -> None:
    student = Walker(client, make_codes(app, world.own, year=9)[0])
    student.walk_to("B3")
    assert "plan" not in student.html.lower()
    assert client.get(f"{student.address}?plan").status_code == 404
    student.aside("plan-B3")
    assert student.page.status_code == 422


def test_staff_try_the_plan_in_the_preview_and_nothing_is_kept(
    app: Flask, client: FlaskClient, world: World, with_plan: None
) -> None:
    sign_in(client, world.email(Role.COORDINATOR))
    own = world.own
    at = f"/schools/{own.school_id}/campaigns/{own.campaign_id}/preview"
    page = client.get(f"{at}/phone?year=9")
    while 'value="plan-B3"' not in page.text:
        page = sent_from(page, client, go="next")
    page = sent_from(page, client, beside="plan-B3")
    assert page.status_code == 200
    assert f'src="{at}/plan"' in page.text
    assert client.get(f"{at}/plan").content_type == "image/png"
    page = sent_from(page, client, **SPOT)
    assert "You chose: Toilets" in page.text
    assert rows(app, "response") == []


def test_one_query_still_tells_what_a_door_opens(
    app: Flask, student: Walker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The plan is read once in a process, and not at every page turned."""
    with app.app_context(), database.engine.connect() as connection:
        there = connection.execute(text("SELECT count(*) FROM wave_plan")).scalar_one()
    assert there == 1
    monkeypatch.setattr(
        site_plan_operations, "from_document", lambda _document: pytest.fail("read again")
    )
    student.aside("plan-B3")
    assert student.page.status_code == 200
