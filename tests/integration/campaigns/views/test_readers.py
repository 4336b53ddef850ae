"""Pages on which organisations ask schools, invite them, and schools answer."""

from __future__ import annotations

import uuid

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select

from survey.campaigns import operations, programme_operations
from survey.campaigns.lifecycle import declining
from survey.campaigns.models import Campaign
from survey.campaigns.queries import find_programme, programme_template
from survey.campaigns.readers import relations
from survey.campaigns.readers.invitations import ANSWER_WITHIN
from survey.campaigns.readers.models import Invitation, InvitationState, JoinedSurvey, SchoolReader
from survey.campaigns.states import WaveState
from survey.database import today
from survey.organisations.models import Authority, School
from survey.permissions import Role
from survey.questionnaires import adapt
from survey.questionnaires.adapt import Adaptation
from survey.questionnaires.load import load_all
from survey.questionnaires.model import ItemKind, Text
from tests.integration.campaigns.schools import words, writing
from tests.integration.campaigns.staff_page import check_page
from tests.world import World, sign_in

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def trust(app: Flask, world: World) -> FlaskClient:
    """The other organisation of the world, as a trust that asks the first one's school."""
    with writing(app) as db:
        db.get_one(Authority, world.other.authority_id).name = "Meridian Trust"
    client = app.test_client()
    sign_in(client, world.other.email[Role.ANALYST])
    return client


def lead(app: Flask, world: World) -> FlaskClient:
    client = app.test_client()
    sign_in(client, world.own.email[Role.LEAD])
    return client


def at(world: World, part: str = "") -> str:
    return f"/authorities/{world.other.authority_id}/{part}"


def ask(trust: FlaskClient, world: World, name: str = "Northmoor High School") -> str:
    answer = trust.post(at(world, "schools"), data={"words": name}, follow_redirects=True)
    check_page(answer.text)
    return words(answer.text)


def programme_of_trust(app: Flask, world: World) -> uuid.UUID:
    with writing(app) as db:
        return operations.start_programme(
            db,
            authority_id=world.other.authority_id,
            title="Meridian listens",
            template_key="safety",
            template_version="2026.3",
            by=None,
        ).programme_id


def test_a_school_is_asked_accepts_and_joins_with_the_survey_it_holds(
    app: Flask, world: World, trust: FlaskClient
) -> None:
    assert "No single school here has exactly this name" in ask(trust, world, "Nowhere School")
    assert "No school here has this number" in ask(trust, world, "999999")
    several = ask(trust, world, "Northmoor High School\n\nNowhere School\n 999999 ")
    assert "No school was asked" in several
    assert "not found: “Nowhere School”, “999999”." in several
    assert "not answered yet" not in several
    assert "not answered yet" in ask(trust, world)
    again = ask(trust, world, "Northmoor High School\nNorthmoor  High School")  # twice is once
    assert "Northmoor High School is asked" in again
    head = lead(app, world)
    start_page = words(head.get(f"/schools/{world.own.school_id}/").text)
    assert "An organisation asks to compare your school" in start_page
    readers = f"/schools/{world.own.school_id}/readers"
    check_page(head.get(readers).text)
    accept = f"{readers}/{world.other.authority_id}/accept"
    check_page(head.get(accept).text)
    assert head.post(accept).status_code == 302
    assert "agreed to be compared by you" in words(trust.get(at(world, "schools")).text)
    programme = programme_of_trust(app, world)
    invite = at(world, f"programmes/{programme}/invite")
    check_page(trust.get(invite).text)
    refused = trust.post(invite, data={"schools": str(world.own.school_id)})
    check_page(refused.text)
    assert "No school is invited yet." in refused.text
    assert "at least 5 schools" in words(refused.text)
    with writing(app) as db:
        assert db.query(Invitation).filter_by(programme_id=programme).all() == []
    chosen = {"schools": str(world.own.school_id), "knowing": "y"}
    assert trust.post(invite, data=chosen).status_code == 302
    page = trust.get(at(world, f"programmes/{programme}/"))
    check_page(page.text)
    assert "Northmoor High School: invited on" in words(page.text)
    assert "An invitation to answer" in words(head.get(f"/schools/{world.own.school_id}/").text)
    answer = f"/schools/{world.own.school_id}/invitations/{programme}"
    shown = head.get(answer)
    check_page(shown.text)
    assert "Your students are not asked a second time" in words(shown.text)
    assert head.post(answer, data={"begins": "now"}).status_code == 302
    assert head.post(answer, data={"begins": "now"}).status_code == 409
    with writing(app) as db:
        assert db.scalars(select(JoinedSurvey)).one().wave_id == world.own.wave_id
        schools = select(Campaign).where(Campaign.school_id == world.own.school_id)
        assert len(db.scalars(schools).all()) == 1
    start_page = words(head.get(f"/schools/{world.own.school_id}/").text)
    assert "also takes part in Meridian listens of Meridian Trust" in start_page
    page = words(trust.get(at(world, f"programmes/{programme}/")).text)
    assert "Northmoor High School Students are answering" in page
    # What the trust sees of it ends there: no page of the school is open to it.
    assert trust.get(f"/schools/{world.own.school_id}/").status_code == 404
    end = f"{readers}/{world.other.authority_id}/decline"
    check_page(head.get(end).text)
    assert head.post(end).status_code == 302
    with writing(app) as db:
        key = world.own.school_id, world.other.authority_id
        assert db.get_one(SchoolReader, key).state == "ended"
    assert head.get(f"{readers}/{world.own.wave_id}/accept").status_code == 404


def test_a_list_of_numbers_is_read_as_spreadsheets_write_it_in_a_few_queries(
    app: Flask, world: World, trust: FlaskClient
) -> None:
    with writing(app) as db:
        for at in range(40):
            number = {0: "1230026", 1: "100001"}.get(at, str(200_000 + at))
            db.add(School(name=f"Dale {at}", number=number, nation="england",
                          authority_id=world.own.authority_id))  # fmt: skip
    assert "Dale 0 is asked" in ask(trust, world, "123-0026")
    assert "2 schools are asked" in ask(trust, world, "0123-0026\r\n 100001.0\r\nDale 1\n")
    selects = []

    def count(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.startswith("SELECT") and "\nFROM school" in statement:
            selects.append(statement)

    with writing(app) as db:
        event.listen(db.get_bind(), "before_cursor_execute", count)
        lines = [str(200_000 + at) for at in range(2, 40)]
        asked = relations.ask_each(db, authority_id=world.other.authority_id, schools=lines,
                                   by=None, today=today())  # fmt: skip
        event.remove(db.get_bind(), "before_cursor_execute", count)
        assert len(asked) == 38
        assert len(selects) == 2, selects


def test_before_it_joins_a_school_reads_which_shared_questions_its_survey_does_not_ask(
    app: Flask, world: World, trust: FlaskClient
) -> None:
    """An optional question that the trust locked, and one that it added."""
    programme = programme_of_trust(app, world)
    core = adapt.add_item(
        load_all()["safety", "2026.3"],
        Adaptation(switched={"K2": True}),
        section="B",
        theme="PLACE",
        kind=ItemKind.ONE,
        wording=Text.of({"en": "Do you know who to ask?"}),
        options=(Text.of({"en": "Yes"}), Text.of({"en": "No"})),
    )
    with writing(app) as db:
        found = find_programme(db, world.other.authority_id, programme)
        programme_operations.change_core(db, programme=found, core=core, by=None)
        reader = world.other.authority_id
        relations.ask(
            db, authority_id=reader, words="Northmoor High School", by=None, today=today()
        )
        relations.answer(db, school_id=world.own.school_id, authority_id=reader, accepts=True,
                         by=None, today=today())  # fmt: skip
        operations.invite(db, programme=found, school_id=world.own.school_id, by=None)
        locked = programme_template(found).by_key["K2"].wording.in_language("en")
    shown = lead(app, world).get(f"/schools/{world.own.school_id}/invitations/{programme}")
    check_page(shown.text)
    told = words(shown.text)
    assert "will be compared without your school" in told
    assert "Do you know who to ask?" in told
    assert locked in told


def test_two_programmes_of_one_authority_do_not_ask_students_twice(
    app: Flask, world: World
) -> None:
    """While a survey of the first one continues, it takes part in the second one too; once it has
    its report, the second one asks again."""
    with writing(app) as db:
        second = operations.start_programme(
            db,
            authority_id=world.own.authority_id,
            title="A second look",
            template_key="safety",
            template_version="2026.3",
            by=None,
        )
        held = operations.invite(db, programme=second, school_id=world.own.school_id, by=None)
        campaigns = select(Campaign).where(Campaign.school_id == world.own.school_id)
        assert [one.campaign_id for one in db.scalars(campaigns)] == [held.campaign_id]
        for wave in held.waves:
            wave.state = WaveState.RELEASED
        third = operations.start_programme(
            db,
            authority_id=world.own.authority_id,
            title="A year later",
            template_key="safety",
            template_version="2026.3",
            by=None,
        )
        new = operations.invite(db, programme=third, school_id=world.own.school_id, by=None)
        assert new.campaign_id != held.campaign_id


def invited(app: Flask, world: World) -> tuple[uuid.UUID, uuid.UUID]:
    """A new school of the second organisation, with the draft of an invitation."""
    programme_id = programme_of_trust(app, world)
    with writing(app) as db:
        school = School(name="Oakside", nation="england", authority_id=world.other.authority_id)
        db.add(school)
        db.flush()
        programme = find_programme(db, world.other.authority_id, programme_id)
        operations.invite(db, programme=programme, school_id=school.school_id, by=None)
        return programme_id, school.school_id


def test_a_school_declines_with_a_reason_and_can_be_invited_again(
    app: Flask, world: World, trust: FlaskClient
) -> None:
    programme_id, _school = invited(app, world)
    with writing(app) as db:  # the same for the world's own lead
        programme = find_programme(db, world.other.authority_id, programme_id)
        db.get_one(School, world.own.school_id).authority_id = world.other.authority_id
        db.query(Campaign).filter_by(school_id=world.own.school_id).update(
            {"authority_id": None, "programme_id": None}
        )
        operations.invite(db, programme=programme, school_id=world.own.school_id, by=None)
    head = lead(app, world)
    decline = f"/schools/{world.own.school_id}/invitations/{programme_id}/decline"
    page = head.get(decline)
    check_page(page.text)
    assert "The draft that came with the invitation is deleted." in words(page.text)
    assert head.post(decline, data={"reason": "w" * 201}).status_code == 200
    assert head.post(decline, data={"reason": "We move house"}).status_code == 302
    assert head.post(decline, data={"reason": "Again"}).status_code == 409
    page = words(trust.get(at(world, f"programmes/{programme_id}/")).text)
    assert "Northmoor High School: declined on" in page
    assert "We move house" in page
    with writing(app) as db:
        programme = find_programme(db, world.other.authority_id, programme_id)
        assert len(db.query(Campaign).filter_by(programme_id=programme_id).all()) == 1
        operations.invite(db, programme=programme, school_id=world.own.school_id, by=None)
        key = (world.other.authority_id, programme_id, world.own.school_id)
        assert db.get_one(Invitation, key).state is InvitationState.WAITING


def test_an_invitation_without_an_answer_lapses_by_the_clock(
    app: Flask, world: World, trust: FlaskClient
) -> None:
    programme_id, school_id = invited(app, world)
    with writing(app) as db:
        last = today() + ANSWER_WITHIN
        assert declining.lapse_overdue(db, today=last) == 0
        assert declining.lapse_overdue(db, today=last.replace(year=last.year + 1)) == 1
        assert db.query(Campaign).filter_by(school_id=school_id).all() == []
    page = trust.get(at(world, f"programmes/{programme_id}/"))
    check_page(page.text)
    assert "Oakside: did not answer by" in words(page.text)
    uninvite = at(world, f"programmes/{programme_id}/invited/{school_id}/uninvite")
    check_page(trust.get(uninvite).text)
    assert trust.post(uninvite).status_code == 302
    with writing(app) as db:
        assert db.query(Invitation).filter_by(programme_id=programme_id).all() == []
