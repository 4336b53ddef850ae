"""The people of a school that is merged into another."""

from __future__ import annotations

import re
import uuid
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from survey.database import begin, read
from survey.mail.kinds import MailKind
from survey.mail.models import OutMail
from survey.organisations.lifecycle import changes
from survey.organisations.models import Member, Membership, School
from survey.organisations.seats.operations import live_seat, seats_at
from survey.organisations.seats.vouching import are_two, is_vouched_for
from survey.organisations.team.operations import invite
from survey.permissions import Role
from survey.settings import Settings
from tests.conftest import settings_for
from tests.integration.organisations.lifecycle.test_changes import DAY, place, second_school
from tests.integration.organisations.pages import words
from tests.world import Side, World, sign_in


@pytest.fixture
def settings(sqlite_url: str, tmp_path: Path) -> Settings:
    """A service that sends e-mail; pages are the same on both engines."""
    return settings_for(
        sqlite_url, mail_folder=str(tmp_path / "mail"), mail_from="surveys@survey.test"
    )


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


def seat(db: Session, side: Side, role: Role, school_id: uuid.UUID) -> Membership | None:
    person = db.scalars(select(Member).where(Member.email == side.email[role])).one()
    return live_seat(db, person.id, school_id=school_id, authority_id=None)


def test_those_who_are_ticked_get_their_seat_at_the_school_that_goes_on(
    app: Flask, world: World
) -> None:
    into, operator = second_school(app, world), app.test_client()
    sign_in(operator, world.email(Role.OPERATOR))
    address = place(world.own.school_id, "/merge")
    page = operator.get(address).text
    with app.app_context():
        lead = seat(read(), world.own, Role.LEAD, world.own.school_id)
        assert lead is not None
        key, member_id = str(lead.membership_id), lead.member_id
    assert re.search(rf'<input checked[^>]*value="{key}"', page), "all are ticked at first"
    answer = operator.post(address, data={"chosen": str(into), "people": key})
    assert answer.status_code == 302, words(answer)
    assert "1 person has a seat at Valley School now." in words(operator.get("/operator/"))
    with app.app_context():
        for school_id in (into, world.own.school_id):
            found = seat(read(), world.own, Role.LEAD, school_id)
            assert found is not None, "what the old school has under way needs its people"
            assert found.role is Role.LEAD
        assert seat(read(), world.own, Role.COORDINATOR, into) is None, "not ticked"
        written = select(OutMail.member_id).where(OutMail.kind == MailKind.NEW_SEAT)
        assert list(read().scalars(written)) == [member_id]


def test_a_merger_confirms_no_one(app: Flask, world: World) -> None:
    """A lead brings in a friend, whom no one confirms, and the school is merged. The friend is
    still no second person for what the lead asks for."""
    other = second_school(app, world)
    with app.app_context(), begin() as db:
        school, into = db.get_one(School, world.own.school_id), db.get_one(School, other)
        lead = seat(db, world.own, Role.LEAD, school.school_id)
        assert lead is not None
        friend = invite(
            db, school=school, name="F", email="f@x.test", role=Role.COORDINATOR, by=lead
        )
        people = [one.membership_id for one in seats_at(db, school)]
        carried = changes.merge_schools(
            db, school=school, into=into, today=DAY, by=None, people=people
        )
        found = {one.member_id: one for one in carried}
        assert len(found) == len(people)
        assert not is_vouched_for(found[friend.id])
        assert not are_two(found[friend.id], found[lead.member_id])
