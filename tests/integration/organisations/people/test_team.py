"""Colleagues of a school, and people who work in several organisations."""

from __future__ import annotations

import re
import uuid
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from survey.database import begin, read, today
from survey.mail.models import OutMail
from survey.organisations import operations
from survey.organisations.help_desk import has_reader
from survey.organisations.models import DeskKeyCopy, Member, Membership
from survey.organisations.seats import operations as seats
from survey.organisations.seats.vouching import is_vouched_for
from survey.permissions import Role
from tests.conftest import settings_for
from tests.integration.organisations.pages import words
from tests.integration.organisations.people.team_pages import PASSWORD, Team
from tests.seats import with_every_seat
from tests.world import World, open_requests

NEW = "sam@northmoor.test"


@pytest.fixture
def settings(sqlite_url: str, tmp_path: Path):  # type: ignore[no-untyped-def]
    mail = {"mail_folder": str(tmp_path / "mail"), "mail_from": "surveys@survey.test"}
    return settings_for(sqlite_url, **mail)


@pytest.fixture
def team(app: Flask, world: World) -> Team:
    return Team(app, world)


@pytest.fixture
def lead(team: Team) -> FlaskClient:
    return team.signed_in(team.world.email(Role.LEAD))


def give(team: Team, email: str, role: Role, **at: uuid.UUID) -> None:
    """The operator gives a person another seat."""
    with team.app.test_request_context(), begin() as db:
        operations.add_member(db, email=email, name="x", role=role, password=None, by=None, **at)


# Several organisations


@pytest.fixture
def both(team: Team) -> FlaskClient:
    """The lead of one school, who is a governor of another."""
    give(team, team.world.email(Role.LEAD), Role.GOVERNOR, school_id=team.world.other.school_id)
    return team.signed_in(team.world.email(Role.LEAD))


def test_a_person_with_one_seat_sees_no_switch(lead: FlaskClient, team: Team) -> None:
    page = lead.get("/staff", follow_redirects=True)
    assert page.request.path == f"/schools/{team.world.own.school_id}/"
    assert "/staff/places" not in page.text


def test_with_two_seats_a_person_chooses_and_switches(both: FlaskClient, team: Team) -> None:
    own, other = team.world.own.school_id, team.world.other.school_id
    assert both.get("/staff").headers["Location"] == "/staff/places"
    page = words(both.get("/staff/places"))
    assert "Northmoor High School" in page
    assert "Southwold High School Governor: reads the report and actions" in page
    (there,) = (one for one in _seats(team) if one[1] == other)
    assert both.post(f"/staff/places/{there[0]}").headers["Location"] == "/staff"
    assert both.get("/staff").headers["Location"] == f"/schools/{other}/reports"
    (here,) = (one for one in _seats(team) if one[1] == own)
    both.post(f"/staff/places/{here[0]}")
    assert both.get("/staff").headers["Location"] == f"/schools/{own}/"


def test_each_page_is_opened_in_the_seat_at_its_organisation(both: FlaskClient, team: Team) -> None:
    """A link in an e-mail or a second tab works; the rights are those of that seat alone."""
    own, other = team.world.own.school_id, team.world.other.school_id
    assert both.get(f"/schools/{own}/settings").status_code == 200
    assert both.get(f"/schools/{other}/reports").status_code == 200
    assert both.get("/staff").headers["Location"] == f"/schools/{other}/reports", "it follows"
    assert both.get(f"/schools/{other}/settings").status_code == 403, "a governor there"
    assert both.get(f"/schools/{other}/help-requests/").status_code == 403
    assert both.get(f"/schools/{own}/help-requests/").status_code == 200
    wave = team.world.other.wave_id
    assert both.get(f"/schools/{own}/waves/{wave}/").status_code == 404, "not mixed"


def test_nobody_switches_to_the_seat_of_another(both: FlaskClient, team: Team) -> None:
    analyst = _seats(team, team.world.email(Role.ANALYST))[0][0]
    assert both.post(f"/staff/places/{analyst}").status_code == 404
    both.get("/staff/places")
    with both.session_transaction() as session:
        session["seat"] = str(analyst)
    authority = team.world.own.authority_id
    assert both.get(f"/authorities/{authority}/").status_code == 404


def test_a_seat_that_ended_opens_nothing_from_the_next_request_on(
    both: FlaskClient, team: Team
) -> None:
    other = team.world.other.school_id
    assert both.get(f"/schools/{other}/reports").status_code == 200
    head = with_head(team, other)
    (seat,) = (one[0] for one in _seats(team) if one[1] == other)
    assert head.post(f"/schools/{other}/people/{seat}/remove").status_code == 302
    assert both.get(f"/schools/{other}/reports").status_code == 404
    assert both.get("/staff").headers["Location"] == f"/schools/{team.world.own.school_id}/"


def test_with_the_last_seat_the_account_ends_and_its_sessions_too(
    lead: FlaskClient, team: Team
) -> None:
    sam = team.joins(lead, NEW, "coordinator")
    assert sam.get("/staff/account").status_code == 200
    assert team.remove(lead, NEW).status_code == 302
    assert sam.get("/staff/account").headers["Location"].startswith("/sign-in")
    assert (
        not team.app.test_client()
        .post("/sign-in", data={"email": NEW, "password": PASSWORD})
        .headers.get("Location")
    )
    again = team.joins(lead, NEW, "coordinator")
    assert again.get("/staff/account").status_code == 200, "invited again, with a new password"


def test_an_operator_has_no_other_seat(team: Team) -> None:
    with pytest.raises(seats.OperatorAloneError):
        give(team, team.world.operator_email, Role.LEAD, school_id=team.world.own.school_id)
    with team.app.test_request_context(), begin() as db, pytest.raises(seats.OperatorAloneError):
        operations.add_member(
            db, email=team.world.email(Role.LEAD), name="x", role=Role.OPERATOR, password=None,
            by=None,
        )  # fmt: skip


def test_a_password_asked_for_again_works_for_all_seats(both: FlaskClient, team: Team) -> None:
    """One account, one password, whatever the seats; every school sees that it changed."""
    email = team.world.email(Role.LEAD)
    client = team.app.test_client()
    client.post("/forgotten", data={"email": email})
    with team.app.app_context():
        kinds = read().scalars(select(OutMail.kind)).all()
        assert kinds.count("reset") == 1
    assert "new_seat" in kinds


def with_head(team: Team, school_id: uuid.UUID) -> FlaskClient:
    with team.app.test_request_context(), begin() as db:
        operations.add_member(
            db, email="head@there.test", name="Head There", role=Role.HEAD, password=PASSWORD,
            school_id=school_id, by=None,
        )  # fmt: skip
    return team.signed_in("head@there.test", PASSWORD)


def _seats(team: Team, email: str | None = None) -> list[tuple[uuid.UUID, uuid.UUID | None]]:
    with team.app.app_context():
        member = (
            read()
            .scalars(select(Member).where(Member.email == (email or team.world.email(Role.LEAD))))
            .one()
        )
        return [(one.membership_id, one.place_id) for one in member.seats]


# Colleagues


def test_a_lead_invites_a_colleague_by_a_link_that_works_once(
    lead: FlaskClient, team: Team
) -> None:
    team.invite(lead, NEW, "deputy", name="Sam Field")
    page = words(lead.get(team.people))
    assert "Sam Field" in page
    assert "Has not signed in yet" in page
    link = team.link(NEW)
    sam = team.accept(NEW)
    assert sam.get(f"/schools/{team.world.own.school_id}/settings").status_code == 200
    assert team.app.test_client().get(link).status_code == 404, "the link worked once"
    assert "Invited by Lead Person" in words(lead.get(team.people))
    assert "Sam Field was given a seat here. By: Lead Person" in words(
        team.signed_in(team.world.email(Role.COORDINATOR)).get(
            f"/schools/{team.world.own.school_id}/"
        )
    )


def test_an_invitation_can_be_sent_again_and_ends_the_one_before(
    lead: FlaskClient, team: Team
) -> None:
    team.invite(lead, NEW, "deputy")
    before = team.link(NEW)
    assert lead.post(f"{team.people}/{team.seat(NEW)}/link").status_code == 302
    assert team.link(NEW) != before
    assert team.app.test_client().get(before).status_code == 404


@pytest.mark.parametrize("role", ["deputy", "governor", "coordinator"])
def test_only_a_lead_and_a_head_manage_people(lead: FlaskClient, team: Team, role: str) -> None:
    sam = team.joins(lead, NEW, role)
    assert sam.get(f"{team.people}/invite").status_code == 403
    assert sam.post(f"{team.people}/{team.seat(NEW)}/remove").status_code == 403


@pytest.mark.parametrize(
    ("changed", "complaint"),
    [
        ({"email": "LEAD@northmoor.test"}, "has a seat here already"),
        ({"email": "operator@survey.test"}, "An operator has no seat at a school"),
        ({"email": "sam at hill"}, "Write a whole e-mail address"),
        ({"role": "operator"}, "This cannot be chosen any more"),
        ({"role": "analyst"}, "This cannot be chosen any more"),
        ({"role": ""}, "Choose a role"),
        ({"name": " "}, "Write the name"),
    ],
)
def test_what_cannot_be_is_said_beside_what_was_typed(
    lead: FlaskClient, team: Team, changed: dict[str, str], complaint: str
) -> None:
    data = {"name": "Sam Field", "email": NEW, "role": "deputy"} | changed
    answer = lead.post(f"{team.people}/invite", data=data)
    assert "There is a problem" in words(answer)
    assert complaint in words(answer) or complaint == "This cannot be chosen any more"
    with team.app.app_context():
        assert read().scalars(select(OutMail)).all() == []


def test_no_more_invitations_than_a_school_has_use_for(
    lead: FlaskClient, team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("survey.organisations.team.operations.MOST_WAITING", 2)
    team.invite(lead, "one@northmoor.test", "governor")
    team.invite(lead, "two@northmoor.test", "governor")
    data = {"name": "Three", "email": "three@northmoor.test", "role": "governor"}
    assert "have not signed in yet" in words(lead.post(f"{team.people}/invite", data=data))


def test_a_deputy_who_is_removed_can_open_no_request_any_more(
    lead: FlaskClient, team: Team
) -> None:
    side = team.world.own
    inbox = f"/schools/{side.school_id}/help-requests"
    deputy = team.joins(lead, NEW, "deputy")
    assert "Robin Asker" not in deputy.get(f"{inbox}/").text
    open_requests(lead, side)
    with team.app.app_context():
        member = read().scalars(select(Member.id).where(Member.email == NEW)).one()
    page = lead.post(f"{inbox}/readers/invite", data={"member": str(member)})
    (code,) = re.findall(r"[A-Z0-9]{4}(?:-[A-Z0-9]{4}){5}", page.text)
    password = "nine brave hedgehogs"
    answer = deputy.post(
        f"{inbox}/code", data={"code": code, "password": password, "again": password}
    )
    assert answer.status_code == 302, words(answer)
    read_it = f"{inbox}/{side.request_id}/read"
    assert "Robin Asker" in deputy.post(read_it, follow_redirects=True).text
    assert team.remove(lead, NEW).status_code == 302
    assert "Robin Asker" not in deputy.post(read_it, follow_redirects=True).text
    with team.app.app_context():
        assert read().scalars(select(DeskKeyCopy).filter_by(member_id=member)).all() == []
        assert has_reader(read(), side.school_id)


def test_without_a_reader_the_desk_sends_no_student_there(team: Team) -> None:
    head = with_head(team, team.world.own.school_id)
    answer = head.post(
        f"{team.people}/{team.seat(team.world.email(Role.LEAD))}/remove", follow_redirects=True
    )
    assert "No one can open requests for help now" in words(answer)


def test_the_authority_and_the_operator_confirm_who_somebody_is(
    lead: FlaskClient, team: Team
) -> None:
    side = team.world.own
    team.joins(lead, NEW, "coordinator")
    analyst = team.signed_in(team.world.email(Role.ANALYST))
    start = words(analyst.get(f"/authorities/{side.authority_id}/"))
    assert "1 person of a school waits to be confirmed by you" in start
    page = f"/authorities/{side.authority_id}/people"
    assert "Confirm New Colleague" in words(analyst.get(page))
    assert analyst.post(f"{page}/{team.seat(NEW)}/confirm").status_code == 302
    assert "No one waits to be confirmed" in words(analyst.get(page))
    team.joins(lead, "two@northmoor.test", "coordinator")
    operator = team.signed_in(team.world.operator_email)
    assert (
        operator.post(f"/operator/seats/{team.seat('two@northmoor.test')}/confirm").status_code
        == 302
    )
    with team.app.app_context():
        for email in (NEW, "two@northmoor.test"):
            assert is_vouched_for(read().get_one(Membership, team.seat(email)))


def test_another_authority_confirms_nobody(lead: FlaskClient, team: Team) -> None:
    team.invite(lead, NEW, "coordinator")
    other = team.world.other
    analyst = team.signed_in(other.email[Role.ANALYST])
    page = f"/authorities/{other.authority_id}/people/{team.seat(NEW)}/confirm"
    assert analyst.post(page).status_code == 404


# Governors and partners


def test_a_governor_starts_at_the_reports_and_sees_no_more(team: Team) -> None:
    with team.app.app_context():
        world = with_every_seat(team.world)
    governor = team.signed_in(world.email(Role.GOVERNOR))
    page = words(governor.get("/staff", follow_redirects=True))
    assert "There is no report yet. It appears here once a survey is closed" in page
    assert "Action: Toilets" in page or "No action is due" in page
    assert "have answered" not in page
    here = f"/schools/{world.own.school_id}"
    for closed in ("/", "/people", "/log", f"/waves/{world.own.wave_id}/", "/help-requests/"):
        assert governor.get(f"{here}{closed}").status_code == 403, closed


def test_a_partner_sees_one_place_and_its_actions(team: Team) -> None:
    side = team.world.own
    with team.app.app_context():
        world = with_every_seat(team.world)
    partner = team.signed_in(world.email(Role.PARTNER))
    page = words(partner.get("/staff", follow_redirects=True))
    assert "Riverside bus station" in page
    assert "A light at the stop" in page
    assert "Northmoor High School" not in page
    here = f"/authorities/{side.authority_id}"
    assert partner.get(f"{here}/").status_code == 403
    other = team.world.other.shared_place_id
    assert partner.get(f"{here}/shared-places/{other}").status_code == 404
    with team.app.app_context():
        assert today()


def test_an_analyst_invites_a_partner_to_one_place_and_takes_it_back(team: Team) -> None:
    side = team.world.own
    analyst = team.signed_in(team.world.email(Role.ANALYST))
    place = f"/authorities/{side.authority_id}/shared-places/{side.shared_place_id}"
    page = f"{place}/partners"
    assert page in analyst.get(place).text
    answer = analyst.post(page, data={"name": "Pat Police", "email": "pat@police.test"})
    assert answer.status_code == 302, words(answer)
    pat = team.accept("pat@police.test")
    assert pat.get("/staff").headers["Location"] == place
    assert pat.get(page).status_code == 403
    again = analyst.post(page, data={"name": "Pat", "email": "pat@police.test"})
    assert "has a seat here already" in words(again)
    assert "Pat Police" in words(analyst.get(page))
    (seat,) = _seats(team, "pat@police.test")
    assert analyst.post(f"{page}/{seat[0]}/end").status_code == 302
    assert pat.get(place).headers["Location"].startswith("/sign-in")


def test_the_operator_opens_a_closed_account_again_with_a_password_that_is_shown(
    team: Team, lead: FlaskClient
) -> None:
    operator = team.signed_in(team.world.operator_email)
    team.joins(lead, NEW, "coordinator")
    assert team.remove(lead, NEW).status_code == 302
    add = f"/operator/organisations/{team.world.other.school_id}/members/add"
    data = {"name": "Sam Field", "email": NEW, "role": "lead", "way": "password"}
    page = operator.post(add, data=data)
    (first,) = re.findall(r"[a-z2-9]{4}(?:-[a-z2-9]{4}){3}", words(page))
    sam = team.signed_in(NEW, first)
    assert sam.get("/staff").headers["Location"] == "/staff/account/password"


def test_an_account_in_use_keeps_its_password_and_its_name(team: Team) -> None:
    operator = team.signed_in(team.world.operator_email)
    email = team.world.email(Role.LEAD)
    add = f"/operator/organisations/{team.world.other.school_id}/members/add"
    data = {"name": "Mallory", "email": email, "role": "governor", "way": "password"}
    page = words(operator.post(add, data=data, follow_redirects=True))
    assert "Lead Person has an account already" in page
    assert "Mallory" not in page
    team.signed_in(email)
