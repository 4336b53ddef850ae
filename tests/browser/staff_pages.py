"""Every page a member of staff comes to by following links, as each of them meets it."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from html import unescape
from random import Random

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from survey.approvals.models import SignOffKind
from survey.campaigns import adult_surveys, operations
from survey.campaigns.lifecycle import sign_offs
from survey.campaigns.models import Wave
from survey.campaigns.operations import questionnaire_of
from survey.campaigns.queries import find_wave
from survey.database import Base, begin, read
from survey.demo import simulated_adults
from survey.demo.fieldwork import OpenWave, collect_all
from survey.demo.simulated_students import SchoolEffect, draw_answers, draw_student
from survey.free_text import operations as texts
from survey.free_text import publication as free_text_publication
from survey.free_text.decisions import PassedTo, TextDecision
from survey.free_text.document import FEWEST
from survey.organisations.models import Member, Membership
from survey.permissions import Role
from survey.releases import operations as release_operations
from survey.releases.models import StoredComparison, StoredRelease
from tests.integration.campaigns.schools import READY
from tests.integration.reports.school.test_views import publish
from tests.integration.reports.waves import add_wave
from tests.two_people import agree, head_signs
from tests.unit.reports.comparisons.many_schools import MANY
from tests.unit.reports.samples import sample
from tests.world import OPENED, World, open_requests, sign_in

LINK = re.compile(r'<a [^>]*href="(/[^"#?]*)')
LINKED_STYLE = re.compile(r'<link rel="stylesheet" href="([^"]+)">')
ROLES = (Role.LEAD, Role.COORDINATOR, Role.ANALYST, Role.OPERATOR)
SOME_STUDENTS = 60
SOME_ADULTS = 26
TEXTS = [
    f"Ms Okafor knows, ring 07700 900{number} or ask jack about the stairs by gate {number}."
    for number in range(100, 126)
]
EFFECT = SchoolEffect(level=0.0, places={"toilets": 1.0}, peak="lunch")


def pages_of(
    app: Flask, world: World, role: Role, language: str, *, of_one_kind: int = 2
) -> dict[str, str]:
    """Address to markup, styles in it, from the page after signing in to the last link. So many of
    one endpoint are looked at: a second shows what the first had nothing of."""
    client = app.test_client()
    with app.app_context(), begin() as db:
        db.execute(update(Member).values(language=language))
    sign_in(client, world.email(role))
    if role is Role.LEAD:
        open_requests(client, world.own)
    found: dict[str, str] = {}
    met: dict[str, int] = {}
    waiting = ["/staff", "/staff/account"]
    adapter = app.url_map.bind("localhost")
    while waiting:
        address = waiting.pop(0)
        if address in found or not adapter.test(address, "GET"):
            continue
        endpoint, _ = adapter.match(address, "GET")
        if met.get(endpoint, 0) >= of_one_kind or endpoint.startswith(("responses.", "http.")):
            continue
        met[endpoint] = met.get(endpoint, 0) + 1
        with client.get(address, follow_redirects=True) as answer:
            if answer.mimetype != "text/html" or answer.status_code != 200:
                continue
            html = answer.get_data(as_text=True)
        found[address] = LINKED_STYLE.sub(lambda sheet: _style(client, sheet[1]), html)
        waiting += [unescape(link) for link in LINK.findall(html)]
    return found


def _style(client: FlaskClient, address: str) -> str:
    with client.get(address) as sheet:
        return f"<style>{sheet.get_data(as_text=True)}</style>"


def start_a_draft(app: Flask, world: World) -> None:
    """A second survey of the school, not launched yet."""
    client = _signed_in(app, world, Role.LEAD)
    answer = client.post(
        f"/schools/{world.own.school_id}/campaigns/new",
        data={"title": "Another survey", "template": "safety 2026.3"},
    )
    assert answer.status_code in (302, 303), answer.get_data(as_text=True)


def report(app: Flask, world: World) -> None:
    """The open wave is answered, closed and released; and so is a second, to compare with it."""
    ids = world.own.school_id, world.own.wave_id
    with app.app_context():
        _answer(app, *ids)
        for step in (release_operations.close, agree_first, release_operations.make):
            with begin() as db:
                step(db, wave=find_wave(db, *ids), by=None, today=date(2026, 11, 2))
    publish(app, add_wave(app, world.own, 2), *sample())
    _compare(app, world)


def agree_first(db: Session, *, wave: Wave, by: None, today: date) -> None:
    """Two people ask for the report."""
    agree(db, wave, today)


def sign_off_as_head(db: Session, wave: Wave) -> None:
    """The head signs, if the school has one."""
    for by in db.scalars(select(Membership).where(Membership.school_id == wave.school_id)):
        if by.role is Role.HEAD:
            seen = sign_offs.seen_mark(sign_offs.wording_of(wave.campaign), by=by, key="k")
            sign_offs.give(
                db, wave=wave, kind=SignOffKind.HEAD, seen=seen, key="k", by=by, today=OPENED
            )


def ask_adults(app: Flask, world: World) -> None:
    """A pulse of parents and one of staff are reported; the school looks at itself, and again."""
    school_id, random = world.own.school_id, Random(3)
    key: bytes = app.extensions["settings"].code_key
    with app.test_request_context():
        for audience in adult_surveys.PULSES:
            with begin() as db:
                campaign = adult_surveys.start_pulse(
                    db, school_id=school_id, audience=audience, by=None
                )
                operations.save_draft(db, campaign=campaign, adaptation=READY, by=None)
                (wave,) = campaign.waves
                head_signs(db, wave, OPENED)
                closes = OPENED + timedelta(days=14)
                sign_off_as_head(db, wave)
                operations.launch(db, wave=wave, closes_on=closes, today=OPENED, by=None)
                at = OpenWave(school_id, wave.wave_id, key)
                asked = questionnaire_of(wave)
            answers = [simulated_adults.draw_adult(asked, random) for _ in range(SOME_ADULTS)]
            for _ in collect_all(at, answers, today=OPENED):
                pass
            for step in (release_operations.close, agree_first, release_operations.make):
                with begin() as db:
                    step(db, wave=find_wave(db, school_id, at.wave_id), by=None, today=closes)
        simulated_adults.assess(school_id, before=OPENED, now=OPENED + timedelta(days=30))


def open_texts(app: Flask, world: World) -> None:
    """Students wrote as well, and the lead has begun to read."""
    ids = world.own.school_id, world.own.wave_id
    with app.app_context():
        with begin() as db:
            for words in TEXTS:
                db.execute(
                    Base.metadata.tables["free_text"]
                    .insert()
                    .values(
                        school_id=ids[0],
                        wave_id=ids[1],
                        text_id=uuid.uuid4(),
                        item="P2",
                        words=words,
                    )
                )
        with begin() as db:
            texts.open_room(db, wave=find_wave(db, *ids), today=date(2026, 11, 3), by=None)
        marks = [TextDecision.FIT] * FEWEST + [TextDecision.LEFT_OUT]
        _decide(ids, marks)
        with begin() as db:
            wave = find_wave(db, *ids)
            worry = texts.texts_marked(db, wave=wave, marks=(TextDecision.UNREAD,))[0].text_id
            texts.pass_on(
                db,
                wave=wave,
                text_id=worry,
                to=PassedTo.SITE,
                on=date(2026, 11, 3),
                note="Lights are ordered.",
                today=date(2026, 11, 3),
                by=None,
            )


def finish_texts(app: Flask, world: World) -> None:
    """Every text is decided about."""
    with app.app_context():
        ids = world.own.school_id, world.own.wave_id
        _decide(ids, [TextDecision.LEFT_OUT] * len(TEXTS))


def release_texts(app: Flask, world: World) -> None:
    """The set is a page of the report."""
    with app.app_context(), begin() as db:
        wave = find_wave(db, world.own.school_id, world.own.wave_id)
        free_text_publication.release_texts(db, wave=wave, today=date(2026, 11, 4), by=None)


def _decide(ids: tuple[uuid.UUID, uuid.UUID], marks: list[TextDecision]) -> None:
    with begin() as db:
        wave = find_wave(db, *ids)
        unread = texts.texts_marked(db, wave=wave, marks=(TextDecision.UNREAD,))
        for text, mark in zip(unread, marks, strict=False):
            texts.decide(db, wave=wave, text_id=text.text_id, mark=mark, out=(0,), by=None)


def _compare(app: Flask, world: World) -> None:
    """The authority's schools are compared, the own one among them."""
    with app.app_context(), begin() as db:
        released = db.get_one(StoredRelease, (world.own.school_id, world.own.wave_id))
        releases = tuple(sorted((released.release_hash, *MANY.releases[1:])))
        made = replace(MANY, releases=releases)
        db.add(
            StoredComparison(
                authority_id=world.own.authority_id,
                programme_id=world.own.programme_id,
                number=1,
                release_hash=made.content_hash(),
                document=made.to_json(),
                certificate=None,
                released_on=date(2026, 11, 3),
            )
        )


def _signed_in(app: Flask, world: World, role: Role) -> FlaskClient:
    client = app.test_client()
    sign_in(client, world.email(role))
    return client


def _answer(app: Flask, school_id: uuid.UUID, wave_id: uuid.UUID) -> None:
    random = Random(1)
    wave = find_wave(read(), school_id, wave_id)
    questionnaire = questionnaire_of(wave)
    key: bytes = app.extensions["settings"].code_key
    drawn: Iterator[object] = (
        draw_answers(questionnaire, draw_student(7 + at % 5, random), EFFECT, random)
        for at in range(SOME_STUDENTS)
    )
    for _ in collect_all(OpenWave(school_id, wave_id, key), list(drawn), today=OPENED):
        pass
