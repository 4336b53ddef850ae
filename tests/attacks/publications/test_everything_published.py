"""A reader of all that is published about a small authority: the reports of its schools, two
surveys, the comparison of each, shared places, and every page about changes.

The first test shows that comparisons, shared places and changes cannot say more than the reports:
they are made when no answer is left. The others read all the reports together.
"""

from __future__ import annotations

import io
import json
import re
import uuid
import zipfile
from dataclasses import replace
from datetime import date

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, event, select

from survey.actions.shared_places import figures as shared_figures
from survey.actions.shared_places import operations as shared_places
from survey.actions.shared_places.models import SharedFigure, SharedPlace
from survey.campaigns.access_codes import draw_door
from survey.campaigns.models import Programme, Wave
from survey.campaigns.states import WaveState
from survey.database import begin, database, read
from survey.organisations.models import Member
from survey.permissions import Role
from survey.questionnaires.load import load_all
from survey.releases.register import publications
from survey.releases.tabulation import Tabulation, count
from survey.reports.comparisons import operations as comparisons
from survey.reports.comparisons.views import AMONG
from survey.reports.trends.views import OVER_TIME
from survey.responses.models import FreeText, Response
from tests.attacks.attackers.joint_reader import attack
from tests.attacks.attackers.two_reports import attack_both
from tests.attacks.test_report_read_as_a_whole import released
from tests.integration.actions.shared_places import together
from tests.integration.reports.schools import (
    TEMPLATE,
    YEARS,
    Known,
    add_programme,
    add_school,
    release_uncertified,
)
from tests.unit.reports.schools import with_sections
from tests.unit.reports.students import make_students
from tests.world import World, sign_in

ASKED = with_sections(load_all()[TEMPLATE], "A", "D")
DAY = date(2027, 6, 1)
NAMES = ("Ashby", "Birchwood", "Crossfield", "Dale", "Elmtree", "Fernhill")
Published = tuple[tuple[uuid.UUID, uuid.UUID], list[tuple[Known, Known]]]
"""The key of a programme, and of each school its two surveys."""
SECRET = re.compile(r"\b(response|free_text|room_text|access_code)\b")


def second_survey(known: Known, seed: int) -> Known:
    """The next survey of a school, closed, with other answers."""
    with begin() as db:
        first = known.wave(db)
        names = ("school_id", "campaign_id", "questionnaire_hash", "opened_on", "closes_on")
        given = {name: getattr(first, name) for name in names}
        wave = Wave(
            **given, number=2, state=WaveState.CLOSED, door=draw_door(db), closed_on=DAY, counter=0
        )
        db.add(wave)
        db.flush()
        answers = tuple(make_students(ASKED, 70 + seed, 100 + seed, YEARS))
        which = {"school_id": wave.school_id, "wave_id": wave.wave_id}
        db.add_all(Response(**which, answers=json.dumps(one)) for one in answers)
        return replace(known, wave_id=wave.wave_id, answers=answers)


@pytest.fixture
def programme(app: Flask, world: World) -> Published:
    """Six schools with two reports each, whose answers are erased."""
    schools = []
    with app.test_request_context():
        with begin() as db:
            programme = add_programme(db)
            key = programme.authority_id, programme.programme_id
            first = [
                add_school(
                    db,
                    name=name,
                    students=80 + seed,
                    seed=seed,
                    programme=programme,
                    questionnaire=ASKED,
                )
                for seed, name in enumerate(NAMES)
            ]
        for seed, known in enumerate(first):
            with begin() as db:
                release_uncertified(db, known)
            second = second_survey(known, seed)
            with begin() as db:
                release_uncertified(db, second)
            schools.append((known, second))
        with begin() as db:
            db.execute(delete(Response))
            db.execute(delete(FreeText))
            for role in (Role.ANALYST, Role.LEAD):
                member = db.scalars(select(Member).filter_by(email=world.email(role))).one()
                member.memberships[0].authority_id = key[0] if role is Role.ANALYST else None
                member.memberships[0].school_id = first[0].school_id if role is Role.LEAD else None
        read().rollback()
    return key, schools


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_all_of_it_is_made_without_an_answer(
    app: Flask,
    client: FlaskClient,
    world: World,
    programme: Published,
) -> None:
    key, schools = programme
    asked: list[str] = []
    with app.test_request_context():
        engine = database.engine
        event.listen(engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
        for number in (1, 2):
            compare(key, number)
        place = shared_place(key, [one.school_id for one, _second in schools])
        for number in (1, 2):
            put_together(place, number)
        at_place = place_page(place)
        read().rollback()
    pages = {}
    compared = f"/authorities/{key[0]}/programmes/{key[1]}/waves/2/"
    together = [f"{compared}{one}" for one in ("years", "changes")]
    report = f"/schools/{schools[0][1].school_id}/waves/{schools[0][1].wave_id}/report/"
    for role, begins in (
        (Role.ANALYST, [compared, f"{compared}comparison.csv", at_place, *together]),
        (Role.LEAD, [report, f"{report}{OVER_TIME.key}", f"{report}{AMONG.key}"]),
    ):
        reader = app.test_client()
        sign_in(reader, world.email(role))
        pages |= walk(reader, begins)
        if role is Role.ANALYST:
            refuse_numbers_by_letter(reader.get(f"/authorities/{key[0]}/data.zip").data)
    assert len(pages) > 20
    for at in (compared, *together, report, f"{report}{OVER_TIME.key}", f"{report}{AMONG.key}"):
        assert pages[at] == 200, at
    assert [one for one in asked if SECRET.search(one)] == []
    # What was published is in the ledger, each thing once.
    with app.test_request_context():
        entered = [name.split(" ")[0] for name in publications._ledger().entries()]
    assert {name: entered.count(name) for name in set(entered)} == {
        "report": 12,
        "change": 6,
        "comparison": 2,
        "letters": 2,
        "shared": 2,
        "all": 3,  # year groups of both surveys, and the change
    }


def refuse_numbers_by_letter(file: bytes) -> None:
    """Everything kept of the authority, in one click. Next to a letter the stored comparison has
    how many answered there and in which years; the page has roll and response rate by name. The
    two together named 94 % of the letters of 8 schools (25 % by chance)."""
    with zipfile.ZipFile(io.BytesIO(file)) as held:
        texts = [held.read(name).decode() for name in held.namelist()]
    assert all("comparison" in text for text in texts)
    assert not [word for text in texts for word in ("responded", "lower_quartile") if word in text]


def walk(reader: FlaskClient, begins: list[str]) -> dict[str, int]:
    """Every page and data file of reports and comparisons that links lead to."""
    found: dict[str, int] = {}
    waiting = list(begins)
    prefixes = tuple(begins) + tuple(one.partition("/waves/")[0] + "/waves/" for one in begins)
    while waiting and len(found) < 20:
        at = waiting.pop(0)
        if at in found or not at.startswith(prefixes) or re.search(r"\.(svg|png|p\w+|xlsx)$", at):
            continue
        answer = reader.get(at)
        found[at] = answer.status_code
        assert answer.status_code in (200, 302, 303), (
            at,
            answer.status_code,
            answer.text[answer.text.find("<main") :][:400],
        )
        waiting += re.findall(r'href="(/[^"?#]*)"', answer.text)
    return found


def compare(key: tuple[uuid.UUID, uuid.UUID], number: int) -> None:
    with begin() as db:
        comparisons.make(
            db, programme=db.get_one(Programme, key), number=number, by=None, today=DAY
        )


def shared_place(
    key: tuple[uuid.UUID, uuid.UUID], schools: list[uuid.UUID], kind: str = "stops"
) -> SharedPlace:
    with begin() as db:
        return shared_places.begin_place(
            db,
            programme=db.get_one(Programme, key),
            name=f"Riverside {kind}",
            ties=dict.fromkeys(schools, kind),
            today=DAY,
            by=None,
        )


def put_together(place: SharedPlace, number: int) -> SharedFigure:
    with begin() as db:
        found = db.get_one(SharedPlace, (place.authority_id, place.shared_place_id))
        return together.put_together(db, place=found, number=number, today=DAY)


def place_page(place: SharedPlace) -> str:
    return f"/authorities/{place.authority_id}/shared-places/{place.shared_place_id}"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_restored_database_does_not_publish_a_second_version(
    app: Flask, programme: Published
) -> None:
    """The figure of a shared place is forgotten by the database and known to the ledger: other
    figures are measured against it, and the same one is made again."""
    key, schools = programme
    ids = [one.school_id for one, _second in schools]
    with app.test_request_context():
        compare(key, 1)
        place = shared_place(key, ids)
        made = put_together(place, 1).percent
        with begin() as db:  # as a copy from before would have it
            db.execute(delete(SharedFigure))
        read().expire_all()
        with pytest.raises(shared_figures.CannotPutTogetherError, match="could tell"):
            put_together(shared_place(key, ids[:5], "parks"), 1)
        assert put_together(place, 1).percent == made


def of_school(seed: int, survey: int) -> Tabulation:
    return count(ASKED, make_students(ASKED, 60 + 9 * seed, 10 * survey + seed, YEARS))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(6))
def test_the_reports_of_two_surveys_read_together(seed: int) -> None:
    """Two surveys have no answer in common that a reader could rely on, so together they are as
    open as each of them."""
    for survey in (0, 1):
        release, sizes = released(of_school(seed, survey), bytes([survey]) * 32)
        assert attack(release, ASKED, sizes) == []


@pytest.mark.slow
def test_what_a_reader_gets_who_knows_that_no_one_changed_an_answer() -> None:
    """The one reader that the audit leaves out, and that `docs/disclosure.md` names: the same
    students answered both times, all the same, and the reader knows it. Then two reports are two
    printings of one table. Holds the number that the documentation gives."""
    counted = count(ASKED, make_students(ASKED, 60, 3, YEARS))
    for at in range(4):
        one, sizes = released(counted, bytes([at]) * 32)
        other, _sizes = released(counted, bytes([at + 100]) * 32)
        assert len(attack_both(one, other, ASKED, sizes)) <= 2
