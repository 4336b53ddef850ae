"""Schools and authorities that are corrected, closed, moved and merged, and who sees what then."""

from __future__ import annotations

import uuid
from datetime import date, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from survey.audit_log import Event, EventName
from survey.campaigns import operations as campaigns
from survey.campaigns.access_codes import fresh
from survey.campaigns.errors import (
    AnsweredInvitationError,
    AuthorityClosedError,
    NotItsSchoolError,
    SchoolClosedError,
)
from survey.campaigns.lifecycle import undo
from survey.campaigns.lifecycle.school_progress import ProgressStep, of_programme, of_survey
from survey.campaigns.models import AccessCode, Campaign, Programme, Wave
from survey.campaigns.queries import find_programme, planned_of
from survey.campaigns.readers import invitations, relations
from survey.campaigns.readers.joining import surveys_of
from survey.campaigns.readers.relations import readers_of
from survey.campaigns.states import WaveState
from survey.database import Base, begin, read, today
from survey.organisations.lifecycle import changes, discard
from survey.organisations.models import Authority, HelpDesk, Nation, Phase, School
from survey.organisations.operations import OrganisationNameTakenError, add_authority, add_school
from survey.organisations.school_files.plan import plan
from survey.organisations.school_files.school_rows import read_file
from survey.permissions import Role
from survey.releases.models import StoredComparison, StoredRelease
from survey.responses.survey_context import behind
from tests.integration.organisations.pages import try_sign_in, words
from tests.world import Side, World, sign_in

DAY = date(2026, 11, 30)


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


@pytest.fixture
def operator(client: FlaskClient, world: World) -> FlaskClient:
    try_sign_in(client, world.operator_email)
    return client


def place(organisation_id: uuid.UUID, act: str = "") -> str:
    return f"/operator/organisations/{organisation_id}{act}"


def own_school(db: Session, side: Side) -> School:
    return db.get_one(School, side.school_id)


def move(app: Flask, side: Side, to: uuid.UUID | None) -> None:
    with app.app_context(), begin() as db:
        authority = db.get_one(Authority, to) if to else None
        changes.move_school(
            db, school=own_school(db, side), authority=authority, today=DAY, by=None
        )


ELSEWHERE = ("school", "event", "campaign", "invitation")


def everything_of(db: Session, side: Side) -> dict[str, list[tuple[object, ...]]]:
    """Every row of a school, apart from the record, its own row and its programmes."""
    return {
        table.name: [tuple(row) for row in db.execute(select(table).where(
            table.c.school_id == side.school_id).order_by(*table.primary_key))]
        for table in Base.metadata.sorted_tables
        if "school_id" in table.c and table.name not in ELSEWHERE
    }  # fmt: skip


# Names


def test_a_school_is_renamed_and_its_published_report_is_not(
    app: Flask, operator: FlaskClient, world: World
) -> None:
    with app.app_context(), begin() as db:
        where = {"school_id": world.own.school_id, "wave_id": world.own.wave_id}
        before = own_school(db, world.own).name
        stored = StoredRelease(
            **where, release_hash="0" * 64, document="{}", released_on=DAY, school_name=before
        )
        db.add(stored)
    page = operator.get(place(world.own.school_id, "/details"))
    assert before in page.text
    given = {"name": "Hillcrest Academy", "nation": "england", "phase": "secondary"}
    answer = operator.post(
        place(world.own.school_id, "/details"), data=given | {"register": "0137-083"}
    )
    assert answer.status_code == 302, words(answer)
    shown = words(operator.get(place(world.own.school_id)))
    assert "Hillcrest Academy" in shown
    assert "137083" in shown
    with app.app_context():
        stored = read().get_one(StoredRelease, tuple(where.values()))
        assert stored.school_name == before
        held = read().scalars(select(Event).where(Event.name == EventName.SCHOOL_CHANGED)).all()
        assert held[-1].details == {"fields": ["name", "number"]}, "the record keeps no names"


def test_what_cannot_be_corrected_is_said_at_its_field(
    app: Flask, operator: FlaskClient, world: World
) -> None:
    with app.app_context(), begin() as db:
        other = add_school(
            db, name="Taken", nation=Nation.ENGLAND, phase=Phase.SECONDARY, roll={},
            authority_id=world.own.authority_id, by=None,
        )  # fmt: skip
        other.number = "42"
    given = {"name": "Hill", "nation": "england", "phase": "secondary", "register": ""}
    for wrong, says in (
        ({"name": "taken"}, "There is a school called “taken” in the authority already."),
        ({"register": "00042"}, "Another school has this number"),
        ({"register": "=1+1"}, "Write digits"),
        ({"nation": "wales"}, "a survey was launched with its year groups"),
        ({"name": ""}, "Write the name."),
    ):
        answer = operator.post(place(world.own.school_id, "/details"), data=given | wrong)
        assert answer.status_code == 200
        assert says in words(answer), wrong
    with app.app_context():
        assert read().get_one(School, world.own.school_id).name != "Hill", "nothing half done"


def test_an_authority_is_renamed(app: Flask, operator: FlaskClient, world: World) -> None:
    with app.app_context():
        taken = read().get_one(Authority, world.other.authority_id).name
    where = place(world.own.authority_id, "/details")
    answer = operator.post(where, data={"name": taken.upper(), "nation": "england"})
    assert "There is an authority of this name already." in words(answer)
    assert operator.post(where, data={"name": "Northshire", "nation": "england"}).status_code == 302
    assert "Northshire" in words(operator.get("/operator/"))


# Closing


def test_a_closed_school_starts_and_launches_nothing(
    app: Flask, operator: FlaskClient, world: World
) -> None:
    with app.app_context(), begin() as db:
        campaign = campaigns.start_campaign(
            db, school_id=world.own.school_id, template_key="safety", template_version="2026.3",
            title="Safe?", by=None,
        )  # fmt: skip
        draft = campaign.campaign_id
    assert operator.post(place(world.own.school_id, "/close")).status_code == 302
    assert "Closed" in words(operator.get(place(world.own.school_id)))
    with app.app_context(), begin() as db:
        (wave,) = db.get_one(Campaign, (world.own.school_id, draft)).waves
        ends = today() + timedelta(days=7)
        with pytest.raises(SchoolClosedError):
            campaigns.launch(db, wave=wave, closes_on=ends, today=today(), by=None)
    operator.post(place(world.own.school_id, "/reopen"))
    assert "It has closed" in words(operator.get(place(world.own.school_id)))


def test_an_authority_closes_when_its_schools_have_gone(
    app: Flask, operator: FlaskClient, world: World
) -> None:
    where = place(world.own.authority_id, "/close")
    assert "It still has open schools" in words(operator.post(where))
    move(app, world.own, None)
    assert operator.post(where).status_code == 302
    assert str(world.own.authority_id) not in operator.get("/operator/schools/add").text
    with app.app_context(), begin() as db, pytest.raises(AuthorityClosedError):
        campaigns.start_programme(
            db, authority_id=world.own.authority_id, title="More", template_key="safety",
            template_version="2026.3", by=None,
        )  # fmt: skip


# Moving


def launched(db: Session, side: Side) -> Wave:
    return db.get_one(Wave, (side.school_id, side.wave_id))


def test_a_move_by_the_page_changes_who_compares_what_comes_next(
    app: Flask, operator: FlaskClient, world: World
) -> None:
    with app.app_context():
        own_school(read(), world.own).names_itself = True
        before = everything_of(read(), world.own)
        read().rollback()
    where = place(world.own.school_id, "/move")
    assert "stay with the school" in words(operator.get(where))
    answer = operator.post(where, data={"chosen": str(world.other.authority_id)})
    assert answer.status_code == 302, words(answer)
    assert "The school is there already." not in words(operator.get(where))
    with app.app_context():
        school = own_school(read(), world.own)
        assert school.authority_id == world.other.authority_id
        assert not school.names_itself, "agreed with the authority before"
        assert everything_of(read(), world.own) == before
        old = find_programme(read(), world.own.authority_id, world.own.programme_id)
        (first,) = of_programme(read(), programme=old, today=today())[1]
        assert first.step is ProgressStep.OPEN, "what was launched stays in its comparison"
        assert [one.step for one in of_survey(read(), programme=old, number=2, today=today())] == [
            ProgressStep.LEFT
        ]
        for scope in (world.own.authority_id, world.other.authority_id):
            query = select(Event).where(
                Event.authority_id == scope, Event.name == EventName.SCHOOL_MOVED
            )
            assert len(read().scalars(query).all()) == 1


def test_the_next_survey_after_a_move_is_in_no_comparison_of_the_old_authority(
    app: Flask, world: World
) -> None:
    move(app, world.own, world.other.authority_id)
    with app.app_context(), begin() as db:
        wave = launched(db, world.own)
        campaigns.close(db, wave=wave, today=today(), by=None)
        wave.state = WaveState.CLOSED
        after = campaigns.next_wave(db, campaign=wave.campaign, by=None)
        assert after.number == 2
        assert after.campaign.programme_of(2) is None
        assert planned_of(after.campaign, 2) is None
        programme = find_programme(db, world.own.authority_id, world.own.programme_id)
        steps = [one.step for one in of_survey(db, programme=programme, number=2, today=today())]
        assert steps == [ProgressStep.LEFT]


def test_a_launch_that_is_undone_after_a_move_is_launched_for_the_school_alone(
    app: Flask, world: World
) -> None:
    move(app, world.own, None)
    with app.app_context(), begin() as db:
        wave = launched(db, world.own)
        undo.undo_launch(db, wave=wave, key=bytes(range(32)), today=today(), by=None)
        assert wave.campaign.programme_of(wave.number) is None
        programme = find_programme(db, world.own.authority_id, world.own.programme_id)
        assert not of_programme(db, programme=programme, today=today()).get(1)


def test_a_school_that_never_launched_leaves_the_programme_and_keeps_its_draft(
    app: Flask, world: World
) -> None:
    with app.app_context(), begin() as db:
        school = add_school(
            db, name="New", nation=Nation.ENGLAND, phase=Phase.SECONDARY, roll={"7": 100},
            authority_id=world.own.authority_id, by=None,
        )  # fmt: skip
        programme = find_programme(db, world.own.authority_id, world.own.programme_id)
        campaign = campaigns.invite(db, programme=programme, school_id=school.school_id, by=None)
        adaptation = dict(campaign.adaptation)
        changes.move_school(db, school=school, authority=None, today=DAY, by=None)
        db.flush()
        db.expire_all()
        assert campaign.adaptation == adaptation
        assert campaign.programme_ahead is None
        names = {one.school for one in of_programme(db, programme=programme, today=today())[1]}
        assert "New" not in names
        # back again: not twice in the same comparison
        authority = db.get_one(Authority, world.own.authority_id)
        changes.move_school(db, school=school, authority=authority, today=DAY, by=None)
        with pytest.raises(NotItsSchoolError, match="another"):
            campaigns.invite(db, programme=programme, school_id=school.school_id, by=None)


def test_students_read_the_authority_that_asked_and_codes_still_work(
    app: Flask, world: World
) -> None:
    with app.app_context():
        engine = read().get_bind()
        settings = app.extensions["settings"]
        before = behind(engine, world.own.door, settings)
        assert before
        assert before.about
    move(app, world.own, world.other.authority_id)
    with app.app_context():
        after = behind(read().get_bind(), world.own.door, settings)
        assert after
        assert after.about
        assert after.state is before.state is WaveState.OPEN
        assert after.about.authority_name == before.about.authority_name


def test_neither_authority_sees_the_other_one_s_comparison_after_a_move(
    app: Flask, world: World
) -> None:
    with app.app_context(), begin() as db:
        db.add(StoredComparison(
            authority_id=world.own.authority_id, programme_id=world.own.programme_id, number=1,
            release_hash="0" * 64, document="{}", released_on=DAY,
        ))  # fmt: skip
    move(app, world.own, world.other.authority_id)
    new, old = app.test_client(), app.test_client()
    sign_in(new, world.other.email[Role.ANALYST])
    sign_in(old, world.own.email[Role.ANALYST])
    theirs = f"/authorities/{world.own.authority_id}/programmes/{world.own.programme_id}"
    assert new.get(f"{theirs}/waves/1/").status_code == 404
    assert new.get(f"{theirs}/").status_code == 404
    mine = f"/authorities/{world.other.authority_id}/programmes/{world.other.programme_id}"
    assert new.get(f"{mine}/waves/1/participation").status_code == 200
    with app.app_context():
        name = own_school(read(), world.own).name
    assert name not in words(new.get(f"{mine}/")), "nothing of the school before it is invited"
    assert old.get(f"{mine}/").status_code == 404
    lead = app.test_client()
    sign_in(lead, world.own.email[Role.LEAD])
    page = words(lead.get(f"/schools/{world.own.school_id}/"))
    with app.app_context():
        asked_by = read().get_one(Authority, world.own.authority_id).name
        now = read().get_one(Authority, world.other.authority_id).name
    assert f"Part of {asked_by}’s programme" in page
    assert f"Part of {now}’s programme" not in page


def trust_with_the_survey(app: Flask, world: World) -> uuid.UUID:
    """A trust that the school answers to, whose programme its survey has joined."""
    with app.app_context(), begin() as db:
        trust = add_authority(db, name="Trust", nation=Nation.ENGLAND, by=None)
        programme = campaigns.start_programme(
            db, authority_id=trust.authority_id, title="Trust", template_key="safety",
            template_version="2026.3", by=None,
        )  # fmt: skip
        relations.ask(
            db, authority_id=trust.authority_id, words=own_school(db, world.own).name, by=None,
            today=DAY,
        )  # fmt: skip
        relations.answer(
            db, school_id=world.own.school_id, authority_id=trust.authority_id, accepts=True,
            by=None, today=DAY,
        )  # fmt: skip
        campaigns.invite(db, programme=programme, school_id=world.own.school_id, by=None)
        invitation = invitations.find(db, world.own.school_id, programme.programme_id)
        invitations.accept(db, invitation=invitation, by=None, today=DAY)
        return trust.authority_id


def programmes_of_next(app: Flask, world: World) -> set[uuid.UUID]:
    """Whose comparisons the next survey is in, and that of the one that is open."""
    with app.app_context(), begin() as db:
        wave = launched(db, world.own)
        campaigns.close(db, wave=wave, today=today(), by=None)
        wave.state = WaveState.CLOSED
        after = campaigns.next_wave(db, campaign=wave.campaign, by=None)
        return {programme.authority_id for programme, _number in surveys_of(db, after)}


def test_a_move_between_authorities_leaves_the_trust_a_reader(app: Flask, world: World) -> None:
    trust = trust_with_the_survey(app, world)
    move(app, world.own, world.other.authority_id)
    with app.app_context():
        now = surveys_of(read(), launched(read(), world.own))
        assert {one.authority_id for one, _number in now} == {world.own.authority_id, trust}
    assert programmes_of_next(app, world) == {trust}


def test_a_survey_that_joined_a_programme_of_the_old_authority_leaves_it_too(
    app: Flask, world: World
) -> None:
    """The survey was started for the old authority, and joined by a trust. Here the trust becomes
    the authority and is left again: its next surveys are in no programme."""
    trust = trust_with_the_survey(app, world)
    move(app, world.own, trust)
    with app.app_context():
        asked = {one.authority_id for one in readers_of(read(), world.own.school_id)}
        assert trust not in asked, "its authority is no other reader"
    move(app, world.own, None)
    with app.app_context():
        now = surveys_of(read(), launched(read(), world.own))
        assert {one.authority_id for one, _number in now} == {world.own.authority_id, trust}
    assert programmes_of_next(app, world) == set()


def test_an_invitation_that_waits_lapses_with_a_move(app: Flask, world: World) -> None:
    with app.app_context(), begin() as db:
        programme = campaigns.start_programme(
            db, authority_id=world.own.authority_id, title="Second", template_key="safety",
            template_version="2026.3", by=None,
        )  # fmt: skip
        campaigns.invite(db, programme=programme, school_id=world.own.school_id, by=None)
        number = programme.programme_id
        assert invitations.waiting_at(db, world.own.school_id)
    move(app, world.own, world.other.authority_id)
    with app.app_context(), begin() as db:
        assert not invitations.waiting_at(db, world.own.school_id)
        waits = invitations.find(db, world.own.school_id, number)
        with pytest.raises(AnsweredInvitationError):
            invitations.accept(db, invitation=waits, by=None, today=DAY)


# Merging


def second_school(app: Flask, world: World, number: str | None = None) -> uuid.UUID:
    with app.app_context(), begin() as db:
        made = add_school(
            db, name="Valley School", nation=Nation.ENGLAND, phase=Phase.SECONDARY, roll={},
            authority_id=world.own.authority_id, by=None,
        )  # fmt: skip
        made.number = number
        return made.school_id


def test_a_merger_moves_no_answer_no_report_no_code_and_no_request(
    app: Flask, operator: FlaskClient, world: World
) -> None:
    """So no count is made over the answers of both, which would leave the one when the other is
    taken away; and a code that was spent is spent."""
    into = second_school(app, world)
    with app.app_context():
        with begin() as db:
            wave = launched(db, world.own)
            db.add(AccessCode(**fresh(wave, b"c" * 32, key=bytes(range(32)))))
            own_school(db, world.own).number = "137083"
        before = everything_of(read(), world.own)
        word = read().get_one(HelpDesk, world.own.school_id).word
    answer = operator.post(place(world.own.school_id, "/merge"), data={"chosen": str(into)})
    assert answer.status_code == 302, words(answer)
    assert "merged into Valley School" in words(operator.get(place(world.own.school_id)))
    with app.app_context():
        assert everything_of(read(), world.own) == before
        assert before["access_code"]
        assert before["desk_key"]
        gone, goes_on = own_school(read(), world.own), read().get_one(School, into)
        assert gone.closed_on == today()
        assert (gone.number, goes_on.number) == (None, "137083")
        rows = everything_of(read(), Side(**{**vars(world.own), "school_id": into}))
        assert {name for name, found in rows.items() if found} <= {"event_link"}
        assert read().get_one(HelpDesk, world.own.school_id).word == word
        campaign = read().get_one(Campaign, (world.own.school_id, world.own.campaign_id))
        assert campaign.left_after == 1
    lead = app.test_client()
    sign_in(lead, world.own.email[Role.LEAD])
    assert lead.get(f"/schools/{world.own.school_id}/").status_code == 200
    assert lead.get(f"/schools/{into}/").status_code == 404, "no one was ticked"
    assert operator.post(place(world.own.school_id, "/reopen")).status_code != 302
    with app.app_context(), begin() as db, pytest.raises(discard.InUseError):
        discard.discard(db, organisation=db.get_one(School, into), by=None)


@pytest.mark.parametrize("wrong", ["itself", "closed", "elsewhere"])
def test_a_merger_that_cannot_be(app: Flask, world: World, wrong: str) -> None:
    other = second_school(app, world)
    with app.app_context(), begin() as db:
        school, into = own_school(db, world.own), db.get_one(School, other)
        if wrong == "itself":
            into = school
        if wrong == "closed":
            changes.close_school(db, school=into, today=DAY, by=None)
        if wrong == "elsewhere":
            into = own_school(db, world.other)
        with pytest.raises((changes.SameOneError, changes.OrganisationClosedError)):
            changes.merge_schools(db, school=school, into=into, today=DAY, by=None)
        assert school.closed_on is None


def test_a_merged_authority_keeps_its_comparisons_from_the_one_that_goes_on(
    app: Flask, operator: FlaskClient, world: World
) -> None:
    answer = operator.post(
        place(world.own.authority_id, "/merge"), data={"chosen": str(world.other.authority_id)}
    )
    assert answer.status_code == 302, words(answer)
    with app.app_context():
        gone = read().get_one(Authority, world.own.authority_id)
        assert gone.merged_into == world.other.authority_id
        assert own_school(read(), world.own).authority_id == world.other.authority_id
        theirs = read().scalars(
            select(Programme.programme_id).where(Programme.authority_id == world.other.authority_id)
        )
        assert list(theirs) == [world.other.programme_id]
    analyst, new = app.test_client(), app.test_client()
    sign_in(analyst, world.own.email[Role.ANALYST])
    sign_in(new, world.other.email[Role.ANALYST])
    programme = f"/authorities/{world.own.authority_id}/programmes/{world.own.programme_id}/"
    assert analyst.get(programme).status_code == 200
    assert new.get(programme).status_code == 404


def test_two_schools_of_one_name_stop_a_merger_of_authorities_whole(
    app: Flask, world: World
) -> None:
    with app.app_context(), begin() as db:
        own_school(db, world.other).name = own_school(db, world.own).name
        second = add_authority(db, name="Third", nation=Nation.ENGLAND, by=None)
        assert second.closed_on is None
    with app.app_context():

        def merge() -> None:
            with begin() as db:
                first, into = (
                    db.get_one(Authority, one.authority_id) for one in (world.own, world.other)
                )
                changes.merge_authorities(db, authority=first, into=into, today=DAY, by=None)

        with pytest.raises(OrganisationNameTakenError):
            merge()
        assert own_school(read(), world.own).authority_id == world.own.authority_id


def test_a_file_adds_no_school_to_a_closed_authority(app: Flask, world: World) -> None:
    with app.app_context():
        with begin() as db:
            authority = db.get_one(Authority, world.own.authority_id)
            authority.closed_on = DAY
            name = authority.name
        head = "URN,LA,EstablishmentName,PhaseOfEducation,EstablishmentStatus"
        lines = f"{head}\n9,{name},Fresh,Secondary,Open\n"
        reading = read_file(lines.encode())
        found = plan(read(), reading, nation=Nation.ENGLAND, only_authority=None)
        assert not found.rows
        assert [one.line for one in found.problems] == [2]
        assert "is closed here" in found.problems[0].message
