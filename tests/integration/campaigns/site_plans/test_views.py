"""The plan editor, by the test client: every step is a form, and what was drawn stays drawn."""

from __future__ import annotations

import io
import json
import re
import uuid
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import select
from werkzeug.test import TestResponse

from survey.audit_log import EventName
from survey.campaigns import operations
from survey.campaigns.queries import find_campaign, latest_wave
from survey.campaigns.site_plans import operations as site_plan_operations
from survey.campaigns.site_plans.models import SitePlan, WavePlan
from survey.campaigns.site_plans.upload import LARGEST_FILE_BYTES
from survey.database import begin, read
from survey.demo.school_plan import ROOMS, draw, give_plan
from survey.http.uploads import MOST_BYTES
from survey.organisations.models import School
from survey.permissions import Role
from survey.questionnaires.adapt import add_place
from survey.questionnaires.model import Inside, Text
from tests.integration.campaigns.schools import (
    CLOSES,
    READY,
    TODAY,
    draft_of,
    events,
    start,
    words,
    writing,
)
from tests.integration.campaigns.staff_page import check_page
from tests.world import World, sign_in

Fields = dict[str, str]


@pytest.fixture
def lead(client: FlaskClient, world: World) -> FlaskClient:
    sign_in(client, world.email(Role.LEAD))
    return client


@pytest.fixture
def address(app: Flask, world: World) -> str:
    campaign_id = draft_of(app, world.own)
    return f"/schools/{world.own.school_id}/campaigns/{campaign_id}/draft/plan/"


def png(width: int = 720, height: int = 480) -> bytes:
    written = io.BytesIO()
    Image.new("RGB", (width, height), "#dde").save(written, "PNG")
    return written.getvalue()


def upload(client: FlaskClient, address: str, content: bytes, name: str = "p.png") -> TestResponse:
    # Spelled out: the test client would leave a large body in a file that stays open.
    head = f'--b\r\nContent-Disposition: form-data; name="picture"; filename="{name}"\r\n\r\n'
    body = head.encode() + content + b"\r\n--b--\r\n"
    return client.post(address, data=body, content_type="multipart/form-data; boundary=b")


def drawn(app: Flask, world: World) -> list[dict[str, object]]:
    with app.app_context():
        plan = read().get(SitePlan, world.own.school_id)
        assert plan is not None
        return plan.areas


def page(answer: TestResponse, status: int = 200) -> str:
    assert answer.status_code == status, answer.text[:900]
    check_page(answer.text)
    return answer.text


def carried(html: str) -> Fields:
    """What the form of the page would send, without any button."""
    hidden = r'<input id="(\w+)" name="\1" type="hidden" value="([^"]*)"'
    fields = dict(re.findall(hidden, html))
    for name, options in re.findall(r'<select[^>]* name="(\w+)">(.*?)</select>', html, re.DOTALL):
        chosen = re.search(r'<option selected value="([^"]*)"', options) or re.search(
            r'value="([^"]*)"', options
        )
        assert chosen
        fields[name] = chosen[1]
    return {name: value for name, value in fields.items() if name != "csrf_token"}


def press(client: FlaskClient, at: str, html: str, **more: str) -> str:
    spelled = {name.replace("_x", ".x").replace("_y", ".y"): value for name, value in more.items()}
    return page(client.post(at, data=carried(html) | spelled))


def test_a_plan_from_upload_to_areas(
    app: Flask, lead: FlaskClient, world: World, address: str
) -> None:
    assert "up to 4 MB" in page(lead.get(address))
    answer = upload(lead, address, draw().encode(), "plan.svg")
    assert answer.status_code == 302
    html = page(lead.get(address))
    assert "Not on the plan yet" in html
    assert lead.get(f"{address}picture").content_type == "image/png"

    at = f"{address}area"
    html = page(lead.get(f"{at}?place=toilets"))
    assert carried(html) == {
        "place": "toilets", "shape": "rectangle", "corners": "", "which": "last", "step": "20",
    }  # fmt: skip
    html = press(lead, at, html, spot288_x="100", spot288_y="40")
    html = press(lead, at, html, spot640_x="400", spot640_y="200")
    assert carried(html)["corners"] == "250,100 450,225"
    html = press(lead, at, html, do="left", step="5")
    assert carried(html)["corners"] == "250,100 445,225"
    html = press(lead, at, html, do="free")
    html = press(lead, at, html, do="undo")
    html = press(lead, at, html, do="add", x="251", y="300")
    assert carried(html)["corners"] == "250,100 445,100 445,225 251,300"
    answer = lead.post(at, data=carried(html) | {"do": "keep"})
    assert answer.status_code == 302
    assert drawn(app, world) == [
        {"place": "toilets", "corners": [[250, 100], [445, 100], [445, 225], [251, 300]]}
    ]
    assert "“Toilets” is on the plan." in words(page(lead.get(address)))


def test_an_area_is_changed_removed_and_put_back(
    app: Flask, lead: FlaskClient, world: World, address: str
) -> None:
    upload(lead, address, png())
    area = {"place": "gates", "shape": "rectangle", "corners": "10,10 90,90", "do": "keep",
            "which": "last", "step": "20"}  # fmt: skip
    assert lead.post(f"{address}area", data=area).status_code == 302
    html = page(lead.get(f"{address}area/1"))
    moved = press(lead, f"{address}area/1", html, do="down", which="whole", step="80")
    lead.post(f"{address}area/1", data=carried(moved) | {"do": "keep", "place": "canteen"})
    after = {"place": "canteen", "corners": [[10, 90], [90, 90], [90, 170], [10, 170]]}
    assert drawn(app, world) == [after]

    html = page(lead.post(f"{address}area/1/remove"))
    assert drawn(app, world) == []
    assert "“Canteen or lunch queue” is off the plan." in words(html)
    form = html[html.index("notice--undo") :].partition("</form>")[0]
    back = dict(re.findall(r'name="(shape|corners)"\s+type="hidden"\s+value="([^"]*)"', form))
    back |= dict(re.findall(r'type="hidden"\s+name="(place)"\s+value="([^"]*)"', form))
    lead.post(f"{address}area", data=back | {"do": "keep"})
    assert drawn(app, world) == [after]


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"corners": "10,10", "do": "keep"}, "at least three corners"),
        ({"corners": "10,10 12,12", "do": "keep"}, "too small"),
        ({"shape": "free", "corners": "0,0 90,90 90,0 0,90", "do": "keep"}, "cross"),
        ({"corners": "10,10", "do": "add", "x": "ten", "y": "20"}, "from 0 to 720"),
        ({"corners": "10,10", "do": "add", "x": "20", "y": "481"}, "from 0 to 480"),
        ({"corners": "10,10", "place": "moon", "do": "keep"}, "This cannot be chosen any more"),
        ({"corners": "10,10", "spot288.x": "0", "spot288.y": "0"}, "inside the picture"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_and_what_was_drawn_is_kept(
    app: Flask, lead: FlaskClient, world: World, address: str, typed: Fields, says: str
) -> None:
    upload(lead, address, png())
    sent = {"place": "gates", "shape": "rectangle", "which": "last", "step": "20"} | typed
    html = page(lead.post(f"{address}area", data=sent))
    assert says in words(html)
    assert carried(html)["corners"] == typed["corners"]
    for name in ("x", "y"):
        assert f'name="{name}" type="text" value="{typed.get(name, "")}"' in html
    assert drawn(app, world) == []


@pytest.mark.parametrize("corners", ["9,9 x", "900,10", "1,1 " * 30])
def test_corners_that_no_page_carried_are_no_error_of_ours(
    lead: FlaskClient, address: str, corners: str
) -> None:
    upload(lead, address, png())
    sent = {"place": "gates", "shape": "free", "corners": corners, "do": "undo"}
    assert lead.post(f"{address}area", data=sent).status_code == 200


def test_a_file_that_will_not_do_is_refused_beside_the_field(
    lead: FlaskClient, address: str
) -> None:
    for content, says in (
        (b"GIF89a" + bytes(60), "cannot read this file"),
        (png()[:200], "damaged"),
        (png() + bytes(LARGEST_FILE_BYTES), "too large"),
        (b"", "empty"),
    ):
        html = page(upload(lead, address, content))
        assert says in words(html)
        assert "There is a problem" in html
    assert "Choose a file first." in page(lead.post(address, data={}))


def test_a_file_far_too_large_is_turned_away_unread_and_in_words(
    lead: FlaskClient, address: str
) -> None:
    answer = upload(lead, address, bytes(MOST_BYTES + 65 * 1024))
    assert answer.status_code == 413
    assert "up to 4 MB" in words(answer.text)
    # Only this form may be large.
    upload(lead, address, png())
    assert lead.post(f"{address}area", data={"corners": "1" * 300_000}).status_code == 413


def test_another_picture_keeps_the_areas(
    app: Flask, lead: FlaskClient, world: World, address: str
) -> None:
    upload(lead, address, png(720, 480))
    area = {"place": "gates", "shape": "rectangle", "corners": "72,48 144,96", "do": "keep"}
    lead.post(f"{address}area", data=area)
    upload(lead, address, png(360, 480))
    assert drawn(app, world)[0]["corners"] == [[36, 48], [72, 48], [72, 96], [36, 96]]
    lead.post(f"{address}remove")
    with app.app_context():
        assert read().get(SitePlan, world.own.school_id) is None
    assert "Use this picture" in page(lead.get(address))


def test_each_step_is_recorded(app: Flask, lead: FlaskClient, world: World, address: str) -> None:
    upload(lead, address, png())
    area = {"place": "gates", "shape": "rectangle", "corners": "72,48 144,96", "do": "keep"}
    lead.post(f"{address}area", data=area)
    lead.post(f"{address}area", data=area | {"corners": "1,1 2,2"})
    lead.post(f"{address}remove")
    with app.app_context():
        assert events(read(), EventName.PLAN_CHANGED) == 2
        assert events(read(), EventName.PLAN_REMOVED) == 1


def test_places_outside_school_are_not_to_be_drawn(lead: FlaskClient, address: str) -> None:
    upload(lead, address, png())
    html = page(lead.get(f"{address}area"))
    options = re.findall(r'<option value="(\w+)"', html)
    assert {"toilets", "gates"} <= set(options)
    assert not {"stops", "parks", "town"} & set(options)
    sent = {"place": "stops", "shape": "rectangle", "corners": "72,48 144,96", "do": "keep"}
    assert "This cannot be chosen any more" in page(lead.post(f"{address}area", data=sent))


# The version of a wave


def launched(app: Flask, world: World) -> uuid.UUID:
    with writing(app) as db:
        give_plan(db, school=db.get_one(School, world.own.school_id))
        campaign = start(db, world.own.school_id)
        operations.save_draft(db, campaign=campaign, adaptation=READY, by=None)
        wave = latest_wave(campaign)
        operations.launch(db, wave=wave, closes_on=CLOSES, today=TODAY, by=None)
        return wave.wave_id


def test_a_wave_keeps_the_plan_it_was_launched_with(app: Flask, world: World) -> None:
    wave_id = launched(app, world)
    with app.app_context():
        before = site_plan_operations.find_wave_plan(read(), world.own.school_id, wave_id)
        kept = read().get_one(WavePlan, (world.own.school_id, wave_id))
        picture, areas = kept.picture, json.dumps(kept.areas)
    with writing(app) as db:
        site_plan_operations.remove_area(db, school_id=world.own.school_id, number=1, by=None)
        site_plan_operations.draw_area(db, school_id=world.own.school_id, place="gates",
                        corners=((0, 0), (99, 0), (99, 99)), instead_of=1, by=None)  # fmt: skip
    with writing(app) as db:
        site_plan_operations.remove_plan(db, school_id=world.own.school_id, by=None)
    site_plan_operations._parsed.clear()
    with app.app_context():
        after = site_plan_operations.find_wave_plan(read(), world.own.school_id, wave_id)
        kept = read().get_one(WavePlan, (world.own.school_id, wave_id))
        assert (kept.picture, json.dumps(kept.areas)) == (picture, areas)
    assert before == after
    assert before is not None
    assert len(before.areas) == len(ROOMS)


def test_a_wave_launched_without_a_plan_has_none(app: Flask, world: World) -> None:
    with writing(app) as db:
        campaign = start(db, world.own.school_id)
        operations.save_draft(db, campaign=campaign, adaptation=READY, by=None)
        operations.launch(db, wave=latest_wave(campaign), closes_on=CLOSES, today=TODAY, by=None)
    with app.app_context():
        assert list(read().scalars(select(WavePlan))) == []


def test_only_places_that_are_asked_about_go_with_the_wave(app: Flask, world: World) -> None:
    """An own place of last year is off the survey; its area waits on the school's plan."""
    with writing(app) as db:
        campaign_id = start(db, world.own.school_id).campaign_id
    with writing(app) as db:
        campaign = find_campaign(db, world.own.school_id, campaign_id)
        template = operations.draft_of(campaign)
        with_pond = add_place(template, READY, label=Text.of({"en": "Pond"}), inside=Inside.INSIDE)
        key = with_pond.own_places[0].key
        give_plan(db, school=db.get_one(School, world.own.school_id))
        site_plan_operations.draw_area(db, school_id=world.own.school_id, place=key,
                        corners=((0, 0), (99, 0), (99, 99)), by=None)  # fmt: skip
        operations.save_draft(db, campaign=campaign, adaptation=with_pond, by=None)
        drawn_now = site_plan_operations.drawn_plan(
            site_plan_operations.find_plan(db, world.own.school_id), operations.draft_of(campaign)
        )
        assert drawn_now is not None
        assert key in {area.place for area in drawn_now.areas}
        without = replace(with_pond, own_places=())
        operations.save_draft(db, campaign=campaign, adaptation=without, by=None)
        wave = latest_wave(campaign)
        operations.launch(db, wave=wave, closes_on=CLOSES, today=TODAY, by=None)
        wave_id = wave.wave_id
    with app.app_context():
        kept = site_plan_operations.find_wave_plan(read(), world.own.school_id, wave_id)
        assert kept is not None
        assert key not in {area.place for area in kept.areas}
        assert key in {
            area.place
            for area in site_plan_operations.areas_of(
                site_plan_operations.need_plan(read(), world.own.school_id)
            )
        }


def test_an_open_wave_has_no_editor(
    app: Flask, lead: FlaskClient, world: World, address: str
) -> None:
    own = world.own
    running = f"/schools/{own.school_id}/campaigns/{own.campaign_id}/draft/plan/"
    assert lead.get(running).status_code == 409
    assert upload(lead, running, png()).status_code == 409
    with app.app_context(), begin() as db:
        assert site_plan_operations.find_plan(db, own.school_id) is None
