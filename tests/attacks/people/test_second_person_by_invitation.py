"""A lead who can invite colleagues tries to become their own second person.

Each attack is a set of clicks that one dishonest lead (or analyst) can make alone. The first test
takes the rule away and shows that the attack then works, so that the others can fail.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from survey.approvals import operations as approvals
from survey.database import begin, read, today
from survey.organisations import operations
from survey.organisations.models import Member, Membership
from survey.organisations.seats import operations as seats
from survey.permissions import Role
from tests.conftest import settings_for
from tests.integration.organisations.pages import words
from tests.integration.organisations.people.team_pages import PASSWORD, Team
from tests.seats import seated
from tests.world import World

PUPPET, SECOND, THIRD = "puppet@mail.test", "second@mail.test", "third@mail.test"
HEAD = "head@northmoor.test"


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


@pytest.fixture
def head(team: Team) -> FlaskClient:
    """A head whom the operator appointed."""
    with team.app.test_request_context(), begin() as db:
        operations.add_member(
            db,
            email=HEAD,
            name="Head Here",
            role=Role.HEAD,
            password=PASSWORD,
            school_id=team.world.own.school_id,
            by=None,
        )
    return team.signed_in(HEAD, PASSWORD)


def test_without_the_rule_a_lead_alone_is_two_people(
    team: Team, lead: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(approvals, "are_two", lambda _one, _other: True)
    puppet = team.joins(lead, PUPPET, "coordinator")
    assert team.agrees(puppet, team.asks(team.world.email(Role.LEAD)))


@pytest.mark.parametrize("role", ["coordinator", "lead", "deputy", "head"])
def test_who_was_invited_is_not_the_inviters_second_person(
    team: Team, lead: FlaskClient, role: str
) -> None:
    puppet = team.joins(lead, PUPPET, role)
    asked = team.asks(team.world.email(Role.LEAD))
    assert not team.agrees(puppet, asked)
    assert team.agrees(team.signed_in(team.world.email(Role.COORDINATOR)), asked)


def test_nor_is_the_inviter_theirs(team: Team, lead: FlaskClient) -> None:
    team.joins(lead, PUPPET, "deputy")
    assert not team.agrees(lead, team.asks(PUPPET))


def test_nor_through_a_chain_of_invitations(team: Team, lead: FlaskClient) -> None:
    puppet = team.joins(lead, PUPPET, "lead")
    second = team.joins(puppet, SECOND, "head")
    third = team.joins(second, THIRD, "coordinator")
    assert not team.agrees(third, team.asks(team.world.email(Role.LEAD)))
    assert not team.agrees(third, team.asks(PUPPET))
    assert not team.agrees(lead, team.asks(THIRD))


def test_nor_can_anybody_of_the_chain_confirm_another(team: Team, lead: FlaskClient) -> None:
    puppet = team.joins(lead, PUPPET, "head")
    second = team.joins(puppet, SECOND, "lead")
    assert team.confirm(lead, PUPPET).status_code == 422
    assert team.confirm(lead, SECOND).status_code == 422, "invited by the lead's own puppet"
    assert team.confirm(puppet, SECOND).status_code == 422
    assert team.confirm(second, PUPPET).status_code == 422
    assert team.confirm(puppet, PUPPET).status_code == 422
    assert not team.agrees(second, team.asks(team.world.email(Role.LEAD)))


def test_a_confirmed_colleague_does_not_vouch_for_what_they_invited(
    team: Team, lead: FlaskClient, head: FlaskClient
) -> None:
    """The head confirms the lead's colleague, who then confirms whom they themselves brought in."""
    puppet = team.joins(lead, PUPPET, "lead")
    third = team.joins(puppet, THIRD, "coordinator")
    assert team.confirm(head, PUPPET).status_code == 302
    assert team.confirm(puppet, THIRD).status_code == 422
    assert not team.agrees(third, team.asks(PUPPET))
    assert not team.agrees(third, team.asks(team.world.email(Role.LEAD)))
    assert team.agrees(puppet, team.asks(team.world.email(Role.LEAD))), "the head knows them"


def test_leaving_and_coming_back_makes_no_one_independent(
    team: Team, lead: FlaskClient, head: FlaskClient
) -> None:
    puppet = team.joins(lead, PUPPET, "coordinator")
    assert team.confirm(head, PUPPET).status_code == 302
    assert team.remove(lead, PUPPET).status_code == 302
    puppet = team.joins(lead, PUPPET, "lead")
    assert not team.agrees(puppet, team.asks(team.world.email(Role.LEAD)))


def test_a_person_known_elsewhere_is_new_here(team: Team, lead: FlaskClient) -> None:
    """Someone whom another school trusts is still only whom the lead says."""
    known = team.world.other.email[Role.LEAD]
    team.invite(lead, known, "coordinator")
    client = team.signed_in(known)
    assert not team.agrees(client, team.asks(team.world.email(Role.LEAD)))


def test_an_analyst_is_not_the_second_person_of_whom_they_brought_in(team: Team) -> None:
    """With an invented lead and no colleague, an analyst would read a school's report."""
    side = team.world.own
    with team.app.test_request_context(), begin() as db:
        analyst = db.scalars(
            select(Member).where(Member.email == team.world.email(Role.ANALYST))
        ).one()
        for seat in db.scalars(select(Membership).where(Membership.school_id == side.school_id)):
            seats.end_quietly(db, seat)
        operations.add_member(
            db, email=PUPPET, name="Puppet", role=Role.LEAD, password=PASSWORD,
            school_id=side.school_id, by=analyst,
        )  # fmt: skip
    asked = team.asks(PUPPET)
    page = f"/authorities/{side.authority_id}/requests/{asked}"
    first = team.signed_in(team.world.email(Role.ANALYST))
    assert first.post(f"{page}/approve", data={"checked": "y"}).status_code == 404
    with team.app.app_context(), begin() as db:
        db.add(
            seated(Role.ANALYST, "another@northmoor.test", name="Another", since=today(),
                   authority_id=side.authority_id, password=analyst_password(db, team)),
        )  # fmt: skip
    another = team.signed_in("another@northmoor.test")
    assert another.post(f"{page}/approve", data={"checked": "y"}).status_code == 302


def analyst_password(db, team: Team) -> str:  # type: ignore[no-untyped-def]
    query = select(Member.password).where(Member.email == team.world.email(Role.ANALYST))
    return str(db.scalars(query).one())


def test_one_person_in_two_seats_is_one_person(team: Team, lead: FlaskClient) -> None:
    """A lead who is also an analyst of the authority asks as one and answers as the other."""
    side = team.world.own
    with team.app.app_context(), begin() as db:
        for seat in db.scalars(select(Membership).where(Membership.school_id == side.school_id)):
            if seat.member.email != team.world.email(Role.LEAD):
                seats.end_quietly(db, seat)
        asker = db.scalars(select(Member).where(Member.email == team.world.email(Role.LEAD))).one()
        asker.memberships.append(
            Membership(role=Role.ANALYST, authority_id=side.authority_id, since=today())
        )
    asked = team.asks(team.world.email(Role.LEAD))
    page = f"/authorities/{side.authority_id}/requests/{asked}"
    assert lead.post(f"{page}/approve", data={"checked": "y"}).status_code == 404


def test_who_is_not_confirmed_cannot_remove_those_who_are(
    team: Team, lead: FlaskClient, head: FlaskClient
) -> None:
    """Otherwise a lead would invite a false head, who removes the real one."""
    puppet = team.joins(lead, PUPPET, "head")
    coordinator = team.world.email(Role.COORDINATOR)
    assert team.remove(puppet, HEAD).status_code == 422
    assert team.remove(puppet, coordinator).status_code == 422
    assert team.remove(lead, HEAD).status_code == 422, "a lead removes no head"
    assert team.remove(lead, PUPPET).status_code == 302, "but one whom only they invited"


def test_the_database_itself_refuses_a_confirmation_by_the_inviter(
    team: Team, lead: FlaskClient
) -> None:
    team.invite(lead, PUPPET, "coordinator")
    with team.app.app_context():
        seat = read().get_one(Membership, team.seat(PUPPET))
        seat.confirmed_by, seat.confirmed_on = seat.added_by, today()
        with pytest.raises(IntegrityError, match="confirmed_by_another"):
            read().flush()
        read().rollback()


def test_the_pages_say_so(team: Team, lead: FlaskClient, head: FlaskClient) -> None:
    team.joins(lead, PUPPET, "coordinator")
    page = words(lead.get(team.people))
    assert "New Colleague is not a second person for what Lead Person asks for" in page
    assert "I know New Colleague: confirm" not in page
    assert "I know New Colleague: confirm" in words(head.get(team.people))
    assert "Confirm a colleague" in words(head.get(f"/schools/{team.world.own.school_id}/"))
