"""Two sets of answers that give the same reports give the same pages and files, to the byte.

What anyone can read about a school (pages of every role, PDF, slides, workbook, CSV, charts,
comparisons, shared places, changes, actions) is made twice: from the answers of some students, and
from others whose releases are the same documents. Whatever depended on a count that the release
does not print would differ: an order, a name, a colour, a bound, a size, the width of a bar. The
second time the database is a restored one, whose ledger knows all that was published.
"""

from __future__ import annotations

import io
import json
import random
import re
import sqlite3
import uuid
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, select

from survey.actions.models import Action, SubjectKind
from survey.actions.shared_places.models import SharedPlace
from survey.actions.states import ActionState
from survey.campaigns.access_codes import draw_door
from survey.campaigns.models import Campaign, FrozenQuestionnaire, Wave
from survey.campaigns.queries import bands_of, questionnaire_of
from survey.campaigns.states import WaveState
from survey.database import begin, database, read
from survey.free_text import operations as texts
from survey.free_text import publication
from survey.free_text.decisions import TextDecision
from survey.organisations.models import Member
from survey.permissions import Role
from survey.questionnaires.check_answers import Answers, check
from survey.questionnaires.document import canonical, content_hash
from survey.questionnaires.load import load_all
from survey.questionnaires.model import ItemKind, Questionnaire
from survey.releases.models import StoredComparison, StoredRelease
from survey.releases.operations import POLICY, seed_of
from survey.releases.tabulation import count
from survey.responses.models import FreeText, Response
from survey.settings import current_settings
from tests.attacks.publications.test_everything_published import (
    ASKED,
    DAY,
    NAMES,
    compare,
    second_survey,
    shared_place,
)
from tests.conftest import forget_kept
from tests.integration.actions.shared_places.together import put_together
from tests.integration.reports.schools import (
    YEARS,
    Known,
    add_programme,
    add_school,
    release_uncertified,
)
from tests.seats import with_every_seat
from tests.unit.reports.schools import print_release, with_sections
from tests.unit.reports.students import make_students
from tests.world import World, sign_in

ADDRESS = re.compile(r'(?:href|src|data-address)="(/[^"#?]*)')
FILE = re.compile(r"\.[a-z]+$")
SLOW_FILE = re.compile(r"\.(pdf|pptx|png)$")
OF_ONE_KIND, OF_CHARTS = {False: 1, True: 2}, {False: 2, True: 6}
"""Of pages and charts that differ only in what they are of, so many are read: in the ordinary run,
and in the long one."""
TRIES = 30
OTHERWISE = (0, 1, 6, 12)
"""Whose answers are others in the ordinary run: both surveys of the school whose members read its
pages, one of another school, and the short survey. In the long one all of them are."""
NOT_PUBLISHED = (
    "static", "security.", "jobs.", "serving.", "organisations.", "help_requests.",
    "help_contacts.", "approvals.", "self_assessment.", "device_check.",
)  # fmt: skip
"""Pages about accounts, requests for help and the service: they show no figure of a survey."""
IN_ANY_ORDER = "campaigns.", "free_text.marked"
"""Lists of entries of one day, and of texts in the order of their random keys."""
DRAWN = re.compile(
    rb'name="csrf-?_?token" (?:value|content)="[^"]*"|value="[^"]*" name="csrf_token"'
    rb'|data-now="[0-9]+"|name="made" value="[^"]*"'
    rb"|[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}"
)
"""What is drawn at random for each page or row, and says nothing of a student."""
ROLES = (Role.LEAD, Role.ANALYST, Role.OPERATOR)
READERS = (
    Role.GOVERNOR,
    Role.PARTNER,
    Role.HEAD,
    Role.DEPUTY,
    Role.COORDINATOR,
    Role.TRUST_ANALYST,
)
"""They read less than a lead or an analyst does, on other start pages and in other words."""
WROTE = 22
ABOUT_WORDS = with_sections(load_all()["safety", "2026.3"], "P").sections
WITH_TEXTS = replace(ASKED, sections=(*ASKED.sections, *ABOUT_WORDS))
STAFF = load_all()["staff-pulse", "2026.1"]


class Authority:
    """Six schools with two closed surveys each, and what was published of them."""

    def __init__(self, app: Flask, world: World) -> None:
        self.app, self.world = app, world
        with app.test_request_context():
            with begin() as db:
                programme = add_programme(db)
                self.key = programme.authority_id, programme.programme_id
                firsts = [
                    add_school(
                        db, name=name, students=80 + at, seed=at, programme=programme,
                        questionnaire=ASKED if at else WITH_TEXTS,
                    )
                    for at, name in enumerate(NAMES)
                ]  # fmt: skip
            seconds = [second_survey(one, at) for at, one in enumerate(firsts)]
            self.surveys: list[Known] = [*firsts, *seconds, short_survey(firsts[0])]
            made = shared_place(self.key, [one.school_id for one in firsts])
            self.place = made.authority_id, made.shared_place_id
            write(self.surveys[0])
            self.world = with_every_seat(world)
            self._seat_members()
            read().rollback()

    def _seat_members(self) -> None:
        with begin() as db:
            for role in (*ROLES, *READERS):
                member = db.scalars(select(Member).filter_by(email=self.world.email(role))).one()
                seat = member.memberships[0]
                if seat.school_id is not None:
                    seat.school_id = self.surveys[0].school_id
                elif seat.authority_id is not None:
                    seat.authority_id = self.key[0]
                    seat.shared_place_id = self.place[1] if role is Role.PARTNER else None

    def answer(self, known: Known, answers: list[Answers]) -> None:
        """Puts other answers in the place of those of a survey."""
        with begin() as db:
            db.execute(delete(Response).where(Response.wave_id == known.wave_id))
            which = {"school_id": known.school_id, "wave_id": known.wave_id}
            db.add_all(Response(**which, answers=json.dumps(one)) for one in answers)

    def publish(self) -> list[str]:
        """Reports, comparisons, shared places and an action; returns the documents."""
        for known in self.surveys:
            with begin() as db:
                release_uncertified(db, known)
        with begin() as db:
            db.add(action(self.surveys[0], self.surveys[0].wave(db)))
        for number in (1, 2):
            compare(self.key, number)
            with begin() as db:
                place = db.get_one(SharedPlace, self.place)
                put_together(db, place=place, number=number, today=DAY)
        publish_texts(self.surveys[0])
        with begin() as db:
            kinds = StoredRelease, StoredComparison
            return [one.document for kind in kinds for one in db.scalars(select(kind))]

    def alike(self, known: Known, seed: int) -> list[Answers]:
        """Others with the same release, found by changing one answer at a time."""
        wave = known.wave(read())
        asked = questionnaire_of(wave)
        lot = seed_of(
            current_settings().code_key, school_id=known.school_id, wave_id=known.wave_id,
            questionnaire_hash=wave.questionnaire_hash or "",
        )  # fmt: skip

        def printed(answers: list[Answers]) -> str:
            return print_release(count(asked, answers, bands_of(wave), lot), {}, POLICY).to_json()

        draw, found = random.Random(seed), [dict(one) for one in known.answers]
        wanted = printed(found)
        others = people(asked, 40, 1000 + seed)
        for other in [{}, *others[:2]]:  # one student more
            if printed([*found, other]) == wanted:
                found.append(other)
                break
        for _ in range(TRIES):
            at, other = draw.randrange(len(found)), draw.choice(others)
            shared = [key for key in found[at] if key in other and key not in ("A1", "A2")]
            if not shared:
                continue
            key = draw.choice(shared)
            changed = [*found[:at], {**found[at], key: other[key]}, *found[at + 1 :]]
            if changed[at] != found[at] and printed(changed) == wanted:
                found = changed
        assert sum(one not in known.answers for one in found) > 3
        return found


def people(asked: Questionnaire, number: int, seed: int) -> list[Answers]:
    """Adults are asked nothing about themselves."""
    if not asked.is_pulse:
        return make_students(asked, number, seed, YEARS)
    draw = random.Random(seed)
    drawn = []
    for _ in range(number):
        raw: dict[str, Any] = {
            item.key: draw.sample([o.key for o in item.options if not o.stands_alone], 2)
            if item.kind is ItemKind.SEVERAL
            else draw.choice(item.answers)
            for item in asked.asked
            if item.kind is not ItemKind.TEXT and draw.random() < 0.9
        }
        drawn.append(check(asked, None, raw))
    return drawn


def short_survey(known: Known) -> Known:
    """A short survey of the staff of the same school."""
    with begin() as db:
        frozen = FrozenQuestionnaire(content_hash=content_hash(STAFF), document=canonical(STAFF))
        campaign = Campaign(
            school_id=known.school_id, title="Staff", template_key=STAFF.key,
            template_version=STAFF.version, adaptation={},
        )  # fmt: skip
        db.add_all([frozen, campaign])
        db.flush()
        wave = Wave(
            school_id=known.school_id, campaign_id=campaign.campaign_id, number=1,
            state=WaveState.CLOSED, questionnaire_hash=frozen.content_hash, door=draw_door(db),
            opened_on=date(2027, 5, 3), closes_on=DAY, closed_on=DAY, counter=0,
        )  # fmt: skip
        db.add(wave)
        db.flush()
        answers = tuple(people(STAFF, 43, 5))
        which = {"school_id": wave.school_id, "wave_id": wave.wave_id}
        db.add_all(Response(**which, answers=json.dumps(one)) for one in answers)
        return Known(known.school_id, wave.wave_id, answers)


def write(known: Known) -> None:
    with begin() as db:
        db.execute(delete(FreeText))  # one is there of each school
        which = {"school_id": known.school_id, "wave_id": known.wave_id, "item": "P2"}
        db.add_all(FreeText(**which, words=f"Bus stop {at} is dark.") for at in range(WROTE))


def publish_texts(known: Known) -> None:
    with begin() as db:
        wave = known.wave(db)
        texts.open_room(db, wave=wave, today=DAY, by=None)
        for one in texts.texts_marked(db, wave=wave, marks=tuple(TextDecision)):
            texts.decide(db, wave=wave, text_id=one.text_id, mark=TextDecision.FIT, out=(), by=None)
        publication.release_texts(db, wave=wave, today=DAY, by=None)


def action(known: Known, wave: Wave) -> Action:
    return Action(
        school_id=known.school_id, action_id=uuid.UUID(int=7), campaign_id=wave.campaign_id,
        wave_id=known.wave_id, kind=SubjectKind.PLACE, subject="toilets",
        measured_table="D1.journey", measured_answer="unsafe", measured_group="all",
        found="Toilets", goal="Fewer", owner="Site team", steps_taken="Locks", due_on=DAY,
        other_signs="", for_students=True, we_did="We mended the locks.", language="en",
        planned_on=DAY, state=ActionState.PLANNED,
    )  # fmt: skip


def everything(authority: Authority, slow: bool) -> dict[tuple[str, str], bytes]:
    """Every page and file of every role, and of anyone, by role and address."""
    app, found = authority.app, {}
    for role in (*ROLES, *(READERS if slow else READERS[:1]), None):
        client = app.test_client()
        waiting = ["/"]
        if role is not None:
            sign_in(client, authority.world.email(role))
            waiting = ["/staff"]
            school = authority.surveys[0].school_id
            waiting += [f"/schools/{school}/", f"/schools/{school}/reports"]
            short = authority.surveys[-1]
            waiting += [f"/schools/{school}/waves/{short.wave_id}/report/pulse"]
        met: dict[str, int] = {}
        seen: set[str] = set()
        adapter = app.url_map.bind("localhost")
        while waiting:
            address = waiting.pop(0)
            if address in seen or not adapter.test(address, "GET"):
                continue
            seen.add(address)
            endpoint, given = adapter.match(address, "GET")
            if endpoint.startswith(NOT_PUBLISHED):
                continue
            if SLOW_FILE.search(address) and not slow:
                continue
            survey = given.get("wave_id", "") if slow else ""
            kind = f"{endpoint} {given.get('chapter', '')} {survey}"
            most = (OF_CHARTS if "chart" in endpoint else OF_ONE_KIND)[slow]
            if met.get(kind, 0) >= most:
                continue
            met[kind] = met.get(kind, 0) + 1
            with client.get(address, follow_redirects=True) as answer:
                data = answer.data
                if endpoint.startswith(IN_ANY_ORDER):
                    parts = re.split(rb"\n|(?=<tr>)|(?<=</tr>)", DRAWN.sub(b"", data))
                    data = b"\n".join(sorted(parts))
                found[str(role), address] = b"%d " % answer.status_code + data
                if answer.mimetype == "text/html":
                    text = answer.get_data(as_text=True)
                    links = [unescape(one) for one in ADDRESS.findall(text)]
                    waiting += links
                    waiting += [one.replace(".svg", ".png") for one in links if slow]
    return found


def inside(data: bytes) -> Iterator[tuple[str, bytes]]:
    """A file, and each part of one that is packed."""
    _status, _, body = data.partition(b" ")
    if not body.startswith(b"PK"):
        yield "", DRAWN.sub(b"", data)
        return
    with zipfile.ZipFile(io.BytesIO(body)) as packed:
        for name in packed.namelist():
            yield name, packed.read(name)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("slow", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_other_answers_with_the_same_reports_make_the_same_pages_and_files(
    app: Flask, world: World, tmp_path: Path, slow: bool
) -> None:
    authority = Authority(app, world)
    with app.test_request_context():
        stored = Path(str(database.engine.url.database))
        copy = tmp_path / "copy"
        with sqlite3.connect(stored) as source, sqlite3.connect(copy) as target:
            source.backup(target)
        first = authority.publish()
    pages = everything(authority, slow)
    with app.test_request_context():
        with sqlite3.connect(copy) as source, sqlite3.connect(stored) as target:
            source.backup(target)
        read().expire_all()
        forget_kept()
        for at, known in enumerate(authority.surveys):
            if not slow and at not in OTHERWISE:
                continue
            authority.answer(known, authority.alike(known, at))
        assert authority.publish() == first
    others = everything(authority, slow)
    assert list(pages) == list(others)
    assert len(pages) > 60, len(pages)
    endings = [address.rpartition("/report/")[2] for _role, address in pages]
    assert {"pulse", "views", "words"} <= set(endings), set(endings)
    if slow:
        made = {FILE.search(address)[0] for _role, address in pages if FILE.search(address)}
        assert made >= {".pdf", ".pptx", ".xlsx", ".csv", ".json", ".svg", ".png", ".ics"}, made
    different = {
        (at, part)
        for at, data in pages.items()
        for (part, one), (_part, other) in zip(inside(data), inside(others[at]), strict=True)
        if one != other
    }
    assert different == set()
