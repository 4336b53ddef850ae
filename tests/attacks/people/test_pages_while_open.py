"""A person who opens every page of theirs while a class answers, again and again: does anything on
any page change when a student sends, leaves, mistypes a code or asks for help?

A person who watched the classroom would learn from one figure that moves which card was used when.
All pages are tried, as each role; none is listed.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from datetime import timedelta

import pytest
from flask import Flask

from survey.permissions import Role, declared_access
from survey.responses.ballot_box import upkeep
from tests.attacks.attackers import ballots
from tests.attacks.test_help_requests import send as ask
from tests.integration.responses.doors import Student, first_of_each
from tests.integration.test_permissions_sweep import Doors, leads_to_sign_in
from tests.seats import with_every_seat
from tests.world import World, sign_in

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

CLASS, EARLIER = 24, 9
"""One card stays unused. The tenth and the twentieth answer come while the pages are watched."""
RANDOM = re.compile(r"[\w.-]{16,}")
"""Tokens of forms, and numbers that a page makes for itself."""
WATCHING = [
    Role.LEAD,
    *(pytest.param(role, marks=pytest.mark.slow) for role in Role if role is not Role.LEAD),
]
READS_REQUESTS = (Role.LEAD, Role.DEPUTY)
SEES_THE_COUNT = (Role.LEAD, Role.COORDINATOR)
MANY = 15
BY_ITSELF = re.compile(r"^/check(/word)?$|/log(\.csv)?$|/data(\.zip)?$")
"""Pages that change with each visit of the attacker: a word that tests a device, and the record in
which the attacker's own downloads are. `test_the_record_names_no_student` reads the record."""


def watch(doors: Doors, role: Role, only: str = "") -> dict[str, tuple[int, str, str]]:
    """Every page as it is now: its status, its kind, and its words, without what is random. Of a
    file, only its length. `only` is part of the addresses that are opened."""
    seen = {}
    for visit in doors.visits(doors.world.own):
        if only not in visit.address:
            continue
        if visit.method != "GET" or visit.endpoint.startswith(("static", "security.")):
            continue
        is_public = declared_access(doors.app, visit.endpoint) == "public"
        answer = doors.go(visit, None if is_public else role)
        assert is_public or not leads_to_sign_in(answer), visit
        kind = answer.mimetype or ""
        said = answer.get_data()
        words = (
            said.decode("utf-8", "replace")
            if kind.startswith(("text/", "application/j"))
            else str(len(said))
        )
        seen[visit.address] = (answer.status_code, kind, RANDOM.sub("*", words))
    return seen


def moved(
    before: dict[str, tuple[int, str, str]], after: dict[str, tuple[int, str, str]]
) -> dict[str, list[str]]:
    """The pages that changed, with the lines that are new."""
    found = {}
    for address, now in after.items():
        was = before[address]
        if now != was and not BY_ITSELF.search(address):
            old = set(was[2].split("\n"))
            found[address] = [line for line in now[2].split("\n") if line not in old]
    return found


@pytest.mark.parametrize("role", WATCHING)
def test_no_page_moves_while_a_class_answers(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch, role: Role
) -> None:
    with app.app_context():
        doors = Doors(app, with_every_seat(world), monkeypatch)
    class_ = ballots.prepare(app, world.own, CLASS)
    ballots.send_all(app, world.own, class_[:EARLIER])
    watch(doors, role)  # what a first visit changes, such as a welcome, is over
    first, before = watch(doors, role), watch(doors, role)
    assert moved(first, before) == {}, "nothing moves by itself"
    assert sum(status == 200 for status, _kind, _words in before.values()) > MANY
    ballots.send_all(app, world.own, class_[EARLIER:-2])
    by_http = Student(app.test_client(), class_[-2].code)
    by_http.walk_to_send(first_of_each)
    assert by_http.press("send").status_code == 200
    leaving = Student(app.test_client(), class_[-1].code)
    leaving.press("left")
    for wrong in range(12):
        app.test_client().post(
            "/", data={"code": f"{class_[-1].code[:4]}-{'23456789ABCD'[wrong]}222"}
        )
    if role not in READS_REQUESTS:
        ask(app.test_client(), world.own, "Robin Featherstone")
    after = watch(doors, role)
    assert moved(before, after) == {}
    with app.app_context():
        key = app.extensions["settings"].code_key
        upkeep.move_counters(ballots.TODAY + timedelta(days=1), key=key)
    if role in SEES_THE_COUNT:
        wave = watch(doors, role, f"/waves/{world.own.wave_id}")
        assert "20" in str(moved(after, wave)), "the next day, roughly how many"


def test_the_record_names_no_student(app: Flask, world: World) -> None:
    """What a lead may download of everything that is kept of the school, before and after."""
    class_ = ballots.prepare(app, world.own, EARLIER)
    lead = app.test_client()
    sign_in(lead, world.email(Role.LEAD))

    def kept() -> dict[str, list[object]]:
        with lead.get(f"/schools/{world.own.school_id}/data.zip") as answer:
            packed = zipfile.ZipFile(io.BytesIO(answer.get_data()))
        tables = json.loads(packed.read("data.json"))["tables"]
        tables["event"] = [one for one in tables["event"] if one["name"] != "data.exported"]
        return dict(tables)

    before = kept()
    ballots.send_all(app, world.own, class_)
    assert before == kept()
    assert {"wave", "event"} <= set(before)
    assert not {"access_code", "response", "free_text", "help_box"} & set(before)
